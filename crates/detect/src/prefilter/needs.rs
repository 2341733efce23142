//! What an event has at least where a rule matches.

use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ArrayQuantifier, ConditionExpr, Quantifier};

use super::literals::Place;
use super::{MOST_NEEDS, expression};
use crate::view::field_of;

/// Parts of one need; with more it is not looked at.
const LARGEST: usize = 4_096;

/// Above this, a floating point number may stand for several whole ones (IEEE 754).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// One thing that an event may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A part of a text, in small letters; without a field, of any text of the event.
    Text { field: Option<String>, text: String, place: Place },
    /// A number, rounded to a whole one and marked by [`whole`].
    Number { field: String, value: u64 },
    /// A field.
    Present { field: String },
}

impl Part {
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Self::Text { field, .. } => field.as_deref(),
            Self::Number { field, .. } | Self::Present { field } => Some(field),
        }
    }

    /// How often events may have it: a guess that only chooses between needs.
    fn share(&self) -> f64 {
        match self {
            Self::Text { text, place, field } => {
                let length = match text.len() {
                    0..=2 => 0.5,
                    3..=4 => 0.2,
                    5..=7 => 0.05,
                    8..=12 => 0.01,
                    _ => 0.003,
                };
                let anchored = if matches!(place, Place::Whole) { 0.5 } else { 1.0 };
                // Each text of the event is another chance, and costs a look.
                length * anchored * if field.is_none() { 8.0 } else { 1.0 }
            }
            Self::Number { .. } => 0.05,
            Self::Present { .. } => 1.0,
        }
    }
}

/// Parts of which an event has at least one.
type Need = Vec<Part>;

/// Needs all of which are met where the rule matches; none where nothing is known.
type Needs = Vec<Need>;

/// Returns the bits of a number where it is a whole one that needs can name.
pub(super) fn whole(number: f64) -> Option<u64> {
    // Zero has one sign.
    (number.fract() == 0.0 && number.abs() < EXACT).then_some((number + 0.0).to_bits())
}

/// Returns the needs of a rule, rarest first.
pub(super) fn needs(rule: &CompiledRule) -> Needs {
    either(rule.conditions.iter().map(|own| condition(own, &rule.detections)))
}

fn sorted(mut needs: Needs) -> Needs {
    needs.retain(|need| need.len() <= LARGEST);
    for need in &mut needs {
        need.sort();
        need.dedup();
    }
    needs.sort_by(|a, b| cost(a).total_cmp(&cost(b)).then_with(|| a.cmp(b)));
    needs.dedup();
    needs.truncate(MOST_NEEDS);
    needs
}

fn cost(need: &Need) -> f64 {
    need.iter().map(Part::share).sum()
}

/// Everything holds: so do the needs of each.
fn every(parts: impl IntoIterator<Item = Needs>) -> Needs {
    sorted(parts.into_iter().flatten().collect())
}

/// One of them holds: so does one of the needs taken together, one from each.
fn either(parts: impl IntoIterator<Item = Needs>) -> Needs {
    let parts: Vec<Needs> = parts.into_iter().collect();
    if parts.is_empty() || parts.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    let nth = |place: usize| {
        let own = parts.iter().filter_map(|needs| needs.get(place).or(needs.last()));
        own.flatten().cloned().collect::<Need>()
    };
    sorted((0..longest).map(nth).collect())
}

/// The engine's own map type is not named here; iteration suffices.
fn condition<M>(expression: &ConditionExpr, detections: &M) -> Needs
where
    for<'m> &'m M: IntoIterator<Item = (&'m String, &'m CompiledDetection)>,
{
    match expression {
        ConditionExpr::Identifier(name) => {
            let found = detections.into_iter().find(|(own, _)| *own == name);
            found.map_or(Vec::new(), |(_, found)| detection(found))
        }
        ConditionExpr::And(parts) => every(parts.iter().map(|part| condition(part, detections))),
        ConditionExpr::Or(parts) => either(parts.iter().map(|part| condition(part, detections))),
        ConditionExpr::Not(_) => Vec::new(),
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = detections.into_iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let parts: Vec<Needs> = chosen.map(|(_, found)| detection(found)).collect();
            match quantifier {
                Quantifier::All => every(parts),
                Quantifier::Count(0) => Vec::new(),
                // Where several must hold, one of them does.
                Quantifier::Any | Quantifier::Count(_) => either(parts),
            }
        }
    }
}

