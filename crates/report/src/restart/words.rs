//! The words of a restart plan that the terminal and the sheet share.

use std::collections::BTreeMap;

use model::id::ServiceId;
use model::impact::DataLoss;
use model::quantity::{Millis, PersonHours};
use model::recovery::Phase;
use model::restart::{
    ByHand, Gain, Hands, Hold, More, Position, RestartPlan, ServiceReturn, Stage, StagedReturn,
};

use crate::number::{count, decimal, hours, percent, rough};
use crate::terms::{Language, Terms, stopped};

/// From here on a time stands for “never”: no plan takes ten years.
const NEVER: Millis = Millis(10 * 365 * Millis::DAY.0);

/// Hours from which times are told in days.
const DAYS: f64 = 47.95;

/// Critical assets that are named at each end of a long path.
const ENDS: usize = 4;

/// Returns a length of time as people say it.
pub(super) fn time(terms: &Terms, length: Millis) -> String {
    if length >= NEVER { terms.get("never").to_owned() } else { terms.number(&hours(length.hours())) }
}

/// Returns a time from the start of the plan to a tenth, with its unit apart.
fn moment(at: Millis) -> (String, &'static str) {
    match at.hours() {
        h if h <= 0.0 => ("0".to_owned(), ""),
        h if h < 0.995 => (format!("{:.0}", at.minutes().max(1.0)), "min"),
        h if h < DAYS => (decimal(h), "h"),
        h => (format!("{:.1}", h / 24.0).trim_end_matches(".0").to_owned(), "days"),
    }
}

/// Returns from when to when something lasts: `0–12 h`, `43 h – 2.1 days`. Where both ends
/// read the same, the begin and how long it lasts: `12.4 days +1 h`.
pub(super) fn span(terms: &Terms, begin: Millis, end: Millis) -> String {
    if end >= NEVER {
        return terms.get("never").to_owned();
    }
    let ((from, from_unit), (to, to_unit)) = (moment(begin), moment(end));
    let text = if begin == end {
        hours(begin.hours())
    } else if from == to && from_unit == to_unit {
        format!("{from}\u{a0}{from_unit} +{}", hours(end.saturating_sub(begin).hours()))
    } else if from_unit.is_empty() || from_unit == to_unit {
        format!("{from}–\u{2060}{to}\u{a0}{to_unit}")
    } else {
        format!("{from}\u{a0}{from_unit} –\u{a0}{to}\u{a0}{to_unit}")
    };
    terms.number(&text).replace(' ', "\u{a0}")
}

/// Returns the word for a phase.
pub(super) fn phase(terms: &Terms, phase: Phase) -> &'static str {
    match phase {
        Phase::Examine => terms.get("phase-examine"),
        Phase::Clean => terms.get("phase-clean"),
        Phase::Rebuild => terms.get("phase-rebuild"),
        Phase::Start => terms.get("phase-start"),
        Phase::Restore => terms.get("phase-restore"),
        Phase::Verify => terms.get("phase-verify"),
        Phase::Release => terms.get("phase-release"),
    }
}

/// Returns who does a phase.
pub(super) fn hands(terms: &Terms, by: &Hands) -> String {
    match by {
        Hands::Forensics { number } => terms.with("hands-forensics", &[&number.to_string()]),
        Hands::Crew { site, skill: None, number } => format!("{site}/{number}"),
        Hands::Crew { site, skill: Some(skill), number } => format!("{site}/{skill} {number}"),
        Hands::Bandwidth { site } => terms.with("hands-bandwidth", &[site.as_str()]),
        Hands::Outside => terms.get("hands-outside").to_owned(),
    }
}

/// Returns why something that `by` does is not begun earlier.
fn why(terms: &Terms, hold: &Hold, by: &Hands) -> String {
    match (hold, by) {
        (Hold::Nothing, _) => terms.get("at-once").to_owned(),
        (Hold::Crew { after }, Hands::Forensics { .. }) => terms.with("forensics-busy", &[after.as_str()]),
        (Hold::Crew { after }, Hands::Bandwidth { .. }) => terms.with("bandwidth-busy", &[after.as_str()]),
        (Hold::Crew { after }, _) => terms.with("crew-busy", &[after.as_str()]),
        (Hold::Needs { asset, service }, _) => terms.with("needs", &[asset.as_str(), service.as_str()]),
    }
}

