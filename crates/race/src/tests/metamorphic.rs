//! Properties that hold whatever the right numbers are.

use model::campaign::{Campaign, Effect, Operator, Selector, Spread};
use model::diagnostic::Severity;
use model::estate::Estate;
use model::evidence::Evidence;
use model::playbook::{Cut, Playbook};
use model::quantity::{Millis, Quantiles, Seed};
use model::recovery::{Backup, Phases, RelapseOdds};
use model::trial::{Down, Happening, Trial};

use super::stand::{campaign, estate, evidence, minutes, playbook, share, site, step};
use crate::Race;

/// A campaign with every kind of step, few hands, retries and reaction, against a
/// playbook in stages, before a busy desk.
struct World {
    estate: Estate,
    campaign: Campaign,
    playbook: Playbook,
    evidence: Evidence,
}

impl World {
    fn race(&self) -> Race<'_> {
        Race {
            estate: &self.estate,
            campaign: &self.campaign,
            playbook: Some(&self.playbook),
            evidence: &self.evidence,
            seed: Seed(42),
        }
    }
}

fn world() -> World {
    let mut estate =
        estate(&["east", "north", "west"], &["desk", "directory", "storage", "mail", "hub-link"]);
    estate.soc.analysts = 3;
    estate.soc.alerts_per_day = 100.0;
    estate.soc.triage_minutes = 30.0;
    estate.soc.escalation = share(0.7);
    let store = estate.assets[2].id.clone();
    let day = Millis::DAY;
    for asset in &mut estate.assets {
        asset.sensors = share(0.8);
        let times = |typical| Some(minutes(typical, typical * 4.0));
        asset.phases =
            Phases { examine: times(300.0), clean: times(60.0), verify: times(45.0), release: times(30.0) };
        asset.backup = Some(Backup { at: store.clone(), every: day, offline: Some(Millis(7 * day.0)) });
    }
    estate.recovery.relapse = Some(RelapseOdds { chance: share(0.3), seen: minutes(2_000.0, 6_000.0) });
    let role = |r: &str| Selector { role: Some(r.into()), ..Selector::default() };
    let shape = |id, technique, needs: &[&str], spread, on: &str, typical| {
        let mut s = step(id, technique, needs);
        s.spread = spread;
        s.targets = role(on);
        s.duration = minutes(typical, typical * 5.0);
        s
    };
    let mut steps = vec![
        shape("foothold", "T1078", &[], Spread::Once, "desk", 60.0),
        shape("look", "T1018", &["foothold"], Spread::PerAsset, "desk", 20.0),
        shape("keys", "T1003", &["foothold"], Spread::Once, "desk", 90.0),
        shape("move", "T1021", &["look", "keys"], Spread::PerSite, "directory", 120.0),
        shape("backups", "T1490", &["move"], Spread::PerSite, "storage", 60.0),
        shape("take", "T1041", &["move"], Spread::Once, "storage", 600.0),
        shape("payload", "T1486", &["backups", "move"], Spread::PerAsset, "storage", 45.0),
        shape("mail", "T1486", &["backups"], Spread::PerSite, "mail", 45.0),
    ];
    steps[3].operator = Operator::Any;
    for i in [4, 6, 7] {
        steps[i].same_site = true;
    }
    steps[5].effect = Effect::Outflow;
    steps[6].effect = Effect::Encrypt;
    steps[7].effect = Effect::Encrypt;
    let mut campaign = campaign(steps);
    campaign.hands = 2;
    campaign.retries = 1;
    campaign.reaction = share(0.4);
    let cuts = [
        ("one", Cut::AlertedAsset, minutes(20.0, 90.0)),
        ("sites", Cut::AlertedSites, minutes(60.0, 240.0)),
        ("link", Cut::Role { role: "hub-link".into() }, minutes(10.0, 30.0)),
        ("north", Cut::Site { site: site("north") }, minutes(30.0, 60.0)),
        ("all", Cut::AllSites, minutes(240.0, 900.0)),
    ];
    let known = ["T1003", "T1018", "T1021", "T1041", "T1078", "T1486"].map(|t| (t, 0.2, 0.15, 0.4));
    World { estate, campaign, playbook: playbook(&cuts), evidence: evidence(&known) }
}

