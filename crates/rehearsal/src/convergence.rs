//! A race of any length: counted as it goes, so that memory does not grow with the trials.

use std::fmt::Write as _;

use model::campaign::Campaign;
use model::evidence::Evidence;
use model::playbook::Playbook;
use model::quantity::{Ratio, Timestamp};
use model::record::Record;
use model::scorecard::CampaignScore;
use race::terrain::{Plan, generate};
use race::{Contest, Outflow, Race, Setting};
use report::Assumptions;

use crate::progress::Progress;

/// Trials of one portion: after each the interval is looked at, and an interrupt is heard.
const PORTION: u32 = 2_000;

/// Draws of the evidence from which it is told which exercise narrows the answer most.
const DRAWS: u32 = 120;

/// Trials on each of those draws.
const PER_DRAW: u32 = 300;

/// A long race on what a record holds.
pub struct Long<'a> {
    /// Evidence, estate, campaigns and playbooks; scores of its first trials.
    pub record: &'a Record,
    /// Trials for each campaign.
    pub trials: u32,
    /// Whether the user wants it to end.
    pub interrupted: &'a dyn Fn() -> bool,
    /// Returns the time, for how long the rest may take.
    pub now: &'a dyn Fn() -> Timestamp,
}

/// What is counted.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    trials: u64,
    payload: u64,
    outflow: u64,
    declared: u64,
    unnoticed: u64,
}

impl Long<'_> {
    /// Races every campaign on the record's estate and returns the tables, and how many
    /// trials every one of the campaigns got, which an interrupt makes fewer than asked for.
    pub fn on_estate(&self, progress: &dyn Progress) -> (String, u32) {
        let mut text = report::first_screen(self.record);
        text.push('\n');
        let mut least = self.trials;
        let Some(estate) = &self.record.estate else { return (text, 0) };
        for campaign in &self.record.campaigns {
            let score = self.record.scores.iter().find(|s| s.campaign == campaign.id);
            let playbook = score.and_then(|s| self.record.playbooks.iter().find(|p| p.id == s.playbook));
            let race =
                Race { estate, campaign, playbook, evidence: &self.record.evidence, seed: self.record.seed };
            let tally = self.portions(campaign, progress, &|range| {
                let mut tally = Tally::default();
                for trial in race.run_range(range) {
                    tally.trials += 1;
                    tally.payload += u64::from(trial.payload.is_some());
                    tally.outflow += u64::from(trial.outflow.is_some());
                    tally.declared += u64::from(trial.declared.is_some());
                    tally.unnoticed += u64::from(trial.alert.is_none());
                }
                tally
            });
            least = least.min(u32::try_from(tally.trials).unwrap_or(u32::MAX));
            heading(&mut text, campaign, playbook, &tally, self.trials, self.record);
            outcomes(&mut text, &tally, score);
            let assumed = Assumptions { estate, campaign, playbook, evidence: &self.record.evidence };
            text.push_str(&assumed.not_measured());
            text.push('\n');
            sizes(&mut text, &race, tally.trials);
            if !(self.interrupted)() {
                narrowing(&mut text, &race);
            }
            text.push_str(&assumed.terminal());
            text.push('\n');
        }
        (text, least)
    }

    /// Races every campaign's attacker over a generated estate and returns the tables.
    pub fn on_generated(&self, assets: u32, progress: &dyn Progress) -> String {
        let mut text = String::new();
        let Some(estate) = &self.record.estate else { return text };
        for campaign in &self.record.campaigns {
            let plan = Plan {
                assets,
                seed: self.record.seed,
                sensors: Ratio::clamped(0.85),
                sites: estate.sites.iter().map(|s| s.id.clone()).collect(),
            };
            let terrain = generate(&plan, campaign);
            let score = self.record.scores.iter().find(|s| s.campaign == campaign.id);
            let playbook = score.and_then(|s| self.record.playbooks.iter().find(|p| p.id == s.playbook));
            let setting = Setting {
                campaign,
                playbook,
                evidence: &self.record.evidence,
                soc: &estate.soc,
                seed: self.record.seed,
            };
            let contest = Contest::new(&terrain, setting);
            let tally = self.portions(campaign, progress, &|range| {
                let mut tally = Tally::default();
                for outcome in contest.run_range(range) {
                    tally.trials += 1;
                    tally.payload += u64::from(outcome.payload.is_some());
                    tally.declared += u64::from(outcome.declared.is_some());
                    tally.unnoticed += u64::from(outcome.alert.is_none());
                }
                tally
            });
            heading(&mut text, campaign, playbook, &tally, self.trials, self.record);
            let _ = writeln!(
                text,
                "generated estate: {} assets, {} nodes, {} edges, {:.1} MB; sensors on 85 %\n\
                 of the hosts (assumed); techniques and times of the campaign, dealt out.\n",
                terrain.assets(),
                terrain.nodes(),
                terrain.edges(),
                terrain.bytes() as f64 / 1e6
            );
            let assumed = Assumptions { estate, campaign, playbook, evidence: &self.record.evidence };
            text.push_str(&assumed.banner());
            outcomes(&mut text, &tally, None);
            text.push_str(&assumed.not_measured());
            text.push('\n');
        }
        text
    }

    /// Runs portion after portion and adds up what each gives. The interval is said each
    /// time the number of trials has doubled.
    fn portions(
        &self,
        campaign: &Campaign,
        progress: &dyn Progress,
        run: &dyn Fn(std::ops::Range<u32>) -> Tally,
    ) -> Tally {
        progress.begin("race", u64::from(self.trials));
        let mut tally = Tally::default();
        let mut next_word = u64::from(PORTION);
        let begin = (self.now)();
        let mut first = 0;
        while first < self.trials && !(self.interrupted)() {
            let last = first.saturating_add(PORTION).min(self.trials);
            let begun = first;
            tally.add(run(first..last));
            first = last;
            progress.advance(u64::from(last - begun));
            if tally.trials >= next_word && first < self.trials {
                next_word = tally.trials * 2;
                let seconds = (self.now)().since(begin).0.max(1) as f64 / 1_000.0;
                let left = f64::from(self.trials - first) * seconds / tally.trials as f64;
                let interval = assess::clopper_pearson(tally.payload, tally.trials, 0.95);
                progress.say(&format!(
                    "{}: {} of {} trials, payload {} ({}); {} to go",
                    campaign.id,
                    tally.trials,
                    self.trials,
                    report::share(interval.value),
                    range(interval),
                    model::quantity::Millis((left * 1_000.0) as u64)
                ));
            }
        }
        progress.end();
        tally
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.payload += other.payload;
        self.outflow += other.outflow;
        self.declared += other.declared;
        self.unnoticed += other.unnoticed;
    }
}

