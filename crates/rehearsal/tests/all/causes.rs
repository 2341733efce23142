//! Forty seeded histories of two runs of a test. What is changed between the runs is known, and
//! whether it changes the verdict; `drift` must find the smallest sets of changes that do.

pub(crate) mod world;

use std::collections::BTreeMap;

use model::drift::{Changed, DriftCause, Proof};
use model::id::RunId;
use model::kept::{Content, Group, Kept};
use model::quantity::Millis;
use model::record::{Record, RunInfo};
use model::verdict::Outcome;
use serde_json::Value;

use world::{Draw, FILE, PROCESS, TECHNIQUE, World, rule};

/// What is changed in the later run. The first word says whether it breaks the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    RuleTypo,
    RuleGone,
    RuleComment,
    FieldRenamed,
    FieldDropped,
    OtherFieldRenamed,
    SensorSilent,
    OneEventLost,
    OtherSensorSilent,
    Late,
    ALittleLate,
    HostOtherPath,
    HostOnly,
    ProcedureOtherAct,
    ProcedureDeadline,
    ProcedureComment,
    ProductOnly,
}

use Plant::*;

const BREAKING: [Plant; 10] = [
    RuleTypo,
    RuleGone,
    FieldRenamed,
    FieldDropped,
    SensorSilent,
    OneEventLost,
    Late,
    HostOtherPath,
    ProcedureOtherAct,
    ProcedureDeadline,
];
const INERT: [Plant; 7] =
    [RuleComment, OtherFieldRenamed, OtherSensorSilent, ALittleLate, HostOnly, ProcedureComment, ProductOnly];

impl Plant {
    fn apply(self, world: &mut World) {
        let own = world.rules.get("own.yml").expect("there").clone();
        let is_own = |e: &Value| e["CommandLine"].as_str().is_some_and(|c| c.contains(" -u"));
        match self {
            RuleTypo => drop(world.rules.insert("own.yml".to_owned(), own.replace("' -u'", "' -uu'"))),
            RuleGone => {
                let other = own.replace("attack.t1070.004", "attack.t1003.008").replace("' -u'", "' -x'");
                world.rules.insert("own.yml".to_owned(), other);
            }
            RuleComment => drop(world.rules.insert("own.yml".to_owned(), format!("# reviewed\n{own}"))),
            FieldRenamed => world.each(|e| {
                if let Some(value) = e.remove("CommandLine") {
                    e.insert("ProcessArguments".to_owned(), value);
                }
            }),
            FieldDropped => world.each(|e| drop(e.remove("CommandLine"))),
            OtherFieldRenamed => world.each(|e| {
                let value = e.remove("ParentImage").unwrap_or_default();
                e.insert("ParentPath".to_owned(), value);
            }),
            SensorSilent => world.events.retain(|e| e["EventID"] != 1),
            OneEventLost => world.events.retain(|e| !is_own(e)),
            OtherSensorSilent => world.events.retain(|e| e["EventID"] != 11),
            Late => world.delay = 600_000,
            ALittleLate => world.delay += 4_000,
            HostOtherPath => {
                world.host = "h2".to_owned();
                let tool = world.tool.clone();
                world.each(|e| {
                    if e["Image"].as_str().is_some_and(|i| i.ends_with(&tool)) {
                        e.insert("Image".to_owned(), "/usr/bin/busybox".into());
                    }
                });
            }
            HostOnly => world.host = "h2".to_owned(),
            ProcedureOtherAct => {
                world.procedure = "p2".to_owned();
                world.each(|e| {
                    if let Some(text) = e.get("CommandLine").and_then(Value::as_str) {
                        let other = text.replace(" -u", " --zero");
                        e.insert("CommandLine".to_owned(), other.into());
                    }
                });
            }
            ProcedureDeadline => {
                world.procedure = "p2".to_owned();
                world.deadline = 500;
            }
            ProcedureComment => world.procedure = "p2".to_owned(),
            ProductOnly => world.product = "0.0.1".to_owned(),
        }
    }

    /// The change that must be named.
    fn named(self) -> Changed {
        match self {
            RuleTypo | RuleGone | RuleComment => Changed::RuleEdited("own.yml".to_owned()),
            FieldRenamed | FieldDropped => Changed::FieldGone("CommandLine".to_owned()),
            OtherFieldRenamed => Changed::FieldGone("ParentImage".to_owned()),
            SensorSilent | OneEventLost => Changed::EventsGone(PROCESS.to_owned()),
            OtherSensorSilent => Changed::EventsGone(FILE.to_owned()),
            Late | ALittleLate => Changed::Delay,
            HostOtherPath | ProcedureOtherAct => Changed::Values(PROCESS.to_owned()),
            ProcedureDeadline => Changed::Terms,
            HostOnly => Changed::Host,
            ProcedureComment => Changed::Procedure,
            ProductOnly => Changed::Product,
        }
    }

