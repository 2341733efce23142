//! Input made to hurt: each case says what must be reported. Nothing may crash,
//! nothing may be silent, and memory and time stay bounded.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use model::finding::{Place, Trouble};
use model::outflow::Outflow;
use model::quantity::Timestamp;
use outflow::container::{Limits, Stored, Walk};
use outflow::{Rules, Scan};

/// Made once: thousands of tiny inputs are read.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(Arc::default);

/// Limits small enough that a test meets them.
fn limits() -> Limits {
    Limits {
        member_floor: 4 << 20,
        total_floor: 16 << 20,
        members: 2000,
        memory: 8 << 20,
        ..Limits::default()
    }
}

fn read(bytes: &[u8]) -> Outflow {
    read_from(&mut Cursor::new(bytes))
}

fn read_from(input: &mut (impl Read + Seek)) -> Outflow {
    read_stored(input, None)
}

fn read_stored(input: &mut (impl Read + Seek), stored: Option<&Stored<'_>>) -> Outflow {
    let rules = RULES.clone();
    let threshold = rules.threshold;
    let mut scan = Scan::new(rules);
    let walk = Walk { limits: limits(), scratch: None, stored };
    walk.file(&Place::file("set"), input, &mut scan);
    let mut result = Outflow::new(Vec::new(), String::new(), threshold, Timestamp(0));
    scan.finish().write(&mut result);
    result
}

fn reported(bytes: &[u8], wanted: impl Fn(&Trouble) -> bool) {
    let result = read(bytes);
    let all: Vec<_> = result.unread.iter().map(|u| format!("{}: {}", u.place, u.trouble)).collect();
    assert!(result.unread.iter().any(|u| wanted(&u.trouble)), "reported was {all:?}");
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        out.write_all(bytes).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(bytes).expect("memory");
    out.finish().expect("memory")
}

#[test]
fn a_flat_bomb_is_cut_and_said() {
    let zeros = vec![0; 32 << 20];
    reported(&zip_of(&[("zeros", &zeros)]), |t| matches!(t, Trouble::Bomb(_)));
    reported(&gzip(&zeros), |t| matches!(t, Trouble::Bomb(_)));
    let packed = zstd::encode_all(zeros.as_slice(), 3).expect("memory");
    reported(&packed, |t| matches!(t, Trouble::Bomb(_)));
}

#[test]
fn a_bomb_of_many_small_members_is_cut_and_said_once() {
    let zeros = vec![0; 3 << 20];
    let names: Vec<String> = (0..12).map(|i| format!("m{i}")).collect();
    let members: Vec<_> = names.iter().map(|n| (n.as_str(), zeros.as_slice())).collect();
    let result = read(&zip_of(&members));
    let bombs = result.unread.iter().filter(|u| matches!(u.trouble, Trouble::Bomb(_))).count();
    assert_eq!(bombs, 1, "{:?}", result.unread);
}

#[test]
fn members_that_lie_inside_others_are_left_out_and_said() {
    // Every entry of the directory points at the same member.
    let one = zip_of(&[("a", b"the same bytes"), ("b", b"other bytes")]);
    let mut bomb = one.clone();
    let first = memchr::memmem::find(&bomb, b"PK\x01\x02").expect("a directory");
    let second = first + 1 + memchr::memmem::find(&bomb[first + 1..], b"PK\x01\x02").expect("a second entry");
    bomb[second + 42..second + 46].copy_from_slice(&4_u32.to_le_bytes());
    reported(&bomb, |t| matches!(t, Trouble::Bomb(_)));
}

#[test]
fn archives_a_hundred_deep_end_at_the_limit() {
    let mut bytes = b"KVNR".to_vec();
    for _ in 0..100 {
        bytes = zip_of(&[("inner.zip", &bytes)]);
    }
    reported(&bytes, |t| *t == Trouble::TooDeep(limits().depth));
    let mut bytes = b"text".to_vec();
    for _ in 0..100 {
        bytes = gzip(&bytes);
    }
    reported(&bytes, |t| *t == Trouble::TooDeep(limits().depth));
}

#[test]
fn a_quine_of_mails_ends_at_the_limit() {
    let mut mail = b"From: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\ntext\r\n".to_vec();
    for _ in 0..40 {
        let mut outer =
            b"From: a@b\r\nTo: c@d\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n".to_vec();
        outer.extend_from_slice(&mail);
        mail = outer;
    }
    reported(&mail, |t| matches!(t, Trouble::TooDeep(_)));
}

