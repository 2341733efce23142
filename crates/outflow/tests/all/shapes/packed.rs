//! Archives, packed streams and databases.

use std::io::{Cursor, Write as _};

use crate::support::{Shape, kvnr, sentence};

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        out.write_all(bytes).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

/// Returns where the end mark of an archive stands.
fn end(archive: &[u8]) -> usize {
    archive.windows(4).rposition(|w| w == b"PK\x05\x06").expect("an archive")
}

fn bzip2(level: u32, text: &str) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(level));
    out.write_all(format!("{text}\n").as_bytes()).expect("memory");
    out.finish().expect("memory")
}

/// Returns an archive whose directory names only its second member.
fn removed() -> Vec<u8> {
    let mut archive = zip_of(&[("gone.txt", sentence(1).repeat(9).as_bytes()), ("kept.txt", b"nothing")]);
    let at = end(&archive);
    let size = u32::from_le_bytes(archive[at + 12..at + 16].try_into().expect("four")) as usize;
    let directory = at - size;
    let first =
        archive[directory + 1..].windows(4).position(|w| w == b"PK\x01\x02").expect("two entries") + 1;
    archive.drain(directory..directory + first);
    let at = end(&archive);
    archive[at + 8..at + 12].copy_from_slice(&[1, 0, 1, 0]);
    archive[at + 12..at + 16].copy_from_slice(&u32::try_from(size - first).expect("small").to_le_bytes());
    archive
}

fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        out.extend(
            format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, bytes.len()).bytes(),
        );
        out.extend_from_slice(bytes);
        if bytes.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

pub(crate) fn all() -> Vec<Shape> {
    let mut all: Vec<Shape> = Vec::new();
    let mut add =
        |name: &str, bytes: Vec<u8>, people, unread| all.push((name.to_owned(), bytes, people, unread));
    for level in [1, 5, 9] {
        add(&format!("bzip2, level {level}"), bzip2(level, &sentence(1)), 1, "");
    }
    add(
        "bzip2 streams one behind the other",
        [bzip2(1, &sentence(1)), bzip2(9, &sentence(2))].concat(),
        2,
        "",
    );
    add("a damaged bzip2 stream", bzip2(3, &sentence(1))[..30].to_vec(), 0, "ends too early");
    let lzma = {
        let options = lzma_rust2::LzmaOptions::with_preset(6);
        let mut out = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).expect("memory");
        out.write_all(sentence(1).as_bytes()).expect("memory");
        out.finish().expect("memory")
    };
    add("lzma", lzma, 1, "");
    let inner = zip_of(&[("x.txt", sentence(2).as_bytes())]);
    add("ar with text and an archive", ar(&[("a.txt/", sentence(1).as_bytes()), ("b.zip/", &inner)]), 2, "");
    // Members that the count leaves out: writers without Zip64 count modulo 65,536.
    let mut two = zip_of(&[("a.txt", sentence(1).as_bytes()), ("b.txt", sentence(2).as_bytes())]);
    let at = end(&two);
    two[at + 8..at + 12].copy_from_slice(&[1, 0, 1, 0]);
    add("zip, a count too small", two.clone(), 2, "names 2 members and counts 1");
    two[at + 8..at + 12].copy_from_slice(&[0, 0, 0, 0]);
    add("zip, a count of 0", two, 2, "names 2 members and counts 0");
    let first = zip_of(&[("a.txt", sentence(1).as_bytes())]);
    let second = zip_of(&[("b.txt", sentence(2).as_bytes())]);
    add("two archives", [first.clone(), second.clone()].concat(), 2, "");
    add("three archives", [first.clone(), first.clone(), second.clone()].concat(), 2, "");
    add("a member that no directory names", removed(), 1, "directory at the end is missing");
    add("zeros behind an archive", [first.clone(), vec![0; 300]].concat(), 1, "");
    let script = format!("#!/bin/sh\n# {}\n{}exit 0\n", sentence(3), "# a line of a script\n".repeat(600));
    add("a script before an archive", [script.into_bytes(), first.clone()].concat(), 2, "");
    let program = [b"\x7fELF\x02\x01\x01\0".repeat(600), sentence(3).into_bytes(), vec![0; 9]].concat();
    add("a program before an archive", [program, first.clone()].concat(), 2, "");
    let mut commented = first.clone();
    let comment = sentence(4);
    let length = u16::try_from(comment.len()).expect("short");
    let at = end(&commented);
    commented[at + 20..at + 22].copy_from_slice(&length.to_le_bytes());
    commented.extend_from_slice(comment.as_bytes());
    add("the comment of an archive", commented, 2, "");
    let cut = &first[..end(&first) - 20];
    add("an archive without its end", cut.to_vec(), 1, "directory at the end is missing");
    for (name, method) in
        [("bzip2", sevenz_rust2::EncoderMethod::BZIP2), ("PPMd", sevenz_rust2::EncoderMethod::PPMD)]
    {
        add(&format!("7z, {name}"), seven(method, &sentence(1)), 1, "");
    }
    for (name, minor, packed) in [("1.14", 14, true), ("1.14, not packed", 14, false), ("1.16", 16, true)] {
        add(&format!("pg_dump -Fc, {name}"), dump(minor, packed), 3, "");
    }
    let dump = dump(14, true);
    add("pg_dump -Fc, cut", dump[..dump.len() - 30].to_vec(), 2, "is cut");
    add("a name in a gzip header", named_gzip(), 1, "");
    databases(&mut add);
    all
}

