//! Arguments of `outflow`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `outflow` can do.
#[derive(Debug, Subcommand)]
pub enum OutflowVerb {
    /// Find insured-person data in files, folders and exports.
    Scan(ScanArguments),
    /// Say which people of a found set were known, and where planted ones were planted.
    Match(MatchArguments),
    /// Make fictional people with valid numbers to plant, and note where they go.
    Canary(CanaryArguments),
    /// Accept findings until a day, with an owner and a reason.
    Accept(AcceptArguments),
    /// List what has been accepted, and what has expired.
    Baseline(BaselineArguments),
}

/// What a scan reads and how.
#[derive(Debug, Clone, Default, Args)]
pub struct SetArguments {
    /// Files and folders; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// From which confidence a number counts, 0 to 1 [default: 0.6].
    #[arg(long, value_name = "SHARE")]
    pub threshold: Option<f64>,

    /// Secret that values are hashed with [default: outflow.key in --data-dir, made when missing].
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,

    /// List of what was planted where [default: outflow-plants.json in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub plants: Option<PathBuf>,

    /// List of what has been accepted [default: outflow-baseline.json in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write values in clear. The output is then a leak of its own.
    #[arg(long)]
    pub reveal: bool,

    /// Write SARIF 2.1.0 too.
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,

    /// Write a page too.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the result too, for `outflow match --known`.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `outflow scan` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct ScanArguments {
    /// The set.
    #[command(flatten)]
    pub set: SetArguments,

    /// The asset of the estate the set is a copy of: the people found become its records at risk.
    #[arg(long, value_name = "ASSET")]
    pub store: Option<String>,

    /// Estate file whose `records` of that asset are set to the people found.
    #[arg(long, value_name = "FILE", requires = "store")]
    pub into: Option<PathBuf>,

    /// Go on looking for new and changed files until Ctrl-C.
    #[arg(long)]
    pub watch: bool,

    /// Go on looking for this long, such as 8h.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub watch_for: Option<std::time::Duration>,

    /// Time between two looks.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub every: std::time::Duration,
}

/// What `outflow match` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct MatchArguments {
    /// The found set.
    #[command(flatten)]
    pub set: SetArguments,

    /// Result of an earlier scan (`outflow scan --output`), made with the same key; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub known: Vec<PathBuf>,
}

/// What `outflow canary` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct CanaryArguments {
    /// Where they will be planted, in your words: this is what `match` will say.
    #[arg(long, value_name = "PLACE")]
    pub planted: String,

    /// How many.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,

    /// Institution code they are insured with.
    #[arg(long, default_value = "990000011", value_name = "IK")]
    pub insurer: String,

    /// Seed; the same seed gives the same people [default: drawn from the key and the number of plantings].
    #[arg(long, value_name = "TEXT")]
    pub seed: Option<String>,

    /// Secret that seeds are drawn from [default: outflow.key in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,

    /// List to add the planting to [default: outflow-plants.json in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub plants: Option<PathBuf>,
}

/// What `outflow accept` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct AcceptArguments {
    /// Keyed hash of the value, as the scan shows it [default: every value of the place].
    #[arg(long, value_name = "HASH", required_unless_present = "place")]
    pub value: Option<String>,

    /// Place as the scan shows it, with all that lies in it [default: every place].
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,

    /// Who answers for it.
    #[arg(long)]
    pub owner: String,

    /// Why it may stay.
    #[arg(long)]
    pub reason: String,

    /// Last day on which it is accepted, 2027-01-31.
    #[arg(long, value_name = "DAY")]
    pub until: String,

    /// Secret that a number in the place is masked with [default: outflow.key in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,

    /// List to add it to [default: outflow-baseline.json in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// What `outflow baseline` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct BaselineArguments {
    /// The list [default: outflow-baseline.json in --data-dir].
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    let milliseconds = model::document::duration(text)?;
    Ok(std::time::Duration::from_millis(milliseconds.0))
}
