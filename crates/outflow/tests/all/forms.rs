//! Every form an identifier is written in, and every trap, as data.

use std::sync::Arc;

use model::outflow::{Class, Outflow};
use model::quantity::{Ratio, Timestamp};
use outflow::place::{Kind, Place};
use outflow::{Insurer, Key, Rules, Scan};

fn scan(bytes: &[u8], kind: Kind, cut: usize) -> Outflow {
    let insurers = vec![Insurer { code: "990000022".into(), name: "BKK Farnmoos".into() }];
    let mut rules = Rules::new(Key::new([7; 32]), insurers);
    rules.reveal = true;
    let mut scan = Scan::new(Arc::new(rules));
    scan.begin(Place::file("set.txt"), kind);
    for chunk in bytes.chunks(cut) {
        scan.bytes(chunk);
    }
    let mut result = Outflow::new(Vec::new(), String::new(), Ratio::clamped(0.6), Timestamp(0));
    scan.finish().write(&mut result);
    result
}

fn values(result: &Outflow, class: Class) -> Vec<String> {
    let of = result.findings.iter().filter(|f| f.class == class);
    of.filter_map(|f| f.clear.clone()).collect()
}

/// The check digit of G12345678 is 3.
const FORMS: [(&str, &str); 34] = [
    ("KVNR G123456783", "G123456783"),
    ("Versichertennummer: g123456783", "G123456783"),
    ("KVNR: G 123 456 783.", "G123456783"),
    ("KVNR: G123-456-783", "G123456783"),
    ("KVNR G123\u{a0}456\u{a0}783", "G123456783"),
    ("KVNR G123\u{ad}456783", "G123456783"),
    ("KVNR G1\u{200b}23456\u{2060}783", "G123456783"),
    ("KVNR G123<b>456</b>783", "G123456783"),
    ("KVNR <b>G</b>123456783", "G123456783"),
    ("KVNR G123&nbsp;456&#160;783", "G123456783"),
    ("https://x.example/?kvnr=G123456783&x=1", "G123456783"),
    ("https://x.example/?kvnr%3DG123%20456%20783", "G123456783"),
    ("https://x.example/?kvnr%3DG%20123%20456%20783", "G123456783"),
    ("KVNR G&nbsp;123&nbsp;456&nbsp;783", "G123456783"),
    ("Order 4711 is late.\nRenate Müller (G123456783), geb. 03.05.1971, Versicherte", "G123456783"),
    // Running text is no header of a table, whatever it is about.
    ("Rechnung 12 gebucht, Server steht, Frau Müller ruft an.\nKVNR g 123 456 783, bitte.\n", "G123456783"),
    ("kvnr=3DG12345=\r\n6783 in a mail", "G123456783"),
    ("{\"kvnr\":\"G123456783\",\"x\":1}", "G123456783"),
    ("\"Versicherter:\\nG123456783\\n\"", "G123456783"),
    ("kvnr_G123456783_2024.pdf", "G123456783"),
    ("G123456783;Müller;03.05.1971", "G123456783"),
    ("Müller, Renate, geb. 03.05.1971, G123456783", "G123456783"),
    ("BKK Farnmoos schreibt zu G123456783", "G123456783"),
    ("IK 990000022 G123456783", "990000022 G123456783"),
    ("id;kvnr;x\n1;G123456783;y\n", "G123456783"),
    ("G1234567839900000227", "G1234567839900000227"),
    ("G123456783990000022G1234567831", "G123456783990000022G1234567831"),
    ("ICCSN 80276001234567890123", "80276001234567890123"),
    ("card 8027 6001 2345 6789 0123", "80276001234567890123"),
    ("RVNR 12 150780 M 012", ""),
    ("IBAN DE12 5001 0517 0648 4898 90", "DE12500105170648489890"),
    ("Steuer-ID 36574261809", "36574261809"),
    ("LANR 123456601", "123456601"),
    ("Kassen-IK: 990000022", "990000022"),
];

#[test]
fn every_form_is_found_however_it_is_cut() {
    for (text, expected) in FORMS {
        for cut in [1, 3, 1 << 20] {
            let result = scan(text.as_bytes(), Kind::Text, cut);
            assert_eq!(values(&result, Class::Data).join(" "), expected, "{text:?}: {:?}", result.findings);
        }
    }
}

