//! `[gate]` of the workspace file, and the file of acceptances.

use model::diagnostic::Diagnostic;
use model::document::{self, Spanned as Placed};
use model::gate::{Acceptance, Judge, Limit, Measure, Requirement, Scope, Unit};
use model::id::{CampaignId, RecordingId, TechniqueId};
use model::read::Read;
use serde::Deserialize;
use toml::Spanned;

use super::settings::{WorkspaceFile, place};
use crate::error::Error;
use crate::files::Files;

/// The file of acceptances where nothing is said.
pub const ACCEPTANCES: &str = "acceptances.yaml";

/// `[gate]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct RawGate {
    against: Option<String>,
    undecided: Option<Spanned<String>>,
    pub(super) acceptances: Option<String>,
    require: Vec<Spanned<RawRequirement>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawRequirement {
    measure: Spanned<String>,
    of: Option<Spanned<String>>,
    at_most: Option<Spanned<toml::Value>>,
    at_least: Option<Spanned<toml::Value>>,
    no_worse_by: Option<Spanned<toml::Value>>,
    judge: Option<Spanned<String>>,
    quantile: Option<Spanned<f64>>,
}

/// What a gate requires.
#[derive(Debug, Clone, Default)]
pub struct GateRules {
    /// The file it stands in, as messages name it.
    pub file: String,
    /// The lines.
    pub requirements: Vec<Requirement>,
    /// The run to compare with, as it is written.
    pub against: Option<String>,
    /// Whether an undecided line fails the gate.
    pub undecided_fails: bool,
    /// What is accepted.
    pub acceptances: Vec<Acceptance>,
}

/// Returns what `[gate]` and the file of acceptances say, with every finding at once.
pub(super) fn rules(root: &dyn Files, file: &WorkspaceFile) -> Result<Read<GateRules>, Error> {
    let mut reader = Reader { file: file.name.clone(), text: &file.text, said: Vec::new() };
    let gate = &file.raw.gate;
    let undecided_fails = match gate.undecided.as_ref().map(|u| (u.get_ref().as_str(), u.span().start)) {
        None | Some(("warn", _)) => false,
        Some(("fail", _)) => true,
        Some((other, at)) => {
            reader.complain(
                at,
                "gate.bad-value",
                format!("undecided = {other:?}"),
                "write \"warn\" or \"fail\"",
            );
            false
        }
    };
    let requirements = gate.require.iter().filter_map(|r| reader.requirement(r)).collect();
    let Reader { file, mut said, .. } = reader;
    let acceptances = match acceptances_file(root, gate.acceptances.as_deref()) {
        Some(path) => {
            let name = root.name(path);
            let bytes = root.read(path).map_err(|source| Error::Unreadable { path: name.clone(), source })?;
            read_acceptances(&name, &bytes).report(&mut said)
        }
        None => Vec::new(),
    };
    let rules = GateRules { file, requirements, against: gate.against.clone(), undecided_fails, acceptances };
    Ok(Read::new(rules, said))
}

/// Returns where the acceptances of a workspace stand: the file that is named, or the usual one
/// where there is one.
fn acceptances_file<'a>(root: &dyn Files, named: Option<&'a str>) -> Option<&'a str> {
    named.or_else(|| root.holds(ACCEPTANCES).then_some(ACCEPTANCES))
}

/// What makes a limit of a number.
type LimitKind = fn(f64) -> Limit;

