//! What goes into the binder for the day the network is down, from one stored run.

use model::crisis::Crisis;
use model::decide::Card;
use model::estate::Estate;
use model::quantity::Ratio;
use model::record::Record;
use model::restart::RestartPlan;
use model::timeline::TrialSide;
use race::policies::Tempo;

use crate::campaign_run::race_of;
use crate::decide::{Case, decide};
use crate::error::Error;
use crate::outage::{down, impact, restart};
use crate::progress::Progress;
use crate::sides::sides;
use crate::workspace::Settings;

/// Confidences, in hundredths, that cards are made for: hardly sure, even, rather sure.
const CONFIDENCES: [u8; 3] = [20, 50, 80];

/// Trials of each policy of a card and of each outage.
const TRIALS: u32 = 1_000;

/// Roles whose loss concerns all sites and is a sheet of its own.
const ROLES: [&str; 2] = ["hub-link", "directory"];

/// A decision card of the binder.
#[derive(Debug, Clone)]
pub struct BinderCard {
    /// The campaign's id.
    pub campaign: String,
    /// How sure the crisis team is, in hundredths.
    pub confidence: u8,
    /// The card.
    pub card: Card,
}

/// Restart plan and impact of an outage.
#[derive(Debug, Clone)]
pub struct BinderOutage {
    /// What is down, as `restart --down` takes it.
    pub what: Vec<String>,
    /// The same for people: sites by their names.
    pub name: String,
    /// In which order it comes back.
    pub plan: RestartPlan,
    /// For whom it is how long.
    pub crisis: Crisis,
}

/// What a binder holds.
#[derive(Debug, Clone)]
pub struct Binder {
    /// By campaign and confidence.
    pub cards: Vec<BinderCard>,
    /// Each site, each pair of sites, roles that concern all, everything.
    pub outages: Vec<BinderOutage>,
    /// Trials told in full, with the name of each: the plan beside the best policy, or beside doing nothing.
    pub trials: Vec<(String, [TrialSide; 2])>,
}

/// Computes what a binder of this run holds.
///
/// # Errors
/// [`Error::Usage`] for a run without an estate.
pub fn binder(record: &Record, progress: &dyn Progress) -> Result<Binder, Error> {
    let estate = record.estate.as_ref();
    let estate =
        estate.ok_or_else(|| Error::Usage("the run has no estate: make one with `feuerprobe run`".into()))?;
    Ok(Binder {
        cards: cards(record, estate, progress),
        outages: outages(record, estate, progress)?,
        trials: trials(record),
    })
}

fn cards(record: &Record, estate: &Estate, progress: &dyn Progress) -> Vec<BinderCard> {
    let mut cards = Vec::new();
    for score in &record.scores {
        let Some(race) = race_of(record, score.campaign.as_str()) else { continue };
        let tempo = Tempo::of(race.playbook);
        for confidence in CONFIDENCES {
            let case = Case {
                estate,
                campaign: race.campaign,
                plan: race.playbook,
                tempo: &tempo,
                evidence: &record.evidence,
                settings: Settings { seed: record.seed, trials: TRIALS.min(record.trials) },
                confidence: Ratio::of(confidence.into(), 100),
                demo: record.is_demo(),
            };
            let (card, _) = decide(case, progress);
            cards.push(BinderCard { campaign: score.campaign.to_string(), confidence, card });
        }
    }
    cards
}

fn outages(record: &Record, estate: &Estate, progress: &dyn Progress) -> Result<Vec<BinderOutage>, Error> {
    let sites: Vec<String> = estate.sites.iter().map(|s| format!("site:{}", s.id)).collect();
    let mut all: Vec<Vec<String>> = sites.iter().map(|site| vec![site.to_owned()]).collect();
    for (place, one) in sites.iter().enumerate() {
        let others = sites.iter().skip(place + 1);
        all.extend(others.map(|other| vec![one.to_owned(), other.to_owned()]));
    }
    let held = |role: &&str| estate.assets.iter().any(|a| a.role == *role);
    all.extend(ROLES.into_iter().filter(held).map(|role| vec![format!("role:{role}")]));
    all.push(vec!["all".to_owned()]);
    // Two sites are all of an estate that has two, and one is all of one that has one.
    let whole = down(estate, &["all".to_owned()], &[])?.len();
    let mut found: Vec<BinderOutage> = Vec::new();
    progress.begin("outages", all.len() as u64);
    for what in all {
        let gone = down(estate, &what, &[])?;
        progress.advance(1);
        if gone.len() == whole && what.first().is_some_and(|w| w != "all") {
            continue;
        }
        let plan = restart(record, estate, gone.clone());
        let name = what.iter().map(|part| called(estate, part)).collect::<Vec<_>>().join(" + ");
        let crisis = impact(record, estate, gone, &name, (record.seed, TRIALS));
        found.push(BinderOutage { what, name, plan, crisis });
    }
    progress.end();
    Ok(found)
}

/// Returns a part of the estate as people call it.
fn called(estate: &Estate, part: &str) -> String {
    let site = part.strip_prefix("site:");
    let found = site.and_then(|id| estate.sites.iter().find(|s| s.id.as_str() == id));
    found.map_or_else(|| part.replace("role:", ""), |site| site.name.clone())
}

fn trials(record: &Record) -> Vec<(String, [TrialSide; 2])> {
    let mut found = Vec::new();
    for score in &record.scores {
        for story in &score.stories {
            let name = format!("{}/{}", score.campaign, story.trace.trial.index);
            let pair = sides(record, &name, "best").or_else(|_| sides(record, &name, "nothing"));
            found.extend(pair.ok().map(|pair| (name, pair)));
        }
    }
    found
}
