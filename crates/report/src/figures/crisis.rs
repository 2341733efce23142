//! The numbers of restart plans, of the figures of an outage, and of exercises.

use model::crisis::{Both, Crisis, Lengths};
use model::quantity::{Millis, PersonHours, Ratio};
use model::record::Record;
use model::restart::RestartPlan;
use model::tabletop::Consequence;

use super::Figures;
use super::sheet::Adder;
use crate::number::{big, count, decimal, hours, percent, percent_range};

/// Adds every number of the sheets that the record holds.
pub(super) fn sheets(record: &Record, all: &mut Figures) {
    if let Some(plan) = &record.restart {
        restart(plan, &mut Adder::computed(record, all, "restart"));
    }
    if let Some(crisis) = &record.crisis {
        let last = count(u64::from(crisis.trials.max(1)) - 1);
        let seed = format!("{}, trials 0 to {last} of {}", record.seed.0, crisis.what);
        impact(crisis, &mut Adder::drawn(record, all, "impact", seed));
    }
    tabletop(record, all);
}

fn time(time: Millis) -> String {
    hours(time.hours())
}

fn restart(plan: &RestartPlan, adder: &mut Adder<'_>) {
    let lost = |hours: PersonHours| big(hours.0 as f64);
    let shortest = "the best schedule found: work as crews, needs and the restore rate allow, typical times";
    let slow = "the same order with every job at its slow time";
    let restored = ["first", "half", "most", "all"].into_iter().zip(plan.restored);
    for (key, label, value, formula) in [
        ("people", "people with a service down", count(plan.insured), "sum over the tenants concerned"),
        ("share", "share of the estate's people", percent(plan.share.get()), "people concerned / all"),
        ("person-hours", "person-hours lost", lost(plan.person_hours), shortest),
        (
            "unsearched",
            match plan.weighed {
                Some(_) => "person-hours lost if crews took first what counts most",
                None => "person-hours lost if crews took first what most people wait for",
            },
            lost(plan.unsearched),
            "the same without a search",
        ),
        ("last", "when the last asset is back", time(plan.last), shortest),
        ("last-slow", "the same, all slow", time(plan.last_slow), slow),
    ] {
        adder.add(key, label, value, formula);
    }
    if let Some(weighed) = plan.weighed {
        let sum = "sum over tenants and services of people × hours without it × its weight; the order was searched by it";
        let label = "weighted person-hours lost";
        adder.add("weighted", label, lost(weighed.hours), sum);
        let label = "weighted person-hours lost if crews took first what counts most";
        adder.add("weighted-unsearched", label, lost(weighed.unsearched), "the same without a search");
    }
    for (key, at) in restored {
        let label = format!("when the {key} of the people concerned have all services again");
        adder.add(&format!("restored.{key}"), &label, time(at), shortest);
    }
    if let Some(chance) = plan.relapse {
        let keys = ["recovery.relapse".to_owned()];
        adder.stated("relapse", "chance of a relapse", percent(chance.get()), "stated", &keys);
    }
    for (n, gain) in plan.gains.iter().enumerate() {
        let key = |what: &str| format!("gain-{}.{what}", n + 1);
        let formula = "the plan made again with one more of it, minus this plan";
        adder.add(&key("saved"), "person-hours that one more saves", lost(gain.saved), formula);
        if let Some(weighed) = gain.weighed {
            let label = "weighted person-hours that one more saves";
            adder.add(&key("weighted"), label, lost(weighed), formula);
        }
        adder.add(&key("earlier"), "how much earlier the last asset is back", time(gain.earlier), formula);
    }
    parts(plan, adder);
}

