//! What ties rows to an act, and what a tie is worth.

use std::collections::{BTreeMap, BTreeSet};

use model::detection::RuleInfo;
use model::id::{RuleId, TechniqueId};
use model::live::{About, Sighting, Standing, TheirRule, Tie};
use model::quantity::{Millis, Timestamp};

use crate::acts::Act;
use crate::background::{ATTRIBUTED, PROBABLE, chance};
use crate::profile::Fields;
use crate::rows::Row;

/// How far outside the act an event may lie by its own account. An assumption: clocks of hosts that
/// take their time from a server differ by less.
pub(crate) const MARGIN: Millis = Millis(120_000);

/// What is known of an act: its marker, its processes, and its stored events as they are found.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    act: &'a Act,
    /// The source.
    source: &'a str,
    processes: BTreeSet<u64>,
    ids: BTreeSet<String>,
    /// When its stored events say that they happened.
    times: BTreeSet<Timestamp>,
    /// When this is asked.
    now: Timestamp,
}

/// Rules of the workspace, by which theirs are recognised.
#[derive(Debug, Default)]
pub struct RuleNames {
    titles: BTreeMap<String, RuleId>,
    techniques: BTreeMap<RuleId, BTreeSet<TechniqueId>>,
}

impl RuleNames {
    /// Returns the names of rules.
    pub fn new(rules: &[RuleInfo]) -> Self {
        let mut names = Self::default();
        for rule in rules {
            names.titles.insert(plain(&rule.title), rule.id.clone());
            names.techniques.insert(rule.id.clone(), rule.techniques.iter().cloned().collect());
        }
        names
    }

    /// Returns the Sigma rule that their rule was made from: by an id in its id or name, or by its title.
    fn sigma(&self, texts: &[&str]) -> Option<&RuleId> {
        let by_id = self.techniques.keys().find(|id| texts.iter().any(|t| t.contains(id.as_str())));
        by_id.or_else(|| texts.iter().find_map(|text| self.titles.get(&plain(text))))
    }
}

/// Returns when a row says that its event happened.
pub fn happened(row: &Row, fields: &Fields) -> Option<Timestamp> {
    row.time(&fields.event).or_else(|| row.time(&fields.time))
}

/// Returns letters and digits alone, small, without the word that converters put before a title.
fn plain(title: &str) -> String {
    let all: String = title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    all.strip_prefix("sigma").map_or_else(|| all.clone(), str::to_owned)
}

/// Returns the technique ids that stand in a text: `attack.t1053.003`, `T1053`.
fn technique_ids(text: &str) -> Vec<TechniqueId> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words
        .filter_map(|word| {
            let word = word.to_ascii_uppercase();
            let word = word.strip_prefix("ATTACK.").unwrap_or(&word).trim_matches('.');
            TechniqueId::new(word).ok()
        })
        .collect()
}

/// Returns whether two names are of one host: without domain where only one has it.
fn same_host(a: &str, b: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    a.eq_ignore_ascii_case(b) || (a.contains('.') != b.contains('.') && short(a) == short(b))
}

impl<'a> Known<'a> {
    /// Returns what an act itself says; `source` is asked at `now`.
    pub fn new(act: &'a Act, source: &'a str, now: Timestamp) -> Self {
        let processes = act.processes.iter().copied().collect();
        Self { act, source, processes, ids: BTreeSet::new(), times: BTreeSet::new(), now }
    }

    /// Returns whether the act has a marker or processes, by which its events are recognised.
    pub fn is_marked(&self) -> bool {
        self.act.recording.marker.is_some() || !self.act.processes.is_empty()
    }

    fn in_time(&self, time: Timestamp) -> bool {
        let (Some(begin), Some(end)) = (self.act.recording.act, self.act.recording.end) else { return false };
        let near = |from: Timestamp, to: Timestamp| time.after(MARGIN) >= from && time <= to.after(MARGIN);
        // Where the clock of the host is off, its events and alerts are together elsewhere.
        near(begin, end) || self.times.iter().any(|at| near(*at, *at))
    }

    fn on_host(&self, row: &Row, fields: &Fields) -> Option<bool> {
        let names: Vec<String> =
            fields.host.iter().flat_map(|f| row.texts(std::slice::from_ref(f))).collect();
        (!names.is_empty())
            .then(|| names.iter().any(|name| self.act.hosts.iter().any(|host| same_host(host, name))))
    }

    fn marked(&self, row: &Row) -> bool {
        self.act.recording.marker.as_deref().is_some_and(|marker| row.carries(marker))
    }

