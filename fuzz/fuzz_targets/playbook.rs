//! Any bytes as a CACAO playbook.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (playbook, findings) = race::read_playbook("fuzz", bytes).into_parts();
    assert!(playbook.is_some() || !findings.is_empty(), "refused without a word");
});
