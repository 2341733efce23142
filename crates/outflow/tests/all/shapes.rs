//! Files as other people's programs write them: for each shape, what must be found, and
//! what must be said to be unread. The inputs are ours, made in the shape.

pub(crate) mod documents;
pub(crate) mod laid_out;
pub(crate) mod mails;
pub(crate) mod packed;
pub(crate) mod written;
use std::io::Cursor;
use std::sync::Arc;

use crate::support::{Shape, kvnr, sentence, written_in_every_width};
use model::outflow::{Outflow, What};
use model::quantity::{Ratio, Timestamp};
use outflow::container::Walk;
use outflow::place::Place;
use outflow::{Key, Rules, Scan};

fn read(bytes: &[u8]) -> Outflow {
    let mut rules = Rules::new(Key::new([7; 32]), Vec::new());
    rules.reveal = true;
    let mut scan = Scan::new(Arc::new(rules));
    Walk::default().file(&Place::file("set"), &mut Cursor::new(bytes), &mut scan);
    let mut result = Outflow::new(Vec::new(), String::new(), Ratio::clamped(0.6), Timestamp(0));
    scan.finish().write(&mut result);
    result
}

fn check(shapes: &[Shape]) {
    let mut wrong = Vec::new();
    for (name, bytes, wanted, unread) in shapes {
        let result = read(bytes);
        let mut people: Vec<_> = result
            .findings
            .iter()
            .filter(|f| matches!(f.what, What::Kvnr | What::TaxId))
            .filter_map(|f| f.clear.as_ref())
            .collect();
        people.sort();
        people.dedup();
        let troubles: Vec<String> =
            result.unread.iter().map(|u| format!("{}: {}", u.place, u.trouble)).collect();
        let said =
            if unread.is_empty() { troubles.is_empty() } else { troubles.iter().any(|t| t.contains(unread)) };
        if people.len() != *wanted || !said {
            let places: Vec<_> = result.findings.iter().map(|f| f.place.to_string()).collect();
            wrong.push(format!("{name}: {} of {wanted} at {places:?}, unread {troubles:?}", people.len()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), shapes.len(), wrong.join("\n"));
}

#[test]
fn packed_files_are_found_in_every_shape() {
    check(&packed::all());
}

#[test]
fn documents_are_found_in_every_shape() {
    check(&documents::all());
}

#[test]
fn mails_are_found_in_every_shape() {
    check(&mails::all());
}

#[test]
fn data_written_in_letters_is_found_in_every_shape() {
    check(&written::all());
}

#[test]
fn xml_is_found_however_it_is_laid_out() {
    check(&laid_out::all());
}

/// Whatever the file is, a text behind its end is found, or something is said to be unread.
#[test]
fn nothing_behind_the_end_of_a_file_is_lost() {
    let text = format!("\n{}\n", sentence(25));
    let mut shapes = packed::all();
    shapes.extend(documents::all());
    shapes.extend(mails::all());
    shapes.extend(packed::streams());
    shapes.extend(written::all());
    shapes.extend(laid_out::all());
    let mut lost = Vec::new();
    for (encoding, text) in written_in_every_width(&text) {
        for (name, bytes, ..) in &shapes {
            let result = read(&[bytes.as_slice(), &text].concat());
            let found = result.findings.iter().any(|f| f.clear.as_deref() == Some(&kvnr(25)));
            if !found && result.complete() {
                lost.push(format!("{name}, {encoding}"));
            }
        }
    }
    assert!(shapes.len() > 60 && lost.is_empty(), "lost behind {lost:?}");
}

/// A text in which every letter and digit of the number is an escape.
#[test]
fn a_number_in_escapes_is_found_in_a_text() {
    let escapes: [fn(char) -> String; 3] = [
        |c| format!("%{:02X}", u32::from(c)),
        |c| format!("\\u{:04x}", u32::from(c)),
        |c| format!("&#{};", u32::from(c)),
    ];
    for escape in escapes {
        let number: String = kvnr(25).chars().map(escape).collect();
        let result = read(format!("{{\"kvnr\": \"{number}\", \"geb\": \"03.05.1971\"}}\n").as_bytes());
        let found: Vec<_> = result.findings.iter().filter_map(|f| f.clear.as_deref()).collect();
        assert_eq!(found, [kvnr(25)], "{number}");
    }
}
