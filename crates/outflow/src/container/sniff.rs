//! Tells a format by the first bytes, never by a name.

/// Bytes looked at.
pub(super) const HEAD: usize = 8192;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    /// Text in lines that are folded: calendars, address books, LDIF.
    Folded,
    Html,
    Xml,
    /// An office document that is one XML file.
    FlatOffice,
    Hibernate,
    EntityEngine,
    JiraRss,
    JiraCsv,
    Mail,
    Mailbox,
    Zip,
    Gzip,
    Zlib,
    Zstandard,
    Xz,
    Bzip2,
    Lzma,
    Ar,
    Tar,
    SevenZip,
    Compound,
    Sqlite,
    SqliteLog,
    Tnef,
    Pdf,
    /// An archive of `pg_dump`.
    Postgres,
    Rtf,
    /// A tablespace of MySQL.
    InnoDb,
    /// Encrypted as a whole.
    Sealed,
    /// Recognised, not read.
    Other(&'static str),
    Binary,
}

const MAGIC: [(&[u8], Format); 45] = [
    (b"\x72\x01\x01\x00", Format::Other("a Stata file")),
    (b"\x72\x02\x01\x00", Format::Other("a Stata file")),
    (b"{\\rtf", Format::Rtf),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"PK\x07\x08", Format::Zip),
    (b"\x28\xb5\x2f\xfd", Format::Zstandard),
    (b"\xfd7zXZ\x00", Format::Xz),
    (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format::Compound),
    (b"SQLite format 3\x00", Format::Sqlite),
    (b"\x37\x7f\x06\x82\x00\x2d\xe2\x18", Format::SqliteLog),
    (b"\x37\x7f\x06\x83\x00\x2d\xe2\x18", Format::SqliteLog),
    (super::tnef::MARK, Format::Tnef),
    (b"Rar!\x1a\x07", Format::Other("a RAR archive")),
    (b"\x04\x22\x4d\x18", Format::Other("LZ4 data")),
    (b"MSCF\x00\x00\x00\x00", Format::Other("a cabinet archive")),
    (b"!BDN", Format::Other("an Outlook data file")),
    (b"xar!\x00\x1c", Format::Other("a xar archive")),
    (b"LZIP\x01", Format::Other("lzip data")),
    (b"LRZI\x00", Format::Other("lrzip data")),
    (b"\xff\x06\x00\x00sNaPpY", Format::Other("snappy data")),
    (b"\x89LZO\x00\r\n", Format::Other("lzop data")),
    (b"PGDMP\x01", Format::Other("a PostgreSQL archive (pg_dump -Fc)")),
    (b"# v2 git bundle\n", Format::Other("a Git bundle")),
    (b"# v3 git bundle\n", Format::Other("a Git bundle")),
    (b"PACK\x00\x00\x00", Format::Other("a Git pack")),
    (b"PAR1", Format::Other("a Parquet file")),
    (b"ORC\x0a", Format::Other("an ORC file")),
    (b"Obj\x01", Format::Other("an Avro file")),
    (b"\x89HDF\r\n\x1a\n", Format::Other("an HDF5 file")),
    (b"<stata_dta>", Format::Other("a Stata file")),
    (b"$FL2@(#)", Format::Other("an SPSS file")),
    (b"hsqs", Format::Other("a squashfs image")),
    (b"QFI\xfb", Format::Other("a QCOW disk image")),
    (b"KDMV\x01\x00\x00\x00", Format::Other("a VMDK disk image")),
    (b"MSWIM\x00\x00\x00", Format::Other("a WIM image")),
    (
        b"%!PS-Adobe",
        Format::Other("PostScript, a program whose text is seen only where it stands in whole words"),
    ),
    (b"\xc5\xd0\xd3\xc6", Format::Other("encapsulated PostScript")),
    (b"LUKS\xba\xbe", Format::Sealed),
    (b"Salted__", Format::Sealed),
    (b"age-encryption.org/", Format::Sealed),
    (b"\x03\xd9\xa2\x9a", Format::Sealed),
    (b"-----BEGIN PGP MESSAGE-----", Format::Sealed),
    (b"!<arch>\n", Format::Ar),
];

/// Returns the format of an input that begins with `head`.
pub(super) fn format(head: &[u8]) -> Format {
    if super::postgres::is_known(head) {
        return Format::Postgres;
    }
    for (magic, format) in MAGIC {
        if head.starts_with(magic) {
            return format;
        }
    }
    if is_tar(head) {
        return Format::Tar;
    }
    if head.first().is_some_and(|b| (0x50..=0x5f).contains(b)) && head.get(1..4) == Some(b"\x2a\x4d\x18") {
        return Format::Zstandard;
    }
    if is_gzip(head) {
        return Format::Gzip;
    }
    if is_compress(head) {
        return Format::Other("compress data (.Z)");
    }
    if is_bzip2(head) {
        return Format::Bzip2;
    }
    if is_lzma(head) {
        return Format::Lzma;
    }
    let text = is_text(head);
    if !text && is_tablespace(head) {
        return Format::InnoDb;
    }
    if !text && is_zlib(head) {
        return Format::Zlib;
    }
    if is_pdf(head, text) {
        return Format::Pdf;
    }
    if text { text_format(head) } else { Format::Binary }
}

