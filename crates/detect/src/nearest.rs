//! Nearest misses: which rules came closest on which events, and where they failed.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use model::event::{Event, EventRef};
use model::id::{RecordingId, TechniqueId};
use model::verdict::{Branch, Leaf, SelectionTree};
use rsigma_eval::{
    CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule, ConditionTrace, DetectionTrace,
    Event as _, ItemTrace, MatcherKind, explain_rule,
};
use rsigma_parser::{ConditionExpr, Quantifier};
use serde_json::Value;

use crate::correlate::{Correlation, Outcome};
use crate::rules::RuleSet;
use crate::view::{View, field_of};

/// How many nearest misses a verdict shows.
pub(crate) const NEAREST: usize = 3;

/// Longest text of a wanted or an actual value, in characters.
const LONGEST: usize = 300;

/// Longest list of alternatives shown for one node.
const WIDEST: usize = 40;

/// Returns the nearest misses of the rules that name `technique` over all given
/// events, at most three: highest share of the condition met first, then by
/// rule id.
pub fn nearest<'e>(
    rules: &RuleSet,
    technique: &TechniqueId,
    events: impl Iterator<Item = &'e Event>,
    recording: &RecordingId,
) -> Vec<SelectionTree> {
    let places = rules.naming(technique).into_iter().filter(|place| rules.plan().at(*place).is_none());
    let mut race = Race::new(rules, places.collect());
    events.for_each(|event| race.offer(event));
    race.trees(recording)
}

/// The best event of each rule so far.
pub(crate) struct Race<'a> {
    rules: &'a RuleSet,
    best: Vec<(usize, Option<(f64, Event)>)>,
}

impl<'a> Race<'a> {
    pub(crate) fn new(rules: &'a RuleSet, places: Vec<usize>) -> Self {
        Self { rules, best: places.into_iter().map(|place| (place, None)).collect() }
    }

    /// Looks at one more event; of equally near ones the first offered stays.
    pub(crate) fn offer(&mut self, event: &Event) {
        let view = View::new(&event.fields);
        for (place, best) in &mut self.best {
            if !event.origin.serves(&self.rules.rules()[*place].source) {
                continue;
            }
            let share = share(self.rules.compiled(*place), &view);
            // A full match is no miss: it is a rule that fired or was suppressed.
            if share < 1.0 && best.as_ref().is_none_or(|(so_far, _)| share > *so_far) {
                *best = Some((share, event.clone()));
            }
        }
    }

    pub(crate) fn trees(self, recording: &RecordingId) -> Vec<SelectionTree> {
        let mut ranked: Vec<(usize, f64, Event)> =
            self.best.into_iter().filter_map(|(place, best)| best.map(|(s, e)| (place, s, e))).collect();
        // Places stand in order of rule ids.
        ranked.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal).then(a.0.cmp(&b.0)));
        ranked.truncate(NEAREST);
        ranked.into_iter().map(|(place, _, event)| tree(self.rules, place, &event, recording)).collect()
    }
}

/// Returns the trees of silent correlations some of whose rules matched, and in place of the
/// others the rules that they rest on.
pub(crate) fn half_way(
    rules: &RuleSet,
    outcomes: &BTreeMap<usize, Outcome>,
    places: Vec<usize>,
    recording: &RecordingId,
) -> (Vec<SelectionTree>, Vec<usize>) {
    let mut trees = Vec::new();
    let mut rest = BTreeSet::new();
    for place in places {
        match rules.plan().at(place) {
            None => {
                rest.insert(place);
            }
            Some(own) => match outcomes.get(&place).and_then(|o| correlation(rules, own, o, recording)) {
                Some(tree) => trees.push(tree),
                None => rest.extend(rules.plan().beneath(place)),
            },
        }
    }
    (trees, rest.into_iter().collect())
}

