//! Mail.

use std::io::{Cursor, Write as _};

use crate::support::{Shape, sentence};

const HEAD: &str = "From: a@example.test\nTo: b@example.test\nSubject: Akte\nDate: Mon, 5 Jan 2026 08:00:00 +0100\n\
    Message-ID: <1@example.test>\nMIME-Version: 1.0\n";

/// Base64 in lines, RFC 4648 and 2045.
pub(super) fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (i, three) in bytes.chunks(3).enumerate() {
        if i > 0 && i % 19 == 0 {
            out.push('\n');
        }
        let bits = three.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let sign = if at <= three.len() { SIGNS[bits >> (18 - 6 * at) & 63] } else { b'=' };
            out.push(char::from(sign));
        }
    }
    out + "\n"
}

/// A length of DER and what it is of.
fn der(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    [&[tag, 0x84], &length[..], body].concat()
}

const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const ENVELOPED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";

fn signed(content: &[u8]) -> Vec<u8> {
    let inner = [b"\x02\x01\x01\x31\x00".to_vec(), der(0x30, &[DATA.to_vec(), der(0xa0, content)].concat())];
    der(0x30, &[SIGNED.to_vec(), der(0xa0, &der(0x30, &inner.concat()))].concat())
}

fn envelope(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let fields = format!(
        "Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\n\
         Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7m\n\n"
    );
    format!("{HEAD}{fields}{}", base64(bytes)).into_bytes()
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_le_bytes();
    [&[level], &id.to_le_bytes()[..], &length, data, &[0, 0]].concat()
}

fn winmail(attachment: &[u8]) -> Vec<u8> {
    [
        b"\x78\x9f\x3e\x22\x01\x00".to_vec(),
        attribute(1, 0x0008_9006, &[0, 0, 1, 0]),
        attribute(2, 0x0001_8010, b"akte.zip\0"),
        attribute(2, 0x0006_800f, attachment),
    ]
    .concat()
}

fn attached(name: &str, bytes: &[u8]) -> Vec<u8> {
    let body = base64(bytes);
    format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\nhello\n--B\n\
         Content-Type: application/ms-tnef; name={name}\nContent-Transfer-Encoding: base64\n\n{body}--B--\n"
    )
    .into_bytes()
}

pub(crate) fn all() -> Vec<Shape> {
    let mut all: Vec<Shape> = Vec::new();
    let mut add =
        |name: &str, bytes: Vec<u8>, people, unread| all.push((name.to_owned(), bytes, people, unread));
    let plain = format!("{HEAD}Content-Type: text/plain\n\n{}\n", sentence(1));
    let packed = format!(
        "{HEAD}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{}",
        base64(sentence(1).as_bytes())
    );
    add("a mail", plain.clone().into_bytes(), 1, "");
    add("a mark before the header", format!("\u{feff}{packed}").into_bytes(), 1, "");
    add("a blank line before the header", format!("\n\r\n{packed}").into_bytes(), 1, "");
    add(
        "as Apple Mail stores it",
        format!("{}\n{packed}<?xml version=\"1.0\"?>\n", packed.len()).into_bytes(),
        1,
        "",
    );
    let short =
        packed.replace("To: b@example.test\n", "").replace("Date: Mon, 5 Jan 2026 08:00:00 +0100\n", "");
    let short = short.replace("Message-ID: <1@example.test>\nMIME-Version: 1.0\n", "");
    add("few fields", short.into_bytes(), 1, "");
    let inner = packed[HEAD.len()..].to_owned();
    add("signed, opaque", envelope("signed-data", &signed(&der(4, inner.as_bytes()))), 1, "");
    let pieces: Vec<u8> = inner.as_bytes().chunks(50).flat_map(|c| der(4, c)).collect();
    let in_pieces = [b"\x24\x80".to_vec(), pieces, vec![0, 0]].concat();
    add("signed, in pieces", envelope("signed-data", &signed(&in_pieces)), 1, "");
    let sealed = der(0x30, &[ENVELOPED.to_vec(), der(0xa0, &[0x55; 400])].concat());
    add("encrypted with S/MIME", envelope("enveloped-data", &sealed), 0, "is encrypted");
    let armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMA5vJzK0\n=abcd\n-----END PGP MESSAGE-----\n";
    add(
        "encrypted in the text",
        format!("{HEAD}Content-Type: text/plain\n\nHallo,\n\n{armour}").into_bytes(),
        0,
        "is encrypted",
    );
    let multipart = format!(
        "{HEAD}Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=B\n\n--B\n\
         Content-Type: application/pgp-encrypted\n\nVersion: 1\n--B\nContent-Type: application/octet-stream\n\n{armour}--B--\n"
    );
    add("encrypted parts", multipart.into_bytes(), 0, "is encrypted");
    let told = "A text about -----BEGIN PGP MESSAGE----- lines.\n";
    add("a text about encryption", format!("{HEAD}Content-Type: text/plain\n\n{told}").into_bytes(), 0, "");
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("a.txt", zip::write::SimpleFileOptions::default()).expect("memory");
    archive.write_all(sentence(2).as_bytes()).expect("memory");
    let archive = archive.finish().expect("memory").into_inner();
    add("winmail.dat with an archive", attached("winmail.dat", &winmail(&archive)), 1, "");
    add("winmail.dat with a text", attached("winmail.dat", &winmail(sentence(2).as_bytes())), 1, "");
    let cut = winmail(&archive);
    add("winmail.dat, cut", attached("winmail.dat", &cut[..cut.len() - 40]), 1, "ends too early");
    let digest = format!(
        "{HEAD}Content-Type: multipart/digest; boundary=B\n\n--B\n\n{packed}\n--B\n\n{}\n--B--\n",
        packed.replace("Akte", "Andere")
    );
    add("a digest", digest.into_bytes(), 1, "");
    all
}
