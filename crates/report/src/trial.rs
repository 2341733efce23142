//! One trial on a slider: the plan beside another way to respond, against the same attacker.

mod data;
mod drawing;

use std::collections::BTreeSet;

use askama::Template;
use model::campaign::Campaign;
use model::estate::Estate;
use model::quantity::Millis;
use model::record::{DEMO, Record};
use model::timeline::TrialSide;

use crate::number::{big, plural};
use crate::policy::finished;
use crate::story::{Cast, Lane, Told};

/// A moment of a side in words.
struct Entry {
    when: String,
    lane: &'static str,
    text: String,
    grave: bool,
}

struct Side {
    name: String,
    outcome: String,
    map: String,
    lanes: String,
    entries: Vec<Entry>,
    attack: String,
    containment: String,
    down: Vec<String>,
}

#[derive(Template)]
#[template(path = "trial.html")]
struct Page<'a> {
    css: &'a str,
    script: &'a str,
    title: String,
    demo: String,
    sentence: String,
    sides: Vec<Side>,
    steps: usize,
    last: String,
    data: String,
}

/// Returns the page of a trial as one self-contained HTML file; without a campaign it is the only one of
/// the record.
pub fn trial_html(record: &Record, campaign: Option<&str>, sides: &[TrialSide; 2]) -> String {
    let mut campaigns = record.campaigns.iter();
    let found = campaigns.find(|c| campaign.is_none_or(|wanted| c.id.as_str() == wanted));
    // A trial was run on an estate by a campaign of its record.
    found.zip(record.estate.as_ref()).map(|(c, estate)| page(record, estate, c, sides)).unwrap_or_default()
}

fn page(record: &Record, estate: &Estate, campaign: &Campaign, sides: &[TrialSide; 2]) -> String {
    let told: Vec<Vec<Told>> = sides
        .iter()
        .map(|side| {
            let playbook = side.playbook.as_ref();
            Cast { estate, campaign: Some(campaign), playbook }.tell(&side.trace)
        })
        .collect();
    let times = times(sides);
    let shown = sides.iter().zip(&told).enumerate().map(|(number, (side, told))| {
        let cast = Cast { estate, campaign: Some(campaign), playbook: None };
        Side {
            name: side.name.clone(),
            outcome: cast.outcome(&side.trace),
            map: drawing::map(number, estate),
            lanes: drawing::lanes(number, &times, told),
            entries: told.iter().map(entry).collect(),
            attack: big(side.impact.attack.0 as f64),
            containment: big(side.impact.containment.0 as f64),
            down: down(estate, side),
        }
    });
    let number = sides.first().map_or(0, |s| s.trace.trial.index);
    let page = Page {
        css: include_str!("../templates/trial.css"),
        script: include_str!("../templates/trial.js"),
        title: format!("Trial {number} of {}", campaign.name),
        demo: if record.is_demo() { DEMO.to_owned() } else { String::new() },
        sentence: sentence(sides),
        sides: shown.collect(),
        steps: times.len().saturating_sub(1),
        last: times.last().map(ToString::to_string).unwrap_or_default(),
        data: data::json(estate, &times, sides, &told),
    };
    // The template takes texts and lists alone, which all can be written.
    finished(&page.render().unwrap_or_default())
}

fn entry(told: &Told) -> Entry {
    Entry { when: told.at.to_string(), lane: told.lane.name(), text: told.text.clone(), grave: told.grave }
}

/// Returns every moment at which something changes on one of the sides, from the start.
fn times(sides: &[TrialSide; 2]) -> Vec<Millis> {
    let mut times: BTreeSet<Millis> = BTreeSet::from([Millis(0)]);
    for side in sides {
        times.extend(side.trace.moments.iter().map(|m| m.at));
        for absence in &side.timeline.absences {
            times.extend([Some(absence.from), absence.attacked, Some(absence.back)].into_iter().flatten());
        }
        let hostings = side.timeline.hostings.iter();
        let services = hosting_times(hostings);
        times.extend(services);
    }
    times.into_iter().collect()
}

fn hosting_times<'a>(
    hostings: impl Iterator<Item = &'a model::timeline::HostingTimeline>,
) -> BTreeSet<Millis> {
    let all = hostings.flat_map(|h| h.services.iter().flat_map(|(_, times)| times).chain(&h.any));
    all.flat_map(|time| [time.from, time.to]).collect()
}

/// Returns what went down, in the words of `explain trial:`.
fn down(estate: &Estate, side: &TrialSide) -> Vec<String> {
    let line = |down: &model::trial::Down| {
        let name = estate.assets.get(down.asset as usize).map_or("unknown asset", |a| a.name.as_str());
        format!("{}: {name}: {}", down.at, crate::svg::map::cause(down.cause).show().2)
    };
    side.trace.trial.down.iter().map(line).collect()
}

/// Returns the difference between the two ways in one sentence.
fn sentence(sides: &[TrialSide; 2]) -> String {
    let [plan, other] = sides;
    let lost = |side: &TrialSide| side.impact.attack.0.saturating_add(side.impact.containment.0);
    let (own, rival) = (lost(plan), lost(other));
    let size = big(own.abs_diff(rival) as f64);
    let hours = match own.cmp(&rival) {
        std::cmp::Ordering::Less => format!("loses {size} person-hours without a service less than"),
        std::cmp::Ordering::Greater => format!("loses {size} person-hours without a service more than"),
        std::cmp::Ordering::Equal => "loses as many person-hours without a service as".to_owned(),
    };
    let payload = |side: &TrialSide| match side.trace.trial.payload {
        Some(at) => format!("the payload fires after {at}"),
        None => "the payload does not fire".to_owned(),
    };
    format!(
        "In this trial “{}” {hours} “{}”. With the first {}, and {} lose a service; with the second {}, and {} do.",
        plan.name,
        other.name,
        payload(plan),
        plural(plan.impact.tenants_hit.into(), "tenant", "tenants"),
        payload(other),
        plural(other.impact.tenants_hit.into(), "tenant", "tenants"),
    )
}

/// Returns the lanes that a side shows, top to bottom.
fn lanes() -> [Lane; 3] {
    Lane::ALL
}