/// Returns whether a gzip member begins here: two bytes that random data has often enough,
/// the only method there is, and no flag that is reserved (RFC 1952, 2.3.1).
fn is_gzip(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"\x1f\x8b") else { return false };
    rest.first() == Some(&8) && rest.get(1).is_some_and(|flags| flags & 0xe0 == 0)
}

/// Returns whether data of `compress` begins here: two bytes, codes of 9 to 16 bits, no flag
/// that is reserved, and codes that are known when they come. The first one is a byte, and
/// each later one adds an entry behind the 256 bytes and the code that clears the table.
fn is_compress(head: &[u8]) -> bool {
    let Some([flags, codes @ ..]) = head.strip_prefix(b"\x1f\x9d") else { return false };
    let block = flags & 0x80 != 0;
    let bits = |n: usize| {
        let (byte, shift) = (n * 9 / 8, n * 9 % 8);
        let pair = [*codes.get(byte)?, codes.get(byte + 1).copied().unwrap_or(0)];
        Some(usize::from(u16::from_le_bytes(pair) >> shift & 0x1ff))
    };
    // 64 codes of nine bits; the table clears itself only once it is full.
    let known =
        |(n, code): (usize, usize)| if n == 0 { code < 256 } else { code < 256 + usize::from(block) + n };
    flags & 0x60 == 0
        && (9..=16).contains(&(flags & 0x1f))
        && !codes.is_empty()
        && (0..64).map_while(bits).enumerate().all(known)
}

/// Returns whether a stream of bzip2 begins here: any level, and the mark of its first
/// block or of its end.
fn is_bzip2(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"BZh") else { return false };
    rest.first().is_some_and(|level| (b'1'..=b'9').contains(level))
        && rest.get(1..7).is_some_and(|mark| mark == b"1AY&SY" || mark == b"\x17\x72\x45\x38\x50\x90")
}

/// Returns whether a file of the older LZMA format begins here. It has no mark: the usual
/// properties, a dictionary of a size that encoders choose, and a size that is unknown
/// or below a tebibyte.
fn is_lzma(head: &[u8]) -> bool {
    let Some([0x5d, a, b, c, d, size @ ..]) = head.get(..13) else { return false };
    let dictionary = u32::from_le_bytes([*a, *b, *c, *d]);
    let usual = dictionary >= 1 << 12 && (dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two());
    usual && (size.iter().all(|b| *b == 0xff) || size.ends_with(&[0, 0, 0])) && head.get(13) == Some(&0)
}

/// Returns whether a tablespace of InnoDB begins here: its first page, of the kind that heads
/// a file, whose header names the space twice.
fn is_tablespace(head: &[u8]) -> bool {
    let field = |at: usize| head.get(at..at + 4);
    field(4) == Some(&[0; 4])
        && head.get(24..26) == Some(&[0, 8])
        && field(34).is_some_and(|space| Some(space) == field(38) && space != [0; 4])
}

/// Returns whether a stream of zlib begins here: a header whose two bytes fit, and data that
/// can be unpacked.
fn is_zlib(head: &[u8]) -> bool {
    let Some([0x78, flags, ..]) = head.get(..8) else { return false };
    let mut out = [0; 256];
    (0x7800 + u32::from(*flags)) % 31 == 0
        && std::io::Read::read(&mut flate2::bufread::ZlibDecoder::new(head), &mut out).is_ok_and(|n| n > 0)
}

/// Returns whether folded lines begin here: a calendar or address book, or entries of a
/// directory.
fn is_folded(text: &[u8]) -> bool {
    let starts = |what: &[u8]| text.get(..what.len()).is_some_and(|t| t.eq_ignore_ascii_case(what));
    starts(b"BEGIN:VCALENDAR")
        || starts(b"BEGIN:VCARD")
        || starts(b"dn: ")
        || starts(b"dn:: ")
        || starts(b"version: 1") && memchr::memmem::find(text, b"\ndn:").is_some()
}

