//! Documents inside containers.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use crate::document::{self, Document, Planted, Text};
use crate::form::{self, Medium};
use crate::rng::Rng;
use crate::{number, prose};

fn pack(kind: &'static str, ending: &'static str, bytes: Vec<u8>, planted: Vec<Planted>) -> Document {
    let planted = planted.into_iter().map(|p| Planted { kind, ..p }).collect();
    Document { bytes, planted, ending }
}

/// Returns a container of about this size before packing.
pub(crate) fn any(rng: &mut Rng, size: usize) -> Document {
    match rng.below(14) {
        0 => gzip(rng, size),
        1 => zstandard(rng, size),
        2 => zip(rng, size),
        3 => nested(rng, size),
        4 => tar(rng, size),
        5 => seven(rng, size),
        6 => docx(rng, size.min(4 << 20)),
        7 => xlsx(rng, size.min(4 << 20)),
        8 => odt(rng, size.min(4 << 20)),
        9 | 10 => mail(rng, size),
        11 => message(rng, size.min(4 << 20)),
        12 => pdf(rng, size.min(4 << 20)),
        _ => database(rng, size),
    }
}

fn gzip(rng: &mut Rng, size: usize) -> Document {
    let inner = document::any(rng, size);
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&inner.bytes).expect("memory");
    pack("gzip", "log.gz", out.finish().expect("memory"), inner.planted)
}

fn zstandard(rng: &mut Rng, size: usize) -> Document {
    let inner = document::any(rng, size);
    let bytes = zstd::encode_all(inner.bytes.as_slice(), 1).expect("memory");
    pack("zstd", "zst", bytes, inner.planted)
}

