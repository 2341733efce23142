//! What `impact` takes.

use std::path::PathBuf;

use clap::Args;

use super::Lang;

/// What went down, and how the figures are shown.
#[derive(Debug, Clone, Default, Args)]
pub struct ImpactArguments {
    /// Campaign of the run whose trials are looked at [default: the first].
    #[arg(long, value_name = "ID", conflicts_with_all = ["down", "attacked", "estate", "trials", "seed"])]
    pub campaign: Option<String>,

    /// Which run.
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// In place of a run, what is switched off: an asset id, site:ID, zone:ID, role:NAME
    /// or `all`; repeatable.
    #[arg(long, value_name = "WHAT")]
    pub down: Vec<String>,

    /// What the attacker made unusable, named the same way; repeatable.
    #[arg(long, value_name = "WHAT")]
    pub attacked: Vec<String>,

    /// Estate for --down and --attacked.
    #[arg(long, value_name = "FILE")]
    pub estate: Option<PathBuf>,

    /// Trials for --down and --attacked [default: 1000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub trials: Option<u32>,

    /// Seed for --down and --attacked [default: 1].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Language of the figures.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,

    /// Where a sheet to print goes (HTML).
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
