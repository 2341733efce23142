//! What was typed.

mod decide;
pub mod exercise;
mod gate;
mod impact;
pub mod live;
pub mod outflow;
mod race;
mod restart;
mod tabletop;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::intake::WorkspaceSpec;

pub use decide::DecideArguments;
pub use gate::{AcceptArguments, GateArguments};
pub use impact::ImpactArguments;
pub use race::RaceArguments;
pub use restart::{Lang, RestartArguments};
pub use tabletop::TabletopArguments;
pub use watch::WatchArguments;

/// Trial by fire for shared IT providers.
///
/// Replays recorded attacks against your detection rules, judges each technique,
/// races the attacker against that measured defence over a model of your estate,
/// and says which tenants would lose what, for how long.
///
/// Without a verb it runs the whole walk: on the workspace of this folder if
/// there is a feuerprobe.toml, otherwise on the built-in provider.
#[derive(Debug, Parser)]
#[command(name = "feuerprobe", version, max_term_width = 80, after_help = EXITS)]
pub struct Arguments {
    /// The verb; `run` when left out.
    #[command(subcommand)]
    pub verb: Option<Verb>,

    /// Options every verb understands.
    #[command(flatten)]
    pub common: Common,

    /// What `run` takes, when the verb is left out.
    #[command(flatten)]
    pub run: RunArguments,
}

const EXITS: &str = "Exit codes: 0 done; 1 gate failed (lost rule); 2 content invalid, or the question \
cannot be answered with this content; \
3 configuration, arguments or environment; 4 nothing ran; 5 incomplete; 130 interrupted.";

/// Options every verb understands.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Folder with a feuerprobe.toml [default: this folder or one above it].
    #[arg(long, short = 'C', global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,

    /// Ledger of runs [default: .feuerprobe/ledger.db in the workspace].
    #[arg(long, global = true, value_name = "FILE", env = "FEUERPROBE_LEDGER")]
    pub ledger: Option<PathBuf>,

    /// Folder of keys and lists [default: .feuerprobe in the workspace].
    #[arg(long, global = true, value_name = "DIR", env = "FEUERPROBE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Form of what is printed on stdout.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,

    /// Threads to work with [default: all cores]; results do not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// No progress and no summary; only errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

impl Common {
    /// Returns where the content of a command is that takes none.
    pub fn spec(&self) -> WorkspaceSpec {
        WorkspaceSpec { workspace: self.workspace.clone(), ..WorkspaceSpec::default() }
    }
}

/// Form of what is printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, 80 columns.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header line.
    Csv,
}

/// Which content to use in place of the workspace's.
#[derive(Debug, Clone, Default, Args)]
pub struct Content {
    /// Folder of Sigma rules; may be given several times.
    #[arg(long, value_name = "DIR")]
    pub rules: Vec<PathBuf>,

    /// Folder of procedures: procedure.yaml with its twin.yaml, or Atomic Red Team's
    /// YAML files.
    #[arg(long, value_name = "DIR")]
    pub procedures: Option<PathBuf>,

    /// Folder of recordings: recording.yaml, SigmaHQ info.yml, EVTX, JSON lines, auditd logs.
    #[arg(long, value_name = "DIR")]
    pub recordings: Option<PathBuf>,

    /// ATT&CK STIX bundle (.json or .json.zst) [default: built-in catalogue].
    #[arg(long, value_name = "FILE")]
    pub attack: Option<PathBuf>,

    /// Map between ATT&CK versions (JSON) [default: built-in].
    #[arg(long, value_name = "FILE")]
    pub version_map: Option<PathBuf>,

    /// Estate to race over.
    #[arg(long, value_name = "FILE")]
    pub estate: Option<PathBuf>,

    /// Result of `outflow scan --store ASSET --output FILE`: the people found become that
    /// asset's records at risk; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub outflow: Vec<PathBuf>,
}

impl Content {
    /// Returns where this content is.
    pub fn spec(&self, common: &Common) -> WorkspaceSpec {
        let Self { rules, procedures, recordings, attack, version_map, estate, outflow } = self.clone();
        let rest = common.spec();
        WorkspaceSpec { rules, procedures, recordings, attack, version_map, estate, outflow, ..rest }
    }
}

/// What `run` takes.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArguments {
    /// Content.
    #[command(flatten)]
    pub content: Content,

    /// Seed; the same inputs and seed give the same record, byte for byte.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Trials of the race for each campaign.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub trials: Option<u32>,

    /// Where the HTML report goes [default: report.html].
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

