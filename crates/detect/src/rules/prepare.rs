//! One document of a rules folder, made ready as far as it can be without the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::attack::Joined;
use model::detection::{RejectedRule, RuleInfo};
use model::event::LogSource;
use model::id::{RuleId, TechniqueId};
use rsigma_eval::{CompiledRule, compile_rule};
use rsigma_parser::{CorrelationRule, Detection, FilterRule, Level, Modifier, SigmaRule, SigmaValue};

use super::RuleFile;
use super::filter::Filter;
use crate::correlate::{Asked, asked};
use crate::document::{Content, Document, documents};
use crate::mend::mend;

/// A rule that can be used.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) info: RuleInfo,
    /// The name by which correlations and filters may call it.
    pub(super) name: Option<String>,
    pub(super) compiled: Arc<CompiledRule>,
    /// What it asks of other rules, where it is a correlation.
    pub(super) asked: Option<Asked>,
}

/// One document after everything that can be done without the others.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Rule(Box<Ready>),
    Filter(String, Arc<Filter>, String),
    Rejected(RejectedRule),
}

pub(super) fn prepare(file: &RuleFile, join: &(dyn Fn(&str) -> Joined + Sync)) -> Vec<Prepared> {
    documents(&file.bytes).into_iter().map(|document| prepare_one(&file.path, document, join)).collect()
}

fn prepare_one(file: &str, document: Document, join: &(dyn Fn(&str) -> Joined + Sync)) -> Prepared {
    let made = match document.content {
        Err(reason) => Err(reason),
        Ok(Content::Rule(rule)) => ready_rule(file, *rule, &document.text, join),
        Ok(Content::Correlation(rule)) => correlating(file, &rule, &document.text, join),
        Ok(Content::Filter(filter)) => ready_filter(file, *filter, &document.text),
    };
    made.unwrap_or_else(|reason| {
        Prepared::Rejected(RejectedRule {
            file: file.to_owned(),
            rule: document.name,
            reason: one_line(&reason),
        })
    })
}

/// Returns a document as a rule, without its techniques.
pub(super) fn prepare_document(file: &str, document: Document) -> Result<(RuleInfo, CompiledRule), String> {
    let join = |tag: &str| Joined {
        published: tag.to_owned(),
        how: model::attack::JoinPath::NotJoined,
        mapped: Vec::new(),
    };
    match prepare_one(file, document, &join) {
        Prepared::Rule(ready) if ready.asked.is_none() => {
            Ok((ready.info, Arc::unwrap_or_clone(ready.compiled)))
        }
        Prepared::Rule(_) => Err("it is a correlation".to_owned()),
        Prepared::Filter(..) => Err("it is a filter".to_owned()),
        Prepared::Rejected(rejected) => Err(rejected.reason),
    }
}

/// Library messages may run over several lines and hundreds of characters.
fn one_line(reason: &str) -> String {
    let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 400 { line.chars().take(400).chain(['…']).collect() } else { line }
}

fn ready_rule(
    file: &str,
    mut rule: SigmaRule,
    text: &str,
    join: &(dyn Fn(&str) -> Joined + Sync),
) -> Result<Prepared, String> {
    refuse_placeholders(rule.detection.named.values())?;
    mend(&mut rule.detection)?;
    let mut compiled = compile_rule(&rule).map_err(|e| e.to_string())?;
    let head = Head { id: rule.id, title: rule.title, level: rule.level, tags: rule.tags };
    let info = info(file, head, source(&rule.logsource), text, join)?;
    compiled.id = Some(info.id.as_str().to_owned());
    Ok(Prepared::Rule(Box::new(Ready { info, name: rule.name, compiled: Arc::new(compiled), asked: None })))
}

fn correlating(
    file: &str,
    rule: &CorrelationRule,
    text: &str,
    join: &(dyn Fn(&str) -> Joined + Sync),
) -> Result<Prepared, String> {
    let asked = asked(rule)?;
    let head =
        Head { id: rule.id.clone(), title: rule.title.clone(), level: rule.level, tags: rule.tags.clone() };
    // What it looks at is known when the rules it names are.
    let info = info(file, head, LogSource::default(), text, join)?;
    let compiled = Arc::new(nothing(&info));
    Ok(Prepared::Rule(Box::new(Ready { info, name: rule.name.clone(), compiled, asked: Some(asked) })))
}

