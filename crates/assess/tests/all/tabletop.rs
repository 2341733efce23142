//! One trial as an exercise for a crisis team: what each inject shows, and what it keeps back.

use assess::{Alternative, Exercise, containments, declarations, tabletop};
use model::campaign::Campaign;
use model::crisis::{Crisis, LegalClock, TenantOutage};
use model::estate::Estate;
use model::evidence::Measured;
use model::id::*;
use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::{Millis, PersonHours, Ratio};
use model::restart::{ByHand, Gain, Hold, More, Position, RestartPlan, StagedReturn};
use model::tabletop::{Answer, Inject, Said, Tabletop};
use model::trial::{Down, DownCause, Happening, Moment, Trace, Trial};

use crate::ground::{HOUR, campaign, estate, playbook};

fn position(id: &str) -> Position {
    Position {
        asset: AssetId::new(id).unwrap(),
        name: id.to_uppercase(),
        site: SiteId::new("s").unwrap(),
        cause: DownCause::Attack,
        phases: vec![],
        begin: Millis(0),
        back: Millis(0),
        back_slow: Millis(0),
        attempts: 1.0,
        hold: Hold::Nothing,
        start_hold: None,
        data_loss: None,
        insured: 0,
        critical: false,
    }
}

fn gain(more: More, saved: u64) -> Gain {
    Gain { more, today: 1, saved: PersonHours(saved), weighed: None, earlier: Millis(0) }
}

fn plan() -> RestartPlan {
    let staged = |name: &str, overload| StagedReturn {
        service: ServiceId::new("mail").unwrap(),
        name: name.to_owned(),
        site: SiteId::new("s").unwrap(),
        overload,
        stages: vec![],
    };
    let service = |id: &str| ServiceId::new(id).unwrap();
    RestartPlan {
        people: None,
        estate: "e".to_owned(),
        demo: false,
        positions: ["p1", "p2", "p3", "p4", "p5", "p6", "p7"].map(position).to_vec(),
        services: vec![],
        by_hand: vec![ByHand {
            site: SiteId::new("s").unwrap(),
            stuck: vec![service("dns"), service("directory")],
            circle: vec![],
            start: vec![service("dns")],
        }],
        staged: vec![staged("Mail", 1.5), staged("Portal", 2.25), staged("File", 2.0)],
        gains: vec![gain(More::Forensics, 900), gain(More::Bandwidth { site: SiteId::new("s").unwrap() }, 5)],
        person_hours: PersonHours(1),
        unsearched: PersonHours(1),
        weighed: None,
        last: Millis(50 * HOUR),
        last_slow: Millis(60 * HOUR),
        restored: [10, 20, 30, 40].map(|h| Millis(h * HOUR)),
        insured: 1_234,
        share: Ratio::ONE,
        relapse: Some(Ratio::clamped(0.25)),
    }
}

fn crisis() -> Crisis {
    let clock = |key: &str, bound, within, met| LegalClock {
        key: key.to_owned(),
        who: "provider".to_owned(),
        law: "L".to_owned(),
        within,
        bound,
        met,
        alone: None,
        worst: None,
        takes: None,
        source: String::new(),
    };
    let tenant = TenantOutage {
        tenant: TenantId::new("t").unwrap(),
        name: String::new(),
        insured: 1_000,
        kritis: false,
        hosting: HostingId::new("h").unwrap(),
        hit: Ratio::ONE,
        normal: Default::default(),
        emergency: Default::default(),
        mtpd_exceeded: Ratio::ZERO,
    };
    Crisis {
        people: None,
        estate: "e".to_owned(),
        what: String::new(),
        built_in: false,
        trials: 1,
        measured: None,
        doubt: None,
        hit: Ratio::ONE,
        restored: Default::default(),
        attack: PersonHours(0),
        containment: PersonHours(0),
        weighted_attack: PersonHours(0),
        weighted_containment: PersonHours(0),
        by_service: vec![],
        waiting: PersonHours(0),
        relapsed: Ratio::ZERO,
        relapse_cost: PersonHours(0),
        services: vec![],
        tenants: vec![tenant.clone(), tenant],
        clocks: vec![
            clock("early", 2, Some(Millis(24 * HOUR)), Some(Ratio::clamped(0.875))),
            clock("none", 0, Some(Millis(HOUR)), None),
            clock("open", 1, None, None),
        ],
    }
}