/// What was drawn for a return, without the place of the asset.
fn drawn(down: &Down) -> Down {
    Down { asset: 0, ..*down }
}

/// Trials with the asset places replaced by their ids.
fn by_id(race: &Race<'_>, trials: &[Trial]) -> Vec<(Trial, Vec<String>)> {
    let id = |asset: u32| race.estate.assets[asset as usize].id.to_string();
    let told = |trial: &Trial| {
        let mut downs: Vec<String> =
            trial.down.iter().map(|d| format!("{} {} {:?}", id(d.asset), d.at.0, drawn(d))).collect();
        downs.extend(trial.leaks.iter().map(|l| format!("{} leaks {:?} {:?}", id(l.asset), l.from, l.to)));
        downs.extend(trial.reached.iter().map(|a| format!("{} reached", id(*a))));
        let again = trial.relapse.iter().flat_map(|r| r.down.iter().map(move |d| (r, d)));
        downs.extend(again.map(|(r, d)| format!("{} again {:?} {:?}", id(d.asset), r.seen, drawn(d))));
        downs.sort();
        let rest = trial.clone();
        (Trial { down: Vec::new(), leaks: Vec::new(), reached: Vec::new(), relapse: None, ..rest }, downs)
    };
    trials.iter().map(told).collect()
}

#[test]
fn the_world_is_worth_testing_in() {
    let world = world();
    let trials = world.race().run(3_000).trials;
    let share = |holds: &dyn Fn(&Trial) -> bool| trials.iter().filter(|t| holds(t)).count();
    for (what, count) in [
        ("payload", share(&|t| t.payload.is_some())),
        ("no payload", share(&|t| t.payload.is_none())),
        ("outflow", share(&|t| t.outflow.is_some())),
        ("declared", share(&|t| t.declared.is_some())),
        ("alert without declaration", share(&|t| t.alert.is_some() && t.declared.is_none())),
        ("contained", share(&|t| t.contained.is_some())),
        ("relapse", share(&|t| t.relapse.is_some())),
        ("copies", share(&|t| t.down.iter().any(|d| d.copies.is_some()))),
    ] {
        assert!(count > 30, "{what}: only {count} of 3000");
    }
    let happenings: Vec<Happening> =
        (0..300).flat_map(|i| world.race().trace(i).moments).map(|m| m.happening).collect();
    for (what, seen) in [
        ("prevented", happenings.iter().any(|h| matches!(h, Happening::StepPrevented { again: true, .. }))),
        ("given up", happenings.iter().any(|h| matches!(h, Happening::StepPrevented { again: false, .. }))),
        ("cut", happenings.iter().any(|h| matches!(h, Happening::StepCut { .. }))),
        ("dismissed", happenings.iter().any(|h| matches!(h, Happening::Dismissed { .. }))),
        ("site off", happenings.iter().any(|h| matches!(h, Happening::SiteOff { .. }))),
        ("encrypted", happenings.iter().any(|h| matches!(h, Happening::Encrypted { .. }))),
        ("fired early", happenings.iter().any(|h| matches!(h, Happening::FiredEarly))),
    ] {
        assert!(seen, "{what} never happens");
    }
}

#[test]
fn order_of_the_input_does_not_matter() {
    let first = world();
    let mut other = world();
    other.estate.assets.reverse();
    other.estate.assets.rotate_left(4);
    other.estate.sites.reverse();
    other.campaign.steps.reverse();
    other.campaign.steps.swap(0, 3);
    other.playbook.actions.rotate_left(2);
    for hands in [0, 1, 2] {
        let (mut a, mut b) = (first.campaign.clone(), other.campaign.clone());
        (a.hands, b.hands) = (hands, hands);
        let a = Race { campaign: &a, ..first.race() };
        let b = Race { campaign: &b, ..other.race() };
        let (left, right) = (by_id(&a, &a.run(1_500).trials), by_id(&b, &b.run(1_500).trials));
        assert!(left == right, "{hands} hands");
    }
}

