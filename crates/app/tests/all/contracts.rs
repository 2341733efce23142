//! One test for each arrow of the pipeline: what one room really gives is what the next takes.
//! Each walks the starter's content from files, so that a change of meaning on one side of a
//! wall turns a test red.

mod sandbox;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use detect::{RuleFile, RuleSet, Seen, Watch, Watched};
use model::attack::Joined;
use model::campaign::Campaign;
use model::detection::{Replay, RuleInfo, RuleSetSummary};
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::{RecordingId, RuleId, TechniqueId};
use model::impact::TrialImpact;
use model::playbook::Playbook;
use model::quantity::Seed;
use model::recording::RecordingKind;
use model::scorecard::CampaignScore;
use model::trial::{DownCause, Trials};
use model::verdict::{Outcome, OutcomeKind, Verdict};
use race::Race;
use telemetry::Survey;
use threat::Joiner;

/// The content that the arrows are walked with: two recordings, a twin, three rules and a filter.
const FILES: [(&str, &str); 8] = [
    (
        "attack/recording.yaml",
        "title: Shadow copies deleted\ntechniques: [T1490]\nfiles: [log.jsonl]\n\
         expected-rules: [r-shadow]\ntelemetry: [{product: windows, category: process_creation}]\n\
         source: written for this test\n",
    ),
    (
        "attack/log.jsonl",
        concat!(
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","UtcTime":"2026-10-05 10:30:01.000","CommandLine":"vssadmin delete shadows /for=adm_"}"#,
            "\n",
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","UtcTime":"2026-10-05 10:30:02.000","CommandLine":"vssadmin delete shadows /all"}"#,
            "\n",
            r#"{"EventID":4720,"Channel":"Security","Computer":"a","TimeCreated":"2026-10-05T10:30:03Z","TargetUserName":"x"}"#,
            "\n"
        ),
    ),
    (
        "quiet/recording.yaml",
        "title: Ordinary work\nkind: benign\nfiles: [log.jsonl]\nsource: written for this test\n",
    ),
    (
        "quiet/log.jsonl",
        concat!(
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","CommandLine":"vssadmin delete shadows /for=adm_"}"#,
            "\n",
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","CommandLine":"vssadmin delete shadows"}"#,
            "\n",
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","CommandLine":"adm_ restart"}"#,
            "\n",
            r#"{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"a","CommandLine":"whoami"}"#,
            "\n"
        ),
    ),
    (
        "shadow.yml",
        "title: Shadow copies\nid: r-shadow\ntags: [attack.t1490]\n\
         logsource: {product: windows, category: process_creation}\n\
         detection:\n  s: {CommandLine|contains: delete shadows}\n  condition: s\n",
    ),
    (
        "restart.yml",
        "title: Restart\nid: r-restart\nlogsource: {product: windows, category: process_creation}\n\
         detection:\n  s: {CommandLine|contains: restart}\n  condition: s\n",
    ),
    (
        "account.yml",
        "title: Account\nid: r-account\nlogsource: {product: windows, service: security}\n\
         detection:\n  s: {EventID: 4726}\n  condition: s\n",
    ),
    (
        "filter.yml",
        "title: Administrators\nlogsource: {product: windows, category: process_creation}\n\
         filter:\n  rules: [r-shadow, r-restart]\n  selection: {CommandLine|contains: adm_}\n  condition: not selection\n",
    ),
];

/// What each room gave.
struct Walk {
    survey: Survey,
    rules: Vec<RuleInfo>,
    summary: RuleSetSummary,
    watched: Vec<Watched>,
    verdicts: Vec<Verdict>,
    evidence: Evidence,
    campaign: Campaign,
    playbook: Playbook,
    estate: Estate,
}

