//! What must hold for every observation, tried on every combination of the
//! facts that decide.

use model::event::LogSource;
use model::id::{RecordingId, RuleId, TechniqueId};
use model::quantity::Timestamp;
use model::recording::LabelQuality;
use model::verdict::OutcomeKind;

use super::super::*;
use crate::observation::{Block, Standing, Success, Telemetry};

fn event() -> Evidence {
    Evidence { index: 1, keys: vec![Key::File] }
}

fn standings() -> Vec<Option<Standing>> {
    vec![
        None,
        Some(Standing::NotInSet),
        Some(Standing::NotCollected),
        Some(Standing::NoEvent),
        Some(Standing::FieldMissing { fields: vec!["Hashes".to_owned()] }),
        Some(Standing::Silent),
        Some(Standing::Suppressed { events: vec![event()] }),
        Some(Standing::Matched { arrived: Some(Timestamp(5)), events: vec![event()] }),
    ]
}

fn state(id: &str, expected: bool, standing: Standing) -> RuleState {
    let text = id.to_owned();
    RuleState {
        rule: RuleRef { id: RuleId::new(id).unwrap(), title: text.clone(), level: text.clone(), hash: text },
        source: LogSource::default(),
        names: true,
        expected,
        standing,
    }
}

fn every(look: &mut dyn FnMut(&Observation)) {
    let reason = String::new;
    let runs = [
        RunStatus::Completed,
        RunStatus::CleanUpFailed { reason: reason() },
        RunStatus::NotRun { reason: reason() },
        RunStatus::Refused { reason: reason() },
        RunStatus::BreachOfContract { effects: vec![reason()] },
        RunStatus::Crashed { reason: reason() },
        RunStatus::TimedOut,
    ];
    let proofs = [None, Some(Vec::new()), Some(vec![event()])];
    let sources = [Vec::new(), vec![(0, 0)], vec![(2, 0)], vec![(2, 2)], vec![(2, 2), (0, 0)]];
    let blank = Observation {
        recording: RecordingId::new("law").unwrap(),
        technique: TechniqueId::new("T1490").unwrap(),
        label: LabelQuality::None,
        run: RunStatus::Completed,
        act: Some(Timestamp(0)),
        deadline: Millis::MINUTE,
        unreadable: 0,
        unrouted: 0,
        unrelated: 0,
        of_act: 0,
        first: Vec::new(),
        testable: vec![Key::File],
        telemetry: Vec::new(),
        blocked: None,
        success: None,
        rules: Vec::new(),
        others: Vec::new(),
        nearest: Vec::new(),
    };
    for (run, block) in runs.iter().flat_map(|run| proofs.iter().map(move |block| (run, block))) {
        for (success, sources) in proofs.iter().flat_map(|s| sources.iter().map(move |t| (s, t))) {
            for (one, two) in
                standings().iter().flat_map(|a| standings().into_iter().map(move |b| (a.clone(), b)))
            {
                for (of_act, unrelated, unreadable) in [(0, 0, 0), (0, 0, 1), (2, 0, 0), (0, 2, 0), (2, 2, 1)]
                {
                    let mut o = blank.clone();
                    o.run = run.clone();
                    o.blocked = block.clone().map(|proof| Block { by: "x".to_owned(), proof, fault: None });
                    o.success = success.clone().map(|seen| Success { seen, fault: None });
                    o.telemetry = sources
                        .iter()
                        .map(|(recorded, of_act)| Telemetry {
                            source: LogSource::default(),
                            recorded: *recorded,
                            of_act: *of_act,
                        })
                        .collect();
                    o.rules.extend(one.clone().map(|standing| state("r1", true, standing)));
                    o.rules.extend(two.clone().map(|standing| state("r2", false, standing)));
                    (o.of_act, o.unrelated, o.unreadable) = (of_act, unrelated, unreadable);
                    look(&o);
                }
            }
        }
    }
}

#[test]
fn the_laws_hold_for_every_combination() {
    let mut looked = 0_u32;
    every(&mut |o| {
        looked += 1;
        let verdict = judge(o);
        let kind = verdict.outcome.as_ref().map(Outcome::kind);
        use RunStatus::{BreachOfContract, NotRun, Refused};
        let ran = !matches!(o.run, NotRun { .. } | Refused { .. } | BreachOfContract { .. });
        let fired = o.fired().next().is_some();
        let proven = o.blocked.as_ref().is_some_and(|block| !block.proof.is_empty());
        assert!(ran || kind.is_none(), "what was not carried out has no outcome: {o:?}");
        assert_eq!(ran && proven, kind == Some(OutcomeKind::Prevented), "proof alone prevents: {o:?}");
        let positive = matches!(kind, Some(OutcomeKind::Prevented | OutcomeKind::Alerted));
        assert_eq!(ran && (fired || proven), positive, "nothing overwrites a positive: {o:?}");
        let missed = matches!(kind, Some(OutcomeKind::Logged | OutcomeKind::Blind));
        assert!(!missed || !verdict.causes.is_empty(), "a miss has a cause: {o:?}");
        assert!(!(kind.is_none() || positive) || verdict.causes.is_empty(), "in time needs none: {o:?}");
        assert!(
            !missed || o.recorded() == (kind == Some(OutcomeKind::Logged)),
            "blind without telemetry: {o:?}"
        );
        assert!(kind.is_some() || verdict.lost.is_empty(), "what was not tested is not lost: {o:?}");
        assert!(
            verdict.lost.iter().all(|rule| rule.id.as_str() == "r1"),
            "only expected rules are lost: {o:?}"
        );
    });
    assert!(looked > 50_000, "{looked}");
}