/// Returns whether a PDF begins here: its mark and version at the beginning of a line, and
/// an object behind it. A text that only mentions the mark is none; bytes may stand before it.
fn is_pdf(head: &[u8], text: bool) -> bool {
    let near = head.get(..1024).unwrap_or(head);
    let found = memchr::memmem::find_iter(near, b"%PDF-").find(|at| {
        let begins = at.checked_sub(1).is_none_or(|p| !near[p].is_ascii_graphic());
        begins && near.get(at + 5).is_some_and(u8::is_ascii_digit) && near.get(at + 6) == Some(&b'.')
    });
    let Some(at) = found else { return false };
    let object = memchr::memmem::find_iter(&head[at..], b" obj")
        .any(|p| head[at..at + p].iter().rev().take(2).any(u8::is_ascii_digit));
    object && !is_mail(narrow(&head[..at]).trim_ascii_start()) || !text
}

/// Returns whether a 512-byte header carries the checksum of a tar member; the
/// old format has no other mark.
fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else { return false };
    let field = std::str::from_utf8(&block[148..156]).unwrap_or("");
    let Ok(wanted) = u32::from_str_radix(field.trim_matches([' ', '\0']), 8) else { return false };
    let sum: u32 =
        block.iter().enumerate().map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) }).sum();
    wanted == sum && block[0] != 0
}

/// Returns whether these look like text in UTF-8, Latin-1 or UTF-16.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return true;
    }
    let control =
        head.iter().filter(|b| **b < 32 && !matches!(**b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b)).count();
    let zeros =
        |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count() * 5 > head.len() * 2;
    // Half of UTF-16 text in Latin letters is zeros, all on one side.
    zeros(0) != zeros(1) || control * 50 <= head.len()
}

/// Returns the head without the zeros of UTF-16, so that ASCII words are seen.
fn narrow(head: &[u8]) -> Vec<u8> {
    head.iter().copied().filter(|b| *b != 0 && *b < 0xef).collect()
}

fn text_format(head: &[u8]) -> Format {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let narrow = narrow(head);
    let text = narrow.trim_ascii_start();
    let has = |what: &[u8]| memchr::memmem::find(text, what).is_some();
    if text.starts_with(b"<") {
        let lower = text[..text.len().min(1024)].to_ascii_lowercase();
        let starts = |what: &str| lower.starts_with(what.as_bytes());
        return if has(b"<hibernate-generic") {
            Format::Hibernate
        } else if has(b"<entity-engine-xml") {
            Format::EntityEngine
        } else if has(b"<rss") && (has(b"JIRA") || has(b"Jira") || has(b"<key id=")) {
            Format::JiraRss
        } else if starts("<!doctype html") || memchr::memmem::find(&lower, b"<html").is_some() {
            Format::Html
        } else if is_flat_office(text) {
            Format::FlatOffice
        } else if starts("<?xml") || starts("<!--") || is_tag(text) {
            Format::Xml
        } else {
            Format::Text
        };
    }
    // Wide characters hold their folds in two bytes each.
    if narrow.len() == head.len() && is_folded(text) {
        return Format::Folded;
    }
    if is_mailbox(text) {
        return Format::Mailbox;
    }
    if is_mail(text) || is_emlx(text) {
        return Format::Mail;
    }
    let first = text.split(|b| *b == b'\n').next().unwrap_or(b"");
    let in_first = |what: &[u8]| memchr::memmem::find(first, what).is_some();
    if (in_first(b"Issue key") || in_first(b"Vorgangsschl"))
        && first.iter().filter(|b| **b == b',' || **b == b';').count() >= 2
    {
        return Format::JiraCsv;
    }
    Format::Text
}

/// Names that the root of an office document declares: flat OPC, WordprocessingML (ECMA-376 and
/// ISO/IEC 29500 Strict), Word 2003, SpreadsheetML 2003, OpenDocument 1.3.
const FLAT_OFFICE: [&[u8]; 6] = [
    b"http://schemas.microsoft.com/office/2006/xmlPackage",
    b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.microsoft.com/office/word/2003/wordml",
    b"urn:schemas-microsoft-com:office:spreadsheet",
    b"urn:oasis:names:tc:opendocument:xmlns:office:1.0",
];

/// Returns whether the root element is that of an office document.
fn is_flat_office(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at + 1..];
        let end = if rest.starts_with(b"!--") {
            memchr::memmem::find(rest, b"-->").map(|end| end + 2)
        } else {
            memchr::memchr(b'>', rest)
        };
        let tag = &rest[..end.unwrap_or(rest.len())];
        if !tag.starts_with(b"?") && !tag.starts_with(b"!") {
            return FLAT_OFFICE.iter().any(|name| memchr::memmem::find(tag, name).is_some());
        }
        rest = &rest[tag.len()..];
    }
    false
}

fn is_tag(text: &[u8]) -> bool {
    let mut after = text[1..].iter();
    after.next().is_some_and(u8::is_ascii_alphabetic) && after.take(200).any(|b| *b == b'>')
}

