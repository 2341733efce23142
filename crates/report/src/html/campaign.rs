//! One campaign: two trials told in full, the map, tenants and services.

use askama::Template;
use model::estate::Estate;
use model::id::{ServiceId, SiteId};
use model::scorecard::{CampaignScore, Story};
use model::trial::DownCause;

use super::{Page, fill};
use crate::number::{big, count, hours, percent};
use crate::story::{Cast, Told};
use crate::svg::{NARROW, WIDE, bars, map, outage, slug, timeline};
use crate::terminal::campaign_name;
use crate::terms::capital;

struct MomentRow {
    mark: String,
    lane: &'static str,
    at: String,
    text: String,
    grave: bool,
}

struct SiteRow {
    name: String,
    attacked: usize,
    switched_off: usize,
    first: String,
    back: String,
}

struct Course {
    label: String,
    index: String,
    outcome: String,
    losses: String,
    race: String,
    moments: Vec<MomentRow>,
    outage: String,
    sites: Vec<SiteRow>,
    map: String,
    map_twin: String,
}

struct TenantRow {
    id: String,
    name: String,
    kritis: bool,
    insured: u64,
    insured_text: String,
    numbers: [String; 5],
    sort: [String; 5],
    worst: String,
    split: String,
}

struct ServiceRow {
    name: String,
    tenants: u32,
    down: String,
    attack: String,
    containment: String,
    bar: String,
    sort: [String; 3],
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct Sheet {
    anchor: String,
    name: String,
    description: String,
    playbook: String,
    playbook_says: String,
    people: String,
    people_head: String,
    rows: Vec<(String, String, String)>,
    stories: Vec<Course>,
    services: Vec<ServiceRow>,
    tenants: Vec<TenantRow>,
}

/// Returns the id that the page links a campaign by.
pub(super) fn anchor(score: &CampaignScore) -> String {
    format!("campaign-{}", slug(score.campaign.as_str()))
}

/// Returns the section of one campaign; empty without an estate.
pub(super) fn campaign(page: &Page<'_>, _place: usize, score: &CampaignScore) -> String {
    let record = page.record;
    let Some(estate) = &record.estate else { return String::new() };
    let campaign = record.campaigns.iter().find(|c| c.id == score.campaign);
    let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
    let cast = Cast { estate, campaign, playbook };
    let stories = score.stories.iter().enumerate().map(|(n, s)| story(&anchor(score), n, &cast, s)).collect();
    let longest = score.services.iter().map(|s| s.attack_hours + s.containment_hours).fold(0.0, f64::max);
    fill(&Sheet {
        anchor: anchor(score),
        name: campaign_name(record, score).to_owned(),
        description: campaign.map_or(String::new(), |c| c.description.clone()),
        playbook: playbook.map_or_else(|| score.playbook.to_string(), |p| p.name.clone()),
        playbook_says: playbook.map_or(String::new(), |p| p.description.clone()),
        people: estate.people().to_owned(),
        people_head: estate.people.as_ref().map_or_else(|| "Insured".to_owned(), |p| capital(&p.many)),
        rows: rows(page, score),
        stories,
        services: used(score).into_iter().map(|s| service(page, score, s, longest)).collect(),
        tenants: by_loss(score).into_iter().map(|t| tenant(page, score, t)).collect(),
    })
}

/// Returns the outcomes of a campaign: name, mean or share, and how wide it spreads.
fn rows(page: &Page<'_>, score: &CampaignScore) -> Vec<(String, String, String)> {
    let id = score.campaign.as_str();
    let mut rows = Vec::new();
    for (key, name, share) in crate::terminal::shares(page.record, score) {
        let said = crate::words::uncertainties(share);
        let mut name = name.to_owned();
        name[..1].make_ascii_uppercase();
        rows.push((name, page.n(&format!("{id}.{key}")), said));
    }
    let mut spread = |name: &str, key: &str, s: &model::scorecard::Spread, show: &dyn Fn(f64) -> String| {
        let said = format!(
            "half of the trials up to {}, 90 % up to {}; because of few exercises the mean may lie between {} and {}",
            show(s.q50),
            show(s.q90),
            show(s.exercises.low),
            show(s.exercises.high)
        );
        rows.push((name.to_owned(), page.n(&format!("{id}.{key}")), said));
    };
    if let Some(declared) = &score.declared_minutes {
        spread("Incident declared after", "declared", declared, &|m| hours(m / 60.0));
    }
    spread("Tenants hit", "tenants_hit", &score.tenants_hit, &crate::number::decimal);
    spread("Person-hours by the attack", "attack", &score.attack, &big);
    spread("Person-hours by containment", "containment", &score.containment, &big);
    if let Some(recovered) = &score.recovered_hours {
        spread("Last system back after", "recovered", recovered, &hours);
    }
    rows.extend(way_back(page, score));
    if let ("payload", _) = crate::terminal::headline(page.record, score) {
        // Flooding is louder: it need not be the worst case for the defence.
        let says = if score.flooding.value >= score.payload.simulation.value {
            "the attacker works on all steps at once: an upper bound"
        } else {
            "the attacker works on all steps at once; the noise gives him away sooner"
        };
        rows.push(("Payload fires, flooding".into(), page.n(&format!("{id}.flooding")), says.to_owned()));
    }
    let unopposed = "person-hours lost by the attack, mean".to_owned();
    rows.push(("If nobody responds".into(), page.n(&format!("{id}.unopposed")), unopposed));
    rows
}

/// Returns what comes after the cuts; what never happens is left out.
fn way_back(page: &Page<'_>, score: &CampaignScore) -> Vec<(String, String, String)> {
    let id = score.campaign.as_str();
    let mut rows = Vec::new();
    let mut add = |name: &str, key: &str, said: String| {
        rows.push((name.to_owned(), page.n(&format!("{id}.{key}")), said));
    };
    if let Some(after) = &score.aftermath {
        if after.waiting > 0.0 {
            let said = "person-hours until tenants are let back to services that run again, mean";
            add("Waiting for re-admission", "waiting", said.to_owned());
        }
        let shares = [
            ("Found again after the restart", "relapsed", after.relapsed, "a site goes off once more"),
            ("Data lost", "data_lost", after.data_lost, "entered after the last clean copy"),
            ("No copy left", "data_gone", after.data_gone, "of some data, for good"),
            ("RPO missed", "rpo_missed", after.rpo_missed, "more is lost than was agreed"),
        ];
        for (name, key, share, said) in shares.into_iter().filter(|s| s.2.value > 0.0) {
            add(name, key, format!("{said} (simulation {})", crate::number::percent_range(share)));
        }
    }
    if score.records_at_risk > 0 {
        let people = page.record.estate.as_ref().map_or("people", Estate::people);
        add("Records within reach", "records", format!("of {people}, at the most, if data leaves"));
    }
    rows
}

fn story(anchor: &str, number: usize, cast: &Cast<'_>, story: &Story) -> Course {
    let told = cast.tell(&story.trace);
    let outcome = cast.outcome(&story.trace);
    let id = format!("{anchor}-{number}");
    let both = |draw: &dyn Fn(&str, &str, f64) -> String| {
        draw("w", "chart wide", WIDE) + &draw("n", "chart narrow", NARROW)
    };
    Course {
        label: headed(&story.label),
        index: count(story.trace.trial.index.into()),
        losses: format!(
            "{} person-hours lost by the attack, {} by containment",
            big(story.attack.0 as f64),
            big(story.containment.0 as f64)
        ),
        race: both(&|s, class, w| {
            timeline::timeline(&format!("{id}-race-{s}"), class, w, &story.trace, &told, &outcome)
        }),
        moments: told.iter().map(moment).collect(),
        outage: if story.trace.trial.down.is_empty() {
            String::new()
        } else {
            both(&|s, class, w| {
                outage::outage(
                    &format!("{id}-outage-{s}"),
                    class,
                    w,
                    cast.estate,
                    story,
                    "The table below says the same.",
                )
            })
        },
        sites: cast.estate.sites.iter().map(|s| site(cast.estate, story, &s.id, &s.name)).collect(),
        map: both(&|s, class, w| {
            map::map(&format!("{id}-map-{s}"), class, w, cast.estate, story, "The list below says the same.")
        }),
        map_twin: map::twin(cast.estate, story),
        outcome,
    }
}

/// Returns `The bad trial (90 % quantile)` for the label `bad (90 % quantile)`.
fn headed(label: &str) -> String {
    match label.split_once(" (") {
        Some((word, rest)) => format!("The {word} trial ({rest}"),
        None => format!("The {label} trial"),
    }
}

fn moment(told: &Told) -> MomentRow {
    MomentRow {
        mark: told.number.to_string(),
        lane: told.lane.name(),
        at: told.at.to_string(),
        text: told.text.clone(),
        grave: told.grave,
    }
}

fn site(estate: &Estate, story: &Story, id: &SiteId, name: &str) -> SiteRow {
    let down = || {
        let here = |a: u32| estate.assets.get(a as usize).is_some_and(|a| &a.site == id);
        story.trace.trial.down.iter().filter(move |d| here(d.asset))
    };
    let gaps = outage::gaps(estate, story, id);
    SiteRow {
        name: name.to_owned(),
        attacked: down().filter(|d| d.cause == DownCause::Attack).count(),
        switched_off: down().filter(|d| d.cause == DownCause::Containment).count(),
        first: gaps
            .iter()
            .map(|g| g.from)
            .min()
            .map_or("–".into(), |m| model::quantity::Millis(m).to_string()),
        back: gaps
            .iter()
            .map(|g| g.to)
            .max()
            .map_or("–".into(), |m| model::quantity::Millis(m).to_string()),
    }
}

/// Returns the services that tenants use, the longest outage first.
pub(super) fn used(score: &CampaignScore) -> Vec<&model::scorecard::ServiceScore> {
    let mut all: Vec<_> = score.services.iter().filter(|s| s.tenants > 0).collect();
    let down = |s: &model::scorecard::ServiceScore| s.attack_hours + s.containment_hours;
    all.sort_by(|a, b| down(b).total_cmp(&down(a)));
    all
}

/// Returns the tenants, those that lose most first.
fn by_loss(score: &CampaignScore) -> Vec<&model::scorecard::TenantScore> {
    let mut all: Vec<_> = score.tenants.iter().collect();
    all.sort_by(|a, b| (b.attack + b.containment).total_cmp(&(a.attack + a.containment)));
    all
}

fn tenant(page: &Page<'_>, score: &CampaignScore, row: &model::scorecard::TenantScore) -> TenantRow {
    let estate = page.record.estate.as_ref();
    let tenant = estate.and_then(|e| e.tenants.iter().find(|t| t.id == row.tenant));
    let n = |key: &str| page.n(&format!("{}.{}.{key}", score.campaign, row.tenant));
    let insured = tenant.map_or(0, |t| t.insured);
    TenantRow {
        id: row.tenant.to_string(),
        name: tenant.map_or_else(|| row.tenant.to_string(), |t| t.name.clone()),
        kritis: tenant.is_some_and(model::estate::Tenant::kritis),
        insured,
        insured_text: count(insured),
        numbers: [n("hit"), n("hours_q50"), n("hours_q90"), n("rto_missed"), n("mtpd_exceeded")],
        sort: [row.hit.get(), row.hours_q50, row.hours_q90, row.rto_missed.get(), row.mtpd_exceeded.get()]
            .map(|v| format!("{v:.5}")),
        worst: row.worst.as_ref().map_or("–".into(), |s| service_name(page, s)),
        split: if row.attack + row.containment > 0.0 {
            percent(row.containment / (row.attack + row.containment))
        } else {
            "–".into()
        },
    }
}

fn service_name(page: &Page<'_>, id: &ServiceId) -> String {
    let found = page.record.estate.as_ref().and_then(|e| e.services.iter().find(|s| &s.id == id));
    found.map_or_else(|| id.to_string(), |s| s.name.clone())
}

fn service(
    page: &Page<'_>,
    score: &CampaignScore,
    row: &model::scorecard::ServiceScore,
    longest: f64,
) -> ServiceRow {
    let n = |key: &str| page.n(&format!("{}.{}.{key}", score.campaign, row.service));
    ServiceRow {
        name: service_name(page, &row.service),
        tenants: row.tenants,
        down: n("down"),
        attack: n("attack_hours"),
        containment: n("containment_hours"),
        bar: bars::service(row.attack_hours, row.containment_hours, longest),
        sort: [row.hit.get(), row.attack_hours, row.containment_hours].map(|v| format!("{v:.5}")),
    }
}