fn detection(own: &CompiledDetection) -> Needs {
    match own {
        CompiledDetection::AllOf(items) => every(items.iter().map(item)),
        CompiledDetection::And(parts) => every(parts.iter().map(detection)),
        CompiledDetection::AnyOf(parts) => either(parts.iter().map(detection)),
        CompiledDetection::Keywords(own) => matcher(own, None),
        CompiledDetection::ArrayMatch { field, quantifier, .. } => match quantifier {
            ArrayQuantifier::Any | ArrayQuantifier::All => present(field),
            ArrayQuantifier::AllOrEmpty | ArrayQuantifier::None => Vec::new(),
        },
        CompiledDetection::Conditional { named, condition: own } => condition(own, named),
    }
}

fn present(field: &str) -> Needs {
    vec![vec![Part::Present { field: field_of(field).to_owned() }]]
}

fn item(own: &CompiledDetectionItem) -> Needs {
    let Some(field) = &own.field else {
        return if own.exists.is_some() { Vec::new() } else { matcher(&own.matcher, None) };
    };
    match own.exists {
        Some(true) => return present(field),
        Some(false) => return Vec::new(),
        None => {}
    }
    // The only matcher that takes an absent field.
    if matches!(own.matcher, CompiledMatcher::Null) {
        return Vec::new();
    }
    // A view gives another value under a marked name than stands in the field.
    let found = if field_of(field) == field { matcher(&own.matcher, Some(field)) } else { Vec::new() };
    if found.is_empty() { present(field) } else { found }
}

fn matcher(own: &CompiledMatcher, field: Option<&str>) -> Needs {
    let text = |text: &str, folds: bool, place| literal(field, text, folds, place);
    match own {
        CompiledMatcher::Exact { value, case_insensitive } => text(value, *case_insensitive, Place::Whole),
        CompiledMatcher::Contains { value, case_insensitive } => {
            text(value, *case_insensitive, Place::Inside)
        }
        CompiledMatcher::StartsWith { value, case_insensitive } => {
            text(value, *case_insensitive, Place::Start)
        }
        CompiledMatcher::EndsWith { value, case_insensitive } => text(value, *case_insensitive, Place::End),
        CompiledMatcher::AhoCorasickSet { needles, case_insensitive, .. } => {
            either(needles.iter().map(|needle| text(needle, *case_insensitive, Place::Inside)))
        }
        CompiledMatcher::Regex(own) => pattern(own.as_str(), field),
        CompiledMatcher::RegexSetMatch { set, mode } => {
            group(*mode, set.patterns().iter().map(|own| pattern(own, field)).collect())
        }
        CompiledMatcher::NumericEq(number) => match (whole(*number), field) {
            (Some(value), Some(field)) => vec![vec![Part::Number { field: field.to_owned(), value }]],
            _ => Vec::new(),
        },
        CompiledMatcher::AnyOf(parts) => either(parts.iter().map(|part| matcher(part, field))),
        CompiledMatcher::AllOf(parts) => every(parts.iter().map(|part| matcher(part, field))),
        CompiledMatcher::CaseInsensitiveGroup { children, mode } => {
            group(*mode, children.iter().map(|part| matcher(part, field)).collect())
        }
        _ => Vec::new(),
    }
}

fn group(mode: GroupMode, parts: Vec<Needs>) -> Needs {
    match mode {
        GroupMode::Any => either(parts),
        GroupMode::All => every(parts),
    }
}

fn pattern(own: &str, field: Option<&str>) -> Needs {
    let needs = expression::needs(own).into_iter();
    let part = |text| Part::Text { field: field.map(str::to_owned), text, place: Place::Inside };
    sorted(needs.map(|need| need.into_iter().map(part).collect()).collect())
}

/// Matchers that regard case hold their text as written. What small letters Unicode makes of other
/// than ASCII text may depend on what stands around it.
fn literal(field: Option<&str>, text: &str, folds: bool, place: Place) -> Needs {
    if text.is_empty() || !(folds || text.is_ascii()) {
        return Vec::new();
    }
    let text = if folds { text.to_owned() } else { text.to_ascii_lowercase() };
    vec![vec![Part::Text { field: field.map(str::to_owned), text, place }]]
}
