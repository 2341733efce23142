//! GitHub: annotations of files, and the summary of a step.

use model::gate::{Answer, Gate, Offence};

use super::{limit, measured, name, sentence};

/// How many annotations of one level GitHub shows for a step.
const SHOWN: usize = 10;

/// Returns a workflow command for each of the worst offences that are not accepted, at most ten.
pub fn annotations(gate: &Gate) -> String {
    let open: Vec<&Offence> = gate.offences().into_iter().filter(|o| o.accepted.is_none()).collect();
    let mut text = String::new();
    for offence in open.iter().take(SHOWN) {
        let place = offence.place.as_ref().map_or_else(String::new, |place| {
            format!(" file={},line={},title=feuerprobe gate", property(&place.file), place.line)
        });
        text.push_str(&format!("::error{place}::{}\n", message(&sentence(offence))));
    }
    text
}

/// Escapes the message of a workflow command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Returns the result in Markdown.
pub fn summary(gate: &Gate) -> String {
    let mut text = format!("## Feuerprobe gate: {}\n\n", gate.answer.word());
    if let Some(against) = &gate.against {
        text.push_str(&format!("Compared with `{against}`.\n\n"));
    }
    text.push_str("| | requirement | measured | required |\n|---|---|---|---|\n");
    for line in &gate.lines {
        let mark = match line.answer {
            Answer::Passed => "passed",
            Answer::Undecided => "**undecided**",
            Answer::Failed => "**failed**",
        };
        let cells = [name(&line.requirement), measured(line), limit(&line.requirement)];
        text.push_str(&format!("| {mark} | {} |\n", cells.map(|c| cell(&c)).join(" | ")));
    }
    let open: Vec<&Offence> = gate.offences().into_iter().filter(|o| o.accepted.is_none()).collect();
    if !open.is_empty() {
        text.push_str("\n| where | what | why |\n|---|---|---|\n");
        for offence in open {
            let at = super::at(offence).unwrap_or_default();
            let cells = [at, offence.text.clone(), offence.causes.join("; ")];
            text.push_str(&format!("| {} |\n", cells.map(|c| cell(&c)).join(" | ")));
        }
    }
    text
}

/// Escapes what would end a cell or start markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
