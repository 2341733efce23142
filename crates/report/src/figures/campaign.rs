//! Numbers of the simulated half: they end in the seed or in a figure of the estate.

use model::estate::Estate;
use model::record::Record;
use model::scorecard::{CampaignScore, Proportion, Spread};

use super::{Figure, Figures, Root};
use crate::number::{big, count, decimal, hours, percent, percent_range, plural};
use crate::words;

/// Returns what the people of the record's estate are called.
fn people(record: &Record) -> &str {
    record.estate.as_ref().map_or("people", Estate::people)
}

/// Returns what person-hours are, wherever the number is explained.
fn person_hours(record: &Record) -> String {
    format!(
        "sum over tenants of {} × hours with at least one service down, mean over all trials",
        people(record)
    )
}

fn seed(record: &Record, score: &CampaignScore) -> Root {
    let last = score.payload.of.max(1) - 1;
    Root::Seed(format!(
        "{}, trials 0 to {} of {} against {}; `feuerprobe explain trial:CAMPAIGN/N` tells one of them",
        record.seed.0,
        count(last),
        score.campaign,
        score.playbook
    ))
}

fn constant(estate: &Estate) -> Root {
    let source = if estate.source.is_empty() { "the estate file" } else { estate.source.as_str() };
    Root::Constant(format!("estate \u{201c}{}\u{201d}: {source}", estate.name))
}

/// Adds the size of the estate.
pub(super) fn estate(record: &Record, all: &mut Figures) {
    let Some(estate) = &record.estate else { return };
    let kritis = estate.tenants.iter().filter(|t| t.kritis()).count();
    let all_people = format!("{} of all tenants", estate.people());
    for (key, label, value, formula) in [
        ("tenants", "tenants of the estate", count(estate.tenants.len() as u64), "counted in the estate"),
        ("sites", "sites of the estate", count(estate.sites.len() as u64), "counted in the estate"),
        ("services", "services of the estate", count(estate.services.len() as u64), "counted in the estate"),
        ("people", all_people.as_str(), big(estate.insured() as f64), "sum over the tenants"),
        (
            "kritis",
            "tenants that are critical infrastructure by size",
            count(kritis as u64),
            "tenants with at least 500,000 insured (BSI-KritisV, Annex 9)",
        ),
    ] {
        let from = vec![plural(estate.tenants.len() as u64, "tenant", "tenants")];
        let figure =
            Figure { label: label.into(), value, formula: formula.into(), from, root: constant(estate) };
        all.add(format!("estate.{key}"), figure);
    }
}

/// Adds the outcomes of every campaign.
pub(super) fn scores(record: &Record, all: &mut Figures) {
    for score in &record.scores {
        let evidence = evidence_line(record, score);
        shares(record, score, &evidence, all);
        quantities(record, score, &evidence, all);
        way_back(record, score, &evidence, all);
        tenants(record, score, all);
        services(record, score, all);
    }
    if record.trials > 0 {
        let figure = Figure {
            label: "trials per campaign".into(),
            value: count(record.trials.into()),
            formula: "chosen for the run (`--trials`)".into(),
            from: vec![plural(record.scores.len() as u64, "campaign", "campaigns")],
            root: Root::Seed(format!("{}, printed with every result", record.seed.0)),
        };
        all.add("run.trials", figure);
    }
}

fn evidence_line(record: &Record, score: &CampaignScore) -> String {
    let techniques = record
        .campaigns
        .iter()
        .find(|c| c.id == score.campaign)
        .map(model::campaign::Campaign::techniques)
        .unwrap_or_default();
    let ids: Vec<String> = techniques.iter().map(ToString::to_string).collect();
    if ids.is_empty() {
        "evidence of the campaign's techniques".into()
    } else {
        format!("evidence of {} (explain each by its id)", ids.join(", "))
    }
}

fn shares(record: &Record, score: &CampaignScore, evidence: &str, all: &mut Figures) {
    let id = &score.campaign;
    let rows: [(&str, &str, &Proportion); 3] = [
        ("payload", "chance that the payload fires in spite of detection and response", &score.payload),
        ("outflow", "chance that data leaves in spite of detection and response", &score.outflow),
        ("unnoticed", "chance that nobody notices anything", &score.unnoticed),
    ];
    for (key, label, share) in rows {
        let figure = Figure {
            label: label.into(),
            value: percent(share.simulation.value),
            formula: format!("{} = {}", words::hits(share), percent(share.simulation.value)),
            from: vec![
                format!("simulation alone: {}; shrinks with more trials", percent_range(share.simulation)),
                format!(
                    "few exercises: mean {}, {}; shrinks only with more exercises",
                    percent(share.exercises.value),
                    percent_range(share.exercises)
                ),
                evidence.to_owned(),
            ],
            root: seed(record, score),
        };
        all.add(format!("{id}.{key}"), figure);
    }
    let flooding = Figure {
        label: "chance of the payload if the attacker worked on all steps at once".into(),
        value: percent(score.flooding.value),
        formula: "the same trials with no limit on steps at once".into(),
        from: vec![format!("95 % interval {}", percent_range(score.flooding)), evidence.to_owned()],
        root: seed(record, score),
    };
    all.add(format!("{id}.flooding"), flooding);
}

