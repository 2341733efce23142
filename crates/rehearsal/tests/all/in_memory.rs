//! The built-in provider from memory: no argument, no file, no clock, no terminal.

use std::error::Error as _;
use std::sync::Mutex;

use model::quantity::Seed;
use rehearsal::{
    Error, Extent, Files as _, Memory, NamedFile, Progress, Settings, Silent, Sources, WORKSPACE_FILE,
    WorkspaceFile,
};

use crate::support::content;

const SETTINGS: Settings = Settings { seed: Seed(1), trials: 40 };

fn sources() -> Sources {
    let content = content();
    let text = content.folder("provider").read(WORKSPACE_FILE).expect("a workspace file");
    let file = WorkspaceFile::read("built-in:feuerprobe.toml", &text).expect("it is valid");
    Sources { fictional: true, ..Sources::new(content, file, SETTINGS) }
}

/// Counts the steps of each phase.
#[derive(Default)]
struct Counted(Mutex<Vec<(&'static str, u64, u64, bool)>>);

impl Progress for Counted {
    fn begin(&self, phase: &'static str, steps: u64) {
        self.0.lock().expect("no panic").push((phase, steps, 0, false));
    }

    fn advance(&self, steps: u64) {
        self.0.lock().expect("no panic").last_mut().expect("a phase has begun").2 += steps;
    }

    fn end(&self) {
        self.0.lock().expect("no panic").last_mut().expect("a phase has begun").3 = true;
    }

    fn say(&self, _: &str) {}
}

#[test]
fn the_pipeline_runs_from_memory_and_does_not_depend_on_who_watches() {
    let sources = sources();
    let intake = sources.read(Extent::Whole).expect("it is there").sound().expect("it is valid");
    let counted = Counted::default();
    let watched = rehearsal::rehearse(&intake, SETTINGS, &counted);
    let alone = rehearsal::rehearse(&intake, SETTINGS, &Silent);
    assert_eq!(watched.to_bytes(), alone.to_bytes());
    assert!(watched.verdicts.len() > 10 && watched.scores.len() > 1, "a whole run");
    assert!(watched.inputs.iter().all(|input| input.source == "built-in"), "{:?}", watched.inputs);
    let phases = counted.0.into_inner().expect("no panic");
    let names: Vec<&str> = phases.iter().map(|p| p.0).collect();
    assert_eq!(names, ["replay", "race", "race", "levers"]);
    for (phase, steps, done, ended) in phases {
        assert!(ended, "{phase} did not end");
        // A race looks at the policies in one step more than it was begun with at the least.
        assert!(done >= steps || phase == "race", "{phase}: {done} of {steps} steps");
    }
}

#[test]
fn an_estate_of_the_user_is_not_answered_for_with_the_fictional_provider() {
    let estate = content().read("starter/estate.yaml").expect("an estate");
    let open = move || Ok(model::reading::Input::Seek(Box::new(std::io::Cursor::new(estate.clone()))));
    let own = NamedFile::new("upload/estate.yaml".to_owned(), "estate.yaml".to_owned(), open);
    let sources = Sources { estate: Some(own), ..sources() };
    let Err(Error::Content(findings)) = sources.refuse_mixture(None, None) else {
        panic!("the mixture was not refused");
    };
    assert_eq!(findings.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["workspace.fictional"]);
    assert_eq!(findings.iter().map(|d| d.file.as_str()).collect::<Vec<_>>(), ["upload/estate.yaml"]);
    let intake = sources.read(Extent::Whole).expect("it is there").sound().expect("it is valid");
    let read = intake.inputs.iter().find(|input| input.name == "estate").map(|input| input.source.as_str());
    assert_eq!(read, Some("estate.yaml"), "the estate given is the one read");
}

#[test]
fn what_is_not_there_is_named_with_what_the_system_said() {
    let none = Memory::new("upload", [("notes.txt", "")]);
    let refused = Sources::new(none, WorkspaceFile::default(), SETTINGS).read(Extent::Replay);
    let Err(error @ Error::Unreadable { .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(error.to_string(), "cannot read rules: entity not found");
    assert!(error.source().is_some(), "the cause is kept");
}
