//! What `restart` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is down, and how the plan is shown.
#[derive(Debug, Clone, Default, Args)]
pub struct RestartArguments {
    /// What was switched off: an asset id, site:ID, zone:ID, role:NAME or `all`; repeatable.
    #[arg(long, value_name = "WHAT")]
    pub down: Vec<String>,

    /// What the attacker made unusable, named the same way; repeatable.
    #[arg(long, value_name = "WHAT")]
    pub attacked: Vec<String>,

    /// What went down in a trial of a stored run: CAMPAIGN/NUMBER.
    #[arg(long, value_name = "TRIAL", conflicts_with_all = ["down", "attacked", "estate"])]
    pub trial: Option<String>,

    /// Which run the trial is of.
    #[arg(long, value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// What works again by now, named like --down; the plan is made for the rest.
    #[arg(long, value_name = "WHAT")]
    pub up: Vec<String>,

    /// Starts that failed since: ASSET=COUNT; repeatable.
    #[arg(long, value_name = "ASSET=COUNT")]
    pub failed: Vec<String>,

    /// What is done already: ASSET=PHASE with the last phase that is done, of examine, clean,
    /// rebuild, start, restore, verify, release; repeatable.
    #[arg(long, value_name = "ASSET=PHASE")]
    pub done: Vec<String>,

    /// Estate to plan for.
    #[arg(long, value_name = "FILE")]
    pub estate: Option<PathBuf>,

    /// Language of the plan.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,

    /// Where a sheet to print goes (HTML).
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Language of what the crisis team reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl From<Lang> for report::Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::En,
            Lang::De => Self::De,
        }
    }
}
