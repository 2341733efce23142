//! The only writer to the terminal: data on stdout, talk on stderr.
//!
//! Whatever is written passes [`report::visible`], so that no name, path or message
//! of outside origin controls the terminal.

use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::diagnostic::{Diagnostic, Severity};
use rehearsal::Progress;
use telemetry::Unread;

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
    /// The bar of the phase that is going on.
    phase: Mutex<Option<ProgressBar>>,
    /// Why stdout did not take everything.
    unwritten: OnceLock<String>,
}

impl Progress for Ui {
    fn begin(&self, phase: &'static str, steps: u64) {
        *self.phase() = Some(self.bar(phase, steps));
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.phase().as_ref() {
            bar.inc(steps);
        }
    }

    fn end(&self) {
        if let Some(bar) = self.phase().take() {
            bar.finish_and_clear();
        }
    }

    fn say(&self, line: &str) {
        Self::say(self, line);
    }
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
            phase: Mutex::new(None),
            unwritten: OnceLock::new(),
        }
    }

    fn phase(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether stdout takes colour.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// Writes data to stdout. A reader that went away has seen what it wanted; any other
    /// error is told by [`Ui::end`].
    pub fn data(&self, text: &str) {
        if let Err(why) = write_out(&report::visible(text, self.colour)) {
            self.unwritten.get_or_init(|| why);
        }
    }

    /// Writes lines about content to stdout, with identifiers masked.
    pub fn line(&self, text: &str) {
        let masked = outflow::Pseudonyms::default().telemetry(text);
        self.data(masked.as_deref().unwrap_or(text));
    }

    /// Ends a command: one whose output could not be written has failed, whatever it found.
    pub fn end(&self, exit: Exit) -> ExitCode {
        match self.unwritten.get() {
            None => exit.into(),
            Some(why) => self.fail(&Failure::Unwritable { path: OUT.to_owned(), why: why.clone() }),
        }
    }

    /// Writes a line of talk to stderr, unless quiet.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            talk(line);
        }
    }

    /// Writes a line of talk to stderr even when quiet: what must not pass unseen.
    pub fn warn(&self, line: &str) {
        talk(&format!("warning: {line}"));
    }

    /// Returns the terminal without progress and talk, for a command that others run.
    #[must_use]
    pub fn silent(&self) -> Self {
        Self {
            quiet: true,
            colour: self.colour,
            bars: false,
            phase: Mutex::new(None),
            unwritten: OnceLock::new(),
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
        // Files that are not read are listed by reason.
        let of_events = |d: &Diagnostic| d.code.starts_with("events.") && d.code != "events.not-read";
        let findings: Vec<Diagnostic> =
            findings.iter().filter(|d| d.code != "events.not-read").cloned().collect();
        let serious = |d: &&Diagnostic| d.severity == Severity::Error || of_events(d);
        let (worst, rest): (Vec<_>, Vec<_>) = findings.iter().partition(serious);
        let worst: Vec<Diagnostic> = worst.into_iter().cloned().collect();
        self.findings(&worst, Severity::Warning);
        let warnings = rest.iter().filter(|d| d.severity == Severity::Warning).count();
        if warnings > 0 {
            let noun = if warnings == 1 { "warning" } else { "warnings" };
            self.say(&format!("{warnings} {noun} about the content; `feuerprobe check` shows them"));
        }
    }

    /// Names the files beside the recordings that are not read, by reason; the first of each.
    pub fn unread(&self, unread: &[Unread]) {
        for line in unread_lines(unread, FINDINGS_SHOWN) {
            self.say(&line);
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

/// Returns what is not read and why, with at most `most` names for each reason.
pub fn unread_lines(unread: &[Unread], most: usize) -> Vec<String> {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in unread {
        reasons.entry(one.why.to_string()).or_default().push(&one.file);
    }
    let mut lines = Vec::new();
    for (why, files) in reasons {
        let noun = if files.len() == 1 { "file is" } else { "files are" };
        lines.push(format!("{} {noun} not read: {why}", files.len()));
        lines.extend(files.iter().take(most).map(|file| format!("  {file}")));
        if files.len() > most {
            lines.push(format!("  … and {} more; `feuerprobe check` names all", files.len() - most));
        }
    }
    lines
}

/// Writes what is wrong with the arguments, and returns the exit code: the
/// parser's own 2 means something else here.
pub fn refuse(refusal: &clap::Error) -> ExitCode {
    if refusal.use_stderr() {
        // It quotes what was typed, which may be the name of a file.
        let text = refusal.render().to_string();
        talk(outflow::Pseudonyms::default().name(&text).as_deref().unwrap_or(&text).trim_end());
        return Exit::Configuration.into();
    }
    // Help and version are our own words.
    match refusal.print().and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            talk(&format!("error: cannot write {OUT}: {e}"));
            Exit::Configuration.into()
        }
        _ => Exit::Passed.into(),
    }
}

/// How stdout is named.
const OUT: &str = "to standard output";

fn write_out(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(newline.as_bytes()))
        .and_then(|()| out.flush());
    match written {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e.to_string()),
        _ => Ok(()),
    }
}

/// Writes a line to stderr, as far as it goes: there is nowhere to tell that it did not.
fn talk(line: &str) {
    let masked = outflow::Pseudonyms::default().telemetry(line);
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{}", report::visible(masked.as_deref().unwrap_or(line), false));
}
