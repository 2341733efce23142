//! A set with numbers in names of every kind of place.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use super::numbers::{Draw, FORMS, KINDS, written};

/// What was planted, with where.
pub(crate) type Planted = Vec<(String, String)>;

/// Draws a number for each kind and form and hands over what it is called.
pub(crate) struct Planter {
    draw: Draw,
    pub(crate) planted: Planted,
}

impl Planter {
    pub(crate) fn new(seed: u64) -> Self {
        Self { draw: Draw(seed), planted: Vec::new() }
    }

    /// Returns a number of each kind in each form.
    fn names(&mut self, place: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (label, kind) in KINDS {
            for form in 0..FORMS {
                let number = kind(&mut self.draw);
                all.push(written(&number, label, form));
                self.planted.push((number, format!("{label} in {place}, form {form}")));
            }
        }
        all
    }

    /// Returns a number of an insured person for a text.
    pub(crate) fn body(&mut self) -> String {
        let number = KINDS[0].1(&mut self.draw);
        self.planted.push((number.clone(), "a text".to_owned()));
        number
    }

    /// Returns a text that is found.
    fn text(&mut self) -> String {
        format!("Versicherte Erika Muster, geb. 03.05.1971, KVNR {}\n", self.body())
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, bytes).expect("a file");
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        out.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).expect("memory");
        out.write_all(bytes).expect("memory");
    }
    out.finish().expect("memory").into_inner()
}

/// Makes the set.
pub(crate) fn set(folder: &Path, plant: &mut Planter) {
    files(folder, plant);
    archives(folder, plant);
    documents(folder, plant);
    headers(folder, plant);
    links(folder, plant);
}

fn files(folder: &Path, plant: &mut Planter) {
    for name in plant.names("the name of a file") {
        write(&folder.join(format!("{name}.txt")), plant.text().as_bytes());
    }
    for name in plant.names("the name of a folder") {
        write(&folder.join(name).join("x.txt"), plant.text().as_bytes());
    }
    for name in plant.names("two folders") {
        let half = name.char_indices().nth(name.chars().count() / 2).map_or(0, |c| c.0);
        write(
            &folder.join("d").join(&name[..half]).join(&name[half..]).join("x.txt"),
            plant.text().as_bytes(),
        );
    }
    for name in plant.names("the name of a broken archive") {
        write(&folder.join(format!("{name}.zip")), b"PK\x03\x04 no archive");
    }
}

fn archives(folder: &Path, plant: &mut Planter) {
    let mut members = Vec::new();
    for name in plant.names("the name of a member") {
        members.push((format!("{name}.txt"), plant.text().into_bytes()));
    }
    for name in plant.names("a folder of a member") {
        members.push((format!("{name}/x.txt"), plant.text().into_bytes()));
    }
    for name in plant.names("the name of an archive in an archive") {
        members.push((format!("{name}.zip"), zip(&[("x.txt".to_owned(), plant.text().into_bytes())])));
    }
    write(&folder.join("a.zip"), &zip(&members));
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, body: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, body.as_bytes()).expect("memory");
    };
    for name in plant.names("a member of a tar archive") {
        add(&name, &plant.text());
    }
    write(&folder.join("b.tar"), &tar.into_inner().expect("memory"));
}