/// Returns how near a correlation came, `None` where nothing matched that it rests on.
fn correlation(
    rules: &RuleSet,
    own: &Correlation,
    outcome: &Outcome,
    recording: &RecordingId,
) -> Option<SelectionTree> {
    let (figure, hit) = outcome
        .fired
        .first()
        .map(|hit| (None, hit))
        .or_else(|| outcome.best.as_ref().map(|(figure, hit)| (Some(*figure), hit)))?;
    let fired = figure.is_none();
    let parts = own.of.iter().zip(&outcome.matches).filter_map(|(place, matches)| {
        let leaf = Leaf {
            field: Some("matches".to_owned()),
            wanted: "at least 1".to_owned(),
            actual: Some(matches.to_string()),
            passed: *matches > 0,
        };
        Some(node(rules.rules().get(*place)?.title.clone(), *matches > 0, vec![leaf], Vec::new()))
    });
    let reached = figure.map(|figure| Leaf {
        field: Some("reached".to_owned()),
        wanted: own.words.clone(),
        actual: Some(format!("{figure} at most")),
        passed: false,
    });
    let info = rules.rules().get(own.place)?;
    Some(SelectionTree {
        rule: info.id.clone(),
        title: info.title.clone(),
        event: EventRef { recording: recording.clone(), index: hit.mark.index },
        root: node(own.words.clone(), fired, reached.into_iter().collect(), parts.collect()),
    })
}

/// Returns the rule's condition tree on an event.
pub(crate) fn tree(rules: &RuleSet, place: usize, event: &Event, recording: &RecordingId) -> SelectionTree {
    let info = &rules.rules()[place];
    let trace = explain_rule(rules.compiled(place), &View::new(&event.fields));
    let mut roots: Vec<Branch> = trace.conditions.iter().map(branch).collect();
    let root = match roots.len() {
        1 => roots.remove(0),
        _ => node("or", trace.matched, Vec::new(), roots),
    };
    SelectionTree {
        rule: info.id.clone(),
        title: info.title.clone(),
        event: EventRef { recording: recording.clone(), index: event.index },
        root,
    }
}

/// Returns which share of the rule's condition an event meets, 1 for a match:
/// of what must all hold the mean, of alternatives the best.
pub(crate) fn share(rule: &CompiledRule, event: &View<'_>) -> f64 {
    best(rule.conditions.iter().map(|c| of_condition(c, &rule.detections, event)))
}

fn best(shares: impl Iterator<Item = f64>) -> f64 {
    shares.fold(0.0, f64::max)
}

fn mean(shares: &[f64]) -> f64 {
    if shares.is_empty() { 0.0 } else { shares.iter().sum::<f64>() / shares.len() as f64 }
}

fn of_condition<M>(expression: &ConditionExpr, detections: &M, event: &View<'_>) -> f64
where
    for<'m> &'m M: IntoIterator<Item = (&'m String, &'m CompiledDetection)>,
{
    match expression {
        ConditionExpr::Identifier(name) => {
            let found = detections.into_iter().find(|(own, _)| *own == name);
            found.map_or(0.0, |(_, found)| of_detection(found, event))
        }
        ConditionExpr::And(parts) => {
            mean(&parts.iter().map(|p| of_condition(p, detections, event)).collect::<Vec<_>>())
        }
        ConditionExpr::Or(parts) => best(parts.iter().map(|p| of_condition(p, detections, event))),
        ConditionExpr::Not(part) => f64::from(u8::from(of_condition(part, detections, event) < 1.0)),
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = detections.into_iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let mut shares: Vec<f64> = chosen.map(|(_, found)| of_detection(found, event)).collect();
            shares.sort_by(|a, b| b.partial_cmp(a).unwrap_or(Ordering::Equal));
            match quantifier {
                Quantifier::Any => shares.first().copied().unwrap_or(0.0),
                Quantifier::All => mean(&shares),
                Quantifier::Count(n) => {
                    shares
                        .resize(usize::try_from(*n).unwrap_or(usize::MAX).min(shares.len().max(1) + 1), 0.0);
                    mean(&shares)
                }
            }
        }
    }
}

fn of_detection(own: &CompiledDetection, event: &View<'_>) -> f64 {
    let yes = |passed: bool| f64::from(u8::from(passed));
    match own {
        CompiledDetection::AllOf(items) => {
            mean(&items.iter().map(|i| yes(passes(i, event))).collect::<Vec<_>>())
        }
        CompiledDetection::And(parts) => {
            mean(&parts.iter().map(|p| of_detection(p, event)).collect::<Vec<_>>())
        }
        CompiledDetection::AnyOf(parts) => best(parts.iter().map(|p| of_detection(p, event))),
        CompiledDetection::Keywords(matcher) => yes(matcher.matches_keyword(event)),
        // Members are weighed by the explanation only; half for having the list.
        CompiledDetection::ArrayMatch { field, .. } => 0.5 * yes(event.get_field(field).is_some()),
        CompiledDetection::Conditional { named, condition } => of_condition(condition, named, event),
    }
}

