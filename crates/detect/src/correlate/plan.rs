//! Correlation rules joined to the rules they name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rsigma_parser::{
    ConditionExpr, CorrelationCondition, CorrelationRule, CorrelationType, FieldAlias, WindowMode,
};

use super::{Correlation, Hit, Kind};

/// A correlation rule before the others are known.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    kind: Kind,
    /// Ids, names or titles.
    pub(crate) rules: Vec<String>,
    group: Vec<String>,
    field: Vec<String>,
    aliases: Vec<FieldAlias>,
    span: i64,
    bounds: Vec<(rsigma_parser::ConditionOperator, u64)>,
    /// Whether the rules it names raise alerts of their own.
    pub(crate) generate: bool,
    words: String,
}

/// Returns what a correlation rule asks for.
///
/// # Errors
/// A sentence that says what has no meaning.
pub(crate) fn asked(rule: &CorrelationRule) -> Result<Asked, String> {
    if rule.rules.is_empty() {
        return Err("the correlation names no rules".to_owned());
    }
    if rule.window != WindowMode::Sliding {
        return Err(format!("the window {:?} is not part of Sigma; only sliding is", rule.window.as_str()));
    }
    let mut once = BTreeSet::new();
    if let Some(twice) = rule.rules.iter().find(|name| !once.insert(*name)) {
        return Err(format!("the correlation names {twice:?} twice"));
    }
    let span = i64::try_from(rule.timespan.seconds).ok().and_then(|s| s.checked_mul(1_000));
    let Some(span) = span.filter(|span| *span > 0) else {
        return Err(format!("the time span {:?} is no time", rule.timespan.original));
    };
    let (kind, field, bounds) = condition(rule)?;
    let mut words = rule.correlation_type.as_str().to_owned();
    for (operator, bound) in &bounds {
        words.push_str(&format!(" {} {bound}", format!("{operator:?}").to_ascii_lowercase()));
    }
    words.push_str(&format!(" within {}", rule.timespan.original));
    if !rule.group_by.is_empty() {
        words.push_str(&format!(" by {}", rule.group_by.join(", ")));
    }
    Ok(Asked {
        kind,
        rules: rule.rules.clone(),
        group: rule.group_by.clone(),
        field,
        aliases: rule.aliases.clone(),
        span,
        bounds,
        generate: rule.generate,
        words,
    })
}

type Condition = (Kind, Vec<String>, Vec<(rsigma_parser::ConditionOperator, u64)>);

fn condition(rule: &CorrelationRule) -> Result<Condition, String> {
    use CorrelationType as Type;
    let named = rule.correlation_type.as_str();
    let temporal = matches!(rule.correlation_type, Type::Temporal | Type::TemporalOrdered);
    let (bounds, field, rank) = match &rule.condition {
        CorrelationCondition::Extended(expression) => {
            if rule.correlation_type != Type::Temporal {
                return Err(format!("{named} takes no condition over rules"));
            }
            known(expression, &rule.rules)?;
            return Ok((Kind::Temporal(Some(expression.clone())), Vec::new(), Vec::new()));
        }
        CorrelationCondition::Threshold { predicates, field, percentile } => {
            (predicates, field.clone().unwrap_or_default(), *percentile)
        }
    };
    if temporal {
        // The parser puts "at least 1" where the rule says nothing.
        let silent = matches!(bounds.as_slice(), [(rsigma_parser::ConditionOperator::Gte, 1)]);
        return match (silent, rule.correlation_type) {
            (true, Type::Temporal) => Ok((Kind::Temporal(None), field, Vec::new())),
            (true, _) => Ok((Kind::TemporalOrdered, field, Vec::new())),
            (false, _) => Err(format!("{named} takes no threshold: each of its rules must match")),
        };
    }
    // The parser turns a number below zero into one above 2^63.
    if bounds.iter().any(|(_, bound)| i64::try_from(*bound).is_err()) {
        return Err(format!("{named} takes whole numbers from zero in its condition"));
    }
    let kind = match rule.correlation_type {
        Type::ValueCount => Kind::ValueCount,
        Type::ValueSum => Kind::Sum,
        Type::ValueAvg => Kind::Mean,
        Type::ValueMedian => Kind::Percentile(50),
        Type::ValuePercentile => rank.map_or(Kind::Share, Kind::Percentile),
        _ => Kind::EventCount,
    };
    let wanted = match kind {
        Kind::EventCount => 0..=0,
        Kind::ValueCount => 1..=usize::MAX,
        _ => 1..=1,
    };
    if !wanted.contains(&field.len()) {
        return Err(format!("{named} has {} fields in its condition, and takes {wanted:?}", field.len()));
    }
    if rank.is_some_and(|rank| rank > 100) {
        return Err("a percentile lies between 0 and 100".to_owned());
    }
    Ok((kind, field, bounds.clone()))
}

fn known(expression: &ConditionExpr, rules: &[String]) -> Result<(), String> {
    match expression {
        ConditionExpr::Identifier(name) if rules.contains(name) => Ok(()),
        ConditionExpr::Identifier(name) => {
            Err(format!("the condition names {name:?}, which is none of its rules"))
        }
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().try_for_each(|part| known(part, rules))
        }
        ConditionExpr::Not(part) => known(part, rules),
        ConditionExpr::Selector { .. } => Err("a condition over rules has no selectors".to_owned()),
    }
}