struct Reader<'a> {
    file: String,
    text: &'a str,
    said: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn complain(&mut self, at: usize, code: &str, message: String, help: &str) {
        let (line, column) = place(self.text, at);
        self.said.push(Diagnostic::error(&self.file, code, message).help(help).at(line, column));
    }

    fn requirement(&mut self, spanned: &Spanned<RawRequirement>) -> Option<Requirement> {
        let raw = spanned.get_ref();
        let before = self.said.len();
        let name = raw.measure.get_ref();
        let Some(measure) = Measure::named(name) else {
            let near = nearest(name).map_or_else(String::new, |near| format!("do you mean {near:?}? "));
            let help = format!("{near}`feuerprobe list measures` shows them all");
            self.complain(
                raw.measure.span().start,
                "gate.unknown-measure",
                format!("there is no measure {name:?}"),
                &help,
            );
            return None;
        };
        let of = self.scope(measure, raw.of.as_ref());
        let limit = self.limit(measure, raw, raw.measure.span().start);
        let judge = match raw.judge.as_ref().map(|j| (j.get_ref().as_str(), j.span().start)) {
            None | Some(("interval", _)) => Judge::Interval,
            Some(("value", _)) => Judge::Value,
            Some((other, at)) => {
                self.complain(
                    at,
                    "gate.bad-value",
                    format!("judge = {other:?}"),
                    "write \"interval\" or \"value\"",
                );
                Judge::Interval
            }
        };
        if let Some(quantile) = &raw.quantile {
            if measure != Measure::AlertDelay {
                let message = format!("{measure} has no quantile");
                self.complain(quantile.span().start, "gate.bad-value", message, "only alert-delay takes one");
            } else if !(*quantile.get_ref() > 0.0 && *quantile.get_ref() < 1.0) {
                let message = format!("quantile = {}", quantile.get_ref());
                self.complain(
                    quantile.span().start,
                    "gate.bad-value",
                    message,
                    "write a share between 0 and 1",
                );
            }
        }
        let quantile = raw.quantile.as_ref().map(|q| *q.get_ref());
        let line = place(self.text, raw.measure.span().start).0;
        let requirement = Requirement { measure, of: of?, limit: limit?, judge, quantile, line };
        (self.said.len() == before).then_some(requirement)
    }

    fn scope(&mut self, measure: Measure, of: Option<&Spanned<String>>) -> Option<Scope> {
        let Some(of) = of else { return Some(Scope::All) };
        let at = of.span().start;
        let text = of.get_ref();
        if !measure.is_of_verdicts() && !measure.is_raced() {
            let message = format!("{measure} is of the whole run, not of {text:?}");
            self.complain(at, "gate.bad-scope", message, "leave `of` out");
            return None;
        }
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        let scope = match kind {
            "campaign" => CampaignId::new(id).ok().map(Scope::Campaign),
            "technique" if !measure.is_raced() => TechniqueId::new(id).ok().map(Scope::Technique),
            "tactic" if !measure.is_raced() && !id.is_empty() => Some(Scope::Tactic(id.to_owned())),
            "recording" if !measure.is_raced() => RecordingId::new(id).ok().map(Scope::Recording),
            _ => None,
        };
        if scope.is_none() {
            let right = if measure.is_raced() {
                "write campaign:ID"
            } else {
                "write campaign:ID, technique:T1059, tactic:impact or recording:ID"
            };
            self.complain(at, "gate.bad-scope", format!("{measure} of {text:?}"), right);
        }
        scope
    }

    fn limit(&mut self, measure: Measure, raw: &RawRequirement, at: usize) -> Option<Limit> {
        let kinds: [LimitKind; 3] = [Limit::AtMost, Limit::AtLeast, Limit::NoWorseBy];
        let values = [&raw.at_most, &raw.at_least, &raw.no_worse_by];
        let given = values.into_iter().zip(kinds).filter_map(|(value, kind)| Some((value.as_ref()?, kind)));
        let given: Vec<(&Spanned<toml::Value>, LimitKind)> = given.collect();
        let [(value, limit)] = given.as_slice() else {
            let message = format!("{measure} has {} limits", given.len());
            self.complain(at, "gate.limit", message, "write exactly one of at-most, at-least, no-worse-by");
            return None;
        };
        match amount(measure, value.get_ref()) {
            Ok(amount) => Some(limit(amount)),
            Err(right) => {
                let message = format!("the limit of {measure} is {}", value.get_ref());
                self.complain(value.span().start, "gate.limit", message, &right);
                None
            }
        }
    }
}