/// Further streams and archives, with nothing in them.
pub(crate) fn streams() -> Vec<Shape> {
    let text = b"nothing to see here\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).expect("memory");
    let mut seven = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).expect("memory");
    let entry = sevenz_rust2::ArchiveEntry::new_file("x.txt");
    seven.push_archive_entry(entry, Some(text.as_slice())).expect("memory");
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    tar.append_data(&mut header, "x.txt", text.as_slice()).expect("memory");
    let mut compound = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("memory");
    compound.create_stream("/x").and_then(|mut s| s.write_all(text)).expect("memory");
    [
        ("gzip", gzip.finish().expect("memory")),
        ("zstd", zstd::encode_all(text.as_slice(), 1).expect("memory")),
        ("7z", seven.finish().expect("memory").into_inner()),
        ("tar", tar.into_inner().expect("memory")),
        ("compound", compound.into_inner().into_inner()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes, 0, ""))
    .into()
}

fn seven(method: sevenz_rust2::EncoderMethod, text: &str) -> Vec<u8> {
    let mut out = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).expect("memory");
    out.set_content_methods(vec![method.into()]);
    let entry = sevenz_rust2::ArchiveEntry::new_file("x.txt");
    out.push_archive_entry(entry, Some(text.as_bytes())).expect("memory");
    out.finish().expect("memory").into_inner()
}

