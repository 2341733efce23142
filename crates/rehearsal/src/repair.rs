//! Repairs: for each rule that stayed silent, the smallest change that makes it fire and adds no
//! false alarm on any recording.

use std::collections::{BTreeMap, BTreeSet};

use detect::{Near, Repair, Repairs, Size, repairs, variant_id};
use model::detection::RuleInfo;
use model::id::{RecordingId, RuleId};
use model::record::Record;
use model::recording::RecordingKind;
use model::repair::{Proposal, RuleRepair};

use crate::progress::Progress;
use crate::variants::{concerns, firings};
use crate::workspace::Intake;

/// Changes of one rule that are looked at on all recordings, smallest first.
const LOOKED_AT: usize = 80;

/// Recordings of one rule whose nearest events changes are made of.
const RECORDINGS: usize = 8;

/// Lines around a change that its difference shows.
const AROUND: usize = 2;

/// Where a rule stayed silent.
#[derive(Debug, Default)]
struct Missed<'r> {
    lost: BTreeSet<&'r RecordingId>,
    silent: BTreeSet<&'r RecordingId>,
}

impl Missed<'_> {
    /// Where it must fire: where it is expected. A rule that is expected nowhere and came nearest
    /// may fire there.
    fn wanted(&self) -> &BTreeSet<&RecordingId> {
        if self.lost.is_empty() { &self.silent } else { &self.lost }
    }
}

/// Returns a repair for each rule that was lost, or came nearest and stayed silent, in order of
/// ids; with `only`, for that rule. `text` gives the text of a rule's file. Recordings are read
/// once for the nearest events and once for all changes together.
pub fn propose<'r>(
    intake: &'r Intake,
    record: &'r Record,
    only: Option<&'r RuleId>,
    text: &dyn Fn(&str) -> Option<String>,
    progress: &dyn Progress,
) -> Vec<RuleRepair> {
    let mut missed = missed(intake, record);
    missed.retain(|rule, _| only.is_none_or(|only| only == *rule));
    if let Some(rule) = only {
        // A rule that is asked for is answered for, whether or not it was missed.
        missed.entry(rule).or_default();
    }
    let mut drafts = Vec::new();
    progress.begin("repair", missed.len() as u64);
    for (rule, missed) in missed {
        let Some(info) = intake.rules.rules().iter().find(|info| info.id == *rule) else { continue };
        let found = draft(intake, info, &missed, text);
        drafts.push((info, missed, found));
        progress.advance(1);
    }
    progress.end();
    let found = drafts.iter().filter_map(|(_, _, found)| found.as_ref().ok());
    let variants = found.flat_map(|repairs| repairs.found.iter().take(LOOKED_AT)).map(|r| &r.variant);
    let firings = firings(intake, variants, progress);
    let mut number = 0;
    let mut all = Vec::new();
    for (info, missed, found) in drafts {
        let empty = Repairs::default();
        let own = found.as_ref().unwrap_or(&empty);
        let judged: Vec<_> = own
            .found
            .iter()
            .take(LOOKED_AT)
            .map(|repair| {
                let fires = firings.get(&variant_id(number));
                number += 1;
                (repair, judge(intake, record, info, &missed, fires))
            })
            .collect();
        let proposal = best(judged, info, &missed, text);
        let why_none = proposal.is_none().then(|| why_none(&found, info));
        all.push(RuleRepair {
            rule: info.id.clone(),
            title: info.title.clone(),
            file: info.file.clone(),
            tried: own.tried,
            firing: own.found.len() as u64,
            proposal,
            why_none,
            lost: missed.lost.into_iter().cloned().collect(),
            silent: missed.silent.into_iter().cloned().collect(),
        });
    }
    all
}

/// Returns where rules were lost, and where the nearest rule of a missed technique stayed silent.
fn missed<'r>(intake: &'r Intake, record: &'r Record) -> BTreeMap<&'r RuleId, Missed<'r>> {
    let mut missed: BTreeMap<&RuleId, Missed<'_>> = BTreeMap::new();
    for verdict in &record.verdicts {
        for rule in &verdict.lost {
            missed.entry(&rule.id).or_default().lost.insert(&verdict.recording);
        }
        if let Some(rule) = verdict.nearest() {
            let own = missed.entry(rule).or_default();
            if !own.lost.contains(&verdict.recording) {
                own.silent.insert(&verdict.recording);
            }
        }
    }
    // A recording without a technique has no verdict; a label may say all the same what must fire.
    for miss in record.labels.iter().filter(|check| check.set == "gold").flat_map(|check| &check.missing) {
        let recording = intake.survey.recordings.iter().find(|r| r.id.as_str() == miss.recording);
        if let Some(recording) = recording {
            let own = missed.entry(&miss.rule).or_default();
            own.silent.remove(&recording.id);
            own.lost.insert(&recording.id);
        }
    }
    missed
}

