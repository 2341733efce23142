//! Any bytes as an estate; one that is accepted can be evaluated.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (estate, findings) = continuity::read_estate("fuzz", bytes).into_parts();
    assert!(estate.is_some() || !findings.is_empty(), "refused without a word");
    if let Some(estate) = estate {
        let _ = continuity::impacts(&estate, &[]);
    }
});