fn spread_figure(
    (label, formula): (&str, &str),
    spread: &Spread,
    show: fn(f64) -> String,
    evidence: &str,
    root: Root,
) -> Figure {
    Figure {
        label: label.into(),
        value: show(spread.mean),
        formula: formula.into(),
        from: vec![
            format!(
                "10 % of trials up to {}, median {}, 90 % up to {}",
                show(spread.q10),
                show(spread.q50),
                show(spread.q90)
            ),
            format!(
                "few exercises: mean between {} and {} (95 %)",
                show(spread.exercises.low),
                show(spread.exercises.high)
            ),
            evidence.to_owned(),
        ],
        root,
    }
}

fn quantities(record: &Record, score: &CampaignScore, evidence: &str, all: &mut Figures) {
    let id = &score.campaign;
    let minutes: fn(f64) -> String = |m| hours(m / 60.0);
    let hours_lost = person_hours(record);
    let mut add = |key: &str, words: (&str, &str), spread: &Spread, show: fn(f64) -> String| {
        let figure = spread_figure(words, spread, show, evidence, seed(record, score));
        all.add(format!("{id}.{key}"), figure);
    };
    add("attack", ("person-hours lost by the attack itself", &hours_lost), &score.attack, big);
    add(
        "containment",
        ("person-hours lost because the defence switched something off", &hours_lost),
        &score.containment,
        big,
    );
    add(
        "tenants_hit",
        ("tenants that lose at least one service", "mean over all trials"),
        &score.tenants_hit,
        decimal,
    );
    if let Some(spread) = &score.declared_minutes {
        let words =
            ("time from the first step to the declared incident", "mean over trials that declared one");
        add("declared", words, spread, minutes);
    }
    if let Some(spread) = &score.recovered_hours {
        let words = (
            "time until the last system is back",
            "mean over trials with an outage: work on a part begins with its own cut or loss, and what is \
             ready is reconnected with the all-clear (`recovery: reconnect` in the estate)",
        );
        add("recovered", words, spread, hours);
    }
    let unopposed = Figure {
        label: "person-hours lost if nobody responds at all".into(),
        value: big(score.unopposed),
        formula: format!("the same trials without a playbook: {}", person_hours(record)),
        from: vec![evidence.to_owned()],
        root: seed(record, score),
    };
    all.add(format!("{id}.unopposed"), unopposed);
}

/// Adds what comes after the cuts, and what could leave.
fn way_back(record: &Record, score: &CampaignScore, evidence: &str, all: &mut Figures) {
    let id = &score.campaign;
    let mut add = |key: &str, label: &str, value: String, formula: &str, from: Vec<String>| {
        let (label, formula) = (label.into(), formula.into());
        let figure = Figure { label, value, formula, from, root: seed(record, score) };
        all.add(format!("{id}.{key}"), figure);
    };
    if score.records_at_risk > 0 {
        let formula = "largest store that a step which carries data out may work on; all of them for a step \
                       that is done on each";
        let from = vec!["`records` of the asset classes, or what scans found (`--outflow`)".to_owned()];
        let records = count(score.records_at_risk);
        let label = format!("records of {} within reach of the outflow", people(record));
        add("records", &label, records, formula, from);
    }
    let Some(after) = &score.aftermath else { return };
    let waiting = "person-hours spent waiting to be let back to services that run again";
    add("waiting", waiting, big(after.waiting), &person_hours(record), vec![evidence.to_owned()]);
    let shares = [
        (
            "relapsed",
            "chance that something of the attacker is found again after the restart",
            after.relapsed,
        ),
        ("data_lost", "chance that some service loses data", after.data_lost),
        ("data_gone", "chance that no clean copy of some data is left", after.data_gone),
        ("rpo_missed", "chance that some service loses more data than its RPO allows", after.rpo_missed),
    ];
    for (key, label, share) in shares {
        let from = vec![format!("95 % interval {}", percent_range(share)), evidence.to_owned()];
        add(key, label, percent(share.value), "share of the trials", from);
    }
}

