//! Results of scans for insured-person data as records at risk.

use std::path::PathBuf;

use model::estate::Estate;
use model::outflow::Outflow;
use model::record::Input;

use crate::error::Failure;

/// Sets the records of the stores that these results are about. Of several results
/// about one store the largest counts: which people they share cannot be told when
/// their keys differ.
pub(super) fn set(estate: &mut Estate, files: &[PathBuf]) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    let mut scanned: Vec<(usize, u64)> = Vec::new();
    for file in files {
        let shown = file.display().to_string();
        let bytes = super::beneath::read_named(file)
            .map_err(|e| Failure::Unreadable { path: shown.clone(), why: e.to_string() })?;
        let result: Outflow = serde_json::from_slice(&bytes)
            .map_err(|e| Failure::Usage(format!("{shown} is no result of `outflow scan --output`: {e}")))?;
        let store = result.store.ok_or_else(|| {
            Failure::Usage(format!("{shown} does not say which asset it is about: scan with --store ASSET"))
        })?;
        let at =
            estate.assets.iter().position(|a| a.id.as_str() == store).ok_or_else(|| Failure::Unknown {
                what: "asset",
                name: store,
                hint: format!("{shown} was scanned with it as --store"),
            })?;
        scanned.push((at, result.people.persons));
        inputs.push(Input {
            name: "outflow".into(),
            source: file.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
            hash: blake3::hash(&bytes).to_hex().to_string(),
        });
    }
    for (at, _) in &scanned {
        estate.assets[*at].records = scanned.iter().filter(|s| s.0 == *at).map(|s| s.1).max().unwrap_or(0);
    }
    Ok(inputs)
}
