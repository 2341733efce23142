//! A workspace that is watched: what changed is measured again, and nothing else.
//!
//! Holds the events of all recordings packed by log source, and what every rule did on them. After
//! each change its record is that of a replay from scratch of the same content, byte for byte.

mod difference;

use detect::{Again, Pack, RuleSet, Seen, Watch, Watched};
use model::campaign::Campaign;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::evidence::Evidence;
use model::playbook::Playbook;
use model::quantity::Seed;
use model::record::Record;
use model::recording::Recording;
use model::watching::{Difference, Work};
use rayon::prelude::*;

use crate::error::Error;
use crate::files::Files;
use crate::measure::assemble;
use crate::progress::Progress;
use crate::rehearse::{evidence_for_races, raced, replayed};
use crate::replay::{Looked, conclude, look};
use crate::workspace::{Changed, Extent, Intake, Known, Pair, Settings, Sources, Unchecked};

/// What is watched, as it stood at the last look that could be measured.
#[derive(Debug, Default)]
pub struct Watching {
    known: Known,
    now: Option<Now>,
    /// Changes since the last look that could be measured.
    since: Changed,
    label: Option<String>,
    /// What the last races rest on.
    raced: Option<Ground>,
}

/// What races rest on.
#[derive(Debug)]
struct Ground {
    evidence: Evidence,
    estate: Option<Estate>,
    campaigns: Vec<Campaign>,
    playbooks: Vec<Playbook>,
    pairs: Vec<Pair>,
    settings: Settings,
}

impl Ground {
    fn holds(&self, intake: &Intake, evidence: &Evidence, settings: Settings) -> bool {
        self.evidence == *evidence
            && self.estate == intake.estate
            && self.campaigns == intake.campaigns
            && self.playbooks == intake.playbooks
            && self.pairs == intake.pairs
            && self.settings == settings
    }
}

#[derive(Debug)]
struct Now {
    intake: Intake,
    held: Vec<Held>,
}

/// A recording, its events, and what was seen on them.
#[derive(Debug)]
struct Held {
    /// The name of the folder it was read from.
    folder: String,
    recording: Recording,
    packs: Vec<Pack>,
    /// Without the events that it keeps for verdicts.
    seen: Seen,
    unreadable: u64,
    /// What readers had to say.
    said: Vec<Diagnostic>,
    watched: Watched,
    /// What there is to say about it.
    told: Vec<Diagnostic>,
}

/// What was done for one recording.
struct Step {
    held: Held,
    /// What was seen before, where it was judged again.
    before: Option<Watched>,
    /// What there was to say about it, where it was judged again.
    told_before: Vec<Diagnostic>,
    work: Work,
}

impl Watching {
    /// Returns a watch that has not looked yet; recordings that name no technique are judged by
    /// `label`.
    pub fn new(label: Option<String>) -> Self {
        Self { label, ..Self::default() }
    }

    /// Looks at what `changed` since the last look, everything at the first, and returns the
    /// difference that it makes.
    ///
    /// # Errors
    /// [`Error`] where a replay of the content ends with it; what was measured before stays what
    /// [`Watching::record`] returns, and the next look takes these changes, too.
    pub fn look(
        &mut self,
        sources: &Sources,
        changed: &Changed,
        progress: &dyn Progress,
    ) -> Result<Difference, Error> {
        self.since.files.extend(changed.files.iter().cloned());
        self.since.listed |= changed.listed;
        let mut intake = sources.read_again(Extent::Replay, &self.since, &mut self.known)?.measurable()?;
        if let Some(technique) = &self.label {
            intake.label(technique)?;
        }
        if intake.survey.recordings.is_empty() {
            return Err(Error::Usage("there is no recording to replay".to_owned()));
        }
        let since = std::mem::take(&mut self.since);
        let (old, held) = match self.now.take() {
            Some(now) => (Some(now.intake), now.held),
            None => (None, Vec::new()),
        };
        let changes = old.as_ref().map(|old| intake.rules.changes(&old.rules)).unwrap_or_default();
        let again = old.as_ref().filter(|_| !changes.is_empty()).map(|old| {
            let packs = held.iter().flat_map(|held| &held.packs);
            (Again::new(&intake.rules, &old.rules, &changes, packs), &old.rules)
        });
        // Both stand in order of the recordings' ids.
        let mut before: Vec<Option<Held>> = Vec::new();
        let mut rest = held.into_iter().map(Some).peekable();
        let mut gone = Vec::new();
        for recording in &intake.survey.recordings {
            while let Some(old) =
                rest.next_if(|old| old.as_ref().is_some_and(|o| o.recording.id < recording.id))
            {
                gone.extend(old);
            }
            let same = |old: &Option<Held>| old.as_ref().is_some_and(|o| o.recording.id == recording.id);
            before.push(rest.next_if(same).flatten());
        }
        gone.extend(rest.flatten());
        let jobs: Vec<(&Recording, Option<Held>)> = intake.survey.recordings.iter().zip(before).collect();
        let tree = intake.recordings.as_ref();
        progress.begin("replay", jobs.len() as u64);
        let steps: Vec<Step> = jobs
            .into_par_iter()
            .map(|(recording, held)| {
                let step = step(&intake.rules, recording, (held, &since), again.as_ref(), tree);
                progress.advance(1);
                step
            })
            .collect();
        progress.end();
        let difference = difference::of(&intake, &steps, (old.as_ref(), &gone, &changes));
        let held = steps.into_iter().map(|step| step.held).collect();
        self.now = Some(Now { intake, held });
        Ok(difference)
    }