fn heading(
    text: &mut String,
    campaign: &Campaign,
    playbook: Option<&Playbook>,
    tally: &Tally,
    asked: u32,
    record: &Record,
) {
    let met = playbook.map_or("nobody responds".to_owned(), |p| format!("against “{}”", p.name));
    let _ = writeln!(text, "{}\n{met}, seed {}", campaign.name, record.seed.0);
    if tally.trials < u64::from(asked) {
        let _ = writeln!(text, "INTERRUPTED after {} of {asked} trials; these were counted:", tally.trials);
    }
    text.push('\n');
}

fn outcomes(text: &mut String, tally: &Tally, score: Option<&CampaignScore>) {
    let exercises = |pick: fn(&CampaignScore) -> model::scorecard::Proportion| {
        score.map_or("–".to_owned(), |s| range(pick(s).exercises))
    };
    let row = |name: &str, hits: u64, few: String| {
        if tally.trials == 0 {
            return vec![name.to_owned(), "0".to_owned(), "–".to_owned(), "–".to_owned(), few];
        }
        let interval = assess::clopper_pearson(hits, tally.trials, 0.95);
        vec![name.to_owned(), hits.to_string(), report::share(interval.value), range(interval), few]
    };
    let mut rows = vec![
        row("payload", tally.payload, exercises(|s| s.payload)),
        row("outflow", tally.outflow, exercises(|s| s.outflow)),
        row("incident declared", tally.declared, "–".to_owned()),
        row("nobody noticed anything", tally.unnoticed, exercises(|s| s.unnoticed)),
    ];
    if score.is_none() {
        // A generated estate has no data to take.
        rows.remove(1);
    }
    tabulate(text, &["outcome", "of trials", "share", "simulation 95 %", "few exercises"], &rows);
    let _ = writeln!(
        text,
        "({} trials; a comparison of options under a model, never a forecast)\n",
        tally.trials
    );
}

