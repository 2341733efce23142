//! A run of one test, made of parts that a history changes.

use std::collections::BTreeMap;

use model::exercise::{CleanProof, Effects, Ending, Exercise, Tier, User};
use model::id::{RecordingId, RuleId, RunId, TechniqueId};
use model::kept::Kept;
use model::quantity::{Millis, Seed, Timestamp};
use model::record::{HOST, Input, Record, RunInfo};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use model::verdict::Outcome;
use rehearsal::exercise::Left;
use rehearsal::{Extent, Intake, Memory, Settings, Silent, Sources, WorkspaceFile};
use serde_json::{Value, json};

/// A generator for these tests (Steele, Lea and Flood 2014, `SplitMix64`).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(n).expect("small")).expect("small")
    }
}

pub(crate) const BEGAN: i64 = 1_767_600_000_000;
pub(crate) const TECHNIQUE: &str = "T1070.004";
pub(crate) const PROCESS: &str = "linux/process_creation/sysmon 1";
pub(crate) const FILE: &str = "linux/file_event/sysmon 11";

/// Everything that a run is made of.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) rules: BTreeMap<String, String>,
    pub(crate) tool: String,
    pub(crate) events: Vec<Value>,
    /// Milliseconds from the act to the event that the rule looks for.
    pub(crate) delay: i64,
    pub(crate) deadline: u64,
    pub(crate) procedure: String,
    pub(crate) host: String,
    pub(crate) product: String,
    /// What an older program said, where it judged otherwise.
    pub(crate) said: Option<Outcome>,
}

pub(crate) fn rule(number: usize, category: &str, technique: &str, selection: &str) -> String {
    format!(
        "title: rule {number}\nid: 00000000-0000-4000-8000-{number:012}\nstatus: test\ntags:\n  - attack.{}\n\
         logsource:\n  product: linux\n  category: {category}\ndetection:\n  sel:\n{selection}  condition: sel\nlevel: high\n",
        technique.to_lowercase()
    )
}

impl World {
    pub(crate) fn new(draw: &mut Draw) -> Self {
        let tools = ["shred", "wipe", "srm"];
        let tool = tools.get(draw.below(3)).expect("three").to_string();
        let selection = format!("    Image|endswith: '/{tool}'\n    CommandLine|contains: ' -u'\n");
        let mut rules = BTreeMap::new();
        rules.insert("own.yml".to_owned(), rule(1, "process_creation", TECHNIQUE, &selection));
        for number in 2..4 + draw.below(6) {
            let other = format!("    Image|endswith: '/other{number}'\n");
            rules
                .insert(format!("other-{number}.yml"), rule(number, "process_creation", "T1003.008", &other));
        }
        Self {
            rules,
            tool,
            events: Vec::new(),
            delay: 1_000,
            deadline: 60_000,
            procedure: "p1".to_owned(),
            host: "h1".to_owned(),
            product: env!("CARGO_PKG_VERSION").to_owned(),
            said: None,
        }
        .observed(draw)
    }

    /// Gives the run events, with numbers that differ from run to run.
    pub(crate) fn observed(mut self, draw: &mut Draw) -> Self {
        let event = |draw: &mut Draw, id: u32, rest: Value| {
            let mut event = json!({"Channel": "Linux-Sysmon/Operational", "Provider_Name": "Linux-Sysmon", "EventID": id,
                "ProcessId": 1_000 + draw.below(60_000), "ParentImage": "/usr/bin/bash"});
            event.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
            event
        };
        let tool = self.tool.clone();
        let path = format!("/usr/bin/{tool}");
        let line = format!("{tool} -u /tmp/x{}", draw.below(90_000));
        let shell = json!({"Image": "/usr/bin/bash", "CommandLine": "bash -c run"});
        self.events = [
            (1, shell),
            (1, json!({"Image": path, "CommandLine": line})),
            (11, json!({"Image": path, "TargetFilename": "/tmp/x"})),
        ]
        .into_iter()
        .map(|(id, rest)| event(draw, id, rest))
        .collect();
        for _ in 0..draw.below(4) {
            self.events.push(event(draw, 11, json!({"Image": "/usr/bin/cp", "TargetFilename": "/tmp/y"})));
        }
        self
    }

