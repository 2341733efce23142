//! Page one: the answers in plain words.

use askama::Template;
use model::recording::RecordingKind;
use model::scorecard::{CampaignScore, Lever, Standing};
use model::verdict::OutcomeKind;

use super::{Page, fill};
use crate::comparison::{self, Said};
use crate::number::{big, count, hours, percent, plural};
use crate::svg::bars;
use crate::terminal::{campaign_name, headline, outcome_count, shares};
use crate::words;

/// Changes that page one proposes.
const PROPOSED: usize = 5;

struct Legend {
    letter: char,
    word: &'static str,
    number: String,
    meaning: &'static str,
}

struct Way {
    who: String,
    own: bool,
    cells: Vec<String>,
    bar: String,
}

struct Chance {
    banner: String,
    name: String,
    anchor: String,
    share: String,
    says: &'static str,
    uncertain: String,
    chart: String,
    ways: Vec<Way>,
    said: Vec<Said>,
    lines: Vec<String>,
}

struct Hit {
    name: String,
    sentence: String,
    split: String,
    attack: String,
    containment: String,
    services: Vec<(String, String, String)>,
}

struct Advice {
    title: String,
    why: String,
    effects: Vec<String>,
    effort: String,
    one_day: bool,
    warning: String,
}

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    label: &'static str,
    hours: String,
    tested: String,
    bar: String,
    legend: Vec<Legend>,
    extra: Vec<String>,
    chances: Vec<Chance>,
    hits: Vec<Hit>,
    advice: Vec<Advice>,
    more: usize,
    harmful: Vec<Advice>,
    exercises: Vec<String>,
    gaps: Vec<String>,
}

/// Returns page one.
pub(super) fn front(page: &Page<'_>) -> String {
    let record = page.record;
    let counts: Vec<(OutcomeKind, u32)> =
        OutcomeKind::ALL.into_iter().map(|k| (k, outcome_count(record, k))).collect();
    let proposed = comparison::proposed(record);
    let both = |id: &str| {
        bars::outcomes(&format!("{id}-w"), &counts, crate::svg::WIDE, "chart wide")
            + &bars::outcomes(&format!("{id}-n"), &counts, crate::svg::NARROW, "chart narrow")
    };
    fill(&Front {
        label: words::LABEL,
        hours: comparison::unit_head(record),
        tested: tested(page),
        bar: if record.verdicts.is_empty() { String::new() } else { both("outcomes") },
        legend: counts
            .iter()
            .map(|(kind, _)| Legend {
                letter: words::letter(*kind),
                word: kind.word(),
                number: page.n(&format!("coverage.{}", kind.word())),
                meaning: words::meaning(*kind),
            })
            .collect(),
        extra: extra(page),
        chances: record.scores.iter().map(|s| chance(page, s)).collect(),
        hits: record.scores.iter().map(|s| hit(page, s)).collect(),
        advice: proposed.iter().take(PROPOSED).map(|l| advice(page, *l)).collect(),
        more: proposed.len().saturating_sub(PROPOSED),
        harmful: comparison::harmful(record).into_iter().take(1).map(|l| advice(page, l)).collect(),
        exercises: comparison::next_exercise(record),
        gaps: if record.scores.is_empty() { gaps(page) } else { Vec::new() },
    })
}

fn tested(page: &Page<'_>) -> String {
    let record = page.record;
    let techniques = match record.coverage.techniques {
        1 => format!("{} attack technique", page.n("coverage.techniques")),
        _ => format!("{} attack techniques", page.n("coverage.techniques")),
    };
    let rules = page.n("rules.loaded");
    let number = record.recordings.len() as u64;
    let mut text = if record.live.is_some() {
        let acts = plural(number, "act", "acts");
        format!(
            "We asked the SIEM about {acts} of {techniques}, and looked at its events with {rules} detection rules."
        )
    } else if record.exercises.is_empty() {
        format!("We replayed {} of {techniques} against {rules} detection rules.", recordings(number))
    } else {
        let ran = crate::exercised::rows(record, RecordingKind::Attack).len() as u64;
        let procedures = plural(ran, "benign procedure", "benign procedures");
        format!("We ran {procedures} of {techniques} against {rules} detection rules.")
    };
    if let Some(estate) = &record.estate {
        let races = record.scores.len() as u64;
        text.push_str(&format!(
            " What they saw and missed then decided {}, each run {} times against a model of {}: \
             {} sites, {} services, {} tenants, {} {}.",
            plural(races, "attack", "attacks"),
            page.n("run.trials"),
            crate::svg::escape(&estate.name),
            page.n("estate.sites"),
            page.n("estate.services"),
            page.n("estate.tenants"),
            page.n("estate.people"),
            crate::svg::escape(estate.people())
        ));
    }
    text
}

fn recordings(number: u64) -> String {
    plural(number, "recording", "recordings")
}

fn extra(page: &Page<'_>) -> Vec<String> {
    let coverage = &page.record.coverage;
    let mut lines = Vec::new();
    if coverage.no_outcome > 0 {
        lines.push(format!(
            "{} more gave no verdict, because the exercise itself did not work.",
            page.n("coverage.no-verdict")
        ));
    }
    if coverage.expected_lost > 0 {
        lines.push(format!(
            "{} <b>lost rules</b>: they should have fired and did not. That is worse than a gap, because \
             somebody relies on them.",
            page.n("coverage.lost-rules")
        ));
    }
    if !page.record.not_tested.is_empty() {
        lines.push(format!(
            "<a href=\"#untested\">{}</a> of the run were not tested; they count as not measured, never as 0.",
            plural(page.record.not_tested.len() as u64, "technique", "techniques")
        ));
    }
    lines
}

