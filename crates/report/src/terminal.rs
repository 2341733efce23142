//! The summary for the terminal: the answers first, 80 columns, readable without colour.

mod exercises;
mod fired;
pub(crate) mod first;

use model::campaign::Objective;
use model::record::{DEMO, Record, RunInfo};
use model::scorecard::{CampaignScore, Proportion};
use model::verdict::{OutcomeKind, Verdict};

use crate::figures::Figures;
use crate::number::{big, count, decimal, hours, percent, plural};
use crate::words;
use crate::wrap::{columns, cut, joined, wrap};

/// How the summary is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colour may be used.
    pub colour: bool,
    /// Columns of the terminal; less than 60 counts as 60.
    pub width: usize,
}

/// How many misses the summary names; the report names all.
const MISSES: usize = 6;
/// How many rejected rules and unreproduced labels it names.
const SHOWN: usize = 5;
/// How many techniques without a test it names.
const UNTESTED: usize = 4;

struct Page {
    style: Style,
    lines: Vec<String>,
}

impl Page {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn blank(&mut self) {
        self.lines.push(String::new());
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        let text = cut(text, self.style.width);
        let painted = self.paint("1", &text);
        self.lines.push(painted);
    }

    /// Adds a heading that may take several lines.
    fn title(&mut self, text: &str) {
        self.blank();
        for line in wrap("", text, self.style.width) {
            let painted = self.paint("1", &line);
            self.lines.push(painted);
        }
    }

    fn text(&mut self, first: &str, text: &str) {
        self.lines.extend(wrap(first, text, self.style.width));
    }

    /// Adds a line whose first `lead` is painted; the text after it is wrapped.
    fn led(&mut self, code: &str, lead: &str, text: &str) {
        for (n, line) in wrap(lead, text, self.style.width).into_iter().enumerate() {
            let line = match line.strip_prefix(lead).filter(|_| n == 0) {
                Some(rest) => format!("{}{rest}", self.paint(code, lead)),
                None => line,
            };
            self.lines.push(line);
        }
    }
}

/// Returns the colour of an outcome: an ANSI code.
fn colour(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Prevented => "32",
        OutcomeKind::Alerted => "34",
        OutcomeKind::Logged => "33",
        OutcomeKind::Blind => "31",
        OutcomeKind::Inconclusive => "90",
    }
}

/// Returns the summary of a record; the caller adds where the full report lies.
pub fn terminal(record: &Record, run: Option<&RunInfo>, style: Style) -> String {
    let style = Style { width: style.width.max(60), ..style };
    let mut page = Page { style, lines: Vec::new() };
    title(&mut page, record, run);
    first::answers(&mut page, record);
    fired::fired(&mut page, record);
    measured(&mut page, record);
    exercises::exercises(&mut page, record);
    for score in &record.scores {
        campaign(&mut page, record, score);
    }
    misses(&mut page, record);
    first::levers(&mut page, record);
    untested(&mut page, record);
    labels(&mut page, record);
    page.blank();
    if !record.scores.is_empty() {
        page.text("", words::LABEL);
    }
    page.text("", &last_line(record));
    if let Some(text) = first::again(record) {
        page.text("", &text);
    }
    joined(&page.lines)
}

fn title(page: &mut Page, record: &Record, run: Option<&RunInfo>) {
    let mut parts = vec!["Feuerprobe".to_owned()];
    parts.extend(record.is_demo().then(|| DEMO.to_owned()));
    parts.extend(record.estate.as_ref().map(|e| e.name.clone()));
    parts.push(format!("ATT&CK {}", record.matrix.version));
    if record.trials > 0 {
        parts.push(format!("seed {}", record.seed.0));
    }
    parts.extend(run.map(|r| format!("run {}", r.id)));
    let line = cut(&parts.join(" · "), page.style.width);
    let painted = page.paint("1", &line);
    page.lines.push(painted);
}

/// Returns the share that matters for a campaign and what it says.
pub(crate) fn headline(record: &Record, score: &CampaignScore) -> (&'static str, &'static str) {
    let responds = record.playbooks.iter().any(|p| p.id == score.playbook);
    match (crate::comparison::objective(record, score), responds) {
        (Objective::Outflow, true) => ("outflow", "data leaves in spite of the response"),
        (Objective::Outflow, false) => ("outflow", "data leaves; nobody responds"),
        (Objective::Payload, true) => ("payload", "the payload fires in spite of the response"),
        (Objective::Payload, false) => ("payload", "the payload fires; nobody responds"),
    }
}

