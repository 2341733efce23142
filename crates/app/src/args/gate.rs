//! What `gate` and `accept` take.

use std::path::PathBuf;

use clap::Args;

/// Which run is judged, and what it is compared with.
#[derive(Debug, Clone, Args)]
pub struct GateArguments {
    /// The run: an id, `latest`, `latest~1`, or a record file.
    #[arg(default_value = "latest")]
    pub run: String,

    /// The run to compare with [default: `gate.against` of feuerprobe.toml].
    #[arg(long, value_name = "RUN")]
    pub against: Option<String>,

    /// Folder for build systems: junit.xml, feuerprobe.sarif, gl-code-quality.json, summary.md, gate.json.
    #[arg(long, value_name = "DIR")]
    pub ci: Option<PathBuf>,
}

/// What is accepted, until when, and by whom.
#[derive(Debug, Clone, Args)]
pub struct AcceptArguments {
    /// The key that `gate` names, such as rule:ID@RECORDING or verdict:RECORDING/T1490, or more
    /// widely rule:ID, technique:T1490, recording:ID.
    pub what: String,

    /// Who is responsible.
    #[arg(long, value_name = "NAME")]
    pub owner: String,

    /// Why it is accepted.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// The last day on which it is accepted, 2027-03-31.
    #[arg(long, value_name = "DAY")]
    pub until: String,

    /// Who approved it.
    #[arg(long, value_name = "NAME")]
    pub approved_by: String,
}