/// Returns a rule that matches no event: a correlation has no match of its own on one.
fn nothing(info: &RuleInfo) -> CompiledRule {
    CompiledRule {
        title: info.title.clone(),
        id: Some(info.id.as_str().to_owned()),
        level: None,
        tags: Vec::new(),
        description: None,
        falsepositives: Vec::new(),
        logsource: rsigma_parser::LogSource::default(),
        detections: Default::default(),
        conditions: Vec::new(),
        include_event: false,
        custom_attributes: Default::default(),
    }
}

/// What every kind of rule says of itself.
struct Head {
    id: Option<String>,
    title: String,
    level: Option<Level>,
    tags: Vec<String>,
}

fn info(
    file: &str,
    head: Head,
    source: LogSource,
    text: &str,
    join: &(dyn Fn(&str) -> Joined + Sync),
) -> Result<RuleInfo, String> {
    let hash = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    let id = head.id.unwrap_or_else(|| format!("sha-{hash}"));
    let mut published: Vec<Joined> =
        head.tags.iter().filter(|tag| names_technique(tag)).map(|tag| join(tag)).collect();
    published.sort();
    published.dedup();
    let techniques: BTreeSet<TechniqueId> = published.iter().flat_map(|j| j.mapped.iter().cloned()).collect();
    Ok(RuleInfo {
        id: RuleId::new(&id).map_err(|e| e.to_string())?,
        title: head.title,
        level: head.level.map_or("medium", |level| level.as_str()).to_owned(),
        source,
        techniques: techniques.into_iter().collect(),
        published,
        hash,
        file: file.to_owned(),
    })
}

/// `attack.t1059.001` names a technique; tactics, groups (`attack.g…`),
/// software (`attack.s…`) and other namespaces (`cve.…`) do not.
fn names_technique(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    let rest = tag.strip_prefix("attack.t");
    rest.is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
}

fn source(own: &rsigma_parser::LogSource) -> LogSource {
    LogSource { product: own.product.clone(), category: own.category.clone(), service: own.service.clone() }
}

fn ready_filter(file: &str, filter: FilterRule, text: &str) -> Result<Prepared, String> {
    refuse_placeholders(filter.detection.named.values())?;
    let target = filter.rules.clone();
    let own = filter.logsource.as_ref().map(source);
    let title = filter.title.clone();
    // The filter's own names stay apart from those of the rules it names: its
    // condition is evaluated as a rule of its own.
    let mut bare = bare(filter);
    mend(&mut bare.detection)?;
    let condition = compile_rule(&bare).map_err(|e| e.to_string())?;
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    let filter = Filter { condition, target, source: own };
    Ok(Prepared::Filter(file.to_owned(), Arc::new(filter), format!("{title}\n{hash}")))
}

fn bare(filter: FilterRule) -> SigmaRule {
    SigmaRule {
        title: filter.title,
        logsource: rsigma_parser::LogSource::default(),
        detection: filter.detection,
        sigma_version: filter.sigma_version,
        id: None,
        name: None,
        related: Vec::new(),
        taxonomy: None,
        status: None,
        description: None,
        license: None,
        author: None,
        references: Vec::new(),
        date: None,
        modified: None,
        fields: Vec::new(),
        falsepositives: Vec::new(),
        level: None,
        tags: Vec::new(),
        scope: Vec::new(),
        custom_attributes: Default::default(),
    }
}

/// `|expand` stands for values that each site fills in; without them the rule
/// could only be silent, which would look like a rule that was evaluated.
fn refuse_placeholders<'a>(detections: impl Iterator<Item = &'a Detection>) -> Result<(), String> {
    let mut found = BTreeSet::new();
    for detection in detections {
        placeholders(detection, &mut found);
    }
    if found.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = found.into_iter().collect();
    Err(format!(
        "the rule needs values for its placeholders (|expand: {}), and none are given",
        names.join(", ")
    ))
}

fn placeholders(detection: &Detection, found: &mut BTreeSet<String>) {
    match detection {
        Detection::AllOf(items) => {
            for item in items.iter().filter(|i| i.field.has_modifier(Modifier::Expand)) {
                for value in &item.values {
                    found.insert(match value {
                        SigmaValue::String(s) => s.original.clone(),
                        other => format!("{other:?}"),
                    });
                }
            }
        }
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter().for_each(|part| placeholders(part, found));
        }
        Detection::ArrayMatch { body, .. } => placeholders(body, found),
        Detection::Conditional { named, .. } => named.values().for_each(|part| placeholders(part, found)),
        Detection::Keywords(_) => {}
    }
}
