//! Any bytes as a Sigma rule file.
#![no_main]

use model::attack::{JoinPath, Joined};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let join = |published: &str| Joined {
        published: published.to_owned(),
        mapped: Vec::new(),
        how: JoinPath::NotJoined,
    };
    let file = detect::RuleFile { path: "fuzz.yml".to_owned(), bytes: bytes.to_vec() };
    let _ = detect::RuleSet::read(vec![file], &join);
});
