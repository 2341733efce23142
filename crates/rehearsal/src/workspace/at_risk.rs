//! Results of scans for insured-person data as records at risk.

use model::estate::Estate;
use model::outflow::Outflow;
use model::record::Input;

use crate::error::Error;
use crate::files::NamedFile;

/// Sets the records of the stores that these results are about. Of several results
/// about one store the largest counts: which people they share cannot be told when
/// their keys differ.
pub(super) fn set(estate: &mut Estate, files: &[NamedFile]) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    let mut scanned: Vec<(usize, u64)> = Vec::new();
    for file in files {
        let shown = &file.name;
        let bytes = file.bytes()?;
        let result: Outflow = serde_json::from_slice(&bytes)
            .map_err(|e| Error::Usage(format!("{shown} is no result of `outflow scan --output`: {e}")))?;
        let store = result.store.ok_or_else(|| {
            Error::Usage(format!("{shown} does not say which asset it is about: scan with --store ASSET"))
        })?;
        let at = estate.assets.iter().position(|a| a.id.as_str() == store).ok_or_else(|| Error::Unknown {
            what: "asset",
            name: store,
            hint: format!("{shown} was scanned with it as --store"),
        })?;
        scanned.push((at, result.people.persons));
        inputs.push(Input {
            name: "outflow".into(),
            source: file.source.clone(),
            hash: blake3::hash(&bytes).to_hex().to_string(),
        });
    }
    for (at, _) in &scanned {
        estate.assets[*at].records = scanned.iter().filter(|s| s.0 == *at).map(|s| s.1).max().unwrap_or(0);
    }
    Ok(inputs)
}