static WALK: LazyLock<Walk> = LazyLock::new(|| {
    let (matrix, map) = (threat::catalogue(), threat::version_map());
    let joiner = Joiner::new(&matrix, &map);
    let join = |published: &str| -> Joined { joiner.join(published) };
    let content: BTreeMap<&str, &str> = FILES.into_iter().collect();
    let paths: Vec<String> = content.keys().map(|p| (*p).to_owned()).collect();
    let open = |path: &str| {
        let bytes = content.get(path).ok_or(std::io::ErrorKind::NotFound)?.as_bytes().to_vec();
        Ok(model::reading::Input::Seek(Box::new(std::io::Cursor::new(bytes))))
    };
    let mut said = Vec::new();
    let survey = telemetry::survey(&paths, &open, &join).report(&mut said);
    let files = FILES.iter().filter(|(path, _)| path.ends_with(".yml"));
    let files =
        files.map(|(path, text)| RuleFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() });
    let (rules, summary) = RuleSet::read(files.collect(), &join).report(&mut said);
    let watch = |recording| {
        let watch = Watch::new(&rules, recording);
        let mut seen = Seen::default();
        let read = telemetry::read_events(recording, &open, &mut |batch| {
            seen.absorb(watch.look(&batch.parse().events));
        });
        watch.finish(seen, read.unreadable)
    };
    let watched: Vec<Watched> = survey.recordings.iter().map(watch).collect();
    let verdicts: Vec<Verdict> = watched.iter().flat_map(|w| &w.observations).map(detect::judge).collect();
    let starter = |path: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/starter");
        std::fs::read(folder.join(path)).expect("the starter's file")
    };
    let campaign = threat::read_campaign("c", &starter("campaigns/stolen-password.yaml"), &joiner);
    let campaign = campaign.report(&mut said).expect("a campaign");
    let playbook = race::read_playbook("p", &starter("playbooks/cut-the-site.json"));
    let playbook = playbook.report(&mut said).expect("a playbook");
    let estate = continuity::read_estate("e", &starter("estate.yaml")).report(&mut said).expect("an estate");
    said.retain(|d| d.severity == model::diagnostic::Severity::Error);
    assert_eq!(said, [], "the content is sound");
    let wanted: Vec<TechniqueId> = campaign.techniques().into_iter().collect();
    let evidence = assess::evidence(&verdicts, &[], &wanted, &BTreeMap::new());
    let rules = rules.rules().to_vec();
    Walk { survey, rules, summary, watched, verdicts, evidence, campaign, playbook, estate }
});

fn rule(id: &str) -> RuleId {
    RuleId::new(id).expect("an id")
}

fn replays() -> Vec<Replay> {
    WALK.watched.iter().map(|w| w.replay.clone()).collect()
}

fn a_race<'a>(evidence: &'a Evidence, playbook: Option<&'a Playbook>) -> Race<'a> {
    Race { estate: &WALK.estate, campaign: &WALK.campaign, playbook, evidence, seed: Seed(7) }
}

#[test]
fn threat_to_race_every_step_is_of_the_matrix_and_finds_its_target() {
    let matrix = threat::catalogue();
    for step in &WALK.campaign.steps {
        assert!(matrix.techniques.contains_key(&step.technique), "{}", step.technique);
    }
    let errors = a_race(&WALK.evidence, Some(&WALK.playbook)).check();
    assert!(errors.iter().all(|d| d.severity < model::diagnostic::Severity::Error), "{errors:?}");
}

#[test]
fn telemetry_to_detect_every_event_is_looked_at_under_its_log_source() {
    let attack = &WALK.watched[0].replay;
    let named: Vec<(String, u64)> = attack.sources.iter().map(|(o, n)| (o.words(), *n)).collect();
    assert_eq!(attack.events, 3);
    assert_eq!(
        named,
        [("windows/security".to_owned(), 1), ("windows/process_creation/sysmon".to_owned(), 2)]
    );
}

