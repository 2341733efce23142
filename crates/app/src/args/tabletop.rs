//! What `tabletop` takes.

use std::path::PathBuf;

use clap::Args;

use super::Lang;

/// Which trial becomes an exercise.
#[derive(Debug, Clone, Args)]
pub struct TabletopArguments {
    /// The trial: CAMPAIGN/NUMBER, or the number alone where the run has one campaign.
    #[arg(long, value_name = "TRIAL")]
    pub trial: String,

    /// Campaign, where --trial is a number.
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,

    /// Which run.
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Language of the sheets.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,

    /// Folder for the sheets: moderator.html and participants.html.
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
}