    /// Returns the raw events that are the act's own: those with its marker, of its processes, and of
    /// processes that these started, as far as the rows show it.
    pub fn events<'r>(&mut self, rows: &'r [Row], fields: &Fields) -> Vec<(&'r Row, Sighting)> {
        let mut found: BTreeMap<usize, Tie> = BTreeMap::new();
        loop {
            let before = found.len();
            for (place, row) in rows.iter().enumerate() {
                if !self.fits(row, fields) {
                    continue;
                }
                let own = row.numbers(&fields.process);
                let parents = row.numbers(&fields.parent);
                let tie = match self.marked(row) {
                    true => Tie::Marker,
                    false if own.iter().chain(&parents).any(|p| self.processes.contains(p)) => Tie::Process,
                    false => continue,
                };
                if found.insert(place, tie).is_none() {
                    self.processes.extend(own);
                    self.ids.insert(row.id.clone());
                    self.times.extend(happened(row, fields));
                }
            }
            if found.len() == before {
                break;
            }
        }
        let rows = found.into_iter().filter_map(|(place, tie)| Some((rows.get(place)?, tie)));
        rows.map(|(row, tie)| (row, self.event(row, fields, tie))).collect()
    }

    fn fits(&self, row: &Row, fields: &Fields) -> bool {
        let time = happened(row, fields);
        self.marked(row) || (self.on_host(row, fields) == Some(true) && time.is_some_and(|t| self.in_time(t)))
    }

    fn event(&self, row: &Row, fields: &Fields, tie: Tie) -> Sighting {
        Sighting {
            source: self.source.to_owned(),
            kind: About::Events,
            native: row.id.clone(),
            event: happened(row, fields),
            ingested: row.time(&fields.ingested),
            alerted: None,
            first_seen: self.now,
            rule: None,
            folded: 0,
            hidden: false,
            ties: vec![tie],
            standing: Standing::Attributed,
        }
    }

    /// Returns an alert with what ties it to the act; its standing is what strong ties give, and
    /// `Coincident` with chance 1 where only [`weigh`] can tell.
    ///
    /// [`weigh`]: Self::weigh
    pub fn alert(&self, row: &Row, fields: &Fields, rules: &RuleNames) -> Sighting {
        let made = row.time(&fields.made).or_else(|| row.time(&fields.time));
        let event = row.time(&fields.event);
        let rule = their_rule(row, fields, rules);
        let mut ties = Vec::new();
        let ancestors = row.texts(&fields.ancestors);
        let processes: Vec<u64> =
            [row.numbers(&fields.process), row.numbers(&fields.parent)].into_iter().flatten().collect();
        let host = self.on_host(row, fields);
        let in_time = event.or(made).map(|t| self.in_time(t));
        if self.marked(row) {
            ties.push(Tie::Marker);
        }
        if ancestors.iter().any(|id| self.ids.contains(id)) {
            ties.push(Tie::Ancestor);
        }
        let near = host == Some(true) && in_time == Some(true);
        if near && processes.iter().any(|p| self.processes.contains(p)) {
            ties.push(Tie::Process);
        }
        if near && ties.is_empty() {
            let about = self
                .act
                .recording
                .techniques
                .iter()
                .any(|t| about(&rule, rules, &self.act.recording.expected_rules, t) == Some(true));
            ties.push(if about { Tie::HostTimeRule } else { Tie::HostTime });
        }
        let standing = match ties.first() {
            Some(Tie::Marker | Tie::Ancestor | Tie::Process) => Standing::Attributed,
            Some(_) => Standing::Coincident { chance: model::quantity::Ratio::clamped(1.0) },
            None => Standing::Unrelated {
                why: match (host, in_time) {
                    (None, _) => "it names no host".to_owned(),
                    (Some(false), _) => {
                        format!("another host: {}", row.text(&fields.host).unwrap_or_default())
                    }
                    (_, None) => "it has no time".to_owned(),
                    _ => "another time".to_owned(),
                },
            },
        };
        let folded = row.numbers(&fields.folded).first().copied().unwrap_or(0);
        let hidden = !fields.hidden.is_empty() && row.text(&fields.hidden).is_some();
        let (source, native) = (self.source.to_owned(), row.id.clone());
        Sighting {
            source,
            kind: About::Alerts,
            native,
            event,
            ingested: row.time(&fields.ingested),
            alerted: made,
            first_seen: self.now,
            rule: Some(rule),
            folded,
            hidden,
            ties,
            standing,
        }
    }

    /// Weighs an alert that only host and time tie: the rule alerted `count` times on the host within
    /// `over` before the act.
    pub fn weigh(&self, sighting: &mut Sighting, count: u64, over: Millis) {
        let (Some(begin), Some(end)) = (self.act.recording.act, self.act.recording.end) else { return };
        let window = end.after(MARGIN).since(begin).saturating_add(MARGIN);
        let chance = chance(count, over, window);
        sighting.standing = match chance.get() {
            p if p <= ATTRIBUTED => Standing::Attributed,
            p if p <= PROBABLE => Standing::Probable { chance },
            _ => Standing::Coincident { chance },
        };
    }
}

fn their_rule(row: &Row, fields: &Fields, rules: &RuleNames) -> TheirRule {
    let id = row.text(&fields.rule_id).unwrap_or_default();
    let name = row.text(&fields.rule_name).unwrap_or_default();
    let tags: Vec<String> =
        fields.techniques.iter().flat_map(|f| row.texts(std::slice::from_ref(f))).collect();
    let sigma = rules.sigma(&[&id, &name]).map(ToString::to_string);
    let mut techniques: Vec<String> =
        tags.iter().flat_map(|t| technique_ids(t)).map(|t| t.to_string()).collect();
    techniques.sort();
    techniques.dedup();
    TheirRule { id, name, sigma, techniques }
}

/// Returns whether a rule is about a technique, its parent or a part of it; `None` where nothing
/// says what it is about.
pub(crate) fn about(
    rule: &TheirRule,
    rules: &RuleNames,
    expected: &[RuleId],
    technique: &TechniqueId,
) -> Option<bool> {
    let sigma = rule.sigma.as_deref().and_then(|id| RuleId::new(id).ok());
    if sigma.as_ref().is_some_and(|id| expected.contains(id)) {
        return Some(true);
    }
    let mut all: BTreeSet<TechniqueId> =
        rule.techniques.iter().filter_map(|t| TechniqueId::new(t).ok()).collect();
    all.extend(sigma.iter().filter_map(|id| rules.techniques.get(id)).flatten().cloned());
    let kin = |t: &TechniqueId| {
        t == technique || t.parent().as_ref() == Some(technique) || technique.parent().as_ref() == Some(t)
    };
    (!all.is_empty()).then(|| all.iter().any(kin))
}