/// Mirrors how the engine evaluates one item on an event.
fn passes(item: &CompiledDetectionItem, event: &View<'_>) -> bool {
    let Some(field) = &item.field else {
        return item.exists.is_none() && item.matcher.matches_keyword(event);
    };
    let value = event.get_field(field);
    match (item.exists, value) {
        (Some(expected), value) => value.is_some_and(|v| !v.is_null()) == expected,
        (None, Some(value)) => item.matcher.matches(&value, event),
        (None, None) => matches!(item.matcher, CompiledMatcher::Null),
    }
}

fn node(name: impl Into<String>, passed: bool, leaves: Vec<Leaf>, children: Vec<Branch>) -> Branch {
    Branch { name: cut(&name.into()), passed, leaves, children }
}

fn branch(trace: &ConditionTrace) -> Branch {
    match trace {
        ConditionTrace::Selection { name, detection, .. } => selection(name, detection),
        ConditionTrace::And { matched, children } => {
            node("and", *matched, Vec::new(), children.iter().take(WIDEST).map(branch).collect())
        }
        ConditionTrace::Or { matched, children } => {
            node("or", *matched, Vec::new(), children.iter().take(WIDEST).map(branch).collect())
        }
        ConditionTrace::Not { matched, child } => node("not", *matched, Vec::new(), vec![branch(child)]),
        ConditionTrace::Quantified { quantifier, matched, branches, .. } => {
            let wanted = if quantifier == "any" { "1" } else { quantifier };
            let children = branches.iter().take(WIDEST).map(|b| selection(&b.name, &b.detection)).collect();
            node(format!("{wanted} of {} selections", branches.len()), *matched, Vec::new(), children)
        }
    }
}

fn selection(name: &str, trace: &DetectionTrace) -> Branch {
    let passed = trace.matched();
    let parts = |parts: &[DetectionTrace], word: &str| -> Vec<Branch> {
        parts.iter().take(WIDEST).map(|part| selection(word, part)).collect()
    };
    match trace {
        DetectionTrace::AllOf { items, .. } => {
            node(name, passed, items.iter().take(WIDEST).map(leaf).collect(), Vec::new())
        }
        DetectionTrace::AnyOf { branches, .. } => node(name, passed, Vec::new(), parts(branches, "either")),
        DetectionTrace::And { branches, .. } => node(name, passed, Vec::new(), parts(branches, "all")),
        DetectionTrace::Keywords { item, .. } => node(name, passed, vec![leaf(item)], Vec::new()),
        DetectionTrace::ArrayMatch { field, quantifier, members, .. } => {
            let children = members.iter().take(NEAREST);
            let children =
                children.map(|m| selection(&format!("{field}[{}]", m.index), &m.detection)).collect();
            node(format!("{name}: {quantifier} of {field}"), passed, Vec::new(), children)
        }
        DetectionTrace::Conditional { condition, .. } => {
            node(name, passed, Vec::new(), vec![branch(condition)])
        }
        DetectionTrace::Other { kind, .. } => node(format!("{name}: {kind}"), passed, Vec::new(), Vec::new()),
    }
}

fn leaf(item: &ItemTrace) -> Leaf {
    let kind = kind(item.matcher);
    let wanted = item.pattern.as_ref().map_or(kind.to_owned(), |pattern| format!("{kind}: {pattern}"));
    let actual = item.actual.as_ref().map(|value| match value {
        Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    });
    Leaf {
        field: item.field.as_deref().map(|name| field_of(name).to_owned()),
        wanted: cut(&wanted),
        actual,
        passed: item.matched,
    }
}

fn kind(matcher: MatcherKind) -> &'static str {
    match matcher {
        MatcherKind::Exact => "is",
        MatcherKind::Contains => "contains",
        MatcherKind::StartsWith => "starts with",
        MatcherKind::EndsWith => "ends with",
        MatcherKind::Regex => "matches",
        MatcherKind::OneOf => "one of",
        MatcherKind::Cidr => "in network",
        MatcherKind::Numeric => "number",
        MatcherKind::Exists => "exists",
        MatcherKind::FieldRef => "same as field",
        MatcherKind::Null => "is null",
        MatcherKind::Bool => "is",
        MatcherKind::Expand => "placeholder",
        MatcherKind::Timestamp => "time",
        MatcherKind::Keyword => "keyword",
    }
}

/// Returns the text, with a mark where it was cut.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
