//! Adversary emulation plans: lists of steps as the Center for Threat-Informed Defense
//! publishes them, in the shape of Caldera's abilities.
//!
//! A plan's first entry says whom it emulates (`emulation_plan_details`), each other one is a
//! step with a technique and, for each platform, commands by executor. What a step defines as
//! an argument holds for the steps after it, as Caldera keeps facts during an operation.

use std::collections::BTreeMap;

use model::attack::JoinPath;
use model::diagnostic::Diagnostic;
use model::document::{self, place};
use model::exercise::User;
use model::placed::{Document, Node, Placed};
use model::quantity::Millis;
use model::read::Read;
use model::reading::Join;

use super::exclude::{self, Reason};
use super::test::{Reader, Script};
use super::{Atomics, is_list};
use crate::procedure::{DEFAULT_TIMEOUT, MAX_TIMEOUT};

/// The key of the entry that says what the plan is.
const DETAILS: &str = "emulation_plan_details";

/// Returns whether a YAML file is an emulation plan: a list, of which some entry has a
/// technique with an `attack_id`, or the plan's details.
pub fn is_plan(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    document::begins_list(&text) && (text.contains(DETAILS) || text.contains("attack_id:"))
}

/// Returns the steps of an emulation plan that can be run here, and the others with the
/// reason why not: `procedures + excluded` is the number of its steps.
///
/// Steps are known as the file's name and `procedure_step`, such as `FIN6/2.1`, or their place
/// in the list where that is missing or stands twice. They declare no effects and have no
/// success check, like published tests.
pub fn read_plan(file: &str, bytes: &[u8], join: &Join<'_>) -> Read<Atomics> {
    let mut atomics = Atomics::default();
    let mut said = Vec::new();
    let bytes = undotted(bytes);
    let root: Placed = match document::foreign_yaml(file, &bytes) {
        Ok(root) => root,
        Err(diagnostic) => return Read::new(atomics, vec![diagnostic]),
    };
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let document = Document { text: text.trim_start_matches('\u{feff}') };
    let entries: &[Placed] = match &root.value {
        Node::List(entries) => entries,
        _ => &[],
    };
    let steps: Vec<&Placed> = entries.iter().filter(|e| document.get(e, DETAILS).is_none()).collect();
    if steps.is_empty() {
        let d = Diagnostic::warning(file, "plan.no-steps", "the emulation plan has no steps");
        said.push(d.help("steps are entries of the list, each with a technique and platforms"));
    }
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for step in &steps {
        *names.entry(step_name(&document, step).unwrap_or_default()).or_default() += 1;
    }
    let mut earlier = BTreeMap::new();
    let mut without = 0_u32;
    for (place_in_list, step) in (1..).zip(steps) {
        let technique = document.get(step, "technique").and_then(|t| document.text_of(t, "attack_id"));
        let technique = technique.filter(|t| t.contains(|c: char| c.is_ascii_digit()));
        without += u32::from(technique.is_none());
        let joined = technique.map(|t| join(t.trim()));
        if let Some(unknown) = joined.as_ref().filter(|j| j.how == JoinPath::NotJoined) {
            let message =
                format!("technique {:?} is unknown in the ATT&CK version in use", unknown.published);
            let d = Diagnostic::warning(file, "plan.unknown-technique", message);
            said.push(place(d.help("the step is imported, but counts for no technique"), step));
        }
        let name = step_name(&document, step).filter(|n| names.get(n) == Some(&1));
        let reader = Reader {
            file,
            document: &document,
            joined: joined.as_ref(),
            number: place_in_list,
            guid: "id",
            step: name.as_deref(),
            earlier: &earlier,
        };
        let read = script(&document, step).and_then(|script| reader.build(step, script));
        match read {
            Ok(procedure) => atomics.procedures.push(procedure),
            Err(reason) => atomics.excluded.push(*reader.excluded(step, reason, &mut said)),
        }
        earlier = reader.arguments(step);
    }
    if without > 0 {
        let message = format!("{without} steps of the plan name no technique");
        let d = Diagnostic::note(file, "plan.no-technique", message);
        said.push(d.help("they are imported, but count for no technique"));
    }
    Read::new(atomics, said)
}

/// Writes `#{first.target.ip}` as `#{first_target_ip}`: facts of Caldera have dots in their
/// names, arguments of procedures have not. The length and so all places stay.
fn undotted(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    let mut from = 0;
    while let Some(at) = all.get(from..).and_then(|rest| rest.windows(2).position(|w| w == b"#{")) {
        let start = from + at + 2;
        let rest = all.get_mut(start..).unwrap_or_default();
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let length = rest.iter().position(|b| !fits(*b)).unwrap_or(rest.len());
        if rest.get(length) == Some(&b'}') {
            rest.iter_mut().take(length).filter(|b| **b == b'.').for_each(|b| *b = b'_');
        }
        from = start + length;
    }
    all
}

/// Returns the name of a step that can be a part of an id.
fn step_name(document: &Document<'_>, step: &Placed) -> Option<String> {
    let name = document.text_of(step, "procedure_step")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    Some(name.trim().to_owned()).filter(|n| !n.is_empty() && n.chars().all(plain))
}

/// Returns how a step is run on Linux.
fn script<'n>(document: &Document<'_>, step: &'n Placed) -> Result<Script<'n>, Reason> {
    let platforms = document.pairs(document.get(step, "platforms"));
    let names: Vec<String> = platforms.iter().map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Err(Reason::malformed("it has no platforms"));
    }
    exclude::platform(&names)?;
    let linux = platforms.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("linux"));
    let executors = document.pairs(linux.map(|(_, map)| map));
    let mut refused = Reason::malformed("it has no executor for linux");
    for (name, map) in executors {
        // Several executors share a command as `sh,bash`.
        for one in name.split(',') {
            match exclude::executor(Some(one)) {
                Ok(shell) => return of_executor(document, step, map, one.trim(), shell),
                Err(reason) => refused = reason,
            }
        }
    }
    Err(refused)
}

fn of_executor<'n>(
    document: &Document<'_>,
    step: &Placed,
    map: &'n Placed,
    name: &str,
    shell: String,
) -> Result<Script<'n>, Reason> {
    let payloads = ["payload", "payloads"].into_iter().flat_map(|key| document.list_of(map, key));
    if let Some(payload) = payloads.filter_map(|p| document.scalar(p)).find(|p| !p.trim().is_empty()) {
        return Err(Reason::missing(format!(
            "it needs the payload {}, which plans do not carry",
            payload.trim()
        )));
    }
    let one = document.get(step, "executor").filter(|e| !is_list(e));
    let mut further = document.list_of(step, "executors").iter().chain(one);
    let elevated =
        further.any(|e| {
            let same = document.text_of(e, "name").is_some_and(|n| n.trim() == name);
            same && document.yes(e, "elevation_required")
        }) || document.text_of(step, "privilege").is_some_and(|p| p.trim().eq_ignore_ascii_case("elevated"));
    let seconds = document.text_of(map, "timeout").and_then(|t| t.trim().parse::<u64>().ok());
    let timeout = seconds.filter(|s| *s > 0).map(|s| Millis(s.saturating_mul(1_000)).min(MAX_TIMEOUT));
    Ok(Script {
        shell,
        map,
        cleanup: "cleanup",
        user: if elevated { User::Root } else { User::Ordinary },
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
    })
}
