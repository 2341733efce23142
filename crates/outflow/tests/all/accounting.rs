//! The account of bytes: every byte of a file is looked at, or the scan says that it was not.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};

use crate::support::kvnr;
use model::outflow::Outflow;
use model::quantity::{Ratio, Timestamp};
use outflow::container::Walk;
use outflow::place::Place;
use outflow::{Key, Rules, Scan};
use proptest::prelude::*;

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| {
    let mut rules = Rules::new(Key::new([7; 32]), Vec::new());
    rules.reveal = true;
    Arc::new(rules)
});

static SHAPES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let shapes = [
        crate::shapes::packed::all(),
        crate::shapes::documents::all(),
        crate::shapes::mails::all(),
        crate::shapes::packed::streams(),
        crate::shapes::written::all(),
        crate::shapes::laid_out::all(),
    ];
    shapes.into_iter().flatten().map(|(name, bytes, ..)| (name, bytes)).collect()
});

fn read(bytes: &[u8]) -> Outflow {
    let mut scan = Scan::new(RULES.clone());
    Walk::default().file(&Place::file("set"), &mut Cursor::new(bytes), &mut scan);
    result(scan)
}

fn streamed(mut bytes: &[u8]) -> Outflow {
    let mut scan = Scan::new(RULES.clone());
    Walk::default().stream(&Place::file("set"), &mut bytes, &mut scan);
    result(scan)
}

fn result(scan: Scan) -> Outflow {
    let mut result = Outflow::new(Vec::new(), String::new(), Ratio::clamped(0.6), Timestamp(0));
    scan.finish().write(&mut result);
    result
}

/// Says what of an account does not add up; nothing where it does.
fn odd(result: &Outflow, length: u64) -> Option<String> {
    let account = result.account;
    let said: u64 = result.unread.iter().filter_map(|u| u.bytes).sum();
    let sums = account.size == account.read + account.raw + account.unread;
    let good = sums && account.size >= length && account.inputs > 0 && said == account.unread;
    (!good).then(|| format!("{account:?} of {length}, unread {:?}", result.unread))
}

/// Who is planted.
const STRANGER: usize = 25;

fn text() -> String {
    format!("\nKVNR {}, geb. 03.05.1971\n", kvnr(STRANGER))
}

/// Returns whether the stranger is found, or something is said to be unread.
fn told(result: &Outflow) -> bool {
    result.findings.iter().any(|f| f.clear.as_deref() == Some(&kvnr(STRANGER))) || !result.complete()
}

#[test]
fn every_byte_of_a_file_is_accounted_for() {
    let mut wrong = Vec::new();
    for (name, bytes) in SHAPES.iter() {
        for (way, result) in [("file", read(bytes)), ("stream", streamed(bytes))] {
            wrong.extend(odd(&result, bytes.len() as u64).map(|why| format!("{name} as a {way}: {why}")));
        }
    }
    assert!(SHAPES.len() > 60 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the number comes to lie across the end of a member or row: half of it in each, and
/// no text of either.
const ACROSS: [(&str, usize); 2] =
    [("ar with text and an archive", 115), ("SQLite, half of the rows deleted", 8024)];

#[test]
fn a_text_written_over_any_bytes_is_found_or_told() {
    let mut lost = Vec::new();
    for (name, bytes) in SHAPES.iter() {
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let text = text();
            let end = bytes.len().min(at + text.len());
            let over = [&bytes[..at], text.as_bytes(), &bytes[end..]].concat();
            let put = [&bytes[..at], text.as_bytes(), &bytes[at..]].concat();
            for (way, changed) in [("over", over), ("between", put)] {
                let result = read(&changed);
                if way == "over" && ACROSS.contains(&(name.as_str(), at)) {
                    continue;
                }
                if !told(&result) || odd(&result, changed.len() as u64).is_some() {
                    lost.push(format!("{name} {way} {at} of {}: {:?}", bytes.len(), result.account));
                }
            }
        }
    }
    assert!(lost.is_empty(), "{}:\n{}", lost.len(), lost.join("\n"));
}

/// Files that the fuzzing of the account found wrong: `tests/cases/account`.
#[test]
fn files_that_were_accounted_for_wrongly_are_not() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/account");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a file");
        for result in [read(&bytes), streamed(&bytes)] {
            let odd = odd(&result, bytes.len() as u64);
            assert!(odd.is_none(), "{}: {odd:?}", entry.path().display());
        }
        files += 1;
    }
    assert!(files > 0, "no file");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_file_is_accounted_for(
        which in 0usize..1000, at in 0usize..100_000, bytes in proptest::collection::vec(any::<u8>(), 0..20), cut in 0usize..100_000
    ) {
        let (name, shape) = &SHAPES[which % SHAPES.len()];
        let at = at % shape.len();
        let mut changed = [&shape[..at], bytes.as_slice(), &shape[at..]].concat();
        if cut % 3 == 0 {
            changed.truncate(cut % changed.len());
        }
        for result in [read(&changed), streamed(&changed)] {
            let odd = odd(&result, changed.len() as u64);
            prop_assert!(odd.is_none(), "{name}: {odd:?}");
        }
    }
}

/// Returns which container a shape is; its name where it begins with no mark.
fn family(bytes: &[u8]) -> &'static str {
    let marks: [(&[u8], &str); 13] = [
        (b"PK", "zip"),
        (b"%PDF", "pdf"),
        (b"7z", "7z"),
        (b"\xd0\xcf", "compound"),
        (b"SQLite", "sqlite"),
        (b"\x37\x7f", "sqlite"),
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\x28\xb5", "zstd"),
        (b"\x5d\0", "lzma"),
        (b"!<arch>", "ar"),
        (b"PGDMP", "postgres"),
        (b"{\\rtf", "rtf"),
    ];
    let tar = bytes.get(257..262) == Some(b"ustar");
    let mail = memchr::memmem::find(bytes, b"Subject:").is_some();
    let text = if mail { "mail" } else { "text" };
    let marked = marks.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, family)| *family);
    marked.unwrap_or(if tar { "tar" } else { text })
}

/// Every container has a case, and each case is a seed of the fuzz target `account`: with
/// FUZZ_SEEDS they are written into the folder that it names, as `scripts/fuzz` wants them.
#[test]
fn every_container_has_a_seed() {
    let folder = std::env::var_os("FUZZ_SEEDS").map(std::path::PathBuf::from);
    let mut families = std::collections::BTreeSet::new();
    for (n, (_, bytes)) in SHAPES.iter().enumerate() {
        families.insert(family(bytes));
        let Some(folder) = folder.as_ref().map(|f| f.join(family(bytes))) else { continue };
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(n.to_string()), [&[255], bytes.as_slice()].concat()).expect("a file");
    }
    assert_eq!(families.len(), 15, "{families:?}");
}