#[test]
fn detect_to_assess_a_rule_has_fired_alike_for_verdict_coverage_and_labels() {
    let alerted = WALK.verdicts[0].outcome.as_ref().map(Outcome::kind);
    assert_eq!(alerted, Some(OutcomeKind::Alerted));
    assert_eq!(WALK.verdicts[0].lost, []);
    // One event passed and one was taken back.
    let replays = replays();
    assert_eq!(replays[0].passed(&rule("r-shadow")), 1);
    let coverage = assess::coverage(&WALK.verdicts, &WALK.survey.recordings, &replays, &WALK.rules);
    assert_eq!((coverage.expected_fired, coverage.expected_lost), (1, 0));
    let benign: Vec<(&str, u64, f64)> =
        coverage.benign.iter().map(|b| (b.rule.as_str(), b.events, b.per_million)).collect();
    assert_eq!((coverage.benign_events, benign), (4, vec![("r-shadow", 1, 250_000.0)]));
    let set = assess::LabelSet {
        name: "gold".to_owned(),
        pairs: ["r-shadow", "r-restart", "r-account"]
            .iter()
            .flat_map(|id| ["attack", "quiet"].map(|r| (r.to_owned(), rule(id))))
            .collect(),
    };
    let none = assess::LabelSet::default();
    let checks = assess::check_labels(&[set], &none, &replays, &WALK.rules, &WALK.summary);
    assert_eq!((checks[0].pairs, checks[0].reproduced, checks[0].extra), (6, 2, 0));
    let why: BTreeMap<(&str, &str), &str> = checks[0]
        .missing
        .iter()
        .map(|m| ((m.recording.as_str(), m.rule.as_str()), m.causes[0].split(':').next().unwrap_or("")))
        .collect();
    let expected = [
        (("attack", "r-account"), "rule silent"),
        (("attack", "r-restart"), "rule silent"),
        (("quiet", "r-account"), "log source not collected"),
        (("quiet", "r-restart"), "suppressed by a filter on every event it matched (1)"),
    ];
    assert_eq!(why, expected.into());
}

#[test]
fn a_stored_replay_reads_back_and_an_older_one_calls_nothing_uncollected() {
    let replay = &replays()[0];
    let text = serde_json::to_string(replay).expect("it can be stored");
    assert_eq!(serde_json::from_str::<Replay>(&text).expect("it reads back"), *replay);
    let older = text.replace("windows/-/security", "windows/security").replace(",\"taken_back\":{}", "");
    assert_ne!(older, text);
    let older: Replay = serde_json::from_str(&older).expect("a record of version 3 is read");
    let account = WALK.rules.iter().find(|r| r.id == rule("r-account")).expect("the rule");
    assert!(older.sources.keys().any(|origin| origin.serves(&account.source)));
}

#[test]
fn verdicts_to_evidence_each_verdict_counts_once() {
    let t1490 = TechniqueId::new("T1490").expect("an id");
    let evidence = assess::evidence(&WALK.verdicts, &[], std::slice::from_ref(&t1490), &BTreeMap::new());
    let counts = evidence.techniques[&t1490].counts;
    assert_eq!((counts.alerted, counts.measured()), (1, 1));
    assert_eq!(evidence.techniques[&t1490].verdicts, [WALK.verdicts[0].id.clone()]);
    assert_eq!(WALK.survey.recordings.iter().filter(|r| r.kind == RecordingKind::Attack).count(), 1);
}

/// Evidence in which every technique of the campaign was seen, or none.
fn seen(kind: OutcomeKind) -> Evidence {
    let verdicts: Vec<Verdict> = WALK
        .campaign
        .techniques()
        .into_iter()
        .flat_map(|technique| {
            (0..40).map(move |n| {
                let mut verdict = WALK.verdicts[0].clone();
                verdict.recording = RecordingId::new(&format!("lab/{technique}-{n}")).expect("an id");
                verdict.id =
                    model::id::VerdictId::new(&format!("lab/{technique}-{n}/{technique}")).expect("an id");
                verdict.technique = technique.clone();
                verdict.outcome = Some(match kind {
                    OutcomeKind::Alerted => Outcome::Alerted { delay: None, late: false },
                    _ => Outcome::Blind,
                });
                verdict
            })
        })
        .collect();
    let wanted: Vec<TechniqueId> = WALK.campaign.techniques().into_iter().collect();
    assess::evidence(&verdicts, &[], &wanted, &BTreeMap::new())
}

#[test]
fn evidence_to_race_what_is_seen_raises_alerts_and_what_is_not_does_not() {
    let share = |evidence: &Evidence| {
        let trials = a_race(evidence, Some(&WALK.playbook)).run(200).trials;
        trials.iter().filter(|t| t.alert.is_some()).count()
    };
    let (much, little) = (share(&seen(OutcomeKind::Alerted)), share(&seen(OutcomeKind::Blind)));
    assert!(much > 180 && little < 100, "{much} and {little} of 200 trials raise an alert");
}

