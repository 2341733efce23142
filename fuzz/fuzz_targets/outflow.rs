//! Any bytes as a part of any kind; how they are cut changes nothing.
#![no_main]

use std::sync::{Arc, LazyLock};

use model::outflow::Outflow;
use model::quantity::Timestamp;
use outflow::place::{Kind, Place};
use outflow::{Rules, Scan};

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(Arc::default);

fn scan(bytes: &[u8], kind: Kind, cut: usize) -> Vec<u8> {
    let mut scan = Scan::new(RULES.clone());
    scan.begin(Place::file(String::from_utf8_lossy(bytes)), kind);
    for chunk in bytes.chunks(cut) {
        scan.bytes(chunk);
    }
    let mut result = Outflow::new(Vec::new(), String::new(), RULES.threshold, Timestamp(0));
    scan.finish().write(&mut result);
    result.to_bytes()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let kind = [Kind::Text, Kind::Html, Kind::Raw][usize::from(first % 3)];
    let whole = scan(rest, kind, usize::MAX);
    assert_eq!(whole, scan(rest, kind, 1 + usize::from(first / 3)), "cut otherwise");
});
