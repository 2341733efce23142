//! Which inputs of an exercise are kept, so that its verdicts can be judged again.

use std::collections::BTreeMap;

use model::attack::Matrix;
use model::kept::{Content, Group, Kept};
use model::recording::Recording;

use crate::exercise::{Hardening, Left, Task};
use crate::files::Memory;
use crate::mask::names_people;
use crate::replay::events_of;
use crate::workspace::Intake;

/// The longest telemetry of one exercise that is kept, in bytes.
const LONGEST: usize = 8 << 20;

/// Telemetry of one run that is kept, in bytes, before it is compressed.
const MOST: usize = 64 << 20;

/// Returns the inputs of an exercise: rules, procedures, profile, ATT&CK as far as tags are joined
/// to it, and the telemetry. Telemetry that names insured people, or is too large, is left out
/// with the reason.
pub fn archive(intake: &Intake, tasks: &[Task], hardening: Option<&Hardening>, left: &[Left]) -> Kept {
    let rules = intake
        .rule_files
        .iter()
        .map(|f| (f.path.as_str().to_owned(), Content::Whole(f.bytes.as_slice().to_vec())));
    let procedures =
        tasks.iter().map(|t| (t.procedure.id.to_string(), Content::Whole(t.text.as_ref().to_vec())));
    let mut groups = BTreeMap::from([
        (Group::Rules, rules.collect()),
        (Group::Procedures, procedures.collect()),
        (Group::Attack, attack(intake)),
        (Group::Events, events(left)),
    ]);
    if let Some(hardening) = hardening {
        let texts = hardening.texts().map(|(name, bytes)| (name.to_owned(), Content::Whole(bytes.to_vec())));
        groups.insert(Group::Profile, texts.collect());
    }
    Kept { groups }
}

/// The name under which ATT&CK is kept.
pub(crate) const MATRIX: &str = "matrix.json";

fn attack(intake: &Intake) -> BTreeMap<String, Content> {
    let content = if intake.version_map == threat::version_map() {
        // What is known of actors and analytics has no part in how tags are joined.
        let (actors, mitigations, analytics) = Default::default();
        let joined = Matrix { actors, mitigations, analytics, ..intake.matrix.clone() };
        Content::Whole(serde_json::to_vec(&joined).unwrap_or_default())
    } else {
        Content::Left { why: "tags are joined by a version map of the user's".to_owned() }
    };
    BTreeMap::from([(MATRIX.to_owned(), content)])
}

fn events(left: &[Left]) -> BTreeMap<String, Content> {
    let mut room = MOST;
    let mut kept = BTreeMap::new();
    for one in left {
        let named = people_in(&one.recording, &one.files);
        for (path, text) in &one.files {
            let content = if named {
                Content::Left { why: "it holds identifiers of insured people".to_owned() }
            } else if text.len() > LONGEST {
                Content::Left { why: format!("it is larger than {} MiB", LONGEST >> 20) }
            } else if text.len() > room {
                Content::Left { why: format!("the run has more than {} MiB of telemetry", MOST >> 20) }
            } else {
                room -= text.len();
                Content::Whole(text.as_bytes().to_vec())
            };
            kept.insert(path.as_str().to_owned(), content);
        }
    }
    kept
}

/// Returns whether telemetry names insured people, as it stands or as it is read.
fn people_in(recording: &Recording, files: &BTreeMap<String, String>) -> bool {
    let tree = Memory::new("sandbox", files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let events = events_of(recording, &tree).events;
    let values = events.iter().flat_map(|e| e.fields.values());
    files.values().any(|text| names_people(&text.as_str().into())) || values.into_iter().any(names_people)
}
