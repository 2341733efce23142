//! Real ATT&CK bundles, Sigma tags and Attack Flows, read from the shared data
//! set when it is there.

mod catalogue;
mod flows;
mod matrix;
mod mutated;
mod versions;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use model::attack::Matrix;
use model::diagnostic::Diagnostic;

/// Returns the bytes of a shared file, unpacked, or `None` after saying loudly
/// that the test was skipped.
fn shared(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("FEUERPROBE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(name);
    let Ok(packed) = std::fs::read(&path) else {
        skipped(name);
        return None;
    };
    if !name.ends_with(".zst") {
        return Some(packed);
    }
    let mut bytes = Vec::new();
    zstd::Decoder::new(packed.as_slice())
        .and_then(|mut d| d.read_to_end(&mut bytes))
        .expect("shared data unpacks");
    Some(bytes)
}

#[expect(clippy::print_stderr, reason = "a test that did not run must not look like one that passed")]
fn skipped(name: &str) {
    eprintln!("SKIPPED: {name} is not there; set FEUERPROBE_SHARED to the shared data set");
}

/// Prints a figure measured on shared data.
#[expect(clippy::print_stderr, reason = "measured figures are read in the test's output")]
fn figure(text: &str) {
    eprintln!("{text}");
}

/// Returns a matrix of the shared data with what the reader said about it; a
/// bundle is read once for all tests.
fn matrix(name: &'static str) -> Option<(Arc<Matrix>, Vec<Diagnostic>)> {
    type Read = (Arc<Matrix>, Vec<Diagnostic>);
    static READ: Mutex<BTreeMap<&str, Option<Read>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let bundle = || {
        let bytes = shared(&format!("attack/{name}.json.zst"))?;
        let (matrix, diagnostics) = threat::read_matrix(name, bytes.as_slice()).into_parts();
        Some((Arc::new(matrix.expect("a published bundle is read")), diagnostics))
    };
    read.entry(name).or_insert_with(bundle).clone()
}