fn chance(page: &Page<'_>, score: &CampaignScore) -> Chance {
    let (key, says) = headline(page.record, score);
    let share = if key == "outflow" { &score.outflow } else { &score.payload };
    let id = score.campaign.as_str();
    let uncertain = words::uncertainties(share);
    let mut lines: Vec<String> = shares(page.record, score)
        .into_iter()
        .filter(|(k, _, _)| *k != key)
        .map(|(k, name, _)| {
            let what = match k {
                "unnoticed" => "nobody notices anything",
                "outflow" => "data leaves",
                "payload" => "the payload fires",
                _ => name,
            };
            format!("In {} of the trials {what}.", page.n(&format!("{id}.{k}")))
        })
        .collect();
    if score.declared_minutes.is_some() {
        lines.push(format!(
            "An incident is declared {} after the first step, in the mean of the trials that declare one.",
            page.n(&format!("{id}.declared"))
        ));
    }
    Chance {
        banner: crate::banner::of_record(page.record, &score.campaign).unwrap_or_default(),
        name: campaign_name(page.record, score).to_owned(),
        anchor: super::campaign::anchor(score),
        share: page.n(&format!("{id}.{key}")),
        says,
        ways: ways(page, score),
        said: comparison::verdict(page.record, score),
        chart: bars::share(
            &format!("chance-{id}"),
            share,
            &format!("{}, {uncertain}", percent(share.simulation.value)),
        ),
        uncertain,
        lines,
    }
}

/// Returns the rows of the comparison, with a bar for what each way loses.
fn ways(page: &Page<'_>, score: &CampaignScore) -> Vec<Way> {
    let most = score.standings.iter().map(|s| s.attack.value + s.containment.value).fold(0.0, f64::max);
    let way = |standing: &Standing| {
        let key = comparison::key(standing);
        let cell = |what: &str| page.n(&format!("{}.{key}.{what}", score.campaign));
        Way {
            who: comparison::who(standing),
            own: key == "plan",
            cells: ["payload", "outflow", "attack", "containment"].map(cell).to_vec(),
            bar: bars::service(standing.attack.value, standing.containment.value, most),
        }
    };
    score.standings.iter().map(way).collect()
}

fn hit(page: &Page<'_>, score: &CampaignScore) -> Hit {
    let id = score.campaign.as_str();
    let total = score.attack.mean + score.containment.mean;
    let insured = page.record.estate.as_ref().map_or(0, model::estate::Estate::insured).max(1);
    let mut sentence = format!(
        "In the mean {} of {} tenants lose at least one service.",
        page.n(&format!("{id}.tenants_hit")),
        page.n("estate.tenants")
    );
    if score.recovered_hours.is_some() {
        sentence.push_str(&format!(" The last system is back after {}.", page.n(&format!("{id}.recovered"))));
    }
    sentence.push_str(&format!(
        " {} person-hours are lost: as if every {} were without a service for {}.",
        big(total),
        crate::svg::escape(page.record.estate.as_ref().map_or("person", model::estate::Estate::person)),
        hours(total / insured as f64)
    ));
    let name = |id: &model::id::ServiceId| {
        let found = page.record.estate.as_ref().and_then(|e| e.services.iter().find(|s| &s.id == id));
        found.map_or_else(|| id.to_string(), |s| s.name.clone())
    };
    let said = format!(
        "{} by the attack, {} by our own containment",
        big(score.attack.mean),
        big(score.containment.mean)
    );
    Hit {
        name: campaign_name(page.record, score).to_owned(),
        sentence,
        split: bars::split(
            &format!("split-{id}"),
            score.attack.mean,
            score.containment.mean,
            ("Person-hours lost, by cause", &said),
        ),
        attack: page.n(&format!("{id}.attack")),
        containment: page.n(&format!("{id}.containment")),
        services: super::campaign::used(score)
            .iter()
            .take(4)
            .map(|s| {
                let key = |k: &str| page.n(&format!("{id}.{}.{k}", s.service));
                (name(&s.service), key("attack_hours"), key("containment_hours"))
            })
            .collect(),
    }
}

fn advice(page: &Page<'_>, (place, lever): (usize, &Lever)) -> Advice {
    Advice {
        title: lever.title.clone(),
        why: lever.why.trim_end_matches('.').to_owned(),
        effects: comparison::effects(page.record, lever),
        effort: page.n(&format!("lever:{}.effort", place + 1)),
        one_day: lever.effort_days == 1.0,
        warning: comparison::warning(page.record, lever).unwrap_or_default(),
    }
}

/// Returns the three most frequent first causes of misses, for a record without a race.
fn gaps(page: &Page<'_>) -> Vec<String> {
    let mut causes: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for verdict in crate::terminal::ranked_misses(page.record) {
        if let Some(first) = verdict.causes.first() {
            *causes.entry(first.link()).or_default() += 1;
        }
    }
    let mut ranked: Vec<_> = causes.into_iter().collect();
    ranked.sort_by_key(|(link, number)| (std::cmp::Reverse(*number), *link));
    ranked.iter().take(3).map(|(link, n)| format!("{} × {}", count(*n), words::link(link))).collect()
}