struct Ground {
    estate: Estate,
    campaign: Campaign,
    playbook: Playbook,
    plan: RestartPlan,
    crisis: Crisis,
    trace: Trace,
}

fn happened(minutes: u64, happening: Happening) -> Moment {
    Moment { at: Millis(minutes * 60_000), happening }
}

fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

fn asset(id: &str) -> AssetId {
    AssetId::new(id).unwrap()
}

fn alert(minutes: u64) -> Moment {
    happened(minutes, Happening::Alert { step: step("T1490"), asset: asset("a") })
}

fn ground(moments: Vec<Moment>) -> Ground {
    let mut estate = estate();
    estate.name = "Provider".to_owned();
    estate.assets[0].name = "Mail servers".to_owned();
    let mut campaign = campaign();
    campaign.name = "Leak".to_owned();
    campaign.steps[1].name = "encrypts".to_owned();
    let trial = Trial {
        declared: Some(Millis(2 * HOUR)),
        contained: Some(Millis(5 * HOUR)),
        end: Millis(7 * HOUR),
        ..Trial::default()
    };
    Ground {
        estate,
        campaign,
        playbook: playbook(),
        plan: plan(),
        crisis: crisis(),
        trace: Trace { trial, moments },
    }
}

fn answer(key: &str) -> Answer {
    Answer { said: Said::new(key, &[]), as_written: false, consequence: None }
}

fn played(ground: &Ground) -> Tabletop {
    tabletop(&Exercise {
        estate: &ground.estate,
        campaign: &ground.campaign,
        playbook: Some(&ground.playbook),
        trial: "c/3".to_owned(),
        trace: &ground.trace,
        declarations: vec![answer("now"), answer("later")],
        containments: vec![answer("cut")],
        plan: &ground.plan,
        crisis: &ground.crisis,
        compared: 40,
        measured: Some(Measured { measured: 2, of: 4 }),
    })
}

fn words(said: &Said) -> String {
    if said.parts.is_empty() { said.key.clone() } else { format!("{}({})", said.key, said.parts.join("|")) }
}

/// Returns `MINUTES: WHAT IS KNOWN, in fact WHAT IS HIDDEN, QUESTION = ANSWERS; HINTS`.
fn told(inject: &Inject) -> String {
    let mut text = format!("{}: {}", inject.at.0 / 60_000, words(&inject.known));
    if let Some(hidden) = &inject.hidden {
        text += &format!(", in fact {}", words(hidden));
    }
    if let Some(question) = &inject.question {
        text += &format!(", {}", words(&question.said));
        let answers: Vec<String> = question.answers.iter().map(|a| words(&a.said)).collect();
        text += &format!(" = {}", answers.join(" "));
        text += &question.hints.iter().map(|h| format!("; {}", words(h))).collect::<String>();
    }
    text
}

fn lines(ground: &Ground) -> Vec<String> {
    played(ground).injects.iter().map(told).collect()
}

/// Returns the injects without the three at the end: report, restart and data.
fn story(moments: Vec<Moment>) -> Vec<String> {
    let mut all = lines(&ground(moments));
    all.truncate(all.len() - 3);
    all
}

#[test]
fn the_head_says_what_is_played() {
    let ground = ground(vec![]);
    let got = played(&ground);
    assert_eq!((got.estate.as_str(), got.campaign.as_str(), got.trial.as_str()), ("Provider", "Leak", "c/3"));
    assert_eq!((got.compared, got.demo, got.measured), (40, false, Some(Measured { measured: 2, of: 4 })));
    assert_eq!(got.down, ["p1", "p2", "p3", "p4", "p5", "p6", "p7"].map(asset));
}

#[test]
fn what_was_seen_is_told_and_what_was_done_unseen_is_not() {
    let dismissed = happened(2, Happening::Dismissed { step: step("T1486") });
    let done =
        |minutes, id: &str| happened(minutes, Happening::StepDone { step: step(id), asset: asset("a") });
    let got = story(vec![
        done(0, "T1490"),
        alert(1),
        dismissed,
        done(3, "T1486"),
        happened(3, Happening::Declared),
        done(4, "T1078"),
        happened(5, Happening::Alert { step: step("other"), asset: asset("other") }),
        happened(6, Happening::FiredEarly),
        happened(7, Happening::Closed),
    ]);
    let wanted = [
        "1: inject-alert(Mail servers (s)), in fact in-fact-step(deletes copies), ask-incident = now later",
        "2: inject-dismissed, in fact in-fact-step(encrypts)",
        "3: inject-declared, in fact in-fact-reached(2|encrypts), ask-containment = cut",
        "5: inject-alert(other), in fact in-fact-step(other)",
        "6: inject-fired",
    ];
    assert_eq!(got, wanted);
    let at_once = story(vec![happened(0, Happening::Declared)]);
    assert_eq!(at_once, ["0: inject-declared, in fact in-fact-reached(0|–), ask-containment = cut"]);
}

