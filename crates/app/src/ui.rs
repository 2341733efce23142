//! The only writer to the terminal: data on stdout, talk on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::diagnostic::{Diagnostic, Severity};

use crate::args::Arguments;
use crate::error::{Exit, Failure};

/// How many findings are printed before the rest is only counted.
const FINDINGS_SHOWN: usize = 20;

/// The terminal, as far as the arguments and the environment allow.
#[derive(Debug)]
pub struct Ui {
    quiet: bool,
    colour: bool,
    bars: bool,
}

impl Ui {
    /// Returns the terminal for these arguments. Colour needs a terminal on
    /// stdout, and neither `NO_COLOR` nor `TERM=dumb`; bars need one on stderr.
    pub fn new(arguments: &Arguments) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        Self {
            quiet: arguments.common.quiet,
            colour: set("CLICOLOR_FORCE") || (std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb),
            bars: !arguments.common.quiet && !dumb && !set("CI") && std::io::stderr().is_terminal(),
        }
    }

    /// Returns whether stdout takes colour.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Writes data to stdout. A reader that went away ends the program's output, not in an error.
    pub fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.write_all(newline.as_bytes()));
        let _ = out.flush();
    }

    /// Writes a line of talk to stderr, unless quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            talk(line);
        }
    }

    /// Writes findings to stderr, worst first, and counts those not shown.
    pub fn findings(&self, findings: &[Diagnostic], least: Severity) {
        let mut shown: Vec<_> = findings.iter().filter(|d| d.severity >= least).collect();
        shown.sort_by_key(|d| std::cmp::Reverse(d.severity));
        for finding in shown.iter().take(FINDINGS_SHOWN) {
            talk(&finding.to_string());
        }
        if shown.len() > FINDINGS_SHOWN {
            talk(&format!("… and {} more; `feuerprobe check` shows all", shown.len() - FINDINGS_SHOWN));
        }
    }

    /// Writes what went wrong in a run: errors, and telemetry that could not be
    /// read. Other warnings are about content that `check` is for; they are counted.
    pub fn troubles(&self, findings: &[Diagnostic]) {
        let serious = |d: &&Diagnostic| d.severity == Severity::Error || d.code.starts_with("events.");
        let (worst, rest): (Vec<_>, Vec<_>) = findings.iter().partition(serious);
        let worst: Vec<Diagnostic> = worst.into_iter().cloned().collect();
        self.findings(&worst, Severity::Warning);
        let warnings = rest.iter().filter(|d| d.severity == Severity::Warning).count();
        if warnings > 0 {
            let noun = if warnings == 1 { "warning" } else { "warnings" };
            self.say(&format!("{warnings} {noun} about the content; `feuerprobe check` shows them"));
        }
    }

    /// Writes why a command ended early, and returns its exit code.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        if let Failure::Content(findings) = failure {
            self.findings(findings, Severity::Error);
        }
        talk(&format!("error: {failure}"));
        if let Some(hint) = failure.hint() {
            talk(&format!("\nhint: {hint}"));
        }
        failure.exit().into()
    }

    /// Returns a bar over `steps` named `what`; it draws nothing off a terminal.
    pub fn bar(&self, what: &'static str, steps: u64) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(
            Some(steps),
            if self.bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
        );
        let style = ProgressStyle::with_template("{prefix:>12} [{bar:32}] {pos}/{len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        bar.with_style(style).with_prefix(what)
    }
}

/// Writes what is wrong with the arguments, and returns the exit code: the
/// parser's own 2 means something else here.
pub fn refuse(refusal: &clap::Error) -> ExitCode {
    let _ = refusal.print();
    match refusal.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => Exit::Passed.into(),
        _ => Exit::Configuration.into(),
    }
}

fn talk(line: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{line}");
}
