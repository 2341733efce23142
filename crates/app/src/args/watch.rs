//! What `watch` takes.

use clap::Args;

use super::Content;

/// What `watch` takes.
#[derive(Debug, Clone, Args)]
pub struct WatchArguments {
    /// Content.
    #[command(flatten)]
    pub content: Content,

    /// The technique that was tried on the logs that name none, such as T1136.001: they are
    /// judged by it.
    #[arg(long, value_name = "TECHNIQUE")]
    pub label: Option<String>,

    /// Seed of the races.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Trials of the race for each campaign.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub trials: Option<u32>,
}
