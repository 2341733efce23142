//! What `live` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The verbs of `live`.
#[derive(Debug, Subcommand)]
pub enum LiveVerb {
    /// Ask every SIEM that the workspace names about acts that took place, and judge the answers.
    Ask(AskArguments),
}

/// What `live ask` takes.
#[derive(Debug, Args)]
pub struct AskArguments {
    /// What took place: a YAML list of acts, an ATTiRe log, or the CSV log of an Atomic runner.
    #[arg(value_name = "FILE")]
    pub acts: PathBuf,

    /// Only this source; may be given several times [default: all].
    #[arg(long, value_name = "NAME")]
    pub source: Vec<String>,

    /// Where the HTML report goes [default: none is written].
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
