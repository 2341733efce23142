//! What SIEMs prove about acts, as text.

use model::live::{Ended, Judgement, Latency, Live, Proven};
use model::quantity::Millis;

use crate::number::{moment, plural};
use crate::wrap::wrap;

/// Columns of the text.
const WIDTH: usize = 80;

/// Returns each judgement with its layers and delays, then the questions that were not answered.
pub fn live(live: &Live) -> String {
    let mut lines = Vec::new();
    for source in &live.sources {
        let profile = format!("{}: profile {}, tried on {}", source.name, source.profile, source.confirmed);
        lines.extend(wrap("", &profile, WIDTH));
    }
    for one in &live.judgements {
        lines.push(String::new());
        lines.extend(wrap("", &head(one), WIDTH));
        for step in &one.steps {
            let holds = match step.holds {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "?",
            };
            let first = format!("  {:<25} {holds:<4}", step.layer.words());
            match step.by.is_empty() {
                true => lines.push(first),
                false => lines.extend(wrap(&first, &step.by, WIDTH)),
            }
        }
        if let Some(delays) = delays(one) {
            lines.extend(wrap("  ", &delays, WIDTH));
        }
        if let Some(at) = one.kept {
            let kept = format!("judged so at {}; what is asked again never takes an alert back", moment(at));
            lines.extend(wrap("  ", &kept, WIDTH));
        }
    }
    let open: Vec<_> = live.questions.iter().filter(|q| q.ended != Ended::Complete).collect();
    if !open.is_empty() {
        let number = u64::try_from(open.len()).unwrap_or(u64::MAX);
        lines.push(String::new());
        lines.push(format!("{} not answered:", plural(number, "question", "questions")));
    }
    for question in open {
        let why = match &question.ended {
            Ended::Complete => continue,
            Ended::Partial { why } => format!("in part: {why}"),
            Ended::Failed { trouble, why } => format!("it {}: {why}", trouble.words()),
        };
        lines.extend(wrap("  ", &format!("{}: {why}", question.source), WIDTH));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn head(one: &Judgement) -> String {
    let proven = match &one.proven {
        Proven::Alerted { delay: Some(delay), .. } => {
            format!("{} after {}", one.proven.word().to_uppercase(), span(delay.0))
        }
        Proven::Pending { why } | Proven::Unanswerable { why } => {
            format!("{}: {why}", one.proven.word().to_uppercase())
        }
        other => other.word().to_uppercase(),
    };
    format!("{} · {} · {} · {proven}", one.source, one.act, one.technique)
}

fn delays(one: &Judgement) -> Option<String> {
    let parts = [
        ("sensor", one.latencies.sensor),
        ("ingest", one.latencies.ingest),
        ("rule", one.latencies.rule),
        ("total", one.latencies.total),
    ];
    let known: Vec<String> =
        parts.iter().filter_map(|(name, latency)| latency.map(|l| format!("{name} {}", delay(l)))).collect();
    let unknown = parts.iter().any(|(_, l)| l.is_some_and(|l| l.bound.is_none()));
    let bound = if unknown { "; ± unknown: the clock of the host against the source's" } else { "" };
    (!known.is_empty()).then(|| format!("delays: {}{bound}", known.join(", ")))
}

fn delay(latency: Latency) -> String {
    let text = span(latency.ms.unsigned_abs());
    let sign = if latency.ms < 0 { "-" } else { "" };
    match latency.bound {
        None => format!("{sign}{text} ±"),
        Some(Millis(0)) => format!("{sign}{text}"),
        Some(bound) => format!("{sign}{text} ± {}", span(bound.0)),
    }
}

fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => Millis(ms).to_string(),
    }
}
