//! Documents without a container: running text, logs, tables, and the traps.

use std::fmt::Write as _;

use crate::form::{self, Medium};
use crate::rng::Rng;
use crate::{number, prose};

/// A number that lies in a file, and how.
#[derive(Clone)]
pub(crate) struct Planted {
    pub(crate) person: String,
    pub(crate) form: &'static str,
    pub(crate) kind: &'static str,
}

/// A document and what lies in it.
pub(crate) struct Document {
    pub(crate) bytes: Vec<u8>,
    pub(crate) planted: Vec<Planted>,
    pub(crate) ending: &'static str,
}

/// Returns a document of about this size.
pub(crate) fn any(rng: &mut Rng, size: usize) -> Document {
    match rng.below(16) {
        0..=3 => log(rng, size),
        4 => tickets(rng, size),
        5 => html(rng, size),
        6 => people(rng, size),
        7 => json(rng, size),
        8 => wide(rng, size),
        9 => sql(rng, size),
        10 => xml(rng, size),
        _ => trap(rng, size),
    }
}

/// Adds a sentence about a new person.
fn plant(rng: &mut Rng, document: &mut Document, medium: Medium, kind: &'static str) -> String {
    let person = number::person(rng);
    let (written, form) = form::write(rng, &person, medium);
    document.planted.push(Planted { person, form, kind });
    prose::sentence(rng, &written)
}

fn empty(ending: &'static str, size: usize) -> Document {
    Document { bytes: Vec::with_capacity(size + 1024), planted: Vec::new(), ending }
}

/// Logs with a person now and then.
pub(crate) fn log(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("log", size);
    while document.bytes.len() < size {
        let line = if rng.below(2000) == 0 {
            plant(rng, &mut document, Medium::Text, "log")
        } else {
            prose::log(rng)
        };
        document.bytes.extend_from_slice(line.as_bytes());
        document.bytes.push(b'\n');
    }
    document
}

/// Tickets in running text.
pub(crate) fn tickets(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("txt", size);
    while document.bytes.len() < size {
        let line =
            if rng.chance(4) { plant(rng, &mut document, Medium::Text, "text") } else { prose::filler(rng) };
        document.bytes.extend_from_slice(line.as_bytes());
        document.bytes.extend_from_slice(if rng.chance(30) { b"\n\n" } else { b" \n" });
    }
    document
}

/// A web page with tables and formatting.
pub(crate) fn html(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("html", size);
    document
        .bytes
        .extend_from_slice(b"<!DOCTYPE html><html><head><title>Vorg\xc3\xa4nge</title></head><body>\n");
    while document.bytes.len() < size {
        let line = if rng.chance(6) {
            plant(rng, &mut document, Medium::Html, "html")
        } else {
            form::escaped(&prose::filler(rng))
        };
        let _ = writeln!(Text(&mut document.bytes), "<p>{line}</p>");
    }
    document.bytes.extend_from_slice(b"</body></html>\n");
    document
}

/// Lets text be written into bytes.
pub(crate) struct Text<'a>(pub(crate) &'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A table of insured persons, as a department would export it.
pub(crate) fn people(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("csv", size);
    let heading = *rng.pick(&[
        "KVNR",
        "Versichertennummer",
        "KV-Nummer",
        "Krankenversichertennummer",
        "Versicherten-ID",
    ]);
    let (gap, quote) = *rng.pick(&[(';', ""), (',', "\""), (';', "\""), ('\t', "")]);
    let _ = writeln!(
        Text(&mut document.bytes),
        "{quote}Name{quote}{gap}{quote}Vorname{quote}{gap}{quote}Geburtsdatum{quote}{gap}{quote}{heading}{quote}{gap}{quote}Bemerkung{quote}"
    );
    while document.bytes.len() < size {
        let person = number::person(rng);
        let (l, f, b, k) = (prose::last(rng), prose::first(rng), prose::birth(rng), prose::insurer(rng));
        let _ = writeln!(
            Text(&mut document.bytes),
            "{quote}{l}{quote}{gap}{quote}{f}{quote}{gap}{quote}{b}{quote}{gap}{quote}{person}{quote}{gap}{quote}{k}{quote}"
        );
        document.planted.push(Planted {
            person,
            form: if quote.is_empty() { "plain" } else { "CSV quoting" },
            kind: "csv",
        });
        if document.planted.len() > 4000 {
            break;
        }
    }
    document
}

fn json(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("jsonl", size);
    while document.bytes.len() < size {
        if rng.below(12) == 0 {
            let person = number::person(rng);
            let (l, b) = (prose::last(rng), prose::birth(rng));
            let _ = writeln!(
                Text(&mut document.bytes),
                "{{\"name\":\"{l}\",\"birthDate\":\"{b}\",\"kvnr\":\"{person}\",\"id\":{}}}",
                rng.below(1 << 40)
            );
            document.planted.push(Planted { person, form: "plain", kind: "json" });
        } else {
            let text = prose::filler(rng);
            let _ = writeln!(
                Text(&mut document.bytes),
                "{{\"id\":\"{:016x}\",\"order\":\"{}\",\"text\":\"{text}\"}}",
                rng.next(),
                number::order(rng)
            );
        }
    }
    document
}