#[test]
fn too_many_members_are_said() {
    let names: Vec<String> = (0..2100).map(|i| format!("m{i}")).collect();
    let members: Vec<_> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    reported(&zip_of(&members), |t| matches!(t, Trouble::Bounded(_)));
}

#[test]
fn cut_members_are_said() {
    let text: Vec<u8> =
        (0..200_000_u32).flat_map(|i| format!("{}\n", i.wrapping_mul(2_654_435_761)).into_bytes()).collect();
    let packed = gzip(&text);
    reported(&packed[..packed.len() / 2], |t| matches!(t, Trouble::Truncated(_) | Trouble::Damaged(_)));
    let packed = zstd::encode_all(text.as_slice(), 3).expect("memory");
    reported(&packed[..packed.len() / 2], |t| matches!(t, Trouble::Truncated(_) | Trouble::Unreadable(_)));
    let archive = zip_of(&[("a", &text)]);
    reported(&archive[..archive.len() / 2], |t| matches!(t, Trouble::Truncated(_)));
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_cksum();
    tar.append_data(&mut header, "a", text.as_slice()).expect("memory");
    let tar = tar.into_inner().expect("memory");
    reported(&tar[..tar.len() / 2], |t| matches!(t, Trouble::Truncated(_)));
}

#[test]
fn names_that_lead_out_and_links_are_said_and_never_followed() {
    for name in ["/etc/passwd", "../../outside", "C:\\Windows\\x", "a/../../b"] {
        let archive = zip_of(&[("ok", b"x")]);
        // The writer refuses such names, so they are made by hand.
        let named = zip_of(&[(&"n".repeat(name.len()), b"x")]);
        let place = "n".repeat(name.len());
        let bytes = replace(&named, place.as_bytes(), name.as_bytes());
        assert!(read(&archive).unread.is_empty());
        reported(&bytes, |t| matches!(t, Trouble::Path(_)));
    }
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "loop", "loop").expect("memory");
    reported(&tar.into_inner().expect("memory"), |t| matches!(t, Trouble::Path(_)));
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = memchr::memmem::find(&bytes, from) {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn control_characters_in_names_are_shown_escaped() {
    let name = "a\u{1b}[2Jb\u{202e}c\r\nd";
    let bytes = zip_of(&[(name, &gzip(b"cut")[..8])]);
    let result = read(&bytes);
    let shown = result.unread.first().map(|u| u.place.to_string()).unwrap_or_default();
    assert!(shown.contains("a\\u{1b}[2Jb"), "{shown:?}");
    assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn encrypted_members_are_said() {
    let mut bytes = zip_of(&[("a", b"secret")]);
    for at in memchr::memmem::find_iter(&bytes.clone(), b"PK\x01\x02") {
        bytes[at + 8] |= 1;
    }
    reported(&bytes, |t| *t == Trouble::Encrypted);
    let pdf = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Encrypt 2 0 R >>\n";
    reported(pdf, |t| *t == Trouble::Encrypted);
}

/// A file that is longer than it says at first.
struct Growing {
    inner: Cursor<Vec<u8>>,
    asked: u32,
}

impl Read for Growing {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf)
    }
}

impl Seek for Growing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if matches!(to, SeekFrom::End(_)) {
            self.asked += 1;
            if self.asked > 1 {
                self.inner.get_mut().extend_from_slice(b"more");
            }
        }
        self.inner.seek(to)
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_said() {
    let result = read_from(&mut Growing { inner: Cursor::new(b"some text".to_vec()), asked: 0 });
    assert!(result.unread.iter().any(|u| u.trouble == Trouble::Changed), "{:?}", result.unread);
}

/// Ten gibibytes of nothing, as a sparse file is read.
struct Sparse {
    at: u64,
    size: u64,
}

impl Read for Sparse {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (self.size - self.at).min(buf.len() as u64) as usize;
        buf[..n].fill(0);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at.min(self.size),
            SeekFrom::End(back) => self.size.saturating_add_signed(back),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn a_sparse_file_is_read_to_its_end_in_bounded_memory() {
    let size = 64 << 20;
    let result = read_from(&mut Sparse { at: 0, size });
    assert_eq!((result.volume.bytes, result.unread.len()), (size, 0));
}

/// A file of which only some stretches were written.
struct Holes {
    sparse: Sparse,
    written: Vec<(u64, Vec<u8>)>,
    read: u64,
}

impl Read for Holes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let at = self.sparse.at;
        let n = self.sparse.read(buf)?;
        for (start, bytes) in &self.written {
            for (i, b) in (*start..).zip(bytes) {
                if i >= at && i < at + n as u64 {
                    buf[(i - at) as usize] = *b;
                }
            }
        }
        self.read += n as u64;
        Ok(n)
    }
}