#[test]
fn four_alerts_and_six_actions_are_enough() {
    let dismissed = |minutes| happened(minutes, Happening::Dismissed { step: step("T1486") });
    let mut moments: Vec<Moment> = (1..=4).map(alert).collect();
    moments.extend([dismissed(5), alert(6), dismissed(7)]);
    let got = story(moments);
    assert_eq!(got.len(), 5, "{got:?}");
    assert!(got[1..4].iter().all(|l| !l.contains("ask")), "asked once: {got:?}");
    assert!(got[4].starts_with("5: inject-dismissed"), "{got:?}");
    let action = |minutes: u64| match minutes % 2 {
        0 => happened(minutes, Happening::Action { action: "a".to_owned() }),
        _ => happened(minutes, Happening::ActionFailed { action: "b".to_owned() }),
    };
    let wanted: Vec<String> = (10..16)
        .map(|m| match m % 2 {
            0 => format!("{m}: inject-action(pull the site)"),
            _ => format!("{m}: inject-action-failed(b)"),
        })
        .collect();
    assert_eq!(story((10..20).map(action).collect()), wanted);
}

#[test]
fn a_site_goes_off_once_and_the_first_encryption_is_told() {
    let off = |minutes, id: &str| happened(minutes, Happening::SiteOff { site: SiteId::new(id).unwrap() });
    let encrypted = |minutes, id| happened(minutes, Happening::Encrypted { asset: asset(id) });
    let got = story(vec![off(1, "s"), off(2, "s"), off(3, "r"), encrypted(4, "a"), encrypted(5, "b")]);
    let wanted = ["1: inject-site-off(s)", "3: inject-site-off(r)", "4: inject-encrypted(Mail servers (s))"];
    assert_eq!(got, wanted);
}

const REPORT: &str = "inject-press(2|1234), ask-report = ; hint-clock(provider|early|L|24|88); \
                      hint-clock(provider|open|L||)";
const RESTART: &str = "inject-contained(7), ask-order = ; hint-order(P1, P2, P3, P4, P5, P6); \
                       hint-by-hand(dns, directory|dns); hint-forensics(900); hint-staged(Portal|s|2.2); \
                       hint-relapse(25); hint-restored(10|40)";

#[test]
fn press_order_and_data_come_after_what_they_hang_on() {
    let mut ground = ground(vec![]);
    let data = |key: &str| format!("inject-data, ask-data = ; {key}; hint-data-first");
    let stayed = data("hint-data-stayed");
    // Declared after 2 hours, contained after 5, over after 7; nothing is down.
    let wanted = [format!("180: {REPORT}"), format!("420: {RESTART}"), format!("1620: {stayed}")];
    assert_eq!(lines(&ground), wanted);
    let down = |hours| Down {
        asset: 0,
        at: Millis(hours * HOUR),
        cause: DownCause::Attack,
        attempts: 1,
        work: Millis(0),
        care: Default::default(),
        copies: None,
    };
    // The press asks once something is down and somebody knows, whichever is later.
    ground.trace.trial.down = vec![down(4), down(3)];
    assert_eq!(lines(&ground)[0], format!("240: {REPORT}"));
    ground.trace.trial.outflow = Some(Millis(1));
    assert_eq!(lines(&ground)[2], format!("1620: {}", data("hint-data-left")));
    // Without a declaration everybody knows at the end; without a cut the end is the end.
    ground.trace.trial.declared = None;
    assert_eq!(lines(&ground)[0], format!("480: {REPORT}"));
    ground.trace.trial.contained = None;
    assert_eq!(lines(&ground)[1], format!("540: {RESTART}"));
    ground.trace.trial.declared = Some(Millis(9 * HOUR));
    ground.trace.trial.contained = Some(Millis(HOUR));
    let late = lines(&ground);
    assert_eq!(
        (late[0].as_str(), late[1].as_str()),
        (&*format!("600: {REPORT}"), &*format!("660: {RESTART}"))
    );
    assert!(late[2].starts_with("1740: inject-data"), "{late:?}");
}