fn trials() -> Trials {
    a_race(&WALK.evidence, Some(&WALK.playbook)).run(200)
}

#[test]
fn race_to_continuity_what_goes_down_is_what_is_missed_by_its_own_cause() {
    let trials = trials().trials;
    let impacts = continuity::impacts(&WALK.estate, &trials);
    assert_eq!(impacts.len(), trials.len());
    let (mut lost, mut cut) = (0, 0);
    for (trial, impact) in trials.iter().zip(&impacts) {
        assert_eq!(trial.index, impact.trial);
        let fell = |cause: DownCause| trial.down.iter().any(|d| d.cause == cause);
        if trial.down.is_empty() {
            assert_eq!((impact.attack.0, impact.containment.0, impact.tenants_hit), (0, 0, 0));
        }
        if !fell(DownCause::Attack) {
            assert_eq!(impact.attack.0, 0, "trial {}", trial.index);
        }
        lost += u32::from(impact.attack.0 > 0);
        cut += u32::from(impact.containment.0 > 0);
    }
    assert!(lost > 0 && cut > 0, "{lost} trials with loss by attack, {cut} by containment");
}

/// Returns trials, their impacts, and the score made of them.
fn scored() -> (Trials, Vec<TrialImpact>, CampaignScore) {
    let trials = trials();
    let impacts = continuity::impacts(&WALK.estate, &trials.trials);
    let draws = [assess::draw_result(&trials, &impacts)];
    let rivals = assess::Rivals { flooding: &trials, unopposed: &impacts };
    let score = assess::score(&WALK.estate, &trials, &impacts, &draws, rivals, Vec::new());
    (trials, impacts, score)
}

#[test]
fn scorecard_to_report_what_was_counted_is_what_is_shown() {
    let (_, impacts, score) = scored();
    let id = score.campaign.clone();
    let mut record = rehearsal::of_estate(&WALK.estate, (Vec::new(), Vec::new()), Seed(1));
    (record.trials, record.campaigns) = (200, vec![WALK.campaign.clone()]);
    record.playbooks = vec![WALK.playbook.clone()];
    record.evidence = WALK.evidence.clone();
    record.scores = vec![score.clone()];
    let explained = |key: &str| {
        let text = report::explain(&record, &format!("{id}.{key}")).unwrap_or_else(|| panic!("no {key}"));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (key, share) in
        [("payload", &score.payload), ("outflow", &score.outflow), ("unnoticed", &score.unnoticed)]
    {
        let told = explained(key);
        assert!(told.contains(&format!("{} of 200 trials", share.hits)), "{told}");
    }
    // What was never tested stands on the page as not measured, never as 0.
    let page = report::html(&record, None);
    assert!(page.contains("LITTLE MEASURED") || page.contains("NOTHING MEASURED"), "no banner");
    for tenant in &WALK.estate.tenants {
        assert!(page.contains(&tenant.name), "{} is not on the page", tenant.name);
    }
    // The first screen, the page and the explanation show one number.
    let share = explained("payload");
    let value = share.split(" = ").nth(1).and_then(|v| v.split(" %").next()).expect("a share");
    let flat = page.replace('\u{a0}', " ");
    assert!(flat.contains(&format!("{value} %")), "{value} is not on the page");
    assert!(impacts.iter().any(|i| i.tenants_hit > 0));
}

#[test]
fn trials_and_impacts_to_the_scorecard_the_figures_are_theirs() {
    let (trials, impacts, score) = scored();
    let payloads = trials.trials.iter().filter(|t| t.payload.is_some()).count() as u64;
    assert_eq!((score.payload.hits, score.payload.of), (payloads, 200));
    let mean: f64 = impacts.iter().map(|i| i.attack.0 as f64).sum::<f64>() / 200.0;
    assert!((score.attack.mean - mean).abs() <= 1e-6 * mean.max(1.0), "{} and {mean}", score.attack.mean);
    let named: Vec<&str> = score.tenants.iter().map(|t| t.tenant.as_str()).collect();
    assert!(WALK.estate.tenants.iter().all(|t| named.contains(&t.id.as_str())), "{named:?}");
}