    pub(crate) fn each(&mut self, edit: impl Fn(&mut serde_json::Map<String, Value>)) {
        self.events.iter_mut().for_each(|e| edit(e.as_object_mut().expect("an object")));
    }

    pub(crate) fn telemetry(&self) -> String {
        let line = |e: &Value| {
            let mut e = e.clone();
            let own = e["Image"].as_str().is_some_and(|i| i.ends_with(&self.tool)) || e["EventID"] == 1;
            let at = BEGAN + if own { self.delay } else { 500 };
            e["UtcTime"] = jiff::Timestamp::from_millisecond(at)
                .expect("valid")
                .strftime("%Y-%m-%d %H:%M:%S%.3f")
                .to_string()
                .into();
            e["Computer"] = "feuerprobe".into();
            format!("{e}\n")
        };
        self.events.iter().map(line).collect()
    }

    pub(crate) fn intake(&self) -> Intake {
        let files = self.rules.iter().map(|(path, text)| (format!("rules/{path}"), text.clone()));
        let settings = Settings { seed: Seed(1), trials: 1 };
        let sources = Sources::new(Memory::new("example", files), WorkspaceFile::default(), settings);
        let mut intake = sources.read(Extent::Exercise).expect("it is there").sound().expect("it is valid");
        let host = Input { name: HOST.to_owned(), source: "host".to_owned(), hash: self.host.clone() };
        intake.inputs.push(host);
        intake
    }

    pub(crate) fn run(&self, number: i64) -> (RunInfo, Record, Kept) {
        self.run_with(self.intake(), number)
    }

    pub(crate) fn run_with(&self, intake: Intake, number: i64) -> (RunInfo, Record, Kept) {
        let left = vec![self.left()];
        let kept = rehearsal::archive(&intake, &[], None, &left);
        let mut record = rehearsal::exercised(intake, left, Seed(1), &Silent);
        record.product.clone_from(&self.product);
        if let (Some(said), Some(verdict)) = (&self.said, record.verdicts.first_mut()) {
            verdict.outcome = Some(said.clone());
        }
        let id = RunId::new(&format!("run-{number}")).expect("an id");
        let info =
            RunInfo { id, stored: Timestamp(number), verb: "exercise".to_owned(), hash: String::new() };
        (info, record, kept)
    }

    pub(crate) fn left(&self) -> Left {
        let recording = RecordingId::new("own").expect("an id");
        let path = "own/telemetry.jsonl".to_owned();
        Left {
            exercise: Exercise {
                recording: recording.clone(),
                procedure: self.procedure.clone(),
                tier: Some(Tier::Namespaces),
                user: User::Root,
                ending: Ending::Exited { code: 0 },
                success: Some(true),
                declared: None,
                seen: Effects { files: vec!["/tmp/x".to_owned()], ..Effects::default() },
                undeclared: Vec::new(),
                refused: Vec::new(),
                changes: Vec::new(),
                elapsed: 900_000_000,
                alert_after: None,
                clean: CleanProof::default(),
                notes: Vec::new(),
                prevention: None,
            },
            recording: Recording {
                id: recording,
                title: "own".to_owned(),
                kind: RecordingKind::Attack,
                techniques: vec![TechniqueId::new(TECHNIQUE).expect("an id")],
                published: Vec::new(),
                label: LabelQuality::TechniqueExact,
                run: RunStatus::Completed,
                files: vec![path.clone()],
                act: Some(Timestamp(BEGAN)),
                end: Some(Timestamp(BEGAN + 900_000)),
                host: Some("feuerprobe".to_owned()),
                marker: None,
                telemetry: Vec::new(),
                success: None,
                blocked: None,
                expected_rules: vec![RuleId::new("00000000-0000-4000-8000-000000000001").expect("an id")],
                deadline: Millis(self.deadline),
                source: "test".to_owned(),
            },
            files: BTreeMap::from([(path, self.telemetry())]),
        }
    }
}