/// Letters with one digit or group of ordinary life around them; all valid by chance.
const TRAPS: [&str; 13] = [
    "KVNR S-1-5-21-12342",
    "Bestellung G123456783 ist unterwegs",
    "order no. G123456783",
    "Seriennummer: G123456783",
    "xG123456783",
    "G1234567831",
    "G123 456 783 123",
    "2f3bG123456783",
    "dGhpcyBpcyBh/G123456783+aGVsbG8gd29ybGQxMjM",
    "Tel. 030 123456 783",
    "passport G123456783",
    "A 123456789 KVNR",
    "身分證字號 A123456789 G123456783",
];

#[test]
fn traps_are_not_taken_for_people() {
    for text in TRAPS {
        let result = scan(text.as_bytes(), Kind::Text, 1 << 20);
        assert_eq!(values(&result, Class::Data), Vec::<String>::new(), "{text:?}: {:?}", result.findings);
    }
}

#[test]
fn wide_text_is_read_with_and_without_its_mark() {
    let text = "Die KVNR von Frau Renate Müller lautet G123456783, sagt die Kasse.";
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[b"\xff\xfe", &le[..]].concat(), le, [b"\xfe\xff", &be[..]].concat(), be] {
        for cut in [1, 7, 4096] {
            let result = scan(&bytes, Kind::Text, cut);
            assert_eq!(values(&result, Class::Data), ["G123456783"], "{:?}", &bytes[..4]);
        }
    }
}

/// The letters and digits of code page 273 (IBM), which Python calls cp273.
fn mainframe(text: &str) -> Vec<u8> {
    let letter = |c: char| match c {
        'A'..='I' => 0xc1 + (c as u8 - b'A'),
        'J'..='R' => 0xd1 + (c as u8 - b'J'),
        'S'..='Z' => 0xe2 + (c as u8 - b'S'),
        'a'..='i' => 0x81 + (c as u8 - b'a'),
        'j'..='r' => 0x91 + (c as u8 - b'j'),
        's'..='z' => 0xa2 + (c as u8 - b's'),
        '0'..='9' => 0xf0 + (c as u8 - b'0'),
        'ü' => 0xd0,
        ',' => 0x6b,
        '.' => 0x4b,
        '\n' => 0x15,
        _ => 0x40,
    };
    text.chars().map(letter).collect()
}

#[test]
fn text_of_mainframes_is_read() {
    let text = "Die KVNR von Frau Renate Müller lautet G123456783, sagt die Kasse.\n";
    let records = "00017 Akte abgelegt     Essen        ".repeat(60);
    for kind in [Kind::Text, Kind::Raw] {
        for cut in [1, 7, 4096] {
            let result = scan(&mainframe(&format!("{records}{text}{records}")), kind, cut);
            assert_eq!(values(&result, Class::Data), ["G123456783"], "{kind:?}");
        }
    }
}

#[test]
fn wide_text_is_read_in_the_middle_of_other_bytes() {
    let text = "\r\nDie KVNR von Frau Renate Müller lautet G123456783, sagt die Kasse.\r\n";
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let log = "a line of a log in one byte a character\n".repeat(100).into_bytes();
    for wide in [le, be] {
        for kind in [Kind::Text, Kind::Raw] {
            for cut in [1, 7, 4096] {
                let result = scan(&[&log[..], &wide, &log].concat(), kind, cut);
                assert_eq!(values(&result, Class::Data), ["G123456783"], "{kind:?}");
            }
        }
    }
}

#[test]
fn a_number_on_every_border_is_found_once() {
    let mut text = "Zeile ohne Zahl. ".repeat(80_000).into_bytes();
    let number = b" KVNR G123456783 ";
    let borders = [1024, 256 * 1024, 512 * 1024, 1024 * 1024];
    for (i, border) in borders.into_iter().enumerate() {
        let at = border - 10 + i;
        text[at..at + number.len()].copy_from_slice(number);
    }
    for cut in [1000, 65_536, 1 << 22] {
        let result = scan(&text, Kind::Text, cut);
        assert_eq!(values(&result, Class::Data).len(), borders.len(), "in pieces of {cut}");
        assert_eq!(result.people.persons, 1);
    }
}

#[test]
fn noise_is_told_from_numbers_by_its_neighbours() {
    let serials: String = (0..3000).map(|n| format!("G{:09}\n", n * 7919 + 1000)).collect();
    let result = scan(serials.as_bytes(), Kind::Text, 1 << 20);
    assert!(result.volume.valid > 200, "{:?}", result.volume);
    assert_eq!(values(&result, Class::Data).len(), 0);
}
