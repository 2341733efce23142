//! Any bytes as the parts of an office document and as `entities.xml` of an
//! export, packed so that no checksum keeps them from their readers.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use model::finding::Place;
use outflow::container::{Limits, Walk};
use outflow::{Rules, Scan};

const LAYOUTS: [&[&str]; 4] = [
    &["[Content_Types].xml", "word/document.xml"],
    &["[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"],
    &["entities.xml", "attachments/1/2/3"],
    &["inner.zip", "a.eml"],
];

/// Made once: the lists of names take longer than a walk.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::default()));

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let names = LAYOUTS[usize::from(*first) % LAYOUTS.len()];
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for name in names {
        if out.start_file(*name, options).is_err() {
            return;
        }
        let root: &[u8] = match first >> 6 {
            1 => b"<hibernate-generic>",
            2 => b"<entity-engine-xml>",
            _ => b"",
        };
        if out.write_all(root).and_then(|()| out.write_all(rest)).is_err() {
            return;
        }
    }
    let Ok(archive) = out.finish() else { return };
    let limits = Limits { member_floor: 1 << 20, total_floor: 4 << 20, members: 200, memory: 1 << 20, ..Limits::default() };
    let mut scan = Scan::new(Arc::clone(&RULES));
    Walk { limits, scratch: None, stored: None }.file(&Place::file("x"), &mut Cursor::new(archive.into_inner()), &mut scan);
});
