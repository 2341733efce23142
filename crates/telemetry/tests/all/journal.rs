//! Exports of the journal that are cut off, damaged, huge or hostile.

use std::io::Cursor;

use crate::bounds::{Long, run};
use model::reading::Input;
use telemetry::{Parsed, ReadSummary};

const EXPORT: &[u8] = include_bytes!("../cases/journald-export/in.export");

fn read(bytes: &[u8]) -> (Parsed, ReadSummary) {
    let (parsed, summary, _) = run("a.export", || Input::Stream(Box::new(Cursor::new(bytes.to_vec()))));
    (parsed, summary)
}

fn entry(fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"__CURSOR=x\n__REALTIME_TIMESTAMP=1772438400000000\nSYSLOG_IDENTIFIER=sshd\n".to_vec();
    fields.iter().for_each(|field| bytes.extend_from_slice(field));
    bytes.push(b'\n');
    bytes
}

fn sized(name: &str, size: u64, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"\n", &size.to_le_bytes(), value, b"\n"].concat()
}

/// Texts of the messages, the codes of what was said, and how much was unreadable.
fn outcome(bytes: &[u8]) -> (Vec<String>, Vec<String>, u64) {
    let (parsed, summary) = read(bytes);
    let texts = parsed.events.iter().map(|e| e.fields.text("MESSAGE").unwrap_or("none").to_owned());
    let codes = summary.diagnostics.iter().map(|d| d.code.clone());
    (texts.collect(), codes.collect(), parsed.unreadable + summary.unreadable)
}

#[test]
fn a_size_that_is_none_costs_its_own_entry_alone() {
    let whole = |text: &str| entry(&[format!("MESSAGE={text}\n").as_bytes()]);
    for size in [u64::MAX, 1 << 63, (768 << 20) + 1, 700, 3, 0] {
        let wrong = entry(&[&sized("MESSAGE", size, b"four"), b"_PID=7\n"]);
        let bytes = [whole("before"), wrong, whole("after"), whole("last")].concat();
        let (texts, codes, unreadable) = outcome(&bytes);
        assert_eq!(texts, ["before", "after", "last"], "of {size} bytes");
        assert_eq!((codes, unreadable), (vec!["events.journal-entry".to_owned()], 1), "of {size} bytes");
    }
    let (texts, codes, unreadable) =
        outcome(&[whole("before"), entry(&[b"no field\n"]), whole("after")].concat());
    assert_eq!((texts, unreadable), (vec!["before".to_owned(), "after".to_owned()], 1), "{codes:?}");
}

#[test]
fn a_value_of_200_mib_is_not_held_and_what_follows_is_read() {
    let head = [entry(&[b"MESSAGE=before\n"]), b"__CURSOR=y\nMESSAGE=dumped\nCOREDUMP\n".to_vec()].concat();
    let head: &'static [u8] = [head, (200_u64 << 20).to_le_bytes().to_vec()].concat().leak();
    let tail: &'static [u8] = [b"\n_PID=7\n\n".to_vec(), entry(&[b"MESSAGE=after\n"])].concat().leak();
    let (parsed, summary, _) = run("a.export", || {
        Input::Stream(Box::new(Long { head: Cursor::new(head), count: 200 << 20, tail: Cursor::new(tail) }))
    });
    let texts: Vec<_> = parsed.events.iter().filter_map(|e| e.fields.text("MESSAGE")).collect();
    assert_eq!((texts.as_slice(), summary.unreadable), (&["before", "after"][..], 1));
    assert_eq!(summary.diagnostics[0].code, "events.too-long");
    // The same, but the file ends before the value does.
    let (parsed, summary, _) = run("a.export", || {
        Input::Stream(Box::new(Long { head: Cursor::new(head), count: 20 << 20, tail: Cursor::new(b"") }))
    });
    let codes: Vec<_> = summary.diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!((parsed.events.len(), codes.as_slice()), (1, &["events.too-long", "events.cut-off"][..]));
}

#[test]
fn wherever_an_export_breaks_off_its_whole_entries_are_read_and_the_rest_is_told() {
    let (whole, _) = read(EXPORT);
    assert_eq!(whole.events.len(), 4);
    let ends: Vec<usize> = (0..=EXPORT.len()).filter(|end| EXPORT[..*end].ends_with(b"\n\n")).collect();
    // Two line ends stand in the message of the second entry, too.
    assert_eq!(ends.len(), 5);
    for end in 0..EXPORT.len() {
        let (parsed, summary) = read(&EXPORT[..end]);
        let said = summary.unreadable + parsed.unreadable > 0 || !summary.diagnostics.is_empty();
        let passed = ends.iter().filter(|at| **at <= end && **at != ends[1]).count();
        for (event, all) in parsed.events.iter().zip(&whole.events).take(passed) {
            assert_eq!(event.fields, all.fields, "at {end}");
        }
        let whole_entries = end == 0 || end != ends[1] && ends.contains(&end);
        assert!(parsed.events.len() >= passed && parsed.events.len() <= passed + 1, "at {end}");
        assert_eq!(said, !whole_entries, "at {end}");
    }
}

#[test]
fn entries_are_whole_wherever_a_block_ends() {
    let bytes = EXPORT.repeat(3_000);
    let (parsed, summary) = read(&bytes);
    assert!(summary.batches > 5 && summary.unreadable == 0 && parsed.unreadable == 0, "{summary:?}");
    let (whole, _) = read(EXPORT);
    assert_eq!(parsed.events.len(), 12_000);
    for (i, event) in parsed.events.iter().enumerate() {
        assert_eq!((event.index, &event.fields), (i as u64, &whole.events[i % 4].fields));
    }
}

/// Each of them would take minutes if what is left out were moved away piece by piece.
#[test]
fn entries_around_17_mib_of_anything_are_read() {
    let start = entry(&[b"MESSAGE=x\n"]);
    for filler in [&b"\n"[..], b"x\n\n__", b"A=\n", b"A=\n\n", b"A\n\xff\xff\xff\xff\xff\xff\xff\xff\n\n__"] {
        let bytes = [start.as_slice(), &filler.repeat((17 << 20) / filler.len()), b"\n\n", &start].concat();
        let (parsed, _) = read(&bytes);
        let at =
            |event: Option<&model::event::Event>| event.and_then(|e| e.fields.text("MESSAGE")) == Some("x");
        assert!(at(parsed.events.first()) && at(parsed.events.last()), "{filler:?}");
    }
}
