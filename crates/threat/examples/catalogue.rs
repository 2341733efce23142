//! Writes the built-in catalogue from an ATT&CK bundle: ids, names, tactics, platforms,
//! revoked and deprecated ids, and the groups whose behaviour is compared. Facts alone:
//! no descriptions.
//!
//! ```text
//! cargo run -p threat --example catalogue -- enterprise-attack-18.1.json > content/attack/catalogue.json
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};

use model::attack::{Actor, Matrix};
use model::id::TechniqueId;
use serde_json::{Value, json};

const NOTICE: &str = "Ids, names and relations of MITRE ATT&CK Enterprise. © The MITRE Corporation; ATT&CK is a \
registered trademark of The MITRE Corporation and its content is used under the ATT&CK terms of use.";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name an ATT&CK STIX bundle (.json or .json.zst)")?;
    let mut bytes = Vec::new();
    if path.ends_with(".zst") {
        zstd::Decoder::new(File::open(&path)?)?.read_to_end(&mut bytes)?;
    } else {
        File::open(&path)?.read_to_end(&mut bytes)?;
    }
    let mut said = Vec::new();
    let matrix = threat::read_matrix(&path, bytes.as_slice()).report(&mut said);
    for finding in &said {
        writeln!(std::io::stderr(), "{finding}")?;
    }
    let matrix = matrix.ok_or("the file is no ATT&CK bundle")?;
    std::io::stdout().lock().write_all(catalogue(&matrix)?.as_bytes())?;
    Ok(())
}

/// Returns the catalogue's file, of the same bytes for the same bundle.
pub(crate) fn catalogue(matrix: &Matrix) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("{\n");
    for (key, value) in
        [("version", &matrix.version), ("domain", &matrix.domain), ("notice", &NOTICE.to_owned())]
    {
        writeln!(text, "\"{key}\": {},", json!(value))?;
    }
    let techniques = matrix.techniques.values();
    let techniques = techniques
        .map(|t| json!({"id": t.id, "name": t.name, "tactics": t.tactics, "platforms": t.platforms}));
    list(&mut text, "tactics", matrix.tactics.iter().map(|t| json!(t)))?;
    list(&mut text, "techniques", techniques)?;
    writeln!(text, "\"revoked\": {},", sorted(json!(matrix.revoked)))?;
    writeln!(text, "\"deprecated\": {},", sorted(json!(matrix.deprecated)))?;
    // The groups that the catalogue compares are chosen; a bundle does not say which.
    let chosen = threat::catalogue().actors.into_keys();
    list(&mut text, "actors", chosen.filter_map(|id| matrix.actors.get(&id)).map(actor))?;
    let end = text.trim_end().trim_end_matches(',').len();
    text.truncate(end);
    text.push_str("\n}\n");
    Ok(text)
}

/// Returns an item with its keys in the order of the alphabet.
fn sorted(mut item: Value) -> String {
    item.sort_all_objects();
    item.to_string()
}

fn list(text: &mut String, key: &str, items: impl Iterator<Item = Value>) -> Result<(), Box<dyn Error>> {
    let lines = items.map(sorted).collect::<Vec<_>>();
    writeln!(text, "\"{key}\": [\n{}\n],", lines.join(",\n"))?;
    Ok(())
}

/// Returns a group with the techniques that its own entry names, and those that each of its
/// software and campaigns names.
fn actor(actor: &Actor) -> Value {
    let mut uses: Vec<&TechniqueId> = Vec::new();
    let mut through: BTreeMap<&str, Vec<&TechniqueId>> = BTreeMap::new();
    for used in &actor.uses {
        for source in &used.sources {
            if source == actor.id.as_str() {
                uses.push(&used.technique);
            } else {
                through.entry(source).or_default().push(&used.technique);
            }
        }
    }
    // Sources that name no technique count in the weights too: k of n others gives k / (1 + n).
    let others = actor.uses.iter().find(|u| !u.sources.iter().any(|s| s == actor.id.as_str()));
    let others = others.map_or(0, |u| (u.sources.len() as f64 / u.weight.get()).round() as usize - 1);
    let names: Vec<String> = (through.len()..others).map(|n| format!("names-nothing-{n}")).collect();
    for name in &names {
        through.entry(name).or_default();
    }
    json!({
        "id": actor.id, "name": actor.name, "aliases": actor.aliases, "kind": actor.kind,
        "uses": uses, "through": through,
    })
}