/// Returns a zip of these members.
pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (name, bytes) in members {
        out.start_file(*name, options).expect("memory");
        out.write_all(bytes).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

fn zip(rng: &mut Rng, size: usize) -> Document {
    let docs: Vec<Document> = (0..4).map(|_| document::any(rng, size / 4)).collect();
    let names: Vec<String> =
        docs.iter().enumerate().map(|(i, d)| format!("export/datei{i}.{}", d.ending)).collect();
    let members: Vec<_> = names.iter().zip(&docs).map(|(n, d)| (n.as_str(), d.bytes.as_slice())).collect();
    let bytes = zip_of(&members);
    pack("zip", "zip", bytes, docs.into_iter().flat_map(|d| d.planted).collect())
}

fn nested(rng: &mut Rng, size: usize) -> Document {
    let mut inner = docx(rng, (size / 2).min(1 << 20));
    let other = gzip(rng, size / 2);
    inner.planted.extend(other.planted);
    let zip = zip_of(&[("anlage.docx", &inner.bytes), ("server.log.gz", &other.bytes)]);
    let bytes = zip_of(&[("ticket/anhang.zip", &zip)]);
    pack("zip in zip", "zip", bytes, inner.planted)
}

fn tar(rng: &mut Rng, size: usize) -> Document {
    let mut planted = Vec::new();
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut out = ::tar::Builder::new(encoder);
    for i in 0..3 {
        let inner = document::any(rng, size / 3);
        let mut header = ::tar::Header::new_gnu();
        header.set_size(inner.bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        let name = format!("sicherung/{}/datei{i}.{}", "lang".repeat(30), inner.ending);
        out.append_data(&mut header, name, inner.bytes.as_slice()).expect("memory");
        planted.extend(inner.planted);
    }
    pack(
        "tar.gz",
        "tar.gz",
        out.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory"),
        planted,
    )
}

fn seven(rng: &mut Rng, size: usize) -> Document {
    let inner = document::any(rng, size.min(2 << 20));
    let mut out = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).expect("memory");
    let entry = sevenz_rust2::ArchiveEntry::new_file("datei.txt");
    out.push_archive_entry(entry, Some(inner.bytes.as_slice())).expect("memory");
    pack("7z", "7z", out.finish().expect("memory").into_inner(), inner.planted)
}

/// Returns sentences with people among them, each as `open sentence close`.
fn sentences(rng: &mut Rng, size: usize, open: &str, close: &str, medium: Medium) -> (String, Vec<Planted>) {
    let (mut out, mut planted) = (String::with_capacity(size + 1024), Vec::new());
    while out.len() < size {
        let text = if rng.chance(8) {
            let person = number::person(rng);
            let (written, form) = form::write(rng, &person, medium);
            planted.push(Planted { person, form, kind: "" });
            let text = prose::sentence(rng, &written);
            if medium == Medium::Html { text } else { form::escaped(&text) }
        } else {
            form::escaped(&prose::filler(rng))
        };
        let _ = write!(out, "{open}{text}{close}");
    }
    (out, planted)
}

/// Words split into runs at odd places, as editors do.
fn docx(rng: &mut Rng, size: usize) -> Document {
    let (text, planted) = sentences(rng, size, "<w:p><w:r><w:t>", "</w:t></w:r></w:p>", Medium::Text);
    let split = text.replace("KVNR", "KV</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>NR");
    let body =
        format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{split}</w:body></w:document>");
    let bytes = zip_of(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", body.as_bytes())]);
    pack("docx", "docx", bytes, planted)
}

fn odt(rng: &mut Rng, size: usize) -> Document {
    let (text, planted) = sentences(rng, size, "<text:p>", "</text:p>", Medium::Text);
    let body =
        format!("<office:document-content><office:body>{text}</office:body></office:document-content>");
    let bytes = zip_of(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", body.as_bytes()),
        ("META-INF/manifest.xml", b"<x/>"),
    ]);
    pack("odt", "odt", bytes, planted)
}

fn xlsx(rng: &mut Rng, size: usize) -> Document {
    let (mut strings, mut rows, mut planted, mut count) = (String::new(), String::new(), Vec::new(), 0);
    let mut cell = |strings: &mut String, text: &str| {
        let _ = write!(strings, "<si><t>{}</t></si>", form::escaped(text));
        count += 1;
        count - 1
    };
    let heads: Vec<_> =
        ["Name", "geb.", "Versichertennummer"].iter().map(|h| cell(&mut strings, h)).collect();
    let _ = write!(rows, "<row r=\"1\">");
    for (column, index) in ["A", "B", "C"].iter().zip(heads) {
        let _ = write!(rows, "<c r=\"{column}1\" t=\"s\"><v>{index}</v></c>");
    }
    rows.push_str("</row>");
    let mut row = 1;
    while rows.len() + strings.len() < size {
        row += 1;
        let person = number::person(rng);
        let name = cell(&mut strings, prose::last(rng));
        let birth = cell(&mut strings, &prose::birth(rng));
        let _ = write!(
            rows,
            "<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>{name}</v></c><c r=\"B{row}\" t=\"s\"><v>{birth}</v></c>"
        );
        if rng.chance(70) {
            let id = cell(&mut strings, &person);
            let _ = write!(rows, "<c r=\"C{row}\" t=\"s\"><v>{id}</v></c></row>");
        } else {
            let _ = write!(rows, "<c r=\"C{row}\" t=\"inlineStr\"><is><t>{person}</t></is></c></row>");
        }
        planted.push(Planted { person, form: "plain", kind: "" });
    }
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let bytes = zip_of(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b"<workbook><sheets><sheet name=\"Bestand\" sheetId=\"1\"/></sheets></workbook>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", format!("<sst>{strings}</sst>").as_bytes()),
    ]);
    pack("xlsx", "xlsx", bytes, planted)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + bytes.len() / 50);
    for (i, three) in bytes.chunks(3).enumerate() {
        let n = three.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for k in 0..4 {
            let letter = LETTERS[(n >> (18 - 6 * k) & 63) as usize];
            out.push(if k > three.len() { '=' } else { char::from(letter) });
        }
        if i % 19 == 18 {
            out.push_str("\r\n");
        }
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for b in text.bytes() {
        if width > 70 && b != b'\n' {
            out.push_str("=\r\n");
            width = 0;
        }
        match b {
            b'\n' => {
                out.push_str("\r\n");
                width = 0;
            }
            b' '..=b'~' if b != b'=' => {
                out.push(char::from(b));
                width += 1;
            }
            _ => {
                let _ = write!(out, "={b:02X}");
                width += 3;
            }
        }
    }
    out
}

/// One mail, or a mailbox of several.
fn mail(rng: &mut Rng, size: usize) -> Document {
    let messages = if rng.chance(50) { 1 } else { 5 };
    let (mut bytes, mut planted) = (Vec::new(), Vec::new());
    for i in 0..messages {
        let (body, mut own) = sentences(rng, size / messages / 3, "", "\n", Medium::Text);
        let (page, more) = sentences(rng, size / messages / 3, "<p>", "</p>\n", Medium::Html);
        let attached =
            if rng.chance(50) { docx(rng, size / messages / 3) } else { zip(rng, size / messages / 3) };
        own.extend(more);
        own.extend(attached.planted);
        planted.extend(own);
        let out = &mut Text(&mut bytes);
        if messages > 1 {
            let _ = write!(out, "From a@beispiel.example Thu Jan  1 00:00:00 2026\r\n");
        }
        let _ = write!(
            out,
            "From: Service <a@beispiel.example>\r\nTo: b@beispiel.example\r\nSubject: =?utf-8?Q?R=C3=BCckfrage_{i}?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"=_x{i}\"\r\n\r\n--=_x{i}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n--=_x{i}\r\nContent-Type: text/html; charset=utf-8\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_x{i}\r\nContent-Type: application/octet-stream; name=\"anlage.{}\"\r\n\
             Content-Disposition: attachment; filename=\"anlage.{}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_x{i}--\r\n\r\n",
            quoted(&body),
            base64(format!("<html><body>{page}</body></html>").as_bytes()),
            attached.ending,
            attached.ending,
            base64(&attached.bytes)
        );
    }
    pack(if messages > 1 { "mbox" } else { "mail" }, "eml", bytes, planted)
}

