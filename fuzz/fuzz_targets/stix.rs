//! Any bytes as an ATT&CK bundle.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (matrix, _) = threat::read_matrix("fuzz", bytes).into_parts();
    if let Some(matrix) = matrix {
        let map = threat::version_map();
        let joiner = threat::Joiner::new(&matrix, &map);
        for id in matrix.techniques.keys().take(8) {
            let _ = joiner.join(id.as_str());
            let _ = matrix.name(id);
        }
    }
});