#[test]
fn an_unreachable_zone_does_not_matter() {
    let first = world();
    let mut other = world();
    let mut stray = other.estate.assets[0].clone();
    stray.id = model::id::AssetId::new("aaa-stray").expect("a valid asset id");
    stray.role = "unused".into();
    stray.site = site("nowhere");
    other.estate.assets.insert(0, stray);
    other.playbook.actions[4].cut = Cut::Nothing;
    let mut short = first.playbook.clone();
    short.actions[4].cut = Cut::Nothing;
    let a = Race { playbook: Some(&short), ..first.race() };
    let b = other.race();
    assert!(by_id(&a, &a.run(1_000).trials) == by_id(&b, &b.run(1_000).trials));
}

#[test]
fn threads_and_number_of_trials_do_not_matter() {
    let world = world();
    let run = |threads: usize, trials: u32| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| world.race().run(trials))
    };
    let one = run(1, 1_000);
    assert_eq!(one, run(2, 1_000));
    assert_eq!(one, run(8, 1_000));
    assert_eq!(one.trials[..300], run(2, 300).trials[..]);
    assert!(one.trials.iter().zip(0..).all(|(t, i)| t.index == i));
    let other = Race { seed: Seed(43), ..world.race() };
    assert_ne!(one.trials, other.run(1_000).trials);
}

#[test]
fn a_trace_tells_the_same_trial() {
    let world = world();
    let trials = world.race().run(500).trials;
    for trial in &trials {
        let trace = world.race().trace(trial.index);
        assert_eq!(*trial, trace.trial);
        assert!(trace.moments.is_sorted_by_key(|m| m.at), "trial {}", trial.index);
        let encrypted = trace.moments.iter().filter(|m| matches!(m.happening, Happening::Encrypted { .. }));
        let attack = trial.down.iter().filter(|d| d.cause == model::trial::DownCause::Attack);
        assert_eq!(encrypted.count(), attack.count(), "trial {}", trial.index);
        let first = |wanted: &dyn Fn(&Happening) -> bool| {
            trace.moments.iter().find(|m| wanted(&m.happening)).map(|m| m.at)
        };
        assert_eq!(trial.alert, first(&|h| matches!(h, Happening::Alert { .. })));
        assert_eq!(trial.declared, first(&|h| matches!(h, Happening::Declared)));
        assert_eq!(trial.outflow, first(&|h| matches!(h, Happening::Outflow { .. })));
    }
}

#[test]
fn nobody_answering_is_the_upper_bound_of_the_attack() {
    let mut world = world();
    // Without limit of hands, as a step cut off may free the hand for another.
    world.campaign.hands = 0;
    world.campaign.reaction = share(0.0);
    let with = world.race().run(2_000).trials;
    let without = Race { playbook: None, ..world.race() }.run(2_000).trials;
    for (a, b) in with.iter().zip(&without) {
        assert!(a.payload.is_none() || b.payload.is_some(), "trial {}", a.index);
        // A payload that is answered may cut off what would have raised the first alert.
        let before = a.payload.is_some() && a.payload <= b.alert;
        assert!(a.alert == b.alert || before, "trial {}", a.index);
        assert_eq!(b.contained, None, "trial {}", a.index);
    }
}

#[test]
fn a_faster_attacker_never_wins_less() {
    // Holds without limit of hands, without reaction, and with one cut of everything.
    let mut world = world();
    world.campaign.hands = 0;
    world.campaign.reaction = share(0.0);
    world.playbook = playbook(&[("all", Cut::AllSites, minutes(120.0, 480.0))]);
    let mut before: Vec<bool> = world.race().run(2_000).trials.iter().map(|t| t.payload.is_some()).collect();
    for c in [0.7, 0.3, 0.05] {
        let mut faster = world.campaign.clone();
        for step in &mut faster.steps {
            step.duration = Quantiles { q50: step.duration.q50 * c, q90: step.duration.q90 * c };
        }
        let race = Race { campaign: &faster, ..world.race() };
        let wins: Vec<bool> = race.run(2_000).trials.iter().map(|t| t.payload.is_some()).collect();
        assert!(before.iter().zip(&wins).all(|(was, is)| !was || *is), "factor {c} lost a trial");
        before = wins;
    }
    assert!(before.iter().any(|won| *won) && before.iter().any(|won| !won));
}

