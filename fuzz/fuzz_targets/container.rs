//! Any bytes as a file: every walker is reached by its magic bytes, which the
//! first byte may put in front.
#![no_main]

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use model::finding::Place;
use outflow::container::{Limits, Walk};
use outflow::{Rules, Scan};

const MAGIC: [&[u8]; 12] = [
    b"",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"SQLite format 3\x00\x02\x00\x01\x01\x00\x40\x20\x20",
    b"%PDF-1.4\n1 0 obj\n",
    b"<?xml version=\"1.0\"?><hibernate-generic>",
    b"<?xml version=\"1.0\"?><entity-engine-xml>",
    b"From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=x\n",
    b"Summary,Issue key,Comment\n",
];

/// Made once: the lists of names take longer than a walk.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::default()));

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let mut bytes = MAGIC[usize::from(*first) % MAGIC.len()].to_vec();
    bytes.extend_from_slice(rest);
    let limits = Limits { member_floor: 1 << 20, total_floor: 4 << 20, members: 200, memory: 1 << 20, ..Limits::default() };
    let walk = Walk { limits, scratch: None, stored: None };
    let mut scan = Scan::new(Arc::clone(&RULES));
    walk.file(&Place::file("x"), &mut Cursor::new(&bytes), &mut scan);
    let mut scan = Scan::new(Arc::clone(&RULES));
    walk.stream(&Place::file("-"), &mut bytes.as_slice(), &mut scan);
});