    /// Runs the races again, without levers, where what they rest on is another than at the last
    /// ones: evidence, estate, campaigns or playbooks. `None` where it is not, and where the
    /// content has no races of its own.
    pub fn race(&mut self, sources: &Sources, progress: &dyn Progress) -> Option<Result<Record, Error>> {
        if sources.fictional {
            return None;
        }
        let whole = sources.read_again(Extent::Whole, &Changed::default(), &mut self.known);
        let intake = match whole.and_then(Unchecked::sound) {
            Ok(intake) => intake,
            Err(error) => {
                self.raced = None;
                return Some(Err(error));
            }
        };
        let now = self.now.as_ref()?;
        if !intake.races || intake.campaigns.is_empty() || intake.estate.is_none() {
            return None;
        }
        let watched: Vec<&Watched> = now.held.iter().map(|held| &held.watched).collect();
        let said = now.held.iter().flat_map(|held| &held.told).cloned().collect();
        let settings = sources.settings;
        let record = assemble(&intake, settings.seed, &watched, said);
        let evidence = evidence_for_races(&record, &intake);
        if self.raced.as_ref().is_some_and(|last| last.holds(&intake, &evidence, settings)) {
            return None;
        }
        let record = raced(record, &intake, settings, progress);
        let Intake { estate, campaigns, playbooks, pairs, .. } = intake;
        self.raced = Some(Ground { evidence, estate, campaigns, playbooks, pairs, settings });
        Some(Ok(record))
    }

    /// Returns the record of the last look that could be measured: that of a replay of the same
    /// content. `None` before the first.
    pub fn record(&self, seed: Seed) -> Option<Record> {
        let now = self.now.as_ref()?;
        let watched: Vec<&Watched> = now.held.iter().map(|held| &held.watched).collect();
        let said = now.held.iter().flat_map(|held| &held.told).cloned().collect();
        Some(replayed(&now.intake, seed, &watched, said))
    }

    /// Returns the content of the last look that could be measured.
    pub fn intake(&self) -> Option<&Intake> {
        self.now.as_ref().map(|now| &now.intake)
    }

    /// Returns how many events are held, and in how many bytes.
    pub fn size(&self) -> (u64, usize) {
        let packs = self.now.iter().flat_map(|now| &now.held).flat_map(|held| &held.packs);
        packs.fold((0, 0), |(events, bytes), pack| (events + pack.events(), bytes + pack.bytes()))
    }
}

/// Does what is to be done again for one recording.
fn step(
    rules: &RuleSet,
    recording: &Recording,
    (held, since): (Option<Held>, &Changed),
    again: Option<&(Again<'_>, &RuleSet)>,
    tree: &dyn Files,
) -> Step {
    let same = |held: &Held| {
        let changed = |file: &String| since.holds(&tree.name(file));
        held.folder == tree.name("") && held.recording == *recording && !recording.files.iter().any(changed)
    };
    let Some(held) = held else { return read(rules, recording, tree) };
    if !same(&held) {
        return read(rules, recording, tree).after(held);
    }
    let Some((again, earlier)) = again else { return Step::of(held, Work::default()) };
    let watch = Watch::new(rules, recording);
    let found: Vec<Seen> = held.packs.par_iter().map(|pack| watch.look_again(pack, again)).collect();
    let mut new = Seen::default();
    found.into_iter().for_each(|part| new.absorb(part));
    let Some(mut seen) = again.carried(&held.seen).and_then(|carried| carried.with(new)) else {
        return read(rules, recording, tree).after(held);
    };
    let mut work = Work { events: held.packs.iter().map(|pack| again.events(pack)).sum(), ..Work::default() };
    if !again.concerns(recording, &seen, (earlier, &held.seen)) {
        return Step::of(Held { seen, ..held }, work);
    }
    work.judged = 1;
    watch.keep_from(&held.packs, &mut seen);
    let said = (held.unreadable, held.said.clone());
    let (watched, told) = conclude(&watch, recording, seen.clone(), said, tree);
    let (before, told_before) = (Some(held.watched), held.told);
    Step { held: Held { seen: seen.without_events(), watched, told, ..held }, before, told_before, work }
}

/// Reads a recording and judges it.
fn read(rules: &RuleSet, recording: &Recording, tree: &dyn Files) -> Step {
    let watch = Watch::new(rules, recording);
    let Looked { seen, packs, unreadable, said } = look(&watch, recording, tree, true);
    let (watched, told) = conclude(&watch, recording, seen.clone(), (unreadable, said.clone()), tree);
    let seen = seen.without_events();
    let events = packs.iter().map(Pack::events).sum();
    let (folder, recording) = (tree.name(""), recording.clone());
    let held = Held { folder, recording, packs, seen, unreadable, said, watched, told };
    Step::of(held, Work { read: 1, judged: 1, events, rules: 0 })
}

impl Step {
    fn of(held: Held, work: Work) -> Self {
        Self { held, before: None, told_before: Vec::new(), work }
    }

    fn after(self, held: Held) -> Self {
        Self { before: Some(held.watched), told_before: held.told, ..self }
    }
}
