//! The events on which rules fired, to see what the explanation of a mutant on them names.

use std::collections::{BTreeMap, BTreeSet};

use detect::{Mutant, explained};
use model::event::Event;
use model::id::{RecordingId, RuleId};
use model::mutation::Operator;
use model::recording::Recording;
use model::verdict::{Branch, Cause};

use crate::workspace::Intake;

/// Events by recording: for each the first on which each rule fired.
pub(super) struct Witnesses(BTreeMap<RecordingId, BTreeMap<RuleId, Event>>);

impl Witnesses {
    /// Reads each recording once.
    pub(super) fn read<'a>(
        intake: &Intake,
        wanted: impl Iterator<Item = (&'a RuleId, &'a Recording)>,
    ) -> Self {
        let mut by_recording: BTreeMap<&RecordingId, (&Recording, BTreeSet<&RuleId>)> = BTreeMap::new();
        for (rule, recording) in wanted {
            by_recording.entry(&recording.id).or_insert_with(|| (recording, BTreeSet::new())).1.insert(rule);
        }
        let read = by_recording.into_values().map(|(recording, rules)| {
            let mut found = BTreeMap::new();
            let open = |path: &str| intake.recordings.open(path);
            // What a reader has to say was said when the recording was replayed.
            let _ = telemetry::read_events(recording, &open, &mut |batch| {
                for event in batch.parse().events {
                    for rule in rules.iter().filter(|rule| intake.rules.fires(rule, &event)) {
                        found.entry((*rule).clone()).or_insert_with(|| event.clone());
                    }
                }
            });
            (recording.id.clone(), found)
        });
        Self(read.collect())
    }

    /// Returns whether the explanation of the mutant on the event on which its original fired names
    /// what was changed: the field of the test, or for a condition that it looked and was silent.
    pub(super) fn names(
        &self,
        intake: &Intake,
        rule: &RuleId,
        recording: &Recording,
        mutant: &Mutant,
    ) -> bool {
        let Some(event) = self.0.get(&recording.id).and_then(|own| own.get(rule)) else { return false };
        let Ok(rules) = intake.rules.variants(std::iter::once(&mutant.variant)) else { return false };
        let Some(told) =
            explained(&rules, &detect::variant_id(0), std::slice::from_ref(event), &recording.id)
        else {
            return false;
        };
        told.causes.iter().any(|cause| match cause {
            Cause::FieldMissing { fields, .. } => {
                mutant.operator == Operator::FieldMisspelt
                    && fields.iter().any(|field| mutant.variant.what.contains(field.as_str()))
            }
            Cause::RuleSilent { nearest, .. } => {
                let roots = nearest.iter().map(|tree| &tree.root);
                mutant.variant.what.starts_with("condition: ")
                    || roots.into_iter().any(|root| fails_in(root, &mutant.variant.what))
            }
            _ => false,
        })
    }
}

/// Returns whether a test that failed is of a field that `what` names.
fn fails_in(branch: &Branch, what: &str) -> bool {
    let named = branch.leaves.iter().filter(|leaf| !leaf.passed).any(|leaf| match &leaf.field {
        Some(field) => what.contains(field.as_str()),
        None => what.starts_with("keywords"),
    });
    named || branch.children.iter().any(|child| fails_in(child, what))
}