/// Returns what holds an asset's first phase back, and its start after it.
pub(super) fn waits(terms: &Terms, position: &Position) -> Vec<String> {
    let first = position.phases.first();
    let start = position.phases.iter().find(|p| matches!(p.phase, Phase::Rebuild | Phase::Start));
    [(first, Some(&position.hold)), (start, position.start_hold.as_ref())]
        .into_iter()
        .filter_map(|(span, hold)| span.zip(hold.filter(|h| **h != Hold::Nothing)))
        .map(|(span, hold)| {
            terms.with("phase-waits", &[phase(terms, span.phase), &why(terms, hold, &span.by)])
        })
        .collect()
}

/// Returns how much data is lost.
pub(super) fn lost(terms: &Terms, loss: DataLoss) -> String {
    match loss {
        DataLoss::Last(age) => terms.with("data-last", &[&time(terms, age)]),
        DataLoss::All => terms.get("data-all").to_owned(),
    }
}

/// Returns the assets that lose data, by how much, the worst first.
pub(super) fn losses(terms: &Terms, plan: &RestartPlan) -> Vec<(String, Vec<String>)> {
    let mut by_loss: BTreeMap<DataLoss, Vec<String>> = BTreeMap::new();
    for position in &plan.positions {
        if let Some(loss) = position.data_loss {
            by_loss.entry(loss).or_default().push(position.asset.to_string());
        }
    }
    by_loss.into_iter().rev().map(|(loss, assets)| (lost(terms, loss), assets)).collect()
}

/// Returns the first of some names and how many more there are.
pub(super) fn some(terms: &Terms, names: &[String], shown: usize) -> String {
    // One left over takes no less room than its name.
    let shown = if names.len() == shown + 1 { names.len() } else { shown };
    let mut text = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > shown {
        text.push_str(&format!(" {}", terms.with("and-more", &[&(names.len() - shown).to_string()])));
    }
    text
}

/// Returns the critical path as people say it, asset by asset in the order of its phases; of a
/// long one both ends.
pub(super) fn path(plan: &RestartPlan) -> String {
    let spans = plan.positions.iter().flat_map(|p| p.phases.iter().map(move |s| (s, p.asset.as_str())));
    let mut critical: Vec<_> = spans.filter(|(span, _)| span.critical).collect();
    critical.sort_by_key(|(span, _)| (span.begin, span.end));
    let mut names: Vec<&str> = critical.into_iter().map(|(_, name)| name).collect();
    names.dedup();
    if names.len() <= 2 * ENDS {
        return names.join(" → ");
    }
    let (first, last) = (&names[..ENDS], &names[names.len() - ENDS..]);
    format!("{} → … → {}", first.join(" → "), last.join(" → "))
}

/// Returns the loss and what the search saved, as sentences: by the measure that was searched
/// first, then, where services are weighed, the person-hours too.
pub(super) fn loss(terms: &Terms, plan: &RestartPlan) -> String {
    let plain =
        |key, hours: PersonHours| format!("{}: {}", terms.get(key), terms.number(&rough(hours.0 as f64)));
    let (mut text, hours, unsearched, rule) = match plan.weighed {
        Some(w) => (plain("loss-weighed", w.hours), w.hours, w.unsearched, "against-weight"),
        None => (plain("loss", plan.person_hours), plan.person_hours, plan.unsearched, "against-rule"),
    };
    let saved = unsearched.0.saturating_sub(hours.0);
    if saved > 0 {
        let saved = terms.number(&rough(saved as f64));
        text.push_str(&format!("; {} {saved} {}", terms.get("search-saves"), terms.with(rule, &[])));
    }
    let text = stopped(text);
    match plan.weighed {
        Some(_) => format!("{text} {}", stopped(plain("loss", plan.person_hours))),
        None => text,
    }
}

/// Returns what to start by hand, and why.
pub(super) fn by_hand(terms: &Terms, circle: &ByHand) -> String {
    let names = |ids: &[ServiceId], between: &str| {
        ids.iter().map(ServiceId::as_str).collect::<Vec<_>>().join(between)
    };
    let round = if circle.circle.is_empty() { &circle.stuck } else { &circle.circle };
    let ring = names(round, &format!(" {} ", terms.get("needs-next")));
    let why = terms.with("by-hand-why", &[&ring, circle.site.as_str()]);
    format!("{}: {}. {why}", terms.get("by-hand"), names(&circle.start, ", "))
}

/// Returns what to know of a relapse, where the estate states how likely one is.
pub(super) fn relapse(terms: &Terms, plan: &RestartPlan) -> Option<String> {
    let chance = plan.relapse.filter(|r| r.get() > 0.0)?;
    Some(terms.with("plan-relapse", &[&terms.number(&percent(chance.get()))]))
}

