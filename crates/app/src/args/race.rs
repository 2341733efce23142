//! What `race` takes.

use clap::Args;

use super::Content;

/// What `race` takes.
#[derive(Debug, Clone, Args)]
pub struct RaceArguments {
    /// Content.
    #[command(flatten)]
    pub content: Content,

    /// Campaign: an id of the workspace, or a campaign.yaml [default: all of the workspace].
    #[arg(long, value_name = "ID|FILE")]
    pub campaign: Option<String>,

    /// Playbook: an id of the workspace, a CACAO 2.0 file, or `none` [default: the
    /// workspace's pair].
    #[arg(long, value_name = "ID|FILE")]
    pub playbook: Option<String>,

    /// Trials for each campaign.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub trials: Option<u32>,

    /// Seed; the same inputs and seed give the same trials.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Race on a generated estate of so many assets in place of the workspace's.
    #[arg(long, value_name = "ASSETS", value_parser = clap::value_parser!(u32).range(100..=4_000_000))]
    pub generate: Option<u32>,
}
