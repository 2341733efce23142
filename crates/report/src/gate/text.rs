//! The result of a gate in the terminal.

use model::gate::{AcceptanceState, Answer, Gate, GateLine};

use super::{at, limit, measured, name, sentence};
use crate::number::plural;
use crate::terminal::Style;
use crate::wrap::{joined, wrap};

/// Columns of the terminal.
const WIDTH: usize = 80;

/// How many parts of a count are shown for each line.
const SHOWN: usize = 10;

/// Returns the result as text of 80 columns: the answer, each line with what was measured, and
/// what the counts are made of.
pub fn text(gate: &Gate, style: Style) -> String {
    let mut lines = Vec::new();
    let failed = count(gate, Answer::Failed);
    let undecided = count(gate, Answer::Undecided);
    let mut head = format!("Gate {}", mark(gate.answer, style));
    let mut parts = vec![plural(gate.lines.len() as u64, "requirement", "requirements")];
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if undecided > 0 {
        parts.push(format!("{undecided} undecided"));
    }
    if let Some(against) = &gate.against {
        parts.push(format!("compared with {against}"));
    }
    head.push_str(&format!(" ({})", parts.join(", ")));
    lines.push(head);
    for line in &gate.lines {
        lines.push(String::new());
        one(line, style, &mut lines);
    }
    acceptances(gate, &mut lines);
    joined(&lines)
}

fn count(gate: &Gate, answer: Answer) -> usize {
    gate.lines.iter().filter(|l| l.answer == answer).count()
}

fn mark(answer: Answer, style: Style) -> String {
    let word = answer.word();
    if !style.colour {
        return word.to_owned();
    }
    let code = match answer {
        Answer::Passed => "32",
        Answer::Undecided => "33",
        Answer::Failed => "31",
    };
    format!("\u{1b}[1;{code}m{word}\u{1b}[0m")
}

fn one(line: &GateLine, style: Style, lines: &mut Vec<String>) {
    let word = mark(line.answer, style);
    let pad = " ".repeat(10usize.saturating_sub(line.answer.word().len()));
    lines.push(format!("{word}{pad}{}", name(&line.requirement)));
    let told = format!("{}; required: {}", measured(line), limit(&line.requirement));
    lines.extend(wrap("          ", &told, WIDTH));
    lines.extend(wrap("          ", &line.why, WIDTH));
    let open: Vec<_> = line.offences.iter().filter(|o| o.accepted.is_none()).collect();
    for offence in open.iter().take(SHOWN) {
        let state = match offence.known {
            Some(false) => "new: ",
            _ => "",
        };
        lines.extend(wrap("        - ", &format!("{state}{}", offence.text), WIDTH));
        if let Some(at) = at(offence) {
            lines.push(format!("          {at}"));
        }
        for cause in offence.causes.iter().take(2) {
            lines.extend(wrap("          because ", cause, WIDTH));
        }
        lines.extend(wrap("          accept as ", &offence.key, WIDTH));
    }
    if open.len() > SHOWN {
        lines.push(format!("          and {} more; `--format json` has all", open.len() - SHOWN));
    }
    for offence in line.offences.iter().filter(|o| o.accepted.is_some()).take(SHOWN) {
        if let Some(accepted) = &offence.accepted {
            let told = format!(
                "accepted until {} by {} ({}): {}",
                accepted.until,
                accepted.approved_by,
                accepted.reason,
                sentence(offence)
            );
            lines.extend(wrap("        - ", &told, WIDTH));
        }
    }
}

fn acceptances(gate: &Gate, lines: &mut Vec<String>) {
    if gate.acceptances.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push("Acceptances".to_owned());
    for finding in &gate.acceptances {
        let a = &finding.acceptance;
        let told = match finding.state {
            AcceptanceState::Expired => {
                format!("expired on {}, and it is still there: {} (owner {})", a.until, a.what, a.owner)
            }
            AcceptanceState::Expiring => format!("ends on {}: {} (owner {})", a.until, a.what, a.owner),
            AcceptanceState::Unused => {
                format!("names nothing that is wrong in this run: {} (line {})", a.what, a.line)
            }
        };
        lines.extend(wrap("  ", &told, WIDTH));
    }
}
