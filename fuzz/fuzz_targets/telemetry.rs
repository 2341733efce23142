//! Any bytes as telemetry: the first byte chooses the ending; the content chooses the reader.
#![no_main]

use std::io::Cursor;

use model::attack::{JoinPath, Joined};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, content)) = bytes.split_first() else { return };
    let file = ["t.evtx", "t.jsonl", "t.log", "t.json", "t"][usize::from(choice % 5)].to_owned();
    let join = |published: &str| Joined {
        published: published.to_owned(),
        mapped: Vec::new(),
        how: JoinPath::NotJoined,
    };
    let open = |_: &str| Ok(model::reading::Input::Seek(Box::new(Cursor::new(content.to_vec()))));
    let (survey, _) = telemetry::survey(&[file], &open, &join).into_parts();
    for recording in &survey.recordings {
        let _ = telemetry::read_events(recording, &open, &mut |batch| drop(batch.parse()));
    }
});
