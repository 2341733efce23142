//! Damaged, huge and hostile input: nothing panics, nothing is held whole, and what
//! cannot be read is counted.

use std::io::{self, Cursor, Read};

use crate::support::{join, list, open, read, shared};
use model::reading::Input;
use model::recording::Recording;
use proptest::prelude::*;
use telemetry::{MAX_LINE_BYTES, Parsed, ReadSummary, read_events, survey};

fn recording(file: &str) -> Recording {
    let found = survey(
        &[file.to_owned()],
        &|_| Ok(Input::Seek(Box::new(Cursor::new(b"type=EOE msg=audit(1.000:1):".to_vec())))),
        &join,
    )
    .into_parts()
    .0;
    found.recordings.into_iter().next().unwrap()
}

pub(crate) fn run(file: &str, input: impl Fn() -> Input + Sync) -> (Parsed, ReadSummary, usize) {
    let mut all = Parsed::default();
    let mut largest = 0;
    let summary = read_events(&recording(file), &|_| Ok(input()), &mut |batch| {
        let parsed = batch.parse();
        largest = largest.max(parsed.events.len());
        all.unreadable += parsed.unreadable;
        all.events.extend(parsed.events);
        all.diagnostics.extend(parsed.diagnostics);
    });
    (all, summary, largest)
}

/// `head`, then `count` times the letter `a`, then `tail`.
pub(crate) struct Long {
    pub(crate) head: Cursor<&'static [u8]>,
    pub(crate) count: usize,
    pub(crate) tail: Cursor<&'static [u8]>,
}

impl Read for Long {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.head.read(buffer)?;
        if head > 0 {
            return Ok(head);
        }
        if self.count > 0 {
            let n = buffer.len().min(self.count);
            buffer[..n].fill(b'a');
            self.count -= n;
            return Ok(n);
        }
        self.tail.read(buffer)
    }
}

#[test]
fn a_line_of_200_mib_is_left_out_and_the_lines_around_it_are_read() {
    for (file, head, tail) in [
        ("a.jsonl", &b"{\"EventID\":1}\n{\"x\":\""[..], &b"\"}\n{\"EventID\":2}\n"[..]),
        ("b.json", &b"[{\"EventID\":1},\n{\"x\":\""[..], &b"\"},{\"EventID\":2}]"[..]),
    ] {
        let (parsed, summary, _) = run(file, || {
            Input::Stream(Box::new(Long {
                head: Cursor::new(head),
                count: 200 << 20,
                tail: Cursor::new(tail),
            }))
        });
        let ids: Vec<u64> = parsed.events.iter().filter_map(|e| e.fields["EventID"].as_u64()).collect();
        assert_eq!(ids, [1, 2], "{file}");
        assert_eq!((parsed.unreadable, summary.unreadable), (0, 1), "{file}");
        assert_eq!(summary.diagnostics[0].code, "events.too-long");
        assert_eq!(summary.diagnostics[0].position.unwrap().line, 2);
        let longest_held = MAX_LINE_BYTES as u64;
        assert!(summary.bytes > 200 << 20 && summary.bytes > longest_held);
    }
}

#[test]
fn batches_are_cut_between_lines_and_places_rise() {
    let text: String = (0..12_345).map(|i| format!("{{\"EventID\":{i},\"pad\":\"{i:0>100}\"}}\n")).collect();
    let bytes = text.into_bytes();
    let (parsed, summary, largest) = run("a.jsonl", || Input::Stream(Box::new(Cursor::new(bytes.clone()))));
    assert_eq!(parsed.events.len(), 12_345);
    assert!(summary.batches > 1 && largest < 12_345 && parsed.unreadable == 0);
    for (i, event) in parsed.events.iter().enumerate() {
        assert_eq!((event.index, event.fields["EventID"].as_u64()), (i as u64, Some(i as u64)));
    }
}

/// Records of two events always alternate, so that every place but a clean one would
/// tear a process start apart.
#[test]
fn process_starts_are_not_torn_apart_by_batches() {
    let mut text = String::new();
    for i in 0..4_000 {
        let (a, b) = (2 * i, 2 * i + 1);
        for n in [a, b] {
            text += &format!(
                "type=SYSCALL msg=audit(1772438400.100:{n}): arch=c000003e syscall=59 success=yes pid={n} exe=\"/bin/x\"\n"
            );
        }
        for n in [a, b] {
            text += &format!("type=EXECVE msg=audit(1772438400.100:{n}): argc=1 a0=\"x{n}\"\n");
        }
    }
    let bytes = text.into_bytes();
    let (parsed, summary, _) = run("a.log", || Input::Stream(Box::new(Cursor::new(bytes.clone()))));
    assert!(summary.batches > 1);
    let starts: Vec<_> = parsed.events.iter().filter(|e| e.fields["Image"].is_string()).collect();
    assert_eq!(starts.len(), 8_000);
    assert!(starts.iter().all(|e| e.fields["CommandLine"].as_str().unwrap().starts_with('x')));
    assert!(parsed.events.windows(2).all(|pair| pair[0].index < pair[1].index));
}

#[test]
fn a_reader_that_fails_is_reported_and_what_came_before_is_kept() {
    struct Failing(Cursor<&'static [u8]>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("the disk is gone")),
                n => Ok(n),
            }
        }
    }
    let whole = vec![b' '; 300 * 1024];
    let lines: &'static [u8] =
        Box::leak([b"{\"EventID\":1}\n".to_vec(), whole, b"\n".to_vec()].concat().into_boxed_slice());
    let (parsed, summary, _) = run("a.jsonl", || Input::Stream(Box::new(Failing(Cursor::new(lines)))));
    assert_eq!((parsed.events.len(), summary.unreadable), (1, 1));
    assert_eq!(summary.diagnostics[0].code, "events.read");
}

