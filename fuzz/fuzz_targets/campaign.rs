//! Any bytes as a campaign file.
#![no_main]

use std::sync::LazyLock;

static MATRIX: LazyLock<model::attack::Matrix> = LazyLock::new(threat::catalogue);
static MAP: LazyLock<threat::VersionMap> = LazyLock::new(threat::version_map);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = threat::read_campaign("fuzz", bytes, &threat::Joiner::new(&MATRIX, &MAP));
});