fn parts(plan: &RestartPlan, adder: &mut Adder<'_>) {
    for position in &plan.positions {
        let lines = [format!("assets.{}", position.asset), format!("sites.{}", position.site)];
        let work: Vec<String> = position
            .phases
            .iter()
            .map(|p| format!("{} {}", p.phase.name(), p.end.saturating_sub(p.begin)))
            .collect();
        for (key, label, value) in [
            ("begin", "when its first phase begins", time(position.begin)),
            ("back", "when it works again, typical times", time(position.back)),
            ("back-slow", "when it works again, slow times", time(position.back_slow)),
            ("attempts", "start attempts to expect", decimal(position.attempts)),
        ] {
            let (key, label) = (format!("{}.{key}", position.asset), format!("{}: {label}", position.name));
            adder.stated(
                &key,
                &label,
                value,
                &format!("phases with their times: {}", work.join(", ")),
                &lines,
            );
        }
    }
    for service in &plan.services {
        let lines = [format!("services.{}", service.service), format!("hostings.{}", service.hosting)];
        for (key, label, value, formula) in [
            ("runs", "when it runs", time(service.back), "when all that it needs is back"),
            ("all-in", "when its last tenant is back", time(service.all_in), "with re-admission in stages"),
            ("rto", "agreed time to restart", time(service.rto), "stated in the hosting"),
            ("mtpd", "longest outage that can be borne", time(service.mtpd), "stated in the hosting"),
        ] {
            let key = format!("{}.{}.{key}", service.hosting, service.service);
            adder.stated(&key, label, value, formula, &lines);
        }
    }
}

fn impact(crisis: &Crisis, adder: &mut Adder<'_>) {
    let mean = "mean over all trials";
    let doubt = crisis.doubt;
    let hours = |lost: PersonHours| big(lost.0 as f64);
    for (key, label, value, both) in [
        (
            "hit",
            "share of trials in which some tenant lost a service",
            percent(crisis.hit.get()),
            doubt.map(|d| d.hit),
        ),
        ("attack", "person-hours lost by the attack", hours(crisis.attack), doubt.map(|d| d.attack)),
        (
            "containment",
            "person-hours lost by containment",
            hours(crisis.containment),
            doubt.map(|d| d.containment),
        ),
        ("weighted-attack", "weighted person-hours lost by the attack", hours(crisis.weighted_attack), None),
        (
            "weighted-containment",
            "weighted person-hours lost by containment",
            hours(crisis.weighted_containment),
            None,
        ),
        ("waiting", "person-hours spent waiting for re-admission", hours(crisis.waiting), None),
        ("relapse-cost", "person-hours that a relapse costs", hours(crisis.relapse_cost), None),
    ] {
        let share = key == "hit";
        adder.with(key, label, value, mean, both.map_or_else(Vec::new, |b| doubts(b, share)));
    }
    let keys = ["recovery.relapse".to_owned()];
    let formula = "trials with a relapse / trials; the chance is stated";
    adder.stated(
        "relapsed",
        "share of trials with a relapse",
        percent(crisis.relapsed.get()),
        formula,
        &keys,
    );
    for (key, lengths) in ["first", "half", "most", "all"].into_iter().zip(crisis.restored) {
        let label = format!("when the {key} of the tenants hit run normally again");
        lengths_of(adder, &format!("restored.{key}"), &label, lengths);
    }
    by_service(crisis, adder);
    by_tenant(crisis, adder);
    for clock in &crisis.clocks {
        let key = |what: &str| format!("clock.{}.{what}", clock.key);
        let within = clock.within.map_or_else(|| "without undue delay".to_owned(), time);
        adder.sourced(&key("within"), "time from knowledge", within, &clock.law, &clock.source);
        if let Some(met) = clock.met {
            let formula = "trials in which the report is ready, and can leave, in time / trials";
            adder.add(&key("met"), "chance that one of those bound meets it", percent(met.get()), formula);
        }
    }
}

fn doubts(both: Both, share: bool) -> Vec<String> {
    let ends = |i| if share { percent_range(i) } else { crate::comparison::ends(i) };
    vec![format!("simulation: {}", ends(both.simulation)), format!("few exercises: {}", ends(both.exercises))]
}

fn lengths_of(adder: &mut Adder<'_>, key: &str, label: &str, lengths: Lengths) {
    let formula = "median over the trials with an outage; one in ten is shorter, one in ten longer";
    let more =
        vec![format!("one in ten shorter: {}; one in ten longer: {}", time(lengths.q10), time(lengths.q90))];
    adder.with(key, label, time(lengths.q50), formula, more);
}

