//! Sigma filters: conditions that must hold beside those of the rules they name.

use model::detection::RuleInfo;
use model::event::LogSource;
use rsigma_eval::CompiledRule;
use rsigma_parser::FilterRuleTarget;

use super::prepare::Ready;

/// A Sigma filter: a condition that must hold beside that of each rule it names.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) condition: CompiledRule,
    pub(super) target: FilterRuleTarget,
    pub(super) source: Option<LogSource>,
}

impl Filter {
    /// A filter applies to a rule when it names the rule by id, name or title (or any rule)
    /// and every part of its own log source is the same in the rule's.
    pub(super) fn applies(&self, rule: &RuleInfo, name: Option<&str>) -> bool {
        let named = match &self.target {
            FilterRuleTarget::Any => true,
            FilterRuleTarget::Specific(names) => names.iter().any(|n| is_called(n, rule, name)),
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

    /// Returns the names it gives that belong to none of `rules`.
    pub(super) fn unknown<'a>(&'a self, rules: &'a [Ready]) -> impl Iterator<Item = &'a str> {
        let names = match &self.target {
            FilterRuleTarget::Any => &[],
            FilterRuleTarget::Specific(names) => names.as_slice(),
        };
        let known = |n: &&String| rules.iter().any(|r| is_called(n, &r.info, r.name.as_deref()));
        names.iter().filter(move |name| !known(name)).map(String::as_str)
    }
}

/// Returns whether `called` is the id, the name or the title of a rule.
pub(super) fn is_called(called: &str, rule: &RuleInfo, name: Option<&str>) -> bool {
    called == rule.id.as_str() || Some(called) == name || called == rule.title
}