fn tenants(record: &Record, score: &CampaignScore, all: &mut Figures) {
    let by_people = format!("{} × hours, mean over all trials", people(record));
    for row in &score.tenants {
        let tenant = record.estate.as_ref().and_then(|e| e.tenants.iter().find(|t| t.id == row.tenant));
        let name = tenant.map_or(row.tenant.as_str(), |t| t.name.as_str());
        let from = vec![
            tenant.map_or(String::new(), |t| {
                format!("{} {}, hosting {}", count(t.insured), people(record), t.hosting)
            }),
            plural(score.payload.of, "trial", "trials"),
        ];
        for (key, label, value, formula) in [
            (
                "hit",
                "chance to lose at least one service",
                percent(row.hit.get()),
                "trials with an outage / all trials",
            ),
            (
                "hours_q50",
                "hours with a service down, median",
                hours(row.hours_q50),
                "median over the trials that hit it",
            ),
            (
                "hours_q90",
                "hours with a service down, 90 % quantile",
                hours(row.hours_q90),
                "90 % quantile over the trials that hit it",
            ),
            (
                "rto_missed",
                "chance that a service misses its RTO",
                percent(row.rto_missed.get()),
                "trials in which an outage outlasts the agreed RTO / all trials",
            ),
            (
                "mtpd_exceeded",
                "chance that a service exceeds its MTPD",
                percent(row.mtpd_exceeded.get()),
                "trials in which an outage outlasts the agreed MTPD / all trials",
            ),
            ("attack", "person-hours lost by the attack", big(row.attack), by_people.as_str()),
            ("containment", "person-hours lost by containment", big(row.containment), by_people.as_str()),
        ] {
            let figure = Figure {
                label: format!("{name}: {label}"),
                value,
                formula: formula.into(),
                from: from.clone(),
                root: seed(record, score),
            };
            all.add(format!("{}.{}.{key}", score.campaign, row.tenant), figure);
        }
    }
}

fn services(record: &Record, score: &CampaignScore, all: &mut Figures) {
    let by_people = format!("mean over trials, tenants weighted by {}", people(record));
    for row in &score.services {
        let service = record.estate.as_ref().and_then(|e| e.services.iter().find(|s| s.id == row.service));
        let name = service.map_or(row.service.as_str(), |s| s.name.as_str());
        for (key, label, value, formula) in [
            ("attack_hours", "hours down by the attack", hours(row.attack_hours), by_people.as_str()),
            (
                "containment_hours",
                "hours down by containment",
                hours(row.containment_hours),
                by_people.as_str(),
            ),
            (
                "down",
                "chance that it is down for somebody",
                percent(row.hit.get()),
                "trials with an outage of the service / all trials",
            ),
        ] {
            let figure = Figure {
                label: format!("{name}: {label}"),
                value,
                formula: formula.into(),
                from: vec![plural(row.tenants.into(), "tenant uses it", "tenants use it")],
                root: seed(record, score),
            };
            all.add(format!("{}.{}.{key}", score.campaign, row.service), figure);
        }
    }
}

/// Returns where an effort is written.
fn effort(record: &Record, lever: &model::scorecard::Lever) -> String {
    let given = record.inputs.iter().find(|i| i.name == "efforts");
    match given {
        Some(input) => format!("{}: {}", input.source, lever.effort),
        None => format!("{}: an assumption; `efforts.yaml` in a workspace replaces it", lever.effort),
    }
}

/// Adds what each lever would save.
pub(super) fn levers(record: &Record, all: &mut Figures) {
    let seed = || Root::Seed(format!("{}, the same draws with and without the change", record.seed.0));
    for (place, lever) in record.levers.iter().enumerate() {
        let key = format!("lever:{}", place + 1);
        let mut from: Vec<String> = lever.verdicts.iter().map(|v| format!("verdict {v}")).collect();
        from.push(format!("95 % interval {} to {}", big(lever.saved.low), big(lever.saved.high)));
        from.extend(crate::comparison::effects(record, lever));
        let saved = format!("{} saved if each campaign comes once", crate::comparison::unit(lever.weighed));
        let rows = [
            ("saved", saved.as_str(), big(lever.saved.value), "mean difference over paired trials", seed()),
            (
                "chance",
                "change of the chance that a campaign reaches its aim, in percentage points",
                decimal(lever.chance * 100.0),
                "share with the change − share without it, paired trials",
                seed(),
            ),
            (
                "effort",
                "effort in person-days",
                decimal(lever.effort_days),
                "a stated assumption, not a measurement",
                Root::Constant(effort(record, lever)),
            ),
        ];
        for (name, label, value, formula, root) in rows {
            let figure = Figure {
                label: format!("{}: {label}", lever.title),
                value,
                formula: formula.into(),
                from: from.clone(),
                root,
            };
            all.add(format!("{key}.{name}"), figure);
        }
    }
}