/// Returns whether two header fields of a mail stand at the beginning.
fn is_mail(text: &[u8]) -> bool {
    const FIELDS: [&str; 14] = [
        "received",
        "return-path",
        "delivered-to",
        "mime-version",
        "message-id",
        "subject",
        "from",
        "to",
        "date",
        "content-type",
        "x-mozilla-status",
        "reply-to",
        "dkim-signature",
        "envelope-to",
    ];
    let (mut known, mut others, mut whole) = (0, 0, false);
    for line in text.split(|b| *b == b'\n').take(200) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first().is_some_and(|b| *b == b' ' || *b == b'\t') {
            continue;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            whole = line.is_empty();
            break;
        };
        let name = &line[..colon];
        if !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_') {
            break;
        }
        if FIELDS.iter().any(|f| f.as_bytes().eq_ignore_ascii_case(name)) {
            known += 1;
        } else {
            others += 1;
        }
    }
    // A header of two fields, a blank line, and nothing else before it.
    known >= 3
        || known == 2 && others == 0 && whole
        || (known == 2 && memchr::memmem::find(text, b"Message-I").is_some())
}

/// Returns whether a mail begins after a line that holds only its size, as Apple Mail stores it.
fn is_emlx(text: &[u8]) -> bool {
    let Some((size, rest)) = memchr::memchr(b'\n', text).map(|at| text.split_at(at)) else { return false };
    let size = size.trim_ascii();
    !size.is_empty()
        && size.len() < 12
        && size.iter().all(u8::is_ascii_digit)
        && is_mail(rest.trim_ascii_start())
}

fn is_mailbox(text: &[u8]) -> bool {
    if !text.starts_with(b"From ") {
        return false;
    }
    let Some(end) = memchr::memchr(b'\n', text) else { return false };
    let line = &text[..end];
    // "From sender Thu Jan  1 00:00:00 2026": a clock time is enough to tell.
    let clock = line.windows(3).any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit());
    clock && is_mail(&text[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content() {
        let old = b"From: a@b\nTo: c@d\nSubject: x\n\n%PDF-1.4\n1 0 obj";
        let cases: [(&[u8], Format); 32] = [
            // A mark is no file: what follows it must be one.
            (b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\n<<>>", Format::Pdf),
            (b"junk\n%PDF-1.4\n1 0 obj\n<<>>", Format::Pdf),
            (b"name;file\nErna;a %PDF-1.4 file\n", Format::Text),
            (b"%PDF-1.7 is how a file begins.\n", Format::Text),
            (b"{\"x\":\"%PDF-1.4\\n1 0 obj\"}\n", Format::Text),
            (old, Format::Mail),
            (b"BZh11AY&SY", Format::Bzip2),
            (b"BZh91AY&SY", Format::Bzip2),
            (b"BZh5\x17\x72\x45\x38\x50\x90", Format::Bzip2),
            (b"BZh0 or BZh9 is text", Format::Text),
            (b"]\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0", Format::Lzma),
            (b"!<arch>\ndebian-binary", Format::Ar),
            (b"\xef\xbb\xbfFrom: a@b\nTo: c@d\nSubject: x\n\nhello", Format::Mail),
            (b"\n\nFrom: a@b\nTo: c@d\nSubject: x\n\nhello", Format::Mail),
            (b"From: a@b\nSubject: x\n\nhello", Format::Mail),
            (b"From: a@b\nNote: x\nSubject: x\n\nhello", Format::Text),
            (b"1234\nFrom: a@b\nTo: c@d\nSubject: x\n\nhello", Format::Mail),
            // What `compress` makes of "aaaaaaaaaa", and bytes that only begin like it.
            (b"\x1f\x9d\x90\x61\x02\x0a\x1c\x08", Format::Other("compress data (.Z)")),
            (b"\x1f\x9d\x90\xff\xff\xff\xff\xff\xff", Format::Binary),
            (b"\x1f\x9d\xf0\x61\x02\x0a\x1c\x08", Format::Binary),
            (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", Format::Gzip),
            (b"\x1f\x8b\x33\xa1\x00\x01\x02\x03", Format::Binary),
            (b"PK\x03\x04rest", Format::Zip),
            (b"hello, world\n", Format::Text),
            (b"", Format::Text),
            (b"\xff\xfeh\0i\0", Format::Text),
            (b"<?xml version=\"1.0\"?><hibernate-generic datetime=\"x\">", Format::Hibernate),
            (b"<!DOCTYPE html><p>", Format::Html),
            (b"From: a@b\nTo: c@d\nSubject: x\n\nhello", Format::Mail),
            (b"From a@b Thu Jan  1 00:00:00 2026\nFrom: a@b\nTo: c@d\nSubject: x\n\n", Format::Mailbox),
            (b"Summary,Issue key,Issue id\nx,OPS-1,1\n", Format::JiraCsv),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", Format::Binary),
        ];
        for (head, wanted) in cases {
            assert_eq!(format(head), wanted, "{}", String::from_utf8_lossy(head));
        }
    }
}