impl Seek for Holes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.sparse.seek(to)
    }
}

#[test]
fn holes_are_skipped_and_change_nothing_that_is_found() {
    let line = "KVNR A123456780 geb. 03.05.1971\n".repeat(40).into_bytes();
    let wide = "KVNR A123456780 geb. 03.05.1971\n".encode_utf16().flat_map(u16::to_le_bytes);
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
    let at = 11_000_001;
    let sets = [
        vec![(0, line.clone()), (at, line.clone()), (19 << 20, line.clone())],
        vec![(at - 1, line.clone())],
        vec![(0, b"<p>".repeat(500)), (at, line)],
        vec![(0, wide.repeat(40)), (at - 1, wide.repeat(40))],
        vec![],
    ];
    for written in sets {
        let size = 20 << 20;
        let stretches: Vec<_> = written.iter().map(|(at, b)| *at..at + b.len() as u64).collect();
        let stored =
            |from| stretches.iter().find(|s| s.end > from).map(|s: &Range<u64>| s.start.max(from)..s.end);
        let [(whole, all), (skipped, some)] = [None, Some(&stored as &Stored<'_>)].map(|stored| {
            let mut file = Holes { sparse: Sparse { at: 0, size }, written: written.clone(), read: 0 };
            (read_stored(&mut file, stored), file.read)
        });
        assert_eq!(whole.to_bytes(), skipped.to_bytes(), "{stretches:?}");
        assert!(all > size && some < 1 << 20, "{all} {some}");
        assert_eq!(whole.findings.is_empty(), stretches.is_empty());
    }
}

#[test]
fn every_prefix_and_every_flipped_byte_of_every_format_is_survived() {
    let gz = gzip(b"KVNR A123456780");
    let mail = b"From: a@b\r\nTo: c@d\r\nSubject: =?utf-8?B?QQ=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\nQUFB\r\n--x--\r\n";
    let pdf = b"%PDF-1.4\n1 0 obj\n<< /Type /Page /Contents 2 0 R /Resources << /Font << /F 3 0 R >> >> >>\nendobj\n2 0 obj\n<< /Length 20 >>\nstream\nBT (A1) Tj ET\nendstream\nendobj\n";
    let xml = b"<?xml version=\"1.0\"?><hibernate-generic><object class=\"Page\"><id name=\"id\">1</id><property name=\"title\"><![CDATA[x]]></property></object></hibernate-generic>";
    let engine = b"<?xml version=\"1.0\"?><entity-engine-xml><Issue id=\"1\" summary=\"x\"><description><![CDATA[y]]></description></Issue></entity-engine-xml>";
    let rss = b"<rss><channel><title>Jira</title><item><title>[A-1] x</title><key id=\"1\">A-1</key><comments><comment id=\"1\">y</comment></comments></item></channel></rss>";
    let csv = b"Summary,Issue key,Comment\n\"x,\"\"y\",A-1,z\n";
    let inner = zip_of(&[
        ("[Content_Types].xml", b"<x/>"),
        ("xl/workbook.xml", b"<sheet name=\"x\"/>"),
        ("xl/worksheets/sheet1.xml", b"<row><c r=\"A1\" t=\"s\"><v>0</v></c></row>"),
        ("xl/sharedStrings.xml", b"<sst><si><t>x</t></si></sst>"),
    ]);
    let cases: [&[u8]; 9] = [
        &gz,
        mail,
        pdf,
        xml,
        engine,
        rss,
        csv,
        &inner,
        &zip_of(&[("entities.xml", xml), ("attachments/1/2/3", b"x")]),
    ];
    for case in cases {
        for cut in (0..case.len()).step_by(7) {
            read(&case[..cut]);
        }
        for at in (0..case.len()).step_by(5) {
            let mut bytes = case.to_vec();
            bytes[at] ^= 0xff;
            read(&bytes);
        }
    }
}

#[test]
fn a_document_without_an_end_costs_no_memory() {
    // A name, a value and a text of many megabytes each.
    for open in ["<a", "<a b=\"", "<a>", "<![CDATA[", "<!--", "<!DOCTYPE ["] {
        let mut bytes =
            b"<?xml version=\"1.0\"?><hibernate-generic><object class=\"Page\"><property name=\"x\">"
                .to_vec();
        bytes.extend_from_slice(open.as_bytes());
        bytes.resize(8 << 20, b'x');
        read(&bytes);
    }
}
