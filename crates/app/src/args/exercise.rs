//! What `exercise` takes.

use std::path::PathBuf;

use clap::Args;

/// What `exercise` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct ExerciseArguments {
    /// Which procedures: ids, beginnings of ids, techniques, or files and folders of
    /// procedures [default: all of the workspace].
    #[arg(value_name = "WHAT")]
    pub what: Vec<String>,

    /// Folder of procedures: procedure.yaml with its twin.yaml, or Atomic Red Team's
    /// YAML files.
    #[arg(long, value_name = "DIR")]
    pub procedures: Option<PathBuf>,

    /// Folder of Sigma rules; may be given several times.
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,

    /// ATT&CK STIX bundle (.json or .json.zst) [default: built-in catalogue].
    #[arg(long, value_name = "FILE")]
    pub attack: Option<PathBuf>,

    /// Map between ATT&CK versions (JSON) [default: built-in].
    #[arg(long, value_name = "FILE")]
    pub version_map: Option<PathBuf>,

    /// Hardening profile to test: a systemd unit, an OCI seccomp policy (JSON) or a
    /// Landlock policy (YAML). Each procedure runs without and with it.
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,

    /// Also write each exercise as a recording that `replay` reads.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,

    /// Begin anew where an interrupted run could be continued.
    #[arg(long)]
    pub fresh: bool,

    /// Where the HTML report goes [default: none is written].
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
