//! All Sigma rules of a folder, compiled and joined to the matrix.

use std::collections::{BTreeMap, BTreeSet};

use model::attack::{JoinPath, Joined};
use model::detection::{RejectedRule, RuleInfo, RuleSetSummary};
use model::diagnostic::Diagnostic;
use model::event::LogSource;
use model::id::{RuleId, TechniqueId};
use model::read::Read;
use rayon::prelude::*;
use rsigma_eval::event::JsonEvent;
use rsigma_eval::{CompiledRule, compile_rule, evaluate_rule};
use rsigma_parser::{Detection, FilterRule, FilterRuleTarget, Modifier, SigmaRule, SigmaValue};

use crate::document::{Content, Document, documents};
use crate::route::Routes;
use crate::wildcards::mend;

/// A file of a rules folder.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its path relative to the rules folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A Sigma filter: a condition that must hold beside that of each rule it names.
#[derive(Debug)]
struct Filter {
    condition: CompiledRule,
    target: FilterRuleTarget,
    source: Option<LogSource>,
}

impl Filter {
    /// A filter applies to a rule when it names the rule (or any rule) and every
    /// part of its own log source is the same in the rule's.
    fn applies(&self, rule: &RuleInfo) -> bool {
        let named = match &self.target {
            FilterRuleTarget::Any => true,
            FilterRuleTarget::Specific(names) => {
                names.iter().any(|n| n == rule.id.as_str() || *n == rule.title)
            }
        };
        let same = |own: &Option<String>, other: &Option<String>| match (own, other) {
            (None, _) => true,
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            (Some(_), None) => false,
        };
        named
            && self.source.as_ref().is_none_or(|s| {
                same(&s.product, &rule.source.product)
                    && same(&s.category, &rule.source.category)
                    && same(&s.service, &rule.source.service)
            })
    }
}

/// Sigma rules ready to look at events.
///
/// Rules stand in order of their ids, so that nothing depends on the order in
/// which files were listed. A rule is evaluated on an event exactly when the
/// event's origin serves the rule's log source; a rule that names no product,
/// category or service looks at every event.
#[derive(Debug)]
pub struct RuleSet {
    infos: Vec<RuleInfo>,
    compiled: Vec<CompiledRule>,
    filters: Vec<Filter>,
    /// Per rule the places of the filters that apply to it.
    applied: Vec<Vec<usize>>,
    routes: Routes,
}

impl RuleSet {
    /// Returns the usable rules of `files` and an account of what was not usable.
    ///
    /// `join` turns a published technique id into ids of the matrix in use. Of
    /// two rules with the same id the one in the file that sorts first is used.
    pub fn read(
        mut files: Vec<RuleFile>,
        join: &(dyn Fn(&str) -> Joined + Sync),
    ) -> Read<(Self, RuleSetSummary)> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let read: Vec<Vec<Prepared>> = files.par_iter().map(|file| prepare(file, join)).collect();
        let mut gathered = Gathered::default();
        for prepared in read.into_iter().flatten() {
            gathered.take(prepared);
        }
        let (rules, summary) = gathered.finish(files.len() as u64);
        let said = summary.rejected.iter().map(rejected).collect();
        Read::new((rules, summary), said)
    }

    /// Returns the rules in order of their ids.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// Returns the place of the rule with this id.
    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.infos.binary_search_by(|info| info.id.as_str().cmp(id)).ok()
    }

    pub(crate) fn compiled(&self, place: usize) -> &CompiledRule {
        &self.compiled[place]
    }

    /// Returns whether a filter takes back a match of the rule on this event.
    pub(crate) fn suppressed(&self, place: usize, event: &JsonEvent<'_>) -> bool {
        self.applied[place]
            .iter()
            .any(|filter| evaluate_rule(&self.filters[*filter].condition, event).is_none())
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Returns the places of rules that count for `technique`: they name it, its
    /// parent, or one of its sub-techniques. A sibling sub-technique does not
    /// count: a rule for one interpreter says nothing about another.
    pub(crate) fn naming(&self, technique: &TechniqueId) -> Vec<usize> {
        // Compared as text: this runs over every rule for every recording.
        let below =
            |id: &str, parent: &str| id.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
        let wanted = technique.as_str();
        let counts = |id: &TechniqueId| {
            let id = id.as_str();
            id == wanted || below(id, wanted) || below(wanted, id)
        };
        (0..self.infos.len()).filter(|place| self.infos[*place].techniques.iter().any(counts)).collect()
    }
}

fn rejected(rule: &RejectedRule) -> Diagnostic {
    Diagnostic::error(&rule.file, "rule.rejected", rule.reason.clone())
        .help("the other rules are used; see the Sigma specification for what a rule must hold")
}

/// One document after everything that can be done without the others.
enum Prepared {
    Rule(Box<RuleInfo>, Box<CompiledRule>),
    Filter(String, Box<Filter>, String),
    Rejected(RejectedRule),
}