/// All correlation rules of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// A correlation that others name stands before them.
    correlations: Vec<Correlation>,
    /// Per rule that correlations name the fields they ask of its matches.
    fields: BTreeMap<usize, Vec<String>>,
    /// Rules that correlations name and that raise no alert of their own.
    silent: BTreeSet<usize>,
}

/// A correlation with the places of what it names.
pub(crate) struct Joined {
    pub(crate) place: usize,
    pub(crate) of: Vec<usize>,
    /// Per rule its id, name and title.
    pub(crate) called: Vec<Vec<String>>,
    pub(crate) asked: Asked,
}

impl Plan {
    /// Returns the plan; `joined` stand in an order in which each comes after those it names.
    pub(crate) fn new(joined: Vec<Joined>) -> Self {
        let mut plan = Self::default();
        let mut aloud = BTreeSet::new();
        for Joined { place, of, called, asked } in joined {
            let named: &mut BTreeSet<usize> = if asked.generate { &mut aloud } else { &mut plan.silent };
            named.extend(&of);
            let mut column = |fields: &[String]| -> Vec<Vec<usize>> {
                let each = of.iter().zip(&called);
                each.map(|(rule, called)| {
                    let own = fields.iter().map(|field| alias(&asked.aliases, field, called));
                    own.map(|field| plan.ask(*rule, &field)).collect()
                })
                .collect()
            };
            let (group_at, field_at) = (column(&asked.group), column(&asked.field));
            let chained = of.iter().any(|rule| plan.at(*rule).is_some());
            plan.correlations.push(Correlation {
                place,
                kind: asked.kind,
                chained,
                called,
                of,
                group: asked.group,
                group_at,
                field_at,
                span: asked.span,
                bounds: asked.bounds,
                words: asked.words,
            });
        }
        plan.silent.retain(|place| !aloud.contains(place));
        plan
    }

    /// Asks for a field of a rule's matches and returns where its value will stand.
    fn ask(&mut self, rule: usize, field: &str) -> usize {
        let known = self.fields.entry(rule).or_default();
        if let Some(at) = known.iter().position(|own| own == field) {
            return at;
        }
        known.push(field.to_owned());
        let at = known.len() - 1;
        // What a correlation does not group by is that of the event that completes it.
        let inner = self.correlations.iter().find(|c| c.place == rule);
        let below = inner.filter(|c| !c.group.iter().any(|own| own == field)).map(|c| c.of.clone());
        below.unwrap_or_default().into_iter().for_each(|rule| {
            self.ask(rule, field);
        });
        at
    }

    pub(crate) fn in_order(&self) -> &[Correlation] {
        &self.correlations
    }

    /// Returns the correlation at a place of the rule set.
    pub(crate) fn at(&self, place: usize) -> Option<&Correlation> {
        self.correlations.iter().find(|c| c.place == place)
    }

    /// Returns whether a match of the rule is to be kept.
    pub(crate) fn names(&self, rule: usize) -> bool {
        self.correlations.iter().any(|c| c.of.contains(&rule))
    }

    /// Returns whether the rule raises no alert of its own.
    pub(crate) fn is_silent(&self, rule: usize) -> bool {
        self.silent.contains(&rule)
    }

    /// Returns the rules on events that a correlation rests on, at any depth.
    pub(crate) fn beneath(&self, place: usize) -> BTreeSet<usize> {
        match self.at(place) {
            Some(correlation) => correlation.of.iter().flat_map(|rule| self.beneath(*rule)).collect(),
            None => BTreeSet::from([place]),
        }
    }

    pub(crate) fn asked_of(&self, rule: usize) -> &[String] {
        self.fields.get(&rule).map_or(&[], Vec::as_slice)
    }

    /// Returns the fields at these places that a match has not.
    pub(super) fn missing(&self, hit: &Hit, at: &[usize]) -> Vec<String> {
        let fields = self.asked_of(hit.rule);
        let lacks = |place: &&usize| hit.values.get(**place).is_none_or(Option::is_none);
        at.iter().filter(lacks).filter_map(|place| fields.get(*place).cloned()).collect()
    }

    /// Returns the values that a correlation's own match has for those that name it.
    pub(super) fn handed_on(&self, own: &Correlation, key: &[Arc<str>], last: &Hit) -> Vec<Option<Arc<str>>> {
        let of_last = self.asked_of(last.rule);
        let value = |field: &String| match own.group.iter().position(|name| name == field) {
            Some(at) => key.get(at).cloned(),
            None => {
                let at = of_last.iter().position(|name| name == field)?;
                last.values.get(at).cloned().flatten()
            }
        };
        self.asked_of(own.place).iter().map(value).collect()
    }
}

/// Returns what a field is called in the events of the rule with these names.
fn alias(aliases: &[FieldAlias], field: &str, called: &[String]) -> String {
    let own = aliases.iter().find(|alias| alias.alias == field);
    let named = own.and_then(|alias| called.iter().find_map(|name| alias.mapping.get(name)));
    named.map_or(field, String::as_str).to_owned()
}