    /// The recorded input behind changed events.
    fn behind(self) -> Option<Changed> {
        match self {
            HostOtherPath => Some(Changed::Host),
            ProcedureOtherAct => Some(Changed::Procedure),
            _ => None,
        }
    }
}

struct History {
    name: String,
    before: World,
    after: World,
    /// Sets of which each alone restores.
    sets: Vec<Vec<Changed>>,
    behind: Vec<Changed>,
}

/// 30 with one change that breaks, or mends what was broken; 10 with two.
fn histories() -> Vec<History> {
    let mut all = Vec::new();
    for seed in 0..40_u64 {
        let mut draw = Draw(seed);
        let before = World::new(&mut draw);
        let after = before.clone().observed(&mut draw);
        let place = usize::try_from(seed).expect("small");
        all.push(match place {
            0..30 if place % 10 == 9 => product(place, before, after),
            0..30 => single(BREAKING[place % 10 + place / 20], place, before, after),
            _ => pair(&mut draw, place, before, after),
        });
    }
    all
}

fn single(plant: Plant, place: usize, before: World, mut after: World) -> History {
    plant.apply(&mut after);
    History {
        name: format!("{place}: {plant:?}"),
        before,
        after,
        sets: vec![vec![plant.named()]],
        behind: plant.behind().into_iter().collect(),
    }
}

/// An older program alerted where this one, on the same inputs, does not.
fn product(place: usize, mut before: World, mut after: World) -> History {
    for world in [&mut before, &mut after] {
        RuleTypo.apply(world);
    }
    before.product = "0.0.1".to_owned();
    before.said = Some(Outcome::Alerted { delay: Some(Millis(1_000)), late: false });
    let sets = vec![vec![Changed::Product]];
    History { name: format!("{place}: Product"), before, after, sets, behind: Vec::new() }
}

fn pair(draw: &mut Draw, place: usize, mut before: World, mut after: World) -> History {
    let name = |what: &str| format!("{place}: {what}");
    match place % 5 {
        // Two that break, each by itself: both must be put back.
        0 | 1 => {
            let (one, other) = [
                (RuleTypo, SensorSilent),
                (FieldRenamed, Late),
                (RuleTypo, ProcedureDeadline),
                (Late, RuleTypo),
            ][draw.below(4)];
            one.apply(&mut after);
            other.apply(&mut after);
            let mut set = vec![one.named(), other.named()];
            set.sort();
            let behind = Vec::new();
            History { name: name(&format!("{one:?} and {other:?}")), before, after, sets: vec![set], behind }
        }
        // Two that break only together: a second rule sees it by its file.
        2 => {
            let second = rule(90, "file_event", TECHNIQUE, "    TargetFilename: '/tmp/x'\n");
            for world in [&mut before, &mut after] {
                world.rules.insert("second.yml".to_owned(), second.clone());
            }
            RuleTypo.apply(&mut after);
            OtherSensorSilent.apply(&mut after);
            let sets = vec![vec![RuleTypo.named()], vec![OtherSensorSilent.named()]];
            History { name: name("rule or sensor"), before, after, sets, behind: Vec::new() }
        }
        // One breaks, and one does nothing.
        _ => {
            let one = BREAKING[draw.below(BREAKING.len())];
            let fits =
                |other: &&Plant| !(other.named() == one.named() || one == Late || one.behind().is_some());
            let others: Vec<&Plant> = INERT.iter().filter(fits).collect();
            let other = others.get(draw.below(others.len().max(1))).copied().copied();
            // What does nothing comes first: a comment in a rule is not to undo its typo.
            other.into_iter().for_each(|o| o.apply(&mut after));
            one.apply(&mut after);
            let makes = other.map(Plant::named).filter(|c| c.makes_events() && one.named().is_of_events());
            let behind = one.behind().into_iter().chain(makes).collect();
            let name = name(&format!("{one:?}, not {other:?}"));
            History { name, before, after, sets: vec![vec![one.named()]], behind }
        }
    }
}

