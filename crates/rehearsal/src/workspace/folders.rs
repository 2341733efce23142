//! Files of a folder: listed, read whole, and hashed.

use detect::RuleFile;
use model::diagnostic::Diagnostic;
use model::record::Input;
use rayon::prelude::*;

use crate::error::Error;
use crate::files::{self, Files};

pub(super) fn read_rules(
    tree: &dyn Files,
    inputs: &mut Vec<Input>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<RuleFile>, Error> {
    let mut files = listing(tree, diagnostics)?;
    files.retain(|f| f.ends_with(".yml") || f.ends_with(".yaml"));
    let rules: Vec<RuleFile> = files
        .iter()
        .filter_map(|path| Some(RuleFile { path: path.clone(), bytes: small(tree, path, diagnostics)? }))
        .collect();
    let mut hasher = blake3::Hasher::new();
    for rule in &rules {
        hasher.update(rule.path.as_bytes()).update(blake3::hash(&rule.bytes).as_bytes());
    }
    inputs.push(Input {
        name: "rules".into(),
        source: tree.label(),
        hash: hasher.finalize().to_hex().to_string(),
    });
    Ok(rules)
}

pub(super) fn listing(tree: &dyn Files, diagnostics: &mut Vec<Diagnostic>) -> Result<Vec<String>, Error> {
    let listing = tree.list()?;
    diagnostics.extend(files::findings(&listing, tree));
    Ok(listing.files)
}

pub(super) fn small(tree: &dyn Files, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    tree.read(path)
        .map_err(|e| {
            diagnostics.push(
                Diagnostic::warning(&tree.name(path), "file.unreadable", format!("it cannot be read: {e}"))
                    .help("check its permissions and size; everything else is used"),
            );
        })
        .ok()
}

pub(super) fn hash_tree(name: &str, tree: &dyn Files, files: &[String]) -> Input {
    let hashes: Vec<_> = files
        .par_iter()
        .map(|path| {
            let mut hasher = blake3::Hasher::new();
            if let Ok(mut input) = tree.open(path) {
                // A file that breaks off is hashed as far as it can be read.
                let _ = std::io::copy(&mut input, &mut hasher);
            }
            hasher.finalize()
        })
        .collect();
    let mut hasher = blake3::Hasher::new();
    for (path, hash) in files.iter().zip(hashes) {
        hasher.update(path.as_bytes()).update(hash.as_bytes());
    }
    Input { name: name.to_owned(), source: tree.label(), hash: hasher.finalize().to_hex().to_string() }
}

pub(super) fn located(mut diagnostics: Vec<Diagnostic>, tree: &dyn Files) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.file = tree.name(&diagnostic.file);
    }
    diagnostics
}
