//! The account of bytes: whatever is done to a file, each of its bytes is read, looked at as
//! it lies or said to be unread. The first byte chooses the container that the rest is put
//! into, so that every reader is reached with what it can take apart; with 255 the rest is the
//! file, as in the seeds that `scripts/fuzz` makes of the cases.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use model::finding::Place;
use model::outflow::Outflow;
use model::quantity::Timestamp;
use outflow::container::{Limits, Walk};
use outflow::{Rules, Scan};

/// Made once: the lists of names take longer than a walk.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::default()));

/// Puts bytes into a container, then writes the second half over it at a place of its choice.
fn packed(data: &[u8]) -> Option<Vec<u8>> {
    if let [255, whole @ ..] = data {
        return Some(whole.to_vec());
    }
    let [kind, at, length, rest @ ..] = data else { return None };
    let (inside, over) = rest.split_at(rest.len() / 2);
    let mut bytes = match kind % 8 {
        0 => inside.to_vec(),
        1 | 2 => {
            let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let names: &[&str] = if kind % 8 == 1 { &["a", "b"] } else { &["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"] };
            for name in names {
                out.start_file(*name, zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).ok()?;
                out.write_all(inside).ok()?;
            }
            out.finish().ok()?.into_inner()
        }
        3 => [b"%PDF-1.4\n1 0 obj\n<</Length 9>>\nstream\n", inside, b"\nendstream\nendobj\ntrailer"].concat(),
        4 => [b"!<arch>\nname            0           0     0     100644  10        `\n", inside].concat(),
        5 => [b"From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n", inside, b"\n--x--\n"].concat(),
        6 => [b"SQLite format 3\x00\x02\x00\x01\x01\x00\x40\x20\x20", inside].concat(),
        _ => [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", inside].concat(),
    };
    if let Some(spot) = bytes.len().checked_sub(over.len()).map(|room| room * usize::from(*at) / 256)
        && *length % 2 == 0
        && let Some(target) = bytes.get_mut(spot..spot + over.len())
    {
        target.copy_from_slice(over);
    }
    Some(bytes)
}

fuzz_target!(|data: &[u8]| {
    let Some(bytes) = packed(data) else { return };
    let limits = Limits { member_floor: 1 << 20, total_floor: 4 << 20, members: 200, memory: 1 << 20, ..Limits::default() };
    let walk = Walk { limits, scratch: None, stored: None };
    for streamed in [false, true] {
        let mut scan = Scan::new(Arc::clone(&RULES));
        if streamed {
            walk.stream(&Place::file("-"), &mut bytes.as_slice(), &mut scan);
        } else {
            walk.file(&Place::file("x"), &mut Cursor::new(&bytes), &mut scan);
        }
        let mut result = Outflow::new(Vec::new(), String::new(), RULES.threshold, Timestamp(0));
        scan.finish().write(&mut result);
        let account = result.account;
        assert_eq!(account.size, account.read + account.raw + account.unread);
        assert!(account.size >= bytes.len() as u64, "{account:?} of {}", bytes.len());
        let said: u64 = result.unread.iter().filter_map(|u| u.bytes).sum();
        assert_eq!(said, account.unread, "{:?}", result.unread);
    }
});