/// Returns a limit in the unit of its measure.
///
/// # Errors
/// A sentence that says what would be right.
fn amount(measure: Measure, value: &toml::Value) -> Result<f64, String> {
    let number = match value {
        toml::Value::Integer(number) => Some(*number as f64),
        toml::Value::Float(number) => Some(*number),
        _ => None,
    };
    let least = |number: Option<f64>, right: &str| {
        number.filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(|| right.to_owned())
    };
    match measure.unit() {
        Unit::Share => number
            .filter(|n| (0.0..=1.0).contains(n))
            .ok_or_else(|| "write a share from 0 to 1, such as 0.8".to_owned()),
        Unit::Count => least(number.filter(|n| n.fract() == 0.0), "write a whole number, such as 0"),
        Unit::PersonHours | Unit::Tenants => least(number, "write a number, such as 5"),
        Unit::Duration => match value.as_str() {
            Some(text) => document::duration(text).map(|length| length.0 as f64),
            None => Err("write a duration, such as \"30m\"".to_owned()),
        },
    }
}

/// Returns the measure whose name is most like the one given, if any is.
fn nearest(name: &str) -> Option<&'static str> {
    let shared = |known: &str| {
        let pairs = |text: &str| text.as_bytes().windows(2).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (a, b) = (pairs(name), pairs(known));
        let both = a.iter().filter(|pair| b.contains(pair)).count();
        200 * both / (a.len() + b.len()).max(1)
    };
    let best = Measure::ALL.into_iter().map(Measure::name).max_by_key(|known| shared(known))?;
    (shared(best) >= 50).then_some(best)
}

/// An entry of the file of acceptances, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAcceptance {
    what: String,
    owner: String,
    reason: String,
    until: String,
    approved_by: String,
}

/// Returns the acceptances in the file `name` that holds `bytes`, with every finding at once.
pub fn read_acceptances(name: &str, bytes: &[u8]) -> Read<Vec<Acceptance>> {
    let mut said = Vec::new();
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Read::new(Vec::new(), said);
    }
    let raw: Vec<Placed<RawAcceptance>> = match document::yaml(name, bytes) {
        Ok(raw) => raw,
        Err(diagnostic) => {
            said.push(diagnostic.help("an entry has what, owner, reason, until and approved-by"));
            return Read::new(Vec::new(), said);
        }
    };
    let mut list = Vec::new();
    for entry in raw {
        let line = u32::try_from(entry.referenced.line()).unwrap_or(u32::MAX);
        let a = &entry.value;
        let mut wrong = |field: &str, value: &str, right: &str| {
            let message = format!("{field} is {value:?}");
            let found = Diagnostic::error(name, "acceptance.bad-value", message).help(right);
            said.push(document::place(found, &entry));
        };
        if !is_day(&a.until) {
            wrong("until", &a.until, "write a day, such as 2027-03-31");
        }
        for (field, value) in
            [("what", &a.what), ("owner", &a.owner), ("reason", &a.reason), ("approved-by", &a.approved_by)]
        {
            if value.trim().is_empty() {
                wrong(field, value, "it must not be empty");
            }
        }
        let RawAcceptance { what, owner, reason, until, approved_by } = entry.value;
        list.push(Acceptance { what, owner, reason, until, approved_by, line });
    }
    Read::new(list, said)
}

/// Returns whether the text is a day, written as `2026-11-23`.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_measure_is_answered_with_the_one_that_was_meant() {
        assert_eq!(nearest("lost-rule"), Some("lost-rules"));
        assert_eq!(nearest("chance-of-payloads"), Some("chance-of-payload"));
        assert_eq!(nearest("xyz"), None);
    }

    #[test]
    fn an_acceptance_without_a_day_or_an_owner_is_named_with_its_line() {
        let yaml = "- {what: 'rule:x', owner: a, reason: b, until: soon, approved-by: c}\n- {what: 'rule:y', owner: '', reason: b, until: 2027-01-31, approved-by: c}\n";
        let mut said = Vec::new();
        let list = read_acceptances("acceptances.yaml", yaml.as_bytes()).report(&mut said);
        assert_eq!(list.len(), 2);
        let told: Vec<_> = said.iter().map(|d| (d.position.map(|p| p.line), d.message.clone())).collect();
        assert_eq!(told, [(Some(1), "until is \"soon\"".to_owned()), (Some(2), "owner is \"\"".to_owned())]);
    }
}