fn range(interval: model::quantity::Interval) -> String {
    report::share_range(interval)
}

fn sizes(text: &mut String, race: &Race<'_>, trials: u64) {
    let first = race.run_range(0..trials.min(u64::from(PORTION)) as u32);
    if first.iter().all(|t| t.outflow.is_none()) {
        return;
    }
    let speed = race::OUTFLOW_SPEED;
    let left = race::outflows(race.estate, &first, speed, race.seed);
    let sizes = [("nothing", 0), ("1 MB", 1_000_000), ("1 GB", 1_000_000_000), ("100 GB", 100_000_000_000)];
    let rows: Vec<Vec<String>> = sizes
        .into_iter()
        .map(|(name, size)| vec![name.to_owned(), share_of(&left, |l| l.bytes > size)])
        .collect();
    tabulate(text, &["more left than", "of trials"], &rows);
    let _ = writeln!(
        text,
        "(first {} trials; {} MB/s at the median, {} at 90 %: Splunk SURGe 2022; at most what the \
         store holds, until its own way out is cut)\n",
        first.len(),
        speed.q50,
        speed.q90
    );
    people(text, race, &left);
}

fn share_of(left: &[Outflow], counts: impl Fn(&Outflow) -> bool) -> String {
    let count = left.iter().filter(|l| counts(l)).count() as u64;
    report::share(Ratio::of(count, left.len() as u64).get())
}

/// Says how many people's data leaves, where the estate says what lies in its stores.
fn people(text: &mut String, race: &Race<'_>, left: &[Outflow]) {
    let records = race::records_at_risk(race.estate, race.campaign);
    if records == 0 {
        return;
    }
    let rows: Vec<Vec<String>> = [(1, records / 100), (10, records / 10), (50, records / 2), (100, records)]
        .into_iter()
        .map(|(percent, people)| {
            vec![format!("{people} ({percent} %)"), share_of(left, |l| l.people >= people.max(1))]
        })
        .collect();
    tabulate(text, &["people at least", "of trials"], &rows);
    let _ = writeln!(
        text,
        "(of {records} records at risk; {} bytes each, as in a set offered for sale in 2023)\n",
        race::BYTES_PER_PERSON
    );
}

/// Says which exercise, if repeated, would narrow the answer most.
fn narrowing(text: &mut String, race: &Race<'_>) {
    let draws: Vec<(Evidence, f64)> = (0..DRAWS)
        .map(|n| {
            let drawn = race::draw(race.evidence, race.seed, n);
            let trials = Race { evidence: &drawn, ..*race }.run_range(0..PER_DRAW);
            let reached = trials.iter().filter(|t| t.payload.is_some() || t.outflow.is_some()).count();
            (drawn, reached as f64 / f64::from(PER_DRAW))
        })
        .collect();
    let rows: Vec<Vec<String>> = assess::narrowing(&draws, &race.campaign.techniques())
        .into_iter()
        .take(5)
        .map(|(technique, share)| {
            let known = race.evidence.techniques.get(&technique);
            let measured = known.map_or(0, |k| k.counts.measured());
            let times = match measured {
                0 => "not measured".to_owned(),
                1 => "1 verdict".to_owned(),
                more => format!("{more} verdicts"),
            };
            vec![technique.to_string(), times, format!("{:.0} %", share * 100.0)]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    tabulate(text, &["exercise again", "so far", "of the spread it explains"], &rows);
    let _ = writeln!(
        text,
        "({DRAWS} draws of the evidence, {PER_DRAW} trials each; linear in prevention and alert)\n"
    );
}

/// Adds a table without the line that counts its rows.
fn tabulate(text: &mut String, header: &[&'static str], rows: &[Vec<String>]) {
    text.push_str(&report::list::Table::new(header.iter().copied(), rows.iter().cloned()).body(80));
    text.push('\n');
}