fn prepare(file: &RuleFile, join: &(dyn Fn(&str) -> Joined + Sync)) -> Vec<Prepared> {
    documents(&file.bytes).into_iter().map(|document| prepare_one(&file.path, document, join)).collect()
}

fn prepare_one(file: &str, document: Document, join: &(dyn Fn(&str) -> Joined + Sync)) -> Prepared {
    let made = match document.content {
        Err(reason) => Err(reason),
        Ok(Content::Rule(rule)) => ready_rule(file, *rule, &document.text, join),
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
    let hash = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    let id = rule.id.clone().unwrap_or_else(|| format!("sha-{hash}"));
    let id = RuleId::new(&id).map_err(|e| e.to_string())?;
    mend(&mut rule);
    let mut compiled = compile_rule(&rule).map_err(|e| e.to_string())?;
    compiled.id = Some(id.as_str().to_owned());
    let mut published: Vec<Joined> =
        rule.tags.iter().filter(|tag| names_technique(tag)).map(|tag| join(tag)).collect();
    published.sort();
    published.dedup();
    let techniques: BTreeSet<TechniqueId> = published.iter().flat_map(|j| j.mapped.iter().cloned()).collect();
    let info = RuleInfo {
        id,
        title: rule.title.clone(),
        level: rule.level.map_or("medium", |level| level.as_str()).to_owned(),
        source: source(&rule.logsource),
        techniques: techniques.into_iter().collect(),
        published,
        hash,
        file: file.to_owned(),
    };
    Ok(Prepared::Rule(Box::new(info), Box::new(compiled)))
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
    mend(&mut bare);
    let condition = compile_rule(&bare).map_err(|e| e.to_string())?;
    let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
    let filter = Filter { condition, target, source: own };
    Ok(Prepared::Filter(file.to_owned(), Box::new(filter), format!("{title}\n{hash}")))
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

#[derive(Default)]
struct Gathered {
    rules: BTreeMap<RuleId, (RuleInfo, CompiledRule)>,
    filters: Vec<(String, Filter, String)>,
    rejected: Vec<RejectedRule>,
}

impl Gathered {
    fn take(&mut self, prepared: Prepared) {
        match prepared {
            Prepared::Rejected(rejected) => self.rejected.push(rejected),
            Prepared::Filter(file, filter, hash) => self.filters.push((file, *filter, hash)),
            Prepared::Rule(info, compiled) => match self.rules.get(&info.id) {
                None => {
                    self.rules.insert(info.id.clone(), (*info, *compiled));
                }
                Some((first, _)) => self.rejected.push(RejectedRule {
                    reason: format!(
                        "its id {} is already used by {:?} in {}",
                        info.id, first.title, first.file
                    ),
                    file: info.file,
                    rule: Some(info.title),
                }),
            },
        }
    }

    fn finish(mut self, files: u64) -> (RuleSet, RuleSetSummary) {
        let (infos, compiled): (Vec<RuleInfo>, Vec<CompiledRule>) = self.rules.into_values().unzip();
        let mut hasher = blake3::Hasher::new();
        for info in &infos {
            hasher
                .update(info.id.as_str().as_bytes())
                .update(b"\n")
                .update(info.hash.as_bytes())
                .update(b"\n");
        }
        let mut filters = Vec::new();
        for (file, filter, hash) in self.filters {
            if infos.iter().any(|info| filter.applies(info)) {
                hasher.update(hash.as_bytes()).update(b"\n");
                filters.push(filter);
            } else {
                self.rejected.push(RejectedRule {
                    file,
                    rule: Some(filter.condition.title.clone()),
                    reason: "the filter applies to none of the rules in use".to_owned(),
                });
            }
        }
        self.rejected.sort();
        let summary =
            summary(files, &infos, filters.len() as u64, self.rejected, hasher.finalize().to_hex().as_str());
        let applied = infos
            .iter()
            .map(|info| (0..filters.len()).filter(|f| filters[*f].applies(info)).collect())
            .collect();
        (RuleSet { infos, compiled, filters, applied, routes: Routes::default() }, summary)
    }
}

fn summary(
    files: u64,
    infos: &[RuleInfo],
    filters: u64,
    rejected: Vec<RejectedRule>,
    hash: &str,
) -> RuleSetSummary {
    let techniques: BTreeSet<&TechniqueId> = infos.iter().flat_map(|info| &info.techniques).collect();
    let mut not_joined: BTreeMap<String, u64> = BTreeMap::new();
    let tags = infos.iter().flat_map(|info| &info.published);
    for tag in tags.filter(|joined| joined.how == JoinPath::NotJoined) {
        *not_joined.entry(tag.published.clone()).or_default() += 1;
    }
    RuleSetSummary {
        files,
        loaded: infos.len() as u64,
        filters,
        correlations: 0,
        rejected,
        techniques: techniques.len() as u64,
        not_joined,
        hash: hash.to_owned(),
    }
}