/// Names that stand in the headers of other formats, and before what cannot be read.
fn headers(folder: &Path, plant: &mut Planter) {
    let letters = |name: String, most: usize| -> String {
        name.chars().filter(|c| c.is_ascii_graphic() && *c != '/').take(most).collect()
    };
    let mut ar = b"!<arch>\n".to_vec();
    for name in plant.names("a member of an ar archive") {
        let body = plant.text();
        let head = format!("{:<16}{:<12}0     0     100644  {:<10}`\n", letters(name, 15), 0, body.len());
        ar.extend_from_slice(head.as_bytes());
        ar.extend_from_slice(body.as_bytes());
        ar.extend(std::iter::repeat_n(b'\n', body.len() % 2));
    }
    write(&folder.join("h.a"), &ar);
    for (i, name) in plant.names("the name in a gzip file").into_iter().enumerate() {
        let name = letters(name, 99);
        let mut out = flate2::GzBuilder::new().filename(name).write(Vec::new(), flate2::Compression::fast());
        out.write_all(plant.text().as_bytes()).expect("memory");
        write(&folder.join(format!("i/{i}.gz")), &out.finish().expect("memory"));
    }
    let mut sealed: Vec<(String, Vec<u8>)> = Vec::new();
    for name in plant.names("the name of a broken member") {
        sealed.push((format!("{name}.pdf"), b"%PDF-1.4\n1 0 obj\n<</Encrypt 2 0 R>>\nendobj".to_vec()));
        sealed.push((format!("{name}.gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\x03 no stream".to_vec()));
    }
    write(&folder.join("j.zip"), &zip(&sealed));
    let mut mail = String::new();
    for (name, packed) in
        plant.names("an attachment that is broken").into_iter().zip(["zip", "7z", "msg"].iter().cycle())
    {
        let name = name.replace(['"', '\\'], "_");
        let mark = match *packed {
            "zip" => "PK\u{3}\u{4}",
            "7z" => "7z\u{bc}\u{af}'\u{1c}",
            _ => "Rar!\u{1a}\u{7}",
        };
        mail.push_str(&format!(
            "From a@b.de Thu Jan  1 00:00:00 2026\nFrom: a@b.de\nTo: c@d.de\nSubject: x\n\
             Content-Type: application/octet-stream; name=\"{name}.{packed}\"\n\n{mark} no archive\n\n"
        ));
    }
    write(&folder.join("k.mbox"), mail.as_bytes());
}

fn documents(folder: &Path, plant: &mut Planter) {
    let mut mailbox = String::new();
    for (subject, file) in plant.names("the subject of a mail").into_iter().zip(plant.names("an attachment"))
    {
        let file = file.replace(['"', '\\'], "_");
        mailbox.push_str(&format!(
            "From a@b.de Thu Jan  1 00:00:00 2026\nFrom: a@b.de\nTo: \"{subject}\" <c@d.de>\nSubject: {subject}\n\
             Message-ID: <x@y>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\
             Content-Type: application/octet-stream; name=\"{file}\"\n\
             Content-Disposition: attachment; filename=\"{file}\"\n\n{}\n--B--\n\n",
            plant.text()
        ));
    }
    write(&folder.join("c.mbox"), mailbox.as_bytes());
    let database = folder.join("d.sqlite");
    let connection = rusqlite::Connection::open(&database).expect("a database");
    let names = plant.names("the name of a table").into_iter().zip(plant.names("the name of a column"));
    for (table, column) in names {
        let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let body = plant.body();
        connection
            .execute_batch(&format!(
                "CREATE TABLE {0} (kvnr TEXT, {1} TEXT); INSERT INTO {0} VALUES ('{body}', '{body}')",
                quote(&table),
                quote(&column)
            ))
            .expect("a table");
    }
    drop(connection);
    for (i, name) in plant.names("a heading").into_iter().enumerate() {
        let (first, second) = (plant.body(), plant.body());
        write(
            &folder.join(format!("e/{i}.csv")),
            format!("name;{name};kvnr\nErika;x;{first}\nMax;y;{second}\n").as_bytes(),
        );
    }
    let mut json = serde_json::Map::new();
    for name in plant.names("a key") {
        json.insert(name, serde_json::json!({"kvnr": plant.body()}));
    }
    write(&folder.join("f.json"), serde_json::Value::Object(json).to_string().as_bytes());
    let mut xml = String::from("<?xml version=\"1.0\"?><a>");
    for name in plant.names("an element") {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        xml.push_str(&format!("<x{name} id=\"{name}\">KVNR {}</x{name}>", plant.body()));
    }
    write(&folder.join("g.xml"), format!("{xml}</a>").as_bytes());
}

#[cfg(unix)]
fn links(folder: &Path, plant: &mut Planter) {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    for (i, name) in plant.names("a link").into_iter().enumerate() {
        let target = if i % 2 == 0 { "/etc/hostname".to_owned() } else { format!("/nowhere/{name}") };
        symlink(target, folder.join(format!("l {name}"))).expect("a link");
    }
    for name in plant.names("a file that cannot be read") {
        let path = folder.join(format!("u{name}"));
        write(&path, b"x");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("it is ours");
    }
    // A fifo is neither a file nor a folder; so is a socket.
    for name in plant.names("something that is no file").into_iter().filter(|n| n.len() < 60) {
        let short = folder.join("s");
        fs::create_dir_all(&short).expect("a folder");
        let _ = std::os::unix::net::UnixListener::bind(short.join(name));
    }
}

#[cfg(not(unix))]
fn links(_: &Path, _: &mut Planter) {}