fn cause_of(history: &History, backwards: bool) -> Option<DriftCause> {
    let (first, second) = match backwards {
        false => (&history.before, &history.after),
        true => (&history.after, &history.before),
    };
    let runs = [first.run(1), second.run(2)];
    let kept: BTreeMap<RunId, Kept> =
        runs.iter().map(|(info, _, kept)| (info.id.clone(), kept.clone())).collect();
    let runs: Vec<(RunInfo, Record)> = runs.into_iter().map(|(info, record, _)| (info, record)).collect();
    let found = rehearsal::drift(&runs, &|run| kept.get(run).cloned().unwrap_or_default());
    assert_eq!(found.len(), 1, "{}", history.name);
    found.into_iter().next().and_then(|d| d.cause)
}

fn sorted(sets: &[Vec<Changed>]) -> Vec<Vec<Changed>> {
    let mut all: Vec<Vec<Changed>> = sets.to_vec();
    all.iter_mut().for_each(|set| set.sort());
    all.sort();
    all
}

#[test]
fn of_forty_histories_the_smallest_cause_is_found() {
    let mut wrong = Vec::new();
    let mut eliminated = Vec::new();
    for history in histories() {
        let first = history.before.run(1).1;
        let outcome = first.verdicts.first().and_then(|v| v.outcome.clone());
        assert!(
            matches!(outcome, Some(Outcome::Alerted { late: false, .. })),
            "{}: {outcome:?}",
            history.name
        );
        match cause_of(&history, false) {
            Some(cause) => {
                if cause.proof == Proof::ByElimination {
                    eliminated.push(format!("{}: {:?}", history.name, cause.opaque));
                }
                let (found, expected) = (sorted(&cause.sets), sorted(&history.sets));
                if found != expected || cause.behind != history.behind {
                    wrong.push(format!("{}: {found:?} behind {:?}", history.name, cause.behind));
                }
            }
            None => wrong.push(format!("{}: no cause", history.name)),
        }
    }
    assert!(eliminated.is_empty(), "a swap could show it:\n{}", eliminated.join("\n"));
    assert!(wrong.len() <= 2, "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The other way round a change mends the test; putting it back breaks it again.
#[test]
fn what_mends_a_test_is_shown_too() {
    let mut wrong = Vec::new();
    for history in histories().iter().take(30).filter(|h| !h.name.ends_with("Product")) {
        let cause = cause_of(history, true);
        let shown =
            cause.as_ref().is_some_and(|c| c.proof == Proof::Shown && c.sets.iter().all(|s| s.len() == 1));
        let one = cause.as_ref().is_some_and(|c| c.sets.len() == 1);
        if !(shown && one) {
            wrong.push(format!("{}: {cause:?}", history.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An input that is not kept is named, and the cause is what is left.
#[test]
fn what_is_not_kept_is_named() {
    let mut draw = Draw(1);
    let before = World::new(&mut draw);
    let mut after = before.clone();
    RuleTypo.apply(&mut after);
    let runs = [before.run(1), after.run(2)];
    let records: Vec<(RunInfo, Record)> = runs.iter().map(|(i, r, _)| (i.clone(), r.clone())).collect();
    let kept = |run: &RunId| {
        let mut kept =
            runs.iter().find(|(i, _, _)| i.id == *run).map(|(_, _, k)| k.clone()).unwrap_or_default();
        for content in kept.groups.get_mut(&Group::Events).expect("there").values_mut() {
            *content = Content::Left { why: "it was removed from the ledger".to_owned() };
        }
        kept
    };
    let cause = rehearsal::drift(&records, &kept).remove(0).cause.expect("a cause");
    assert_eq!(cause.proof, Proof::ByElimination);
    assert_eq!(cause.sets, [[Changed::RuleEdited("own.yml".to_owned())]]);
    assert_eq!(cause.opaque.len(), 2, "{:?}", cause.opaque);
    assert!(cause.opaque[0].contains("events own/telemetry.jsonl: it was removed"), "{:?}", cause.opaque);
}

/// Telemetry that names insured people is not kept.
#[test]
fn telemetry_with_identifiers_is_left_out() {
    let mut draw = Draw(1);
    let mut world = World::new(&mut draw);
    for (text, left) in [("/tmp/plain", false), ("/tmp/G123456783", true)] {
        world.each(|e| drop(e.insert("TargetFilename".to_owned(), text.into())));
        let (_, _, kept) = world.run(1);
        let events = kept.groups.get(&Group::Events).expect("there");
        assert!(events.values().all(|c| matches!(c, Content::Left { .. }) == left), "{text}: {events:?}");
    }
}