impl RunArguments {
    /// Returns where its content is, with its figures.
    pub fn spec(&self, common: &Common) -> WorkspaceSpec {
        WorkspaceSpec { seed: self.seed, trials: self.trials, ..self.content.spec(common) }
    }
}

/// What `replay` takes.
#[derive(Debug, Clone, Args)]
pub struct ReplayArguments {
    /// What `run` takes too.
    #[command(flatten)]
    pub run: RunArguments,

    /// The technique that was tried on the logs that name none, such as T1136.001: they are
    /// judged by it. A folder with the name of a technique labels the logs in it alike.
    #[arg(long, value_name = "TECHNIQUE")]
    pub label: Option<String>,
}

/// What `repair` takes.
#[derive(Debug, Clone, Args)]
pub struct RepairArguments {
    /// The rule: its id, file or title [default: each that was lost or came nearest to a missed attack].
    pub rule: Option<String>,

    /// Content.
    #[command(flatten)]
    pub content: Content,
}

/// What `binder` takes.
#[derive(Debug, Clone, Args)]
pub struct BinderArguments {
    /// Which run (`latest`, the start of an id).
    #[arg(default_value = "latest", value_name = "RUN")]
    pub run: String,

    /// Folder to write to; must be new or empty.
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,

    /// Language of cover and sheets.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
}

/// What `trial` takes.
#[derive(Debug, Clone, Args)]
pub struct TrialArguments {
    /// The trial: CAMPAIGN/NUMBER.
    #[arg(value_name = "TRIAL")]
    pub trial: String,

    /// The other way to respond: nothing, best (the best policy of the run), the id of a playbook, or
    /// the name of a policy.
    #[arg(long, default_value = "nothing", value_name = "WAY")]
    pub against: String,

    /// Which run.
    #[arg(long, default_value = "latest", value_name = "RUN")]
    pub run: String,

    /// Where the page goes.
    #[arg(long, short, default_value = "trial.html", value_name = "FILE")]
    pub output: PathBuf,
}

/// What `trend` takes.
#[derive(Debug, Clone, Args)]
pub struct TrendArguments {
    /// Only runs of the last days [default: all].
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub since: Option<u32>,

    /// Days for which a technique counts as tested.
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub within: u32,

    /// Where the page with charts goes [default: none is written].
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `prune` takes.
#[derive(Debug, Clone, Args)]
pub struct PruneArguments {
    /// Age in days from which runs and scans go; the newest of each verb is always left.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    pub older_than: u32,

