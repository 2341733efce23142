//! Files as other people's programs write them: for each shape, what must be found, and
//! what must be said to be unread. The inputs are ours, made in the shape.

mod shapes {
    pub(crate) mod documents;
    pub(crate) mod mails;
    pub(crate) mod packed;
}

use std::io::Cursor;
use std::sync::Arc;

use model::outflow::{Outflow, What};
use model::quantity::{Ratio, Timestamp};
use outflow::container::Walk;
use outflow::place::Place;
use outflow::{Key, Rules, Scan};

/// A shape: its name, the file, how many people stand in it, and a word of what must be
/// reported, empty when everything is read.
pub(crate) type Shape = (String, Vec<u8>, usize, &'static str);

fn read(bytes: &[u8]) -> Outflow {
    let mut rules = Rules::new(Key::new([7; 32]), Vec::new());
    rules.reveal = true;
    let mut scan = Scan::new(Arc::new(rules));
    Walk::default().file(&Place::file("set"), &mut Cursor::new(bytes), &mut scan);
    let mut result = Outflow::new(Vec::new(), String::new(), Ratio::clamped(0.6), Timestamp(0));
    scan.finish().write(&mut result);
    result
}

/// Returns a number of an insured person, valid by § 290 SGB V, Anlage 1.
pub(crate) fn kvnr(n: usize) -> String {
    let letter = b'A' + u8::try_from(n % 26).expect("below 26");
    let ordinal = u32::from(letter - b'A') + 1;
    let digits = format!("{:02}{:08}", ordinal, (n * 7_654_321 + 1_234_567) % 100_000_000);
    let sum: u32 = digits
        .bytes()
        .enumerate()
        .map(|(i, d)| u32::from(d - b'0') * (1 + u32::from(i % 2 == 1)))
        .map(|p| p / 10 + p % 10)
        .sum();
    format!("{}{}{}", char::from(letter), &digits[2..], sum % 10)
}

/// A sentence about a person, enough for a finding.
pub(crate) fn sentence(n: usize) -> String {
    format!("Versicherte Erika Muster, geb. 03.05.1971, KVNR {}", kvnr(n))
}

/// Tax ids of the tax administration are test data; these are made to its rule.
pub(crate) const TAX_IDS: [&str; 2] = ["81750042932", "50681594324"];

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
    check(&shapes::packed::all());
}

#[test]
fn documents_are_found_in_every_shape() {
    check(&shapes::documents::all());
}

#[test]
fn mails_are_found_in_every_shape() {
    check(&shapes::mails::all());
}

/// Whatever the file is, a text behind its end is found, or something is said to be unread.
#[test]
fn nothing_behind_the_end_of_a_file_is_lost() {
    let text = format!("\n{}\n", sentence(25));
    let mut shapes = shapes::packed::all();
    shapes.extend(shapes::documents::all());
    shapes.extend(shapes::mails::all());
    shapes.extend(shapes::packed::streams());
    let mut lost = Vec::new();
    for (name, bytes, ..) in &shapes {
        let result = read(&[bytes.as_slice(), text.as_bytes()].concat());
        let found = result.findings.iter().any(|f| f.clear.as_deref() == Some(&kvnr(25)));
        if !found && result.complete() {
            lost.push(name.as_str());
        }
    }
    assert!(shapes.len() > 60 && lost.is_empty(), "lost behind {lost:?}");
}