/// Returns the shares worth showing: an objective that the campaign does not have
/// and that no trial reached is left out.
pub(crate) fn shares<'a>(
    record: &Record,
    score: &'a CampaignScore,
) -> Vec<(&'static str, &'static str, &'a Proportion)> {
    let (main, _) = headline(record, score);
    [
        ("payload", "payload fires", &score.payload),
        ("outflow", "data leaves", &score.outflow),
        ("unnoticed", "nobody notices", &score.unnoticed),
    ]
    .into_iter()
    .filter(|(key, _, share)| share.hits > 0 || *key == main || *key == "unnoticed")
    .collect()
}

/// Returns the campaign's name, or its id.
pub(crate) fn campaign_name<'a>(record: &'a Record, score: &'a CampaignScore) -> &'a str {
    let found = record.campaigns.iter().find(|c| c.id == score.campaign);
    found.map_or(score.campaign.as_str(), |c| c.name.as_str())
}

fn measured(page: &mut Page, record: &Record) {
    page.heading("What was tested");
    let figures = Figures::of(record);
    let text = format!(
        "{} of {} against {} ({} did not load)",
        plural(record.verdicts.len() as u64, "verdict", "verdicts"),
        plural(record.coverage.techniques.into(), "technique", "techniques"),
        plural(record.rule_set.loaded, "rule", "rules"),
        count(record.rule_set.rejected.len() as u64),
    );
    page.text("  ", &text);
    not_loaded(page, record);
    let counts: Vec<u32> = OutcomeKind::ALL.iter().map(|kind| outcome_count(record, *kind)).collect();
    bar(page, &counts);
    for kind in OutcomeKind::ALL {
        let number = figures.value(&format!("coverage.{}", kind.word()));
        let lead = format!("  {} {number:>5}  ", words::letter(kind));
        page.led(colour(kind), &lead, &format!("{}: {}", kind.word(), words::meaning(kind)));
    }
    if record.coverage.no_outcome > 0 {
        let lead = format!("  – {:>5}  ", count(record.coverage.no_outcome.into()));
        page.led("90", &lead, "no verdict: the exercise itself did not work");
    }
    if record.coverage.expected_lost > 0 {
        let lead = format!("  ! {:>5}  ", count(record.coverage.expected_lost.into()));
        page.led("31", &lead, "lost rules: they should have fired and did not");
    }
    benign(page, record);
}

/// Adds the rules that could not be used, each with file and reason.
fn not_loaded(page: &mut Page, record: &Record) {
    let set = &record.rule_set;
    page.text("  ", &format!("the rules name {}", plural(set.techniques, "technique", "techniques")));
    for rule in set.rejected.iter().take(SHOWN) {
        page.led("31", "  \u{2717} ", &format!("{}: {}", rule.file, rule.reason));
    }
    if set.rejected.len() > SHOWN {
        let more = count((set.rejected.len() - SHOWN) as u64);
        page.text("    ", &format!("and {more} more rules that did not load, in the report"));
    }
}

/// Adds the rules that fired where nothing bad happened, most often first.
fn benign(page: &mut Page, record: &Record) {
    let coverage = &record.coverage;
    if coverage.benign_events == 0 {
        return;
    }
    // A summary of the whole walk names the two worst; measuring alone shows more.
    let room = if record.scores.is_empty() { 4 * SHOWN } else { 2 };
    let events = count(coverage.benign_events);
    let text = match coverage.benign.len() as u64 {
        0 => format!("no rule fired on the {events} benign events"),
        rules => format!(
            "{} fired on the {events} benign events; how often in a million:",
            plural(rules, "rule", "rules")
        ),
    };
    page.text("          ", &text);
    for firing in coverage.benign.iter().take(room) {
        page.led("90", &format!("  {:>12}  ", decimal(firing.per_million)), &firing.title);
    }
    if coverage.benign.len() > room {
        page.text("                ", &format!("and {} more", count((coverage.benign.len() - room) as u64)));
    }
}

