//! Our own `campaign.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::diagnostic::{Diagnostic, Severity};
use model::document::{self, Spanned, duration, place};
use model::id::{CampaignId, StepId};
use model::manner::Manner;
use model::quantity::{Millis, Quantiles, Ratio};
use model::read::Read;
use serde::Deserialize;

use crate::joiner::Joiner;
use crate::order::order;
use crate::plan;
use crate::technique::resolve;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCampaign {
    id: Spanned<String>,
    name: String,
    #[serde(default)]
    description: String,
    objective: Spanned<Objective>,
    hands: Spanned<i64>,
    retries: Spanned<i64>,
    reaction: Spanned<f64>,
    #[serde(default)]
    manner: Manner,
    source: String,
    steps: Spanned<Vec<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawStep {
    id: Spanned<String>,
    name: String,
    technique: Spanned<String>,
    #[serde(default)]
    needs: Option<Spanned<RawNeeds>>,
    #[serde(default)]
    same_site: bool,
    #[serde(default)]
    targets: Selector,
    #[serde(default)]
    identity: Option<String>,
    #[serde(default)]
    way_out: Option<Selector>,
    #[serde(default)]
    spread: Spread,
    duration: RawDuration,
    #[serde(default)]
    effect: Effect,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNeeds {
    #[serde(default)]
    all: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    any: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDuration {
    typical: Spanned<String>,
    slow: Spanned<String>,
}

/// Returns the campaign in a `campaign.yaml`, `None` when it has an error.
///
/// After the document has the right shape, all errors of its content are
/// reported at once, each with its line and column. A YAML file that is a list is read as an
/// adversary emulation plan: its steps in order, with assumed durations.
pub fn read_campaign(file: &str, bytes: &[u8], joiner: &Joiner<'_>) -> Read<Option<Campaign>> {
    if plan::is_plan(bytes) {
        return plan::read_plan(file, bytes, joiner);
    }
    let raw: RawCampaign = match document::yaml(file, bytes) {
        Ok(raw) => raw,
        Err(d) => return Read::new(None, vec![d]),
    };
    let mut reading = Reading { file, joiner, diagnostics: Vec::new() };
    let campaign = reading.campaign(&raw);
    let failed = reading.diagnostics.iter().any(|d| d.severity == Severity::Error);
    Read::new(campaign.filter(|_| !failed), reading.diagnostics)
}

struct Reading<'a> {
    file: &'a str,
    joiner: &'a Joiner<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Reading<'_> {
    fn error<T>(&mut self, at: &Spanned<T>, code: &str, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = Diagnostic::error(self.file, code, message).help(help);
        self.diagnostics.push(place(diagnostic, at));
    }

    fn campaign(&mut self, raw: &RawCampaign) -> Option<Campaign> {
        let id = CampaignId::new(&raw.id.value);
        if let Err(e) = &id {
            self.error(&raw.id, "campaign.bad-id", e.to_string(), "give a short id such as april-intrusion");
        }
        let hands = self.small_number(&raw.hands, "hands", "0 means without limit");
        let retries = self.small_number(&raw.retries, "retries", "0 means one try only");
        let reaction = Ratio::new(raw.reaction.value);
        if reaction.is_none() {
            let message = format!("reaction is {}, which is no chance", raw.reaction.value);
            self.error(&raw.reaction, "campaign.bad-ratio", message, "write a number from 0 to 1");
        }
        let steps = self.steps(raw);
        Some(Campaign {
            id: id.ok()?,
            name: raw.name.clone(),
            description: raw.description.trim().to_owned(),
            objective: raw.objective.value,
            hands: hands?,
            retries: retries?,
            reaction: reaction?,
            manner: raw.manner,
            steps,
            source: raw.source.clone(),
        })
    }

    fn small_number(&mut self, number: &Spanned<i64>, name: &str, zero: &str) -> Option<u8> {
        let small = u8::try_from(number.value).ok();
        if small.is_none() {
            let message = format!("{name} is {}", number.value);
            let right = format!("write a whole number from 0 to 255; {zero}");
            self.error(number, "campaign.bad-number", message, right);
        }
        small
    }

    fn steps(&mut self, raw: &RawCampaign) -> Vec<Step> {
        if raw.steps.value.is_empty() {
            self.error(&raw.steps, "campaign.no-steps", "the campaign has no steps", "add at least one step");
            return Vec::new();
        }
        let indices = self.step_ids(&raw.steps.value);
        let steps: Vec<Step> = raw.steps.value.iter().filter_map(|s| self.step(s, &indices)).collect();
        self.cycles(&raw.steps.value, &indices);
        self.objective(raw);
        steps
    }

    fn step_ids<'r>(&mut self, steps: &'r [RawStep]) -> BTreeMap<&'r str, usize> {
        let mut indices = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            let id = step.id.value.as_str();
            if let Err(e) = StepId::new(id) {
                self.error(&step.id, "campaign.bad-id", e.to_string(), "give a short id such as foothold");
            }
            if let Some(first) = indices.insert(id, i) {
                let first: &RawStep = &steps[first];
                let message = format!("two steps have the id {id:?}");
                let help = format!("the first is in line {}; rename one", first.id.referenced.line());
                self.error(&step.id, "campaign.duplicate-id", message, help);
            }
        }
        indices
    }

    fn step(&mut self, raw: &RawStep, indices: &BTreeMap<&str, usize>) -> Option<Step> {
        let (operator, needs) = self.needs(raw, indices);
        let duration = self.duration(&raw.duration);
        let resolved = resolve(self.file, self.joiner, &raw.technique.value);
        match &resolved {
            None => {
                let message = format!("{:?} is no technique id", raw.technique.value);
                let right =
                    "write T and four digits, for a sub-technique a dot and three more, such as T1059.001";
                self.error(&raw.technique, "campaign.bad-technique", message, right);
            }
            Some(found) => {
                let remark = found.remark.clone().map(|d| place(d, &raw.technique));
                self.diagnostics.extend(remark);
            }
        }
        let resolved = resolved?;
        Some(Step {
            id: StepId::new(&raw.id.value).ok()?,
            name: raw.name.clone(),
            technique: resolved.technique,
            published: resolved.published,
            needs,
            operator,
            same_site: raw.same_site,
            targets: raw.targets.clone(),
            identity: raw.identity.clone(),
            way_out: raw.way_out.clone(),
            spread: raw.spread,
            duration: duration?,
            effect: raw.effect,
            source: raw.source.clone(),
        })
    }

    fn needs(&mut self, raw: &RawStep, indices: &BTreeMap<&str, usize>) -> (Operator, Vec<StepId>) {
        let Some(needs) = &raw.needs else { return (Operator::All, Vec::new()) };
        let (operator, list) = match (&needs.value.all, &needs.value.any) {
            (Some(list), None) if !list.is_empty() => (Operator::All, list),
            (None, Some(list)) if !list.is_empty() => (Operator::Any, list),
            _ => {
                let message = "needs must name steps under either all or any";
                let right = "write needs: {all: [first, second]} or needs: {any: [first, second]}, or leave needs out";
                self.error(needs, "campaign.bad-needs", message, right);
                return (Operator::All, Vec::new());
            }
        };
        let mut seen = BTreeSet::new();
        let mut known = Vec::new();
        for need in list {
            let id = need.value.as_str();
            if !indices.contains_key(id) {
                let message =
                    format!("step {:?} needs {id:?}, which is no step of this campaign", raw.id.value);
                let near = nearest(id, indices.keys().copied());
                let help = near
                    .map_or_else(|| "name the id of a step".to_owned(), |n| format!("did you mean {n:?}?"));
                self.error(need, "campaign.unknown-step", message, help);
            } else if !seen.insert(id) {
                let d = Diagnostic::warning(
                    self.file,
                    "campaign.needed-twice",
                    format!("{id:?} is needed twice"),
                );
                self.diagnostics.push(place(d.help("name it once"), need));
            } else {
                known.extend(StepId::new(id));
            }
        }
        (operator, known)
    }

    fn duration(&mut self, raw: &RawDuration) -> Option<Quantiles> {
        let typical = self.length(&raw.typical);
        let slow = self.length(&raw.slow);
        let (typical, slow) = (typical?, slow?);
        if slow < typical {
            let message =
                format!("slow ({}) is shorter than typical ({})", raw.slow.value, raw.typical.value);
            let right = "typical is the median, slow is what nine of ten stay below";
            self.error(&raw.slow, "campaign.bad-duration", message, right);
        }
        Quantiles::new(typical.minutes(), slow.minutes())
    }

    fn length(&mut self, text: &Spanned<String>) -> Option<Millis> {
        match duration(&text.value) {
            Ok(length) if length > Millis(0) => Some(length),
            Ok(_) => {
                let message = format!("{:?} is no time at all", text.value);
                self.error(
                    text,
                    "campaign.bad-duration",
                    message,
                    "write a duration above zero, such as 30m",
                );
                None
            }
            Err(message) => {
                self.error(
                    text,
                    "campaign.bad-duration",
                    message,
                    "durations are written 90s, 30m, 8h, 2d or 1w",
                );
                None
            }
        }
    }

    fn cycles(&mut self, steps: &[RawStep], indices: &BTreeMap<&str, usize>) {
        let needed = |s: &RawStep| {
            let lists = s.needs.iter().flat_map(|n| [&n.value.all, &n.value.any]).flatten().flatten();
            lists.filter_map(|id| indices.get(id.value.as_str()).copied()).collect()
        };
        let edges: Vec<Vec<usize>> = steps.iter().map(needed).collect();
        for cycle in order(&edges, &[]).cycles {
            let names = cycle.path.iter().chain([&cycle.to]).map(|n| steps[*n].id.value.as_str());
            let names: Vec<_> = names.collect();
            let message = format!("steps need each other in a circle: {}", names.join(" needs "));
            self.error(&steps[cycle.from].id, "campaign.cyclic-needs", message, "remove one of these needs");
        }
    }

    fn objective(&mut self, raw: &RawCampaign) {
        let (effect, word) = match raw.objective.value {
            Objective::Payload => (Effect::Encrypt, "encrypt"),
            Objective::Outflow => (Effect::Outflow, "outflow"),
        };
        if !raw.steps.value.iter().any(|s| s.effect == effect) {
            let message = format!("no step has the effect {word:?}, so the objective can never be reached");
            let right = format!("add effect: {word} to the step that reaches the objective");
            self.error(&raw.objective, "campaign.no-effect", message, right);
        }
    }
}

/// Returns the id that differs from `wanted` in the fewest letters, when that is at most a third.
fn nearest<'i>(wanted: &str, ids: impl Iterator<Item = &'i str>) -> Option<&'i str> {
    // Ids from outside can be long; beyond this length nobody mistyped one letter.
    const LONGEST: usize = 60;
    let near = ids.filter(|id| id.len() <= LONGEST && wanted.len() <= LONGEST);
    let (distance, id) = near.map(|id| (distance(wanted, id), id)).min()?;
    (distance * 3 <= wanted.len().max(3)).then_some(id)
}

/// Returns the Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
