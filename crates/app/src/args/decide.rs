//! What `decide` takes.

use std::path::PathBuf;

use clap::Args;
use model::quantity::Ratio;

use super::{Content, Lang};

/// What `decide` takes.
#[derive(Debug, Clone, Args)]
pub struct DecideArguments {
    /// Content.
    #[command(flatten)]
    pub content: Content,

    /// Campaign: an id of the workspace, or a campaign.yaml [default: the workspace's first
    /// whose aim is a payload].
    #[arg(long, value_name = "ID|FILE")]
    pub campaign: Option<String>,

    /// The plan that policies are compared with: an id of the workspace, a CACAO 2.0 file,
    /// or `none` [default: the workspace's pair].
    #[arg(long, value_name = "ID|FILE")]
    pub playbook: Option<String>,

    /// How sure you are that the alarm is real, from 0 to 1.
    #[arg(long, value_name = "SHARE", default_value = "0.5", value_parser = share)]
    pub confidence: Ratio,

    /// Trials of each policy [default: 1000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub trials: Option<u32>,

    /// Seed; the same inputs and seed give the same card, byte for byte.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Language of the card.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,

    /// Where a page to print goes (HTML).
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Policy for --cacao, by its name on the card [default: the one advised].
    #[arg(long, value_name = "NAME", requires = "cacao")]
    pub policy: Option<String>,

    /// Where the policy goes as a CACAO 2.0 playbook.
    #[arg(long, value_name = "FILE")]
    pub cacao: Option<PathBuf>,
}

fn share(text: &str) -> Result<Ratio, String> {
    let number: f64 = text.parse().map_err(|_| "write a number from 0 to 1, such as 0.7".to_owned())?;
    Ratio::new(number).ok_or_else(|| format!("{text} is not between 0 and 1"))
}
