//! What is said when a reader fails: the message of a panic may quote what it read.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;

use app::leak::{guarded, masked_panics, quiet_panics};
use model::finding::Place;
use outflow::{Key, Rules, Tally};
use rayon::prelude::*;

/// A number of the block that test cards have.
const NUMBER: &str = "X110479526";

/// Returns what this test says as a process of its own, whose readers fail with the hook of
/// this name.
fn child(test: &str, hook: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    let test = format!("privacy::panics::{test}");
    let output = Command::new(program)
        .args(["--exact", &test, "--nocapture"])
        .env("FAILS_WITH", hook)
        .output()
        .expect("it starts");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Fails in the process that [`child`] starts: readers cut a text with a number in the middle
/// of a letter, in the threads of a scan. Returns whether this is that process.
fn failed() -> bool {
    match std::env::var("FAILS_WITH").as_deref() {
        Ok("quiet") => quiet_panics(),
        Ok("masked") => masked_panics(),
        Ok(_) => {}
        Err(_) => return false,
    }
    let rules = Arc::new(Rules::new(Key::new([7; 32]), Vec::new()));
    let text = format!("\u{e4}, KVNR {NUMBER}, geb. 03.05.1971");
    let cut = std::hint::black_box(1);
    let read = |_| {
        guarded(&Place::file(format!("Akte {NUMBER}.pdf")), &rules, |scan| {
            scan.begin(Place::file(text.clone()), outflow::place::Kind::Text);
            let within_a_letter = &text[..cut];
            scan.bytes(within_a_letter.as_bytes());
        })
    };
    let tallies: Vec<Tally> = (0..4).into_par_iter().map(read).collect();
    for tally in tallies {
        let mut result = model::outflow::Outflow::new(
            Vec::new(),
            String::new(),
            rules.threshold,
            model::quantity::Timestamp(0),
        );
        tally.write(&mut result);
        let _ = std::io::stdout().write_all(&result.to_bytes());
    }
    true
}

#[test]
fn a_reader_that_fails_says_where_and_nothing_of_what_it_read() {
    if failed() {
        return;
    }
    let test = "a_reader_that_fails_says_where_and_nothing_of_what_it_read";
    let said = child(test, "quiet");
    assert_eq!(said.matches("a reader failed at").count(), 4, "{said}");
    assert_eq!(said.matches("its reader failed; please report it").count(), 4, "{said}");
    assert!(said.contains("Akte [KVNR "), "{said}");
    assert!(!said.contains(NUMBER) && !said.contains("1971"), "{said}");
    // The message of the panic itself does quote it.
    assert!(child(test, "default").contains(NUMBER));
}

#[test]
fn an_internal_error_is_said_with_identifiers_masked() {
    if failed() {
        return;
    }
    let said = child("an_internal_error_is_said_with_identifiers_masked", "masked");
    assert_eq!(said.matches("internal error at").count(), 4, "{said}");
    assert!(said.contains("char boundary") && said.contains("KVNR [KVNR-1]"), "{said}");
    assert!(!said.contains(NUMBER), "{said}");
}