#[test]
fn utf16_is_read_in_both_orders_with_and_without_its_mark() {
    let text = "{\"EventID\":1,\"User\":\"Jürgen 🙂\"}\r\n{\"EventID\":2}\r\n".repeat(9_000);
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
    for bytes in [[&b"\xff\xfe"[..], &little].concat(), [&b"\xfe\xff"[..], &big].concat(), little, big] {
        let (parsed, summary, _) = run("a.json", || Input::Stream(Box::new(Cursor::new(bytes.clone()))));
        assert_eq!((parsed.events.len(), parsed.unreadable + summary.unreadable), (18_000, 0));
        assert_eq!(parsed.events[0].fields["User"], "Jürgen 🙂");
    }
}

/// Events, unreadable records and codes for each damaged event log of the data set.
#[test]
fn damaged_event_logs_give_what_can_be_read() {
    let Some(root) = shared() else { return };
    let root = root.join("formats/evtx-odd");
    let mut got = Vec::new();
    for file in list(&root) {
        let (parsed, summary) = read(&root, &recording(&file));
        let mut codes: Vec<&str> =
            parsed.diagnostics.iter().chain(&summary.diagnostics).map(|d| d.code.as_str()).collect();
        codes.dedup();
        got.push((file, parsed.events.len(), parsed.unreadable + summary.unreadable, codes.join(" ")));
    }
    let got: Vec<(&str, usize, u64, &str)> =
        got.iter().map(|(f, e, u, c)| (f.as_str(), *e, *u, c.as_str())).collect();
    assert_eq!(got, EVTX_ODD);
}

const EVTX_ODD: [(&str, usize, u64, &str); 5] = [
    ("application_no_crc32.evtx", 17, 0, ""),
    ("dns_log_malformed.evtx", 5, 0, ""),
    ("issue_201.evtx", 1, 0, ""),
    ("sample_with_a_bad_chunk_magic.evtx", 301, 3, "events.evtx-chunk events.evtx-record"),
    ("security_bad_string_cache.evtx", 2261, 0, ""),
];

/// Whether an event log comes as a file or as a stream, cut off or with a broken
/// header, its whole chunks are read.
#[test]
fn an_event_log_is_read_from_streams_and_without_its_header() {
    let Some(root) = shared() else { return };
    let path = "benign/log2timeline-system.evtx";
    let bytes = std::fs::read(root.join(path)).unwrap();
    let (whole, ..) = run("a.evtx", || open(&root, path).unwrap());
    assert!(whole.events.len() > 100);
    let (streamed, ..) = run("a.evtx", || Input::Stream(Box::new(Cursor::new(bytes.clone()))));
    assert_eq!(streamed.events.len(), whole.events.len());
    let mut headless = bytes.clone();
    headless[..16].fill(7);
    let (read, summary, _) = run("a.evtx", || Input::Seek(Box::new(Cursor::new(headless.clone()))));
    assert_eq!(read.events.len(), whole.events.len());
    assert_eq!(summary.diagnostics[0].code, "events.evtx-header");
    let (cut, ..) = run("a.evtx", || Input::Seek(Box::new(Cursor::new(bytes[..40_000].to_vec()))));
    assert!(!cut.events.is_empty() && cut.events.len() < whole.events.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..3_000),
        name in prop_oneof![Just("a.evtx"), Just("a.jsonl"), Just("a.json"), Just("a.log")],
        seek in any::<bool>(),
    ) {
        let (parsed, ..) = run(name, || {
            let cursor = Cursor::new(bytes.clone());
            if seek { Input::Seek(Box::new(cursor)) } else { Input::Stream(Box::new(cursor)) }
        });
        prop_assert!(parsed.events.windows(2).all(|pair| pair[0].index < pair[1].index));
    }

    #[test]
    fn text_that_is_nearly_right_never_panics(
        words in proptest::collection::vec(prop_oneof![
            Just("type=EXECVE msg=audit(1.1:1):"), Just("type=SYSCALL msg=audit(9999999999999999.999:1): "),
            Just(" a0=\"x"), Just(" a1[0]=6"), Just("arch=c000003e syscall=59 "), Just("msg='"), Just("'"),
            Just("{"), Just("}"), Just("\u{1d}"), Just("\n"), Just("Mar 11 "), Just("é1:00:00 "), Just("<34>1 "),
            Just("2026-03-02T08:00:00Z "), Just("host "), Just("sshd[1]: "), Just("avc: "), Just("="), Just("\""),
            Just("[{\"EventID\":12,"), Just("\"EventData\":\"<Data Name='x'>&#x110000;&amp\","),
            Just("\"Event\":{\"System\":{"), Just("\"winlog\":{\"event_id\":1},"), Just("\"a\":1}"), Just("\\"),
        ], 0..60),
        name in prop_oneof![Just("a.jsonl"), Just("a.log")],
    ) {
        let bytes = words.concat().into_bytes();
        run(name, || Input::Stream(Box::new(Cursor::new(bytes.clone()))));
    }

    /// A broken byte in a real event log costs records, never the run.
    #[test]
    fn broken_event_logs_never_panic(
        breaks in proptest::collection::vec((0_usize..69_632, any::<u8>()), 1..40),
    ) {
        let Some(root) = shared() else { return Ok(()) };
        let mut bytes = std::fs::read(root.join("formats/evtx-odd/issue_201.evtx")).unwrap();
        for (at, value) in breaks {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        run("a.evtx", || Input::Seek(Box::new(Cursor::new(bytes.clone()))));
    }
}
