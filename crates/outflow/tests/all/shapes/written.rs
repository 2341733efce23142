//! Data that is written in letters, and text in which a number touches something else.

use std::io::Write as _;

use super::mails::base64;
use crate::support::{Shape, kvnr, sentence};

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(text.as_bytes()).expect("memory");
    out.finish().expect("memory")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn uuencoded(bytes: &[u8]) -> String {
    let letter = |n: u32| char::from_u32(if n == 0 { 96 } else { n + 32 }).expect("below 128");
    let mut out = "begin 644 akte.txt\n".to_owned();
    for line in bytes.chunks(45) {
        out.push(letter(u32::try_from(line.len()).expect("below 46")));
        for group in line.chunks(3) {
            let bits = (0..3).fold(0, |n, i| n << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
            out.extend([18, 12, 6, 0].map(|shift| letter(bits >> shift & 63)));
        }
        out.push('\n');
    }
    out + "`\nend\n"
}

/// Escapes bytes as a MySQL dump does.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for b in bytes {
        match b {
            0 => out.extend(b"\\0"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            26 => out.extend(b"\\Z"),
            b'\'' | b'"' | b'\\' => out.extend([b'\\', *b]),
            b => out.push(*b),
        }
    }
    out
}

/// Folds a line after every 20 bytes, in the middle of the number.
fn folded(line: &str) -> String {
    let pieces: Vec<&str> =
        line.as_bytes().chunks(20).map(|c| std::str::from_utf8(c).expect("ASCII")).collect();
    pieces.join("\r\n ")
}

pub(crate) fn all() -> Vec<Shape> {
    let mut all: Vec<Shape> = Vec::new();
    let mut add =
        |name: &str, bytes: Vec<u8>, people, unread| all.push((name.to_owned(), bytes, people, unread));
    let coded = base64(sentence(1).as_bytes());
    let one_line = coded.replace("\r\n", "").replace('\n', "");
    add("base64", coded.clone().into_bytes(), 1, "");
    add("JSON with base64", format!("{{\"a\":1,\"text\":\"{one_line}\"}}\n").into_bytes(), 1, "");
    let uri = format!("<p><a href=\"data:text/plain;base64,{one_line}\">x</a></p>");
    add("HTML with a data URI", format!("<!doctype html>{uri}").into_bytes(), 1, "");
    let zipped = base64(&gzip(&sentence(2))).replace("\r\n", "").replace('\n', "");
    add("JSON with a packed file", format!("{{\"file\":\"{zipped}\"}}\n").into_bytes(), 1, "");
    add(
        "SQL, hexadecimal digits",
        format!("INSERT INTO t VALUES (1, X'{}');\n", hex(&gzip(&sentence(3)))).into_bytes(),
        1,
        "",
    );
    add(
        "SQL, bytea",
        format!("COPY t (a) FROM stdin;\n\\\\x{}\n", hex(&gzip(&sentence(3)))).into_bytes(),
        1,
        "",
    );
    let binary =
        [b"INSERT INTO `t` VALUES (1,'".as_slice(), &escaped(&gzip(&sentence(4))), b"');\n"].concat();
    // So much text stands around it that the file is one.
    let around = "-- a comment of a dump, as there are many of them in every file\n".repeat(40);
    add("SQL, a binary string", [around.as_bytes(), &binary, around.as_bytes()].concat(), 1, "");
    add("uuencode", uuencoded(sentence(5).as_bytes()).into_bytes(), 1, "");
    add(
        "uuencode in a text",
        format!("Hello,\nsee below.\n{}Bye\n", uuencoded(&gzip(&sentence(5)))).into_bytes(),
        1,
        "",
    );
    let value = base64(sentence(6).as_bytes()).replace("\r\n", "").replace('\n', "");
    add(
        "LDIF",
        format!("version: 1\ndn: cn=x,dc=example\ndescription:: {}\n", folded(&value).replace('\r', ""))
            .into_bytes(),
        1,
        "",
    );
    add(
        "calendar, folded",
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            folded(&format!("DESCRIPTION:{}", sentence(7)))
        )
        .into_bytes(),
        1,
        "",
    );
    add(
        "address book, folded",
        format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\n{}\r\nEND:VCARD\r\n",
            folded(&format!("NOTE:x{}", sentence(7)))
        )
        .into_bytes(),
        1,
        "",
    );
    touching(&mut add);
    all
}

fn touching(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    let number = kvnr(8);
    let (head, tail) = number.split_at(4);
    add(
        "RTF, a number in groups",
        format!("{{\\rtf1\\ansi Versicherte M\\'fcller, KVNR {head}{{\\b {tail}}}\\par}}").into_bytes(),
        1,
        "",
    );
    add(
        "text, a word behind the number",
        format!("Versicherte Erika Muster, geb. 03.05.1971, KVNR {number}Versicherte\n").into_bytes(),
        1,
        "",
    );
    add(
        "HTML, a footnote behind the number",
        format!("<!doctype html><p>{}<sup>1</sup></p>", sentence(9)).into_bytes(),
        1,
        "",
    );
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(format!("blob 60\0{}", sentence(10)).as_bytes()).expect("memory");
    add("zlib", zlib.finish().expect("memory"), 1, "");
    add("xar", b"xar!\0\x1c\0\x01 and so on".to_vec(), 0, "a xar archive");
    add("pg_dump -Fc", b"PGDMP\x01\x0e\0 and so on".to_vec(), 0, "PostgreSQL archive");
    add("openssl enc", b"Salted__\x01\x02\x03\x04\x05\x06\x07\x08\x99\x98".to_vec(), 0, "encrypted");
    add("PostScript", b"%!PS-Adobe-3.0\n/x 1 def\n".to_vec(), 0, "PostScript");
}