/// Returns how many verdicts have an outcome.
pub(crate) fn outcome_count(record: &Record, kind: OutcomeKind) -> u32 {
    let counts = record.coverage.verdicts;
    match kind {
        OutcomeKind::Prevented => counts.prevented,
        OutcomeKind::Alerted => counts.alerted,
        OutcomeKind::Logged => counts.logged,
        OutcomeKind::Blind => counts.blind,
        OutcomeKind::Inconclusive => counts.inconclusive,
    }
}

/// Adds a bar of letters, one kind after the other, so that it reads without colour.
fn bar(page: &mut Page, counts: &[u32]) {
    let total: u32 = counts.iter().sum();
    if total == 0 {
        return;
    }
    let room = page.style.width.min(80) - 4;
    let mut line = "  ".to_owned();
    let (mut before, mut drawn) = (0_u32, 0_usize);
    for (kind, number) in OutcomeKind::ALL.into_iter().zip(counts) {
        before += number;
        let end = (f64::from(before) / f64::from(total) * room as f64).round() as usize;
        let part: String = std::iter::repeat_n(words::letter(kind), end - drawn).collect();
        drawn = end;
        line.push_str(&page.paint(colour(kind), &part));
    }
    page.lines.push(line);
}

fn campaign(page: &mut Page, record: &Record, score: &CampaignScore) {
    let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
    let answered = playbook.map_or_else(
        || "nobody responds".to_owned(),
        |p| format!("answered with \u{201c}{}\u{201d}", p.name),
    );
    page.title(&format!("{}, {answered}", campaign_name(record, score)));
    let tenants = record.estate.as_ref().map_or(0, |e| e.tenants.len() as u64);
    let mut rows: Vec<(&str, String)> = Vec::new();
    for (_, name, share) in shares(record, score) {
        let text = format!("{}  ({})", percent(share.simulation.value), words::uncertainties(share));
        rows.push((name, text));
    }
    if let Some(spread) = &score.declared_minutes {
        let text = format!("{} after the first step (mean)", hours(spread.mean / 60.0));
        rows.push(("declared", text));
    }
    let hit = &score.tenants_hit;
    rows.push((
        "tenants hit",
        format!(
            "{} of {} in the mean, 90 % of trials up to {}",
            decimal(hit.mean),
            count(tenants),
            decimal(hit.q90)
        ),
    ));
    rows.push(("person-hours", lost(playbook.is_some(), score)));
    if score.standings.is_empty() {
        rows.push(("", format!("without any response: {} by the attack", big(score.unopposed))));
    }
    if let Some(spread) = &score.recovered_hours {
        let text = format!("after {}, 90 % of trials within {}", hours(spread.mean), hours(spread.q90));
        rows.push(("all back", text));
    }
    rows.extend(way_back(score));
    for (name, text) in rows {
        page.text(&format!("  {name:<14}  "), &text);
    }
}

/// Returns what is lost, by cause. Without a response nothing is contained: what counts as
/// containment then is what a relapse after the recovery takes off.
fn lost(responds: bool, score: &CampaignScore) -> String {
    let (attack, own) = (big(score.attack.mean), big(score.containment.mean));
    if responds {
        format!("{attack} by the attack, {own} by our own containment")
    } else if score.containment.mean > 0.0 {
        format!("{attack} by the attack, {own} because it is found again after the recovery")
    } else {
        format!("{attack} by the attack")
    }
}

/// Returns what comes after the cuts, in one line; nothing where it never does.
fn way_back(score: &CampaignScore) -> Option<(&'static str, String)> {
    let after = score.aftermath?;
    let shares = [
        (after.relapsed, "relapse after the restart"),
        (after.data_lost, "data lost"),
        (after.rpo_missed, "RPO missed"),
        (after.data_gone, "no copy left"),
    ];
    let told: Vec<String> = shares
        .iter()
        .filter(|(share, _)| share.value > 0.0)
        .map(|(share, what)| format!("{what} {}", percent(share.value)))
        .collect();
    (!told.is_empty()).then(|| ("the way back", told.join(", ")))
}