fn message(rng: &mut Rng, size: usize) -> Document {
    let (text, mut planted) = sentences(rng, size / 2, "", "\r\n", Medium::Text);
    let attached = docx(rng, size / 2);
    planted.extend(attached.planted);
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    file.create_storage("/__attach_version1.0_#00000000").expect("memory");
    let streams = [
        ("/__properties_version1.0", vec![0; 32]),
        ("/__substg1.0_0037001F", wide("Rückfrage")),
        ("/__substg1.0_1000001F", wide(&text)),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", wide("anlage.docx")),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", attached.bytes),
    ];
    for (path, bytes) in streams {
        file.create_stream(path).expect("memory").write_all(&bytes).expect("memory");
    }
    file.flush().expect("memory");
    pack("msg", "msg", file.into_inner().into_inner(), planted)
}

fn pdf(rng: &mut Rng, size: usize) -> Document {
    let (mut objects, mut planted, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    let mut total = 0;
    while total < size {
        let mut content = String::from("BT /F1 10 Tf 50 800 Td 12 TL\n");
        for _ in 0..40 {
            let line = if rng.chance(8) {
                let person = number::person(rng);
                planted.push(Planted { person: person.clone(), form: "plain", kind: "" });
                prose::sentence(rng, &person)
            } else {
                prose::filler(rng)
            };
            // Kerning splits strings in the middle of words and numbers.
            let line: String = line.chars().filter(|c| (*c as u32) < 256).collect();
            let cut = line.char_indices().nth(line.chars().count() / 2).map_or(0, |c| c.0);
            let safe = |t: &str| t.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
            let _ = writeln!(content, "[({})-20({})] TJ T*", safe(&line[..cut]), safe(&line[cut..]));
        }
        content.push_str("ET");
        total += content.len();
        let latin: Vec<u8> = content.chars().map(|c| c as u8).collect();
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(&latin).expect("memory");
        pages.push(out.finish().expect("memory"));
    }
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut object = |text: &str, stream: Option<&[u8]>| {
        let number = objects.len() + 1;
        objects.push(bytes.len());
        let _ = write!(Text(&mut bytes), "{number} 0 obj\n{text}\n");
        if let Some(stream) = stream {
            bytes.extend_from_slice(b"stream\n");
            bytes.extend_from_slice(stream);
            bytes.extend_from_slice(b"\nendstream\n");
        }
        bytes.extend_from_slice(b"endobj\n");
    };
    let kids: Vec<String> = (0..pages.len()).map(|i| format!("{} 0 R", 4 + 2 * i)).collect();
    object("<< /Type /Catalog /Pages 2 0 R >>", None);
    object(&format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()), None);
    object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", None);
    for (i, page) in pages.iter().enumerate() {
        object(
            &format!(
                "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents {} 0 R >>",
                5 + 2 * i
            ),
            None,
        );
        object(&format!("<< /Length {} /Filter /FlateDecode >>", page.len()), Some(page));
    }
    bytes.extend_from_slice(b"trailer << /Root 1 0 R >>\n%%EOF\n");
    pack("pdf", "pdf", bytes, planted)
}

/// A database, some of whose rows were deleted: those count as well, but are not
/// promised.
fn database(rng: &mut Rng, size: usize) -> Document {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let db = rusqlite::Connection::open(file.path()).expect("sql");
    db.execute_batch("CREATE TABLE kunde (id INTEGER PRIMARY KEY, name TEXT, geburtsdatum TEXT, versichertennr TEXT, notiz TEXT); BEGIN")
        .expect("sql");
    let (mut planted, mut written) = (Vec::new(), 0);
    while written < size {
        let person = number::person(rng);
        let mut note = String::new();
        // Some rows are longer than a page.
        let most = if rng.chance(5) { 200 } else { 5 };
        for _ in 0..rng.below(most) {
            note.push_str(&prose::filler(rng));
        }
        written += note.len() + 80;
        db.execute(
            "INSERT INTO kunde (name, geburtsdatum, versichertennr, notiz) VALUES (?1, ?2, ?3, ?4)",
            (prose::last(rng), prose::birth(rng), &person, &note),
        )
        .expect("sql");
        planted.push(Planted { person, form: "plain", kind: "" });
    }
    db.execute_batch("COMMIT").expect("sql");
    drop(db);
    let bytes = std::fs::read(file.path()).expect("a temporary file");
    pack("sqlite", "db", bytes, planted)
}
