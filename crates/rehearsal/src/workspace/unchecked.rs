//! Content that was read and not yet judged: what a verb gets only after it was.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::Campaign;
use model::diagnostic::{Diagnostic, Severity};
use model::id::{RuleId, TechniqueId};
use model::playbook::Playbook;
use model::read::Read;
use model::recording::Recording;
use race::Race;

use super::Intake;
use super::plans::{self, Choice, answers_to};
use crate::error::Error;

/// Content as it was read. What is in it is reached by [`Unchecked::sound`], which refuses
/// content with errors, or by [`Unchecked::findings`], which hands every finding on.
#[derive(Debug)]
#[must_use = "content is used after its errors were looked at"]
pub struct Unchecked(Intake);

impl Unchecked {
    /// Wraps what was read.
    pub(super) fn new(intake: Intake) -> Self {
        Self(intake)
    }

    /// Keeps the campaign and the playbook that were asked for: an id or a file each.
    ///
    /// # Errors
    /// [`Error`] when a name is not known, or a file cannot be read or used.
    pub fn choose(mut self, campaign: Option<&Choice>, playbook: Option<&Choice>) -> Result<Self, Error> {
        plans::choose(campaign, playbook, &mut self.0)?;
        Ok(self)
    }

    /// Keeps one campaign, and the errors about it alone.
    pub fn keep_one(mut self, wanted: impl Fn(&Campaign) -> bool) -> Self {
        plans::keep_one(wanted, &mut self.0);
        self
    }

    /// Returns the content, with all that is wrong with it.
    pub fn findings(mut self) -> Read<Intake> {
        let mut found = std::mem::take(&mut self.0.diagnostics);
        found.extend(self.0.fitting());
        found.sort();
        found.dedup();
        Read::new(self.0, found)
    }

    /// Returns the content when none of the findings about it is an error; the others stay
    /// in its `diagnostics`.
    ///
    /// # Errors
    /// [`Error::Content`] with every error at once.
    pub fn sound(self) -> Result<Intake, Error> {
        let mut said = Vec::new();
        let mut intake = self.findings().report(&mut said);
        refuse(&said)?;
        intake.diagnostics = said;
        Ok(intake)
    }

    /// Returns the content for measuring: what cannot be used is left out, counted and told,
    /// because each verdict stands on its own recording and rules. Content of which nothing
    /// can be measured is refused.
    ///
    /// # Errors
    /// [`Error::Content`] when there are errors and no recording is left.
    pub fn measurable(self) -> Result<Intake, Error> {
        let mut said = Vec::new();
        let mut intake = self.findings().report(&mut said);
        if intake.survey.recordings.is_empty() {
            refuse(&said)?;
        }
        intake.diagnostics = said;
        Ok(intake)
    }
}

/// Refuses findings among which there are errors.
///
/// # Errors
/// [`Error::Content`] with every error at once.
pub fn refuse(said: &[Diagnostic]) -> Result<(), Error> {
    let errors: Vec<Diagnostic> = said.iter().filter(|d| d.severity == Severity::Error).cloned().collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Content(errors)) }
}

impl Intake {
    /// Returns every campaign with the playbook that meets it; a campaign without a pair meets nobody.
    pub fn pairing(&self) -> Vec<(&Campaign, Option<&Playbook>)> {
        let playbook = |campaign: &Campaign| {
            let pair = self.pairs.iter().find(|p| p.campaign == campaign.id.as_str())?;
            self.playbooks.iter().find(|p| answers_to(p, &pair.playbook))
        };
        self.campaigns.iter().map(|c| (c, playbook(c))).collect()
    }

    /// Returns what does not fit together: selections, expected rules, and the races that would be run.
    fn fitting(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = Vec::new();
        for recording in &self.survey.recordings {
            found.extend(selections(recording, &self.recordings.name(&description(recording))));
            if self.described.contains(&recording.id) {
                let file = self.recordings.name(&description(recording));
                found.extend(self.unknown_rules(&file, &recording.expected_rules));
            }
        }
        if let Some(estate) = self.estate.as_ref().filter(|_| self.races) {
            let wanted: Vec<TechniqueId> = self.campaigns.iter().flat_map(Campaign::techniques).collect();
            let evidence = assess::evidence(&[], &[], &wanted, &BTreeMap::new());
            for (campaign, playbook) in self.pairing() {
                let seed = model::quantity::Seed(0);
                found.extend(Race { estate, campaign, playbook, evidence: &evidence, seed }.check());
            }
        }
        found
    }

    /// Says which expected rules are not in the rule set. Where other rules than the workspace's
    /// are looked at, that is no slip of the file.
    pub fn unknown_rules(&self, file: &str, expected: &[RuleId]) -> Vec<Diagnostic> {
        let known: BTreeSet<&RuleId> = self.rules.rules().iter().map(|r| &r.id).collect();
        let missing = expected.iter().filter(|id| !known.contains(id));
        missing
            .map(|id| {
                let message =
                    format!("{:?} under `expected-rules` is no rule of the rules folder", id.as_str());
                let found = match self.own_rules {
                    true => Diagnostic::error(file, "recording.unknown-rule", message),
                    false => Diagnostic::warning(file, "recording.unknown-rule", message),
                };
                found.help(match nearest(id.as_str(), &known) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "write the id of a rule that is read, or take the entry out".to_owned(),
                })
            })
            .collect()
    }
}

/// Returns the known id that differs least, when it differs in a few places only.
fn nearest<'a>(id: &str, known: &BTreeSet<&'a RuleId>) -> Option<&'a str> {
    let differing = |other: &str| -> usize {
        let pairs = id.chars().zip(other.chars()).filter(|(a, b)| a != b).count();
        pairs + id.chars().count().abs_diff(other.chars().count())
    };
    let best = known.iter().map(|k| (differing(k.as_str()), k.as_str())).min()?;
    (best.0 <= 4).then_some(best.1)
}

/// Returns the file that describes a recording of our own kind.
fn description(recording: &Recording) -> String {
    format!("{}/recording.yaml", recording.id)
}

/// Returns the selections of a recording that are no Sigma selections.
fn selections(recording: &Recording, file: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let evidence = recording.blocked.as_ref().map(|b| ("blocked.evidence", &b.evidence));
    for (key, selection) in recording.success.as_ref().map(|s| ("success", s)).into_iter().chain(evidence) {
        if let Err(why) = detect::check_selection(selection) {
            found.push(
                Diagnostic::error(file, "recording.selection", format!("{key} is no Sigma selection: {why}"))
                    .help("write field names with modifiers and their values, such as CommandLine|contains: vssadmin"),
            );
        }
    }
    found
}
