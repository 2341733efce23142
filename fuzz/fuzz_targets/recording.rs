//! Any bytes as a recording.yaml, an info.yml or an index.jsonl.
#![no_main]

use std::io::Cursor;

use model::attack::{JoinPath, Joined};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let join = |published: &str| Joined {
        published: published.to_owned(),
        mapped: Vec::new(),
        how: JoinPath::NotJoined,
    };
    let files: Vec<String> =
        ["a/recording.yaml", "a/telemetry.jsonl", "b/info.yml", "index.jsonl"].map(str::to_owned).to_vec();
    let open = |_: &str| Ok(model::reading::Input::Seek(Box::new(Cursor::new(bytes.to_vec()))));
    let _ = telemetry::survey(&files, &open, &join);
});