/// Returns an archive as `pg_dump -Fc` writes it: somebody in the rows of a table whose column
/// says what the number is, in a large object, and in a comment of the table of contents.
fn dump(minor: u8, packed: bool) -> Vec<u8> {
    fn int(out: &mut Vec<u8>, n: i32) {
        out.push(u8::from(n < 0));
        out.extend(n.unsigned_abs().to_le_bytes());
    }
    fn string(out: &mut Vec<u8>, text: &str) {
        int(out, i32::try_from(text.len()).expect("short"));
        out.extend_from_slice(text.as_bytes());
    }
    let mut out = [&b"PGDMP\x01"[..], &[minor, 0, 4, 8, 1]].concat();
    if minor >= 15 {
        out.push(u8::from(packed));
    } else {
        int(&mut out, if packed { -1 } else { 0 });
    }
    (0..7).for_each(|n| int(&mut out, n));
    ["people", "15.4", "15.4"].iter().for_each(|text| string(&mut out, text));
    int(&mut out, 2);
    for (number, name, copy) in [(1, "t", "COPY public.t (id, steuer_id) FROM stdin;\n"), (2, "BLOBS", "")] {
        int(&mut out, number);
        int(&mut out, 1);
        ["1259", "16385", name, "TABLE DATA"].iter().for_each(|text| string(&mut out, text));
        int(&mut out, 3);
        string(&mut out, &if number == 2 { format!("COMMENT '{}'", sentence(3)) } else { String::new() });
        ["", copy, "public", ""].iter().for_each(|text| string(&mut out, text));
        if minor >= 14 {
            string(&mut out, "heap");
        }
        if minor >= 16 {
            int(&mut out, 0);
        }
        ["postgres", "false", "207"].iter().for_each(|text| string(&mut out, text));
        int(&mut out, -1);
        out.extend([2, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    let stream = |out: &mut Vec<u8>, text: &str| {
        let bytes = if packed {
            let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            zlib.write_all(text.as_bytes()).expect("memory");
            zlib.finish().expect("memory")
        } else {
            text.as_bytes().to_vec()
        };
        for chunk in bytes.chunks(20) {
            int(out, i32::try_from(chunk.len()).expect("short"));
            out.extend_from_slice(chunk);
        }
        int(out, 0);
    };
    out.push(1);
    int(&mut out, 1);
    stream(&mut out, &format!("1\t{}\n", crate::support::TAX_IDS[0]));
    out.push(3);
    int(&mut out, 2);
    int(&mut out, 16_999);
    stream(&mut out, &sentence(2));
    int(&mut out, 0);
    out
}

fn named_gzip() -> Vec<u8> {
    let mut out = flate2::GzBuilder::new()
        .filename(format!("{}.txt", sentence(1).replace('.', "_")))
        .write(Vec::new(), flate2::Compression::fast());
    out.write_all(b"nothing").expect("memory");
    out.finish().expect("memory")
}

fn database(setup: &str, after: &str, log: bool) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("d.db");
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection
        .execute_batch(&format!(
            "PRAGMA secure_delete=OFF; {setup} CREATE TABLE t (name TEXT, kvnr TEXT, city TEXT);"
        ))
        .expect("a table");
    for n in 0..20 {
        connection.execute("INSERT INTO t VALUES ('Erna', ?1, 'Essen')", [kvnr(n)]).expect("a row");
    }
    connection.execute_batch(after).expect("SQL");
    if log {
        return std::fs::read(folder.path().join("d.db-wal")).expect("the log");
    }
    drop(connection);
    std::fs::read(path).expect("the database")
}

/// Returns a database of which all rows are deleted: random letters and digits without a gap, a
/// tenth of which pass the check digit by chance.
fn random_rows() -> Vec<u8> {
    let mut state = 1_u64;
    let mut letters = || {
        let mut one = |of: &[u8]| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(of[usize::try_from(state >> 33).expect("31 bits") % of.len()])
        };
        let letter = one(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        std::iter::once(letter).chain((0..9).map(|_| one(b"0123456789"))).collect::<String>()
    };
    let rows: String = (0..40)
        .map(|_| {
            format!("INSERT INTO t VALUES ('', '{}', '');", (0..10).map(|_| letters()).collect::<String>())
        })
        .collect();
    database("", &format!("DELETE FROM t; VACUUM; {rows} DELETE FROM t;"), false)
}

fn databases(add: &mut impl FnMut(&str, Vec<u8>, usize, &'static str)) {
    add("SQLite", database("", "", false), 20, "");
    for encoding in ["UTF-16le", "UTF-16be"] {
        add(
            &format!("SQLite in {encoding}"),
            database(&format!("PRAGMA encoding='{encoding}';"), "", false),
            20,
            "",
        );
        let dropped = database(&format!("PRAGMA encoding='{encoding}';"), "DROP TABLE t;", false);
        add(&format!("SQLite in {encoding}, table dropped"), dropped, 20, "");
    }
    add("SQLite, table dropped", database("", "DROP TABLE t;", false), 20, "");
    add(
        "SQLite, half of the rows deleted",
        database("", "DELETE FROM t WHERE rowid % 2 = 0;", false),
        20,
        "",
    );
    add("SQLite, all rows deleted", database("", "DELETE FROM t;", false), 20, "");
    add("SQLite, rows of random digits deleted", random_rows(), 0, "");
    let open = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;";
    add("a write-ahead log", database(open, "", true), 20, "");
    let wide = format!("PRAGMA encoding='UTF-16le'; {open}");
    add("a write-ahead log in UTF-16", database(&wide, "", true), 20, "");
}
