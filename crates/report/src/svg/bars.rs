//! Bars: verdicts by outcome, person-hours by cause, shares with both uncertainties.

use model::scorecard::Proportion;
use model::verdict::OutcomeKind;

use super::Drawing;
use crate::number::{count, percent};
use crate::words;

/// Returns verdicts by outcome as one bar of letters and numbers.
pub(crate) fn outcomes(id: &str, counts: &[(OutcomeKind, u32)], width: f64, class: &str) -> String {
    let mut drawing = Drawing::new(width);
    let total: u32 = counts.iter().map(|(_, n)| n).sum();
    let mut x = 0.0;
    for (kind, number) in counts.iter().filter(|(_, n)| *n > 0) {
        let wide = width * f64::from(*number) / f64::from(total.max(1));
        drawing.rect(&format!("o-{}", kind.word()), (x, 0.0), (wide - 2.0, 34.0), 3.0);
        let text = format!("{} {}", words::letter(*kind), count((*number).into()));
        if wide > 12.0 * text.chars().count() as f64 {
            drawing.text(&format!("on on-{} mid", kind.word()), (x + wide / 2.0 - 1.0, 22.0), &text);
        } else if wide > 14.0 {
            let letter = words::letter(*kind).to_string();
            drawing.text(&format!("on on-{} mid", kind.word()), (x + wide / 2.0 - 1.0, 22.0), &letter);
        }
        x += wide;
    }
    let said: Vec<String> =
        counts.iter().map(|(k, n)| format!("{} {}", count((*n).into()), k.word())).collect();
    drawing.finish(id, class, 34.0, "Verdicts by outcome", &said.join(", "))
}

/// Returns one number split into what the attack and what containment cost.
pub(crate) fn split(id: &str, attack: f64, containment: f64, said: (&str, &str)) -> String {
    let width = 480.0;
    let mut drawing = Drawing::new(width);
    let total = attack + containment;
    if total > 0.0 {
        let first = width * attack / total;
        drawing.rect("c-attack", (0.0, 0.0), ((first - 1.0).max(0.0), 18.0), 3.0);
        drawing.rect("c-containment", (first + 1.0, 0.0), ((width - first - 1.0).max(0.0), 18.0), 3.0);
    } else {
        drawing.rect("none", (0.0, 0.0), (width, 18.0), 3.0);
    }
    drawing.finish(id, "chart", 18.0, said.0, said.1)
}

/// Returns a share with its exercise interval as a band and its simulation interval as a bracket.
pub(crate) fn share(id: &str, share: &Proportion, said: &str) -> String {
    let (left, right, y) = (6.0, 394.0, 14.0);
    let mut drawing = Drawing::new(400.0);
    let x = |value: f64| left + (right - left) * value.clamp(0.0, 1.0);
    drawing.line("rail", (left, y), (right, y));
    let (low, high) = (x(share.exercises.low), x(share.exercises.high));
    drawing.rect("band", (low, y - 6.0), ((high - low).max(2.0), 12.0), 6.0);
    let (from, to) = (x(share.simulation.low), x(share.simulation.high));
    drawing.rect("bracket", (from, y - 10.0), ((to - from).max(2.0), 20.0), 1.0);
    drawing.circle("point", (x(share.simulation.value), y), 5.5);
    for value in [0.0, 0.25, 0.5, 0.75, 1.0] {
        drawing.line("grid", (x(value), y + 14.0), (x(value), y + 18.0));
        let class = if value == 0.0 {
            "tick"
        } else if value == 1.0 {
            "tick end"
        } else {
            "tick mid"
        };
        drawing.text(
            class,
            (
                x(value)
                    + if value == 0.0 {
                        -6.0
                    } else if value == 1.0 {
                        6.0
                    } else {
                        0.0
                    },
                y + 31.0,
            ),
            &percent(value),
        );
    }
    drawing.finish(id, "chart", 48.0, "Chance with both uncertainties", said)
}

/// Returns an interval between 0 and 1 for a row of a table; the row says the same in numbers.
pub(crate) fn mini(value: f64, low: f64, high: f64, kind: OutcomeKind, measured: bool) -> String {
    let x = |v: f64| 3.0 + 94.0 * v.clamp(0.0, 1.0);
    let point = if measured {
        format!("<circle class=\"o-{}\" cx=\"{:.1}%\" cy=\"6\" r=\"4\"/>", kind.word(), x(value))
    } else {
        String::new()
    };
    let band = if measured { format!("b-{}", kind.word()) } else { "b-none".to_owned() };
    format!(
        "<svg class=\"mini\" aria-hidden=\"true\"><line class=\"rail\" x1=\"3%\" y1=\"6\" x2=\"97%\" y2=\"6\"/>\
         <rect class=\"{band}\" x=\"{:.1}%\" y=\"3\" width=\"{:.1}%\" height=\"6\" rx=\"3\"/>{point}</svg>",
        x(low),
        (x(high) - x(low)).max(1.0)
    )
}

/// Returns the hours of one service as a bar for a row of a table.
pub(crate) fn service(attack: f64, containment: f64, longest: f64) -> String {
    let scale = if longest > 0.0 { 100.0 / longest } else { 0.0 };
    let (first, second) = (attack * scale, containment * scale);
    format!(
        "<svg class=\"mini\" aria-hidden=\"true\">\
         <rect class=\"c-attack\" x=\"0\" y=\"1\" width=\"{first:.1}%\" height=\"11\"/>\
         <rect class=\"c-containment\" x=\"{first:.1}%\" y=\"1\" width=\"{second:.1}%\" height=\"11\"/></svg>"
    )
}