    /// Delete them; without it they are only shown.
    #[arg(long)]
    pub delete: bool,
}

/// What `mutate` takes.
#[derive(Debug, Clone, Args)]
pub struct MutateArguments {
    /// Content.
    #[command(flatten)]
    pub content: Content,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The whole walk: plan, replay, detect, race, continuity, assess, report.
    Run(RunArguments),
    /// Write a commented workspace that passes `check` and `run` at once.
    Init {
        /// Folder to write to; must be new or empty.
        dir: PathBuf,
    },
    /// Validate every input file and show all findings at once.
    Check(Content),
    /// Show what would run, and what cannot be tested and why; runs nothing.
    Plan(Content),
    /// Only the measuring half: recordings against rules.
    Replay(ReplayArguments),
    /// Keep looking at rules, recordings, estate and playbooks: measure again what changed, and show
    /// what that makes of rules and verdicts. Ctrl-C ends it.
    Watch(WatchArguments),
    /// Only the simulation half: attacker against measured defence, for many trials.
    Race(RaceArguments),
    /// Which containment, when, and what it costs whom: the card for the crisis team.
    Decide(DecideArguments),
    /// In which order what is down comes back, and when each tenant works again.
    Restart(RestartArguments),
    /// How long what would be gone for whom: against RTO and MTPD, by tenant, and against legal clocks.
    Impact(ImpactArguments),
    /// One trial as a timed exercise for the crisis team: injects, questions, and what answers lead to.
    Tabletop(TabletopArguments),
    /// Write a folder of pages for the day the network is down: cards, plans, sheets, tables.
    Binder(BinderArguments),
    /// One trial as a page with a slider: the plan beside another way to respond, the same attacker.
    Trial(TrialArguments),
    /// Run benign procedures in a sandbox and judge what the rules saw.
    Exercise(exercise::ExerciseArguments),
    /// Ask your own SIEM whether it alarmed on acts that took place, how late, and where it breaks.
    #[command(subcommand)]
    Live(live::LiveVerb),
    /// Find insured-person data where it must not lie, and prove what left.
    #[command(subcommand)]
    Outflow(outflow::OutflowVerb),
    /// Trace a verdict, a number of the report, a trial or an error code to its evidence.
    Explain {
        /// A technique, verdict, recording, rule, tenant, service or campaign id, a
        /// number's key, `trial:CAMPAIGN/N`, `lever:N`, or a code such as estate.unknown-site.
        what: String,
        /// Which run.
        #[arg(long, default_value = "latest", value_name = "RUN")]
        run: String,
        /// Explain a rule (its id, file or title) on this log, or on each log of this folder:
        /// its conditions with the values of the nearest event. Needs no run.
        #[arg(long, value_name = "LOG")]
        on: Option<PathBuf>,
        /// Folder of Sigma rules, for `--on` [default: the workspace's]; may be given several times.
        #[arg(long, value_name = "DIR", requires = "on")]
        rules: Vec<PathBuf>,
    },
    /// List things of a run or of the workspace.
    List {
        /// What to list.
        #[arg(value_enum)]
        what: Listing,
        /// Which run.
        #[arg(long, default_value = "latest", value_name = "RUN")]
        run: String,
        /// Folder of procedures, for `list procedures` [default: the workspace's].
        #[arg(long, value_name = "DIR")]
        procedures: Option<PathBuf>,
        /// Folder of Sigma rules, for `list rules` and `list log-sources` [default: the
        /// workspace's]; may be given several times.
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Show one thing by its id.
    Show {
        /// Its id: procedure, technique, actor, recording, rule, tenant, service, campaign or run.
        id: String,
        /// Which run.
        #[arg(long, default_value = "latest", value_name = "RUN")]
        run: String,
        /// ATT&CK STIX bundle to look actors up in [default: built-in catalogue].
        #[arg(long, value_name = "FILE")]
        attack: Option<PathBuf>,
    },
    /// Write the HTML report of a stored run, or the page of what a crisis verb made, again.
    Report {
        /// Which run (`latest`, `card`, `restart`, `impact` or `tabletop` for the latest of these, the start of an id), or a record file.
        #[arg(default_value = "latest")]
        run: String,
        /// Where it goes.
        #[arg(long, short, default_value = "report.html", value_name = "FILE")]
        output: PathBuf,
    },
    /// Write a stored run in a form that other programs take; `list exports` shows them.
    Export {
        /// The form, such as navigator, ocsf or openmetrics.
        form: String,
        /// Which run (`latest`, the start of an id), or a record file.
        #[arg(default_value = "latest")]
        run: String,
        /// Where it goes [default: stdout].
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Say what changed between two runs, and why.
    Diff {
        /// The earlier run: an id, `latest`, `latest~1`, or a record file.
        before: String,
        /// The later run.
        #[arg(default_value = "latest")]
        after: String,
    },
    /// Show the measures of the stored runs over time, and how long gaps stay open.
    Trend(TrendArguments),
    /// Start the runs that the schedules of feuerprobe.toml plan for now, then end; for a timer.
    Tick,
    /// Show which stored runs are older than some days, and delete them when asked to.
    Prune(PruneArguments),
    /// Make faults in rules and events on purpose, and show which of them no test notices.
    Mutate(MutateArguments),
    /// Propose the smallest edit of each rule that stayed silent; nothing is changed.
    Repair(RepairArguments),
    /// Show how the result of each exercised test changed over the stored runs, and with which input.
    Drift,
    /// Hold a stored run against the limits of feuerprobe.toml: passed, failed or undecided.
    Gate(GateArguments),
    /// Accept a lost rule or a miss for a time, with owner, reason and end.
    Accept(AcceptArguments),
    /// Say what this machine allows, with the remedy for each lack.
    Doctor,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What `list` can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Stored runs.
    Runs,
    /// Stored scans for insured-person data.
    Outflows,
    /// Procedures of the workspace, and published tests that cannot run here.
    Procedures,
    /// Recordings and what fired on them.
    Recordings,
    /// All rules, and on how many recordings of the run each fired.
    Rules,
    /// What fired in the run on logs without a technique, with time and fields.
    Firings,
    /// Techniques with their evidence.
    Techniques,
    /// Verdicts.
    Verdicts,
    /// Actors of the built-in catalogue.
    Actors,
    /// Tenants with their outage.
    Tenants,
    /// Services with their outage.
    Services,
    /// Campaigns.
    Campaigns,
    /// Keys of numbers that `explain` knows.
    Keys,
    /// Log sources: the rules that look at each, the formats that give it, and the events
    /// of the run.
    LogSources,
    /// Measures that `gate` can limit.
    Measures,
    /// Forms that `export` can write.
    Exports,
    /// Schedules of the workspace: next planned time, last finished run.
    Schedules,
    /// Planned times and what came of each: started, finished, failed, or skipped and why.
    Slots,
}