#[test]
fn what_does_not_fit_is_reported() {
    let mut world = world();
    let clean: Vec<String> = world.race().check().into_iter().map(|d| d.code).collect();
    assert_eq!(
        clean,
        ["race.no-evidence", "race.unknown-store"],
        "T1490 has none, storage holds who knows what"
    );
    world.estate.assets.iter_mut().for_each(|a| a.records = 1);
    assert_eq!(world.race().check().len(), 1);
    world.campaign.steps[0].targets.role = Some("fax".into());
    world.campaign.steps[1].needs = vec![world.campaign.steps[2].id.clone()];
    world.campaign.steps[2].needs = vec![world.campaign.steps[1].id.clone()];
    world.campaign.steps[4].needs.push(model::id::StepId::new("nowhere").expect("valid"));
    world.campaign.steps[6].targets.site = Some(site("west"));
    world.campaign.steps[4].targets.site = Some(site("east"));
    let again = world.campaign.steps[5].clone();
    world.campaign.steps.push(again);
    world.campaign.objective = model::campaign::Objective::Outflow;
    world.playbook.actions[2].cut = Cut::Role { role: "fax".into() };
    world.playbook.actions[3].after.push("nowhere".into());
    world.estate.soc.analysts = 1;
    let found = world.race().check();
    let mut codes: Vec<&str> = found.iter().map(|d| d.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let expected = [
        "race.duplicate-step",
        "race.empty-cut",
        "race.no-common-site",
        "race.no-evidence",
        "race.overloaded",
        "race.stuck-action",
        "race.stuck-step",
        "race.unknown-name",
        "race.unknown-step",
        "race.unreachable-goal",
    ];
    assert_eq!(codes, expected);
    assert!(found.iter().any(|d| d.severity == Severity::Error && d.message.contains("nowhere")));
    // The race runs all the same.
    assert_eq!(world.race().run(50).trials.len(), 50);
    for step in &mut world.campaign.steps {
        step.effect = Effect::None;
    }
    assert!(world.race().check().iter().any(|d| d.code == "race.no-objective"));
}

#[test]
fn where_the_way_ends_is_named_first() {
    let mut world = world();
    // A side step nobody needs stands first in the file and is no reason.
    world.campaign.steps[1].targets.role = Some("fax".into());
    world.campaign.steps[3].needs.retain(|n| n.as_str() != "look");
    world.campaign.steps[3].targets.role = Some("telex".into());
    let found = world.race().check();
    let goal = found.iter().find(|d| d.code == "race.unreachable-goal").expect("found");
    assert_eq!(
        goal.message,
        "the objective can never be reached; \"move\": it selects no asset of the estate; \
         \"backups\": it needs move, which can't be done; \
         \"payload\": it needs backups and move, which can't be done; \
         \"mail\": it needs backups, which can't be done"
    );
}

#[test]
fn absurd_times_are_reported_wherever_they_stand() {
    let mut world = world();
    let month = minutes(31.0 * 1_440.0, 40.0 * 1_440.0);
    let unit = minutes(1.0, 2_000.0);
    world.campaign.steps[0].duration = month;
    world.campaign.steps[2].duration = unit;
    world.playbook.actions[0].decide = unit;
    world.playbook.actions[1].carry_out = month;
    world.estate.assets[3].restore = unit;
    // A thousand times is still believed, and so is all but a month.
    world.campaign.steps[1].duration = minutes(1.0, 1_000.0);
    world.campaign.steps[3].duration = minutes(29.0 * 1_440.0, 40.0 * 1_440.0);
    let found = world.race().check();
    let absurd: Vec<&str> =
        found.iter().filter(|d| d.code == "race.absurd-time").map(|d| d.message.as_str()).collect();
    assert_eq!(
        absurd,
        [
            "the time of step \"foothold\" is hard to believe: typically 31 d, but a race is called off after 30 d",
            "the time of step \"keys\" is hard to believe: slow is 2000 times typical",
            "the time to decide \"one\" is hard to believe: slow is 2000 times typical",
            "the time to carry out \"sites\" is hard to believe: typically 31 d, but a race is called off after 30 d",
            "the time to restore \"east-mail\" is hard to believe: slow is 2000 times typical",
        ]
    );
    world.estate.soc.agree = 99;
    assert!(world.race().check().iter().any(|d| d.code == "race.never-declared"));
}