fn by_service(crisis: &Crisis, adder: &mut Adder<'_>) {
    for total in &crisis.by_service {
        let key = |what: &str| format!("{}.{what}", total.service);
        let lost = "people of its tenants × hours without it, mean over all trials";
        adder.add(&key("attack"), "person-hours without it, by the attack", big(total.attack.0 as f64), lost);
        adder.add(&key("containment"), "the same, by containment", big(total.containment.0 as f64), lost);
        let weight = decimal(total.weight.get());
        let keys = [format!("services.{}", total.service)];
        adder.stated(&key("weight"), "what an hour without it counts for", weight, "stated", &keys);
    }
    for outage in &crisis.services {
        let prefix = format!("{}.{}", outage.hosting, outage.service);
        lengths_of(adder, &format!("{prefix}.down"), "time down", outage.down);
        lengths_of(adder, &format!("{prefix}.normal"), "time until normal operation", outage.normal);
        shares(
            adder,
            &prefix,
            [
                ("hit", "share of trials in which it was down", Some(outage.hit)),
                (
                    "rto-missed",
                    "share of trials in which it was down longer than the RTO",
                    Some(outage.rto_missed),
                ),
                (
                    "mtpd-exceeded",
                    "share of trials in which it was down longer than the MTPD",
                    Some(outage.mtpd_exceeded),
                ),
                ("data-lost", "share of trials in which it lost data", Some(outage.data_lost)),
                ("data-gone", "share of trials in which no copy is left", Some(outage.data_gone)),
                ("rpo-missed", "share of trials with more lost than the RPO allows", outage.rpo_missed),
            ],
        );
    }
}

fn shares(adder: &mut Adder<'_>, prefix: &str, shares: [(&str, &str, Option<Ratio>); 6]) {
    for (key, label, share) in shares {
        if let Some(share) = share {
            adder.add(&format!("{prefix}.{key}"), label, percent(share.get()), "such trials / all trials");
        }
    }
}

fn by_tenant(crisis: &Crisis, adder: &mut Adder<'_>) {
    for tenant in &crisis.tenants {
        let key = |what: &str| format!("tenant.{}.{what}", tenant.tenant);
        lengths_of(adder, &key("normal"), "time until every service runs normally", tenant.normal);
        let formula = "such trials / all trials";
        adder.add(
            &key("hit"),
            "share of trials in which it lost a service",
            percent(tenant.hit.get()),
            formula,
        );
        let label = "share of trials in which some service exceeded its MTPD";
        adder.add(&key("mtpd-exceeded"), label, percent(tenant.mtpd_exceeded.get()), formula);
    }
}

/// Adds the numbers of an exercise: `tabletop.3.at`, `tabletop.3.answer-1.harm` and the like.
fn tabletop(record: &Record, all: &mut Figures) {
    let Some(tabletop) = &record.tabletop else { return };
    let (seed, trial) = (record.seed.0, &tabletop.trial);
    let seed = format!("{seed}, trial {trial}; `feuerprobe explain trial:{trial}` tells it");
    let mut adder = Adder::drawn(record, all, "tabletop", seed);
    for (n, inject) in tabletop.injects.iter().enumerate() {
        let place = n + 1;
        adder.add(&format!("{place}.at"), "when it is handed in", time(inject.at), "a moment of the trial");
        let answers = inject.question.iter().flat_map(|q| &q.answers).enumerate();
        for (m, consequence) in answers.filter_map(|(m, a)| Some((m, a.consequence.as_ref()?))) {
            answer(&mut adder, &format!("{place}.answer-{}", m + 1), consequence, tabletop.compared);
        }
    }
}

fn answer(adder: &mut Adder<'_>, key: &str, of: &Consequence, compared: u32) {
    let over = format!("over {} trials with this answer, on the same draws", count(compared.into()));
    let more = |both: Option<Both>, share| both.map_or_else(Vec::new, |b| doubts(b, share));
    adder.with(
        &format!("{key}.harm"),
        "share of trials in which the payload fires or data leaves",
        percent(of.harm.get()),
        &over,
        more(of.harm_doubt, true),
    );
    adder.with(
        &format!("{key}.mean"),
        "person-hours lost, both causes, mean",
        big(of.mean.0 as f64),
        &over,
        more(of.mean_doubt, false),
    );
    let one = "in this one trial";
    adder.add(&format!("{key}.attack"), "person-hours lost by the attack", big(of.attack.0 as f64), one);
    adder.add(
        &format!("{key}.containment"),
        "person-hours lost by containment",
        big(of.containment.0 as f64),
        one,
    );
    adder.add(&format!("{key}.tenants"), "tenants hit", count(of.tenants.into()), one);
}