/// Returns the changes after which the rule fires where it was missed.
fn draft(
    intake: &Intake,
    info: &RuleInfo,
    missed: &Missed<'_>,
    text: &dyn Fn(&str) -> Option<String>,
) -> Result<Repairs, String> {
    let file = text(&info.file).ok_or_else(|| "its file cannot be read".to_owned())?;
    if missed.wanted().is_empty() {
        return Err(
            "it was silent on no recording where it is expected, and came nearest to no missed attack"
                .to_owned(),
        );
    }
    let wanted = missed.wanted();
    let recordings = intake.survey.recordings.iter().filter(|r| wanted.contains(&&r.id)).take(RECORDINGS);
    let mut events = Vec::new();
    for recording in recordings {
        let mut near = Near::new(&intake.rules, &info.id).ok_or("it is a correlation")?;
        // What a reader has to say was said when the recording was replayed.
        let _ = telemetry::read_events(recording, &|path| intake.recordings.open(path), &mut |batch| {
            batch.parse().events.iter().for_each(|event| near.offer(event));
        });
        events.extend(near.events());
    }
    if events.is_empty() {
        return Err(format!("no event of its log source ({}) is recorded there", info.source));
    }
    repairs(&intake.rules, &info.id, &file, &events)
}

/// What a change does on all recordings.
struct Judged {
    repaired: Vec<RecordingId>,
    left: usize,
    /// Recordings on which the rule fired and does not now.
    dropped: usize,
    twins: u64,
    benign: u64,
    false_alarms: usize,
    further: Vec<RecordingId>,
    elsewhere: Vec<RecordingId>,
}

fn judge(
    intake: &Intake,
    record: &Record,
    info: &RuleInfo,
    missed: &Missed<'_>,
    fires: Option<&BTreeMap<RecordingId, u64>>,
) -> Judged {
    let wanted = missed.wanted();
    let fires = |id: &RecordingId| fires.is_some_and(|own| own.contains_key(id));
    let fired_before: BTreeSet<&RecordingId> = record
        .replays
        .iter()
        .filter(|replay| replay.firings.iter().any(|f| f.rule == info.id && f.passed() > 0))
        .map(|replay| &replay.recording)
        .collect();
    let mut judged = Judged {
        repaired: Vec::new(),
        left: 0,
        dropped: 0,
        twins: 0,
        benign: 0,
        false_alarms: 0,
        further: Vec::new(),
        elsewhere: Vec::new(),
    };
    for recording in &intake.survey.recordings {
        let (id, now) = (&recording.id, fires(&recording.id));
        if wanted.contains(&id) {
            if now {
                judged.repaired.push(id.clone());
            } else {
                judged.left += 1;
            }
            continue;
        }
        let before = fired_before.contains(id);
        match (recording.kind, now && !before) {
            (RecordingKind::Attack, true) => {
                if concerns(info, recording) { &mut judged.further } else { &mut judged.elsewhere }
                    .push(id.clone());
            }
            (RecordingKind::Twin | RecordingKind::Benign, true) => judged.false_alarms += 1,
            (RecordingKind::Twin, false) => judged.twins += u64::from(!now),
            (RecordingKind::Benign, false) => judged.benign += u64::from(!now),
            (RecordingKind::Attack, false) => {}
        }
        judged.dropped += usize::from(before && !now);
    }
    judged
}

/// Returns the change to propose: no false alarm, the most repaired, no firing elsewhere, the smallest.
fn best(
    judged: Vec<(&Repair, Judged)>,
    info: &RuleInfo,
    missed: &Missed<'_>,
    text: &dyn Fn(&str) -> Option<String>,
) -> Option<Proposal> {
    // Nobody expects a rule to fire where it only came nearest: it is not opened wide for that.
    let fits = |repair: &Repair, j: &Judged| {
        !missed.lost.is_empty() || !repair.size.is_wide() && j.elsewhere.is_empty()
    };
    let quiet = judged
        .into_iter()
        .filter(|(repair, j)| j.false_alarms == 0 && !j.repaired.is_empty() && fits(repair, j));
    // What an inverted filter let through is lost when it is put right.
    let dropped = |r: &Repair, j: &Judged| if r.size == Size::Negation { 0 } else { j.dropped };
    let (repair, judged) = quiet.min_by_key(|(r, j)| {
        (j.left + dropped(r, j), !j.elsewhere.is_empty(), r.size, r.distance, j.elsewhere.len())
    })?;
    let before = text(&info.file)?;
    let diff = similar::TextDiff::from_lines(&before, &repair.file);
    let diff = diff.unified_diff().context_radius(AROUND).header(&info.file, &info.file).to_string();
    Some(Proposal {
        line: repair.variant.line,
        what: repair.variant.what.clone(),
        wide: repair.size.is_wide(),
        diff,
        repaired: judged.repaired,
        twins: judged.twins,
        benign: judged.benign,
        further: judged.further,
        elsewhere: judged.elsewhere,
    })
}

fn why_none(found: &Result<Repairs, String>, info: &RuleInfo) -> String {
    match found {
        Err(why) => why.clone(),
        Ok(own) if own.found.is_empty() => format!(
            "no single change of \u{201c}{}\u{201d} makes it fire on the events it came nearest to",
            info.title
        ),
        Ok(_) => {
            "each change that makes it fire also fires on benign recordings or, where nobody expects the \
                  rule, on other attacks, or asks for much less"
                .to_owned()
        }
    }
}
