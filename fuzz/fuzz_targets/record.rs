//! Any bytes as a record of a run: what can be read is written back unchanged.
#![no_main]

use model::record::Record;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::from_bytes("fuzz", bytes) {
        let written = record.to_bytes();
        let again = Record::from_bytes("fuzz", &written).expect("what we wrote we can read");
        assert_eq!(written, again.to_bytes());
    }
});