/// Returns misses, gravest first: lost rules, then blind, logged, late.
pub(crate) fn ranked_misses(record: &Record) -> Vec<&Verdict> {
    let mut all: Vec<&Verdict> =
        record.verdicts.iter().filter(|v| v.outcome.is_some() && !words::is_good(v)).collect();
    let grade = |v: &Verdict| match v.outcome.as_ref().map(model::verdict::Outcome::kind) {
        Some(OutcomeKind::Blind) => 0,
        Some(OutcomeKind::Logged) => 1,
        Some(OutcomeKind::Alerted) => 2,
        _ => 3,
    };
    all.sort_by_key(|v| (v.lost.is_empty(), grade(v), v.id.clone()));
    all
}

fn misses(page: &mut Page, record: &Record) {
    let all = ranked_misses(record);
    if all.is_empty() {
        return;
    }
    page.heading("Misses and why");
    // One line for a technique and cause, however many recordings show it.
    let mut groups: Vec<(&Verdict, String, usize)> = Vec::new();
    for verdict in &all {
        let why = words::first_cause(record, verdict);
        let same = |g: &&mut (&Verdict, String, usize)| g.0.technique == verdict.technique && g.1 == why;
        match groups.iter_mut().find(same) {
            Some(group) => group.2 += 1,
            None => groups.push((verdict, why, 1)),
        }
    }
    for (verdict, why, number) in groups.iter().take(MISSES) {
        let kind = verdict.outcome.as_ref().map_or(OutcomeKind::Inconclusive, model::verdict::Outcome::kind);
        let lead = format!("  {} {:<9}  ", words::letter(kind), verdict.technique);
        let room = page.style.width - columns(&lead);
        let place = match number {
            1 => verdict.recording.to_string(),
            number => format!("{number} recordings"),
        };
        let name = words::technique_name(record, &verdict.technique);
        let name = cut(&name, room.saturating_sub(columns(&place) + 3).max(20));
        page.led(colour(kind), &lead, &cut(&format!("{name} · {place}"), room));
        let lost = if verdict.lost.is_empty() { "" } else { "lost rule; " };
        page.text("               ", &format!("{lost}{why}"));
    }
    if groups.len() > MISSES {
        let rest: usize = groups.iter().skip(MISSES).map(|g| g.2).sum();
        page.text("  ", &format!("and {rest} more in the report; `feuerprobe explain T…` tells each"));
    }
}

fn untested(page: &mut Page, record: &Record) {
    if record.not_tested.is_empty() {
        return;
    }
    page.heading(&format!(
        "Not tested: {}",
        plural(record.not_tested.len() as u64, "technique", "techniques")
    ));
    for item in record.not_tested.iter().take(UNTESTED) {
        page.text(&format!("  {:<9}  ", item.technique), &item.why);
    }
    if record.not_tested.len() > UNTESTED {
        page.text("  ", &format!("and {} more in the report", record.not_tested.len() - UNTESTED));
    }
}

fn labels(page: &mut Page, record: &Record) {
    if record.labels.is_empty() {
        return;
    }
    page.heading("Against the labels beside the recordings");
    for check in &record.labels {
        let share = if check.pairs == 0 { 1.0 } else { check.reproduced as f64 / check.pairs as f64 };
        let text = format!(
            "{} of {} pairs fire ({}); {} beyond the labels",
            count(check.reproduced),
            count(check.pairs),
            percent(share),
            plural(check.extra, "firing", "firings")
        );
        page.text(&format!("  {:<9}  ", check.set), &text);
        for miss in check.missing.iter().take(SHOWN) {
            let title = words::rule_title(record, &miss.rule);
            page.text(
                "             ",
                &format!("{} on {}: {}", title, miss.recording, miss.causes.join("; ")),
            );
        }
        if check.missing.len() > SHOWN {
            let more = count((check.missing.len() - SHOWN) as u64);
            page.text("             ", &format!("and {more} more, each with its cause in the report"));
        }
    }
}

fn last_line(record: &Record) -> String {
    let words: Vec<String> = OutcomeKind::ALL
        .iter()
        .map(|kind| format!("{} {}", count(outcome_count(record, *kind).into()), kind.word()))
        .collect();
    let mut text =
        format!("{}: {}", plural(record.verdicts.len() as u64, "verdict", "verdicts"), words.join(", "));
    if record.trials > 0 {
        let races = u64::from(record.trials) * record.scores.len() as u64;
        text.push_str(&format!("; {}", plural(races, "trial", "trials")));
    }
    let untested = record.not_tested.len() as u64;
    text.push_str(&format!("; {} not tested.", plural(untested, "technique", "techniques")));
    text
}