#[test]
fn each_gain_has_its_own_hint_and_none_that_saves_nothing() {
    let mut ground = ground(vec![]);
    let site = || SiteId::new("s").unwrap();
    let skill = Some("unix".to_owned());
    let gains = [
        (gain(More::Crew { site: site(), skill: None }, 7), "hint-crew(s|7); "),
        (gain(More::Crew { site: site(), skill }, 8), "hint-skilled(unix|s|8); "),
        (gain(More::Bandwidth { site: site() }, 9), "hint-bandwidth(s|9); "),
        (gain(More::Forensics, 0), ""),
    ];
    for (gain, hint) in gains {
        ground.plan.gains = vec![gain];
        assert_eq!(lines(&ground)[1], format!("420: {}", RESTART.replace("hint-forensics(900); ", hint)));
    }
    ground.plan.positions.clear();
    ground.plan.by_hand.clear();
    ground.plan.staged.clear();
    ground.plan.relapse = None;
    assert_eq!(lines(&ground)[1], "420: inject-contained(0), ask-order = ; hint-restored(10|40)");
}

fn key(alternative: &Alternative) -> (String, bool) {
    (words(&alternative.said), alternative.as_written)
}

#[test]
fn a_sharp_team_is_the_other_answer_to_the_first_alert() {
    let (mut estate, plan) = (estate(), playbook());
    (estate.soc.agree, estate.soc.quiet) = (3, Millis(5 * HOUR));
    let got = declarations(&estate, Some(&plan));
    let keys: Vec<(String, bool)> = got.iter().map(key).collect();
    assert_eq!(keys, [("answer-declare".to_owned(), false), ("answer-triage".to_owned(), true)]);
    assert!(got.iter().all(|a| a.playbook.as_ref() == Some(&plan)), "the plan is the same");
    assert_eq!(got[1].estate, None);
    let soc = got[0].estate.as_ref().map(|e| e.soc.clone()).unwrap();
    assert_eq!((soc.analysts, soc.alerts_per_day, soc.triage_minutes), (u16::MAX, 0.0, 1.0));
    assert_eq!((soc.escalation, soc.agree, soc.quiet), (Ratio::ONE, 1, model::estate::QUIET));
    assert_eq!(soc.as_urgent, estate.soc.as_urgent, "what is not its skill stays");
    let got = got[0].estate.clone().unwrap();
    assert_eq!(Estate { soc: estate.soc.clone(), ..got }, estate, "and so does the rest of the estate");
    assert!(declarations(&estate, None).iter().all(|a| a.playbook.is_none()));
}

#[test]
fn what_can_be_taken_off_is_one_cut_each_in_the_stated_time() {
    let mut plan = playbook();
    plan.name = "Pull".to_owned();
    let got = containments(Some(&plan));
    let keys: Vec<(String, bool)> = got.iter().map(key).collect();
    let names =
        ["answer-playbook(Pull)", "answer-host", "answer-site", "answer-all", "answer-hub", "answer-wait"];
    let wanted: Vec<(String, bool)> = names.iter().map(|n| ((*n).to_owned(), *n == names[0])).collect();
    assert_eq!(keys, wanted);
    assert_eq!(words(&containments(None)[0].said), "answer-playbook(–)");
    assert_eq!((&got[0].playbook, &got[5].playbook), (&Some(plan), &None));
    let cuts =
        [Cut::AlertedAsset, Cut::AlertedSites, Cut::AllSites, Cut::Role { role: "hub-link".to_owned() }];
    for (answer, cut) in got[1..5].iter().zip(cuts) {
        let [action] = answer.playbook.as_ref().unwrap().actions.as_slice() else { panic!("one action") };
        assert_eq!((&action.cut, action.repeat), (&cut, Repeat::Once));
        // Half an hour each, two hours in one case of ten.
        let times = [action.decide, action.carry_out].map(|q| (q.q50, q.q90));
        assert_eq!(times, [(30.0, 120.0); 2]);
        assert_eq!((action.success, action.timeout, answer.estate.is_none()), (Ratio::ONE, None, true));
    }
}