/// Returns what there would be more of, and what it would bring.
pub(super) fn gain(terms: &Terms, gain: &Gain) -> (String, String) {
    let today = terms.number(&count(u64::from(gain.today)));
    let what = match &gain.more {
        More::Crew { site, skill: None } => terms.with("more-crew", &[site.as_str(), &today]),
        More::Crew { site, skill: Some(skill) } => {
            terms.with("more-skilled", &[skill, site.as_str(), &today])
        }
        More::Forensics => terms.with("more-forensics", &[&today]),
        More::Bandwidth { site } => terms.with("more-bandwidth", &[site.as_str(), &today]),
    };
    let mut parts = Vec::new();
    let (key, saved) = match gain.weighed {
        Some(weighed) => ("saves-weighed", weighed),
        None => ("saves", gain.saved),
    };
    if saved.0 > 0 {
        parts.push(terms.with(key, &[&terms.number(&rough(saved.0 as f64))]));
    }
    if gain.earlier.0 > 0 {
        parts.push(terms.with("earlier", &[&time(terms, gain.earlier)]));
    }
    (what, if parts.is_empty() { terms.get("no-gain").to_owned() } else { parts.join(", ") })
}

/// Returns when a service runs, and how much too much it would be if all tenants returned to
/// it at once.
pub(super) fn overload(terms: &Terms, staged: &StagedReturn) -> String {
    let times = terms.number(&decimal(staged.overload));
    let mut runs = time(terms, runs(staged));
    if terms.language == Language::De && runs.ends_with("Tage") {
        runs.push('n');
    }
    terms.with("staged-load", &[staged.service.as_str(), staged.site.as_str(), &times, &runs])
}

/// Returns when a service with stages runs: then the first are let in.
fn runs(staged: &StagedReturn) -> Millis {
    staged.stages.iter().map(|s| s.from).min().unwrap_or_default()
}

/// Returns from when to when a stage is let in, from the moment at which the service runs.
pub(super) fn admitted(terms: &Terms, staged: &StagedReturn, stage: &Stage) -> String {
    let since = |at: Millis| at.saturating_sub(runs(staged));
    match (since(stage.from), since(stage.to)) {
        (_, Millis(0)) => terms.get("at-once").to_owned(),
        (from, to) => span(terms, from, to),
    }
}

/// Returns how many tenants a stage lets in, and how many insured people they have.
pub(super) fn crowd(terms: &Terms, stage: &Stage) -> (String, String) {
    let tenants = match stage.tenants.len() {
        1 => terms.get("one-tenant").to_owned(),
        many => format!("{many} {}", terms.get("tenants")),
    };
    (tenants, terms.number(&rough(stage.insured as f64)))
}

/// Returns how a service stands against what was agreed; that holds for the last tenant let in.
pub(super) fn kept(terms: &Terms, service: &ServiceReturn) -> (&'static str, &'static str) {
    if service.all_in > service.mtpd {
        (terms.get("mtpd-exceeded"), "bad")
    } else if service.all_in > service.rto {
        (terms.get("rto-missed"), "warn")
    } else {
        (terms.get("met"), "good")
    }
}

/// Returns the code of a language as HTML names it.
pub(super) fn code(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::De => "de",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_never_reads_as_if_it_took_no_time() {
        let (en, de) = (Terms::of(Language::En), Terms::of(Language::De));
        let hours = |h: f64| Millis::from_minutes(h * 60.0);
        for (begin, end, text, german) in [
            (0.0, 12.0, "0–12 h", "0–12 h"),
            (0.0, 0.7, "0–42 min", "0–42 min"),
            (0.5, 7.5, "30 min – 7.5 h", "30 min – 7,5 h"),
            (43.0, 51.0, "43 h – 2.1 days", "43 h – 2,1 Tage"),
            (60.0, 110.0, "2.5–4.6 days", "2,5–4,6 Tage"),
            (297.0, 298.0, "12.4 days +1 h", "12,4 Tage +1 h"),
            (5.0, 5.0, "5 h", "5 h"),
        ] {
            for (terms, text) in [(&en, text), (&de, german)] {
                let said = span(terms, hours(begin), hours(end));
                assert!(!said.contains(' '), "{said} may be broken");
                assert_eq!(said.replace('\u{a0}', " ").replace('\u{2060}', ""), text);
            }
        }
        assert_eq!(span(&de, Millis(0), NEVER), "nie");
    }
}