/// UTF-16 text, with or without its mark.
pub(crate) fn wide(rng: &mut Rng, size: usize) -> Document {
    let narrow = tickets(rng, size / 2);
    let text = String::from_utf8_lossy(&narrow.bytes).into_owned();
    let big = rng.chance(30);
    let mut bytes = Vec::with_capacity(size);
    if rng.chance(60) {
        bytes.extend_from_slice(if big { b"\xfe\xff" } else { b"\xff\xfe" });
    }
    for unit in text.encode_utf16() {
        bytes.extend_from_slice(&if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    }
    let planted = narrow.planted.into_iter().map(|p| Planted { kind: "UTF-16", ..p }).collect();
    Document { bytes, planted, ending: "txt" }
}

/// A dump of a database as statements.
pub(crate) fn sql(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("sql", size);
    let _ = writeln!(
        Text(&mut document.bytes),
        "CREATE TABLE versicherte (id int, name text, geburtsdatum text, kvnr text);"
    );
    while document.bytes.len() < size {
        if rng.chance(20) {
            let person = number::person(rng);
            let (l, b) = (prose::last(rng), prose::birth(rng));
            let _ = writeln!(
                Text(&mut document.bytes),
                "INSERT INTO versicherte (id, name, geburtsdatum, kvnr) VALUES ({}, '{l}', '{b}', '{person}');",
                rng.below(1 << 30)
            );
            document.planted.push(Planted { person, form: "plain", kind: "sql" });
        } else {
            let _ = writeln!(
                Text(&mut document.bytes),
                "INSERT INTO buchung (id, beleg, betrag) VALUES ({}, '{:010}', {});",
                rng.below(1 << 30),
                rng.below(10_000_000_000),
                rng.below(100_000)
            );
        }
    }
    document
}

fn xml(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("xml", size);
    document.bytes.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<faelle>\n");
    while document.bytes.len() < size {
        if rng.chance(10) {
            let person = number::person(rng);
            let (l, b) = (prose::last(rng), prose::birth(rng));
            if rng.chance(50) {
                let _ = writeln!(
                    Text(&mut document.bytes),
                    "<versicherter><name>{l}</name><geburtsdatum>{b}</geburtsdatum><kvnr>{person}</kvnr></versicherter>"
                );
            } else {
                let _ = writeln!(
                    Text(&mut document.bytes),
                    "<versicherter name=\"{l}\" geburtsdatum=\"{b}\" kvnr=\"{person}\"/>"
                );
            }
            document.planted.push(Planted { person, form: "plain", kind: "xml" });
        } else {
            let _ = writeln!(
                Text(&mut document.bytes),
                "<vorgang nr=\"{}\">{}</vorgang>",
                rng.below(1 << 40),
                form::escaped(&prose::filler(rng))
            );
        }
    }
    document.bytes.extend_from_slice(b"</faelle>\n");
    document
}

/// What looks like numbers of insured persons and is not.
pub(crate) fn trap(rng: &mut Rng, size: usize) -> Document {
    let mut document = empty("txt", size);
    let which = rng.below(9);
    let mut sequence = rng.below(100_000_000);
    if which < 2 {
        document.bytes.extend_from_slice(b"Auftrag;Artikel;Menge\n");
    }
    while document.bytes.len() < size {
        let out = &mut Text(&mut document.bytes);
        let _ = match which {
            0 | 1 => writeln!(out, "{};{:08};{}", number::order(rng), rng.below(100_000_000), rng.below(100)),
            2 => writeln!(
                out,
                "national id {} verified, passport {}{:08}",
                number::taiwan(rng),
                rng.pick(&["C", "K", "L"]),
                rng.below(100_000_000)
            ),
            3 => writeln!(out, "Asset {} im Lager, Seriennummer {}", number::order(rng), number::order(rng)),
            4 => writeln!(out, "{:016X}{:016x} {:016X}", rng.next(), rng.next(), rng.next()),
            5 => {
                sequence += 1;
                writeln!(out, "Position A{sequence:09} Status offen")
            }
            6 => writeln!(out, "KVNR {} wurde abgewiesen: Prüfziffer falsch", number::wrong(rng)),
            7 => writeln!(out, "{}", base64_line(rng)),
            _ => writeln!(
                out,
                "Ticket {} von Kasse {} / Telefon 0{}{:08}",
                number::order(rng),
                number::insurer(rng),
                rng.below(900),
                rng.below(100_000_000)
            ),
        };
    }
    document
}

fn base64_line(rng: &mut Rng) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..76).map(|_| char::from(*rng.pick(LETTERS))).collect()
}
