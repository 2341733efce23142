//! Content of tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rehearsal::Memory;

pub(crate) fn gather(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{below}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            gather(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
}

/// Returns the built-in content as somebody would hold it who received it.
pub(crate) fn content() -> Memory {
    let mut files = BTreeMap::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content"), "", &mut files);
    Memory::new("built-in", files).named("built-in:")
}

/// Returns the folder of public data, or says loudly that it is not here.
#[expect(clippy::print_stderr, reason = "a skipped test must be heard")]
pub(crate) fn public_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("FEUERPROBE_SHARED").map_or(beside, PathBuf::from);
    let found = folder.join("telemetry/index.jsonl").is_file();
    if !found {
        eprintln!("SKIPPED: no public data in {}; set FEUERPROBE_SHARED", folder.display());
    }
    found.then_some(folder)
}
