//! Reader of CACAO 2.0 playbooks.
//!
//! The workflow is flattened into actions with an order: a parallel step's branches
//! all have to end before what follows it, conditions are followed on the branch
//! that responds. What an action cuts and how long it takes is not part of CACAO;
//! it is read from our step extension ([`EXTENSION`]).

mod flow;
mod write;

use model::diagnostic::{Diagnostic, Severity};
use model::document;
use model::id::PlaybookId;
use model::playbook::{Cut, Playbook};
use model::quantity::{Millis, Quantiles, Ratio};
use model::read::Read;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use write::write_playbook;

use flow::Flow;

/// The id of the step extension that carries `cut`, `decide` and `carry_out`.
pub(crate) const EXTENSION: &str = "extension-definition--7f0c2b5e-6f0a-5d1c-9d53-0d5b8f1c7a10";

/// Time to decide when a step does not say, in minutes; an assumption.
const DEFAULT_DECIDE: Quantiles = Quantiles { q50: 30.0, q90: 120.0 };
/// Time to carry out when a step does not say, in minutes; an assumption.
const DEFAULT_CARRY_OUT: Quantiles = Quantiles { q50: 10.0, q90: 40.0 };

/// Our extension of an action step, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extension {
    cut: Option<Value>,
    decide: Option<Stretch>,
    carry_out: Option<Stretch>,
    success: Option<f64>,
    by_others: Option<bool>,
}

/// A pair of durations, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    typical: String,
    slow: String,
}

/// What an action step says about itself.
pub(crate) struct Timing {
    pub(crate) cut: Cut,
    pub(crate) decide: Quantiles,
    pub(crate) carry_out: Quantiles,
    pub(crate) success: Ratio,
    pub(crate) timeout: Option<Millis>,
    pub(crate) by_others: bool,
}

/// Returns the playbook in `bytes`, a CACAO 2.0 JSON document, and what was wrong with it.
///
/// `file` is the name used in the diagnostics. Steps that cannot be used are left
/// out and reported; there is no playbook only where the document is not CACAO 2.0
/// or has no workflow to walk.
pub fn read_playbook(file: &str, bytes: &[u8]) -> Read<Option<Playbook>> {
    let mut found = Vec::new();
    let playbook = read(file, bytes, &mut found);
    Read::new(playbook, found)
}

fn read(file: &str, bytes: &[u8], found: &mut Vec<Diagnostic>) -> Option<Playbook> {
    let root = parse(file, bytes).map_err(|d| found.push(d)).ok()?;
    let Value::Object(root) = root else {
        found.push(Diagnostic::error(file, "playbook.not-cacao", "the document is not a JSON object"));
        return None;
    };
    check_head(file, &root).map_err(|d| found.push(d)).ok()?;
    let id = text(&root, "id").unwrap_or_default();
    let id = PlaybookId::new(id)
        .map_err(|e| found.push(Diagnostic::error(file, "playbook.id", e.to_string())))
        .ok()?;
    let missing = |field: &str, help: &str| {
        Diagnostic::error(file, "playbook.missing-field", format!("the playbook has no {field:?}")).help(help)
    };
    let Some(Value::Object(workflow)) = root.get("workflow") else {
        found.push(missing("workflow", "add a dictionary of workflow steps"));
        return None;
    };
    let Some(start) = text(&root, "workflow_start") else {
        found.push(missing("workflow_start", "name the step the workflow starts with"));
        return None;
    };
    if !workflow.contains_key(start) {
        let message = format!("workflow_start names {start:?}, which is no step of the workflow");
        found.push(Diagnostic::error(file, "playbook.unknown-step", message));
        return None;
    }
    let name = text(&root, "name").unwrap_or_else(|| {
        let message = "the playbook has no \"name\"; its id stands in";
        found.push(Diagnostic::warning(file, "playbook.missing-field", message));
        id.as_str()
    });
    let name = name.to_owned();
    let actions = Flow::new(file, workflow, found).walk(start);
    if actions.is_empty() {
        let message = "the playbook has no action that is reached, so it changes nothing";
        found.push(Diagnostic::warning(file, "playbook.no-action", message));
    }
    let source = text(&root, "created_by").map_or_else(|| file.to_owned(), |by| format!("{file}, by {by}"));
    let description = text(&root, "description").unwrap_or_default().to_owned();
    let crews = crews(file, &root, found);
    Some(Playbook { id, name, description, actions, crews, source })
}

fn parse(file: &str, bytes: &[u8]) -> Result<Value, Diagnostic> {
    let text = document::text(file, bytes)?;
    // A byte order mark is legal in practice and unknown to the parser.
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| {
        let line = u32::try_from(e.line()).unwrap_or(u32::MAX).max(1);
        let column = u32::try_from(e.column()).unwrap_or(u32::MAX).max(1);
        Diagnostic::error(file, "playbook.syntax", format!("not valid JSON: {e}")).at(line, column)
    })
}

fn check_head(file: &str, root: &Map<String, Value>) -> Result<(), Diagnostic> {
    if text(root, "type") != Some("playbook") {
        let message = "the document is not a CACAO playbook: its \"type\" is not \"playbook\"";
        return Err(Diagnostic::error(file, "playbook.not-cacao", message));
    }
    match text(root, "spec_version") {
        Some("cacao-2.0") => Ok(()),
        other => {
            let message = match other {
                Some(version) => format!("the playbook's spec_version is {version:?}"),
                None => "the playbook has no \"spec_version\"".to_owned(),
            };
            let help = "only \"cacao-2.0\" is read; convert the playbook";
            Err(Diagnostic::error(file, "playbook.spec-version", message).help(help))
        }
    }
}

/// Returns the text of a field, `None` when it is absent or something else.
pub(crate) fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

/// Returns the crews named by our extension of the playbook.
fn crews(file: &str, root: &Map<String, Value>, found: &mut Vec<Diagnostic>) -> Option<u16> {
    let written = root.get("playbook_extensions").and_then(|e| e.get(EXTENSION))?.get("crews")?;
    let crews = written.as_u64().and_then(|c| u16::try_from(c).ok()).filter(|c| *c > 0);
    if crews.is_none() {
        let message =
            format!("the playbook's crews are {written}, which is no number of crews; there are enough");
        let help = "write a whole number from 1 to 65535";
        found.push(Diagnostic::error(file, "playbook.extension", message).help(help));
    }
    crews
}

/// Returns cut and times of the action step `id`; what is missing or wrong gets a
/// default and a diagnostic.
pub(crate) fn timing(file: &str, id: &str, step: &Map<String, Value>, found: &mut Vec<Diagnostic>) -> Timing {
    let mut timing = Timing {
        cut: Cut::Nothing,
        decide: DEFAULT_DECIDE,
        carry_out: DEFAULT_CARRY_OUT,
        success: Ratio::ONE,
        timeout: step.get("timeout").and_then(Value::as_u64).filter(|t| *t > 0).map(Millis),
        by_others: false,
    };
    let help = format!(
        "add \"step_extensions\": {{\"{EXTENSION}\": {{\"cut\": {{\"cut\": \"alerted-sites\"}}, \
         \"decide\": {{\"typical\": \"30m\", \"slow\": \"2h\"}}, \
         \"carry_out\": {{\"typical\": \"10m\", \"slow\": \"40m\"}}}}}}"
    );
    let Some(raw) = step.get("step_extensions").and_then(|e| e.get(EXTENSION)) else {
        let message = format!(
            "action {id:?} does not say what it cuts: taken as nothing, 30 min to decide, 10 min to do"
        );
        found.push(Diagnostic::warning(file, "playbook.no-timing", message).help(help));
        return with_delay(timing, step);
    };
    let mut wrong = |severity: Severity, what: String| {
        let message = format!("action {id:?}: {what}");
        let mut diagnostic = Diagnostic::error(file, "playbook.extension", message).help(help.clone());
        diagnostic.severity = severity;
        found.push(diagnostic);
    };
    let written: Extension = match serde_json::from_value(raw.clone()) {
        Ok(written) => written,
        Err(e) => {
            wrong(Severity::Error, format!("its extension cannot be read, so it cuts nothing: {e}"));
            return with_delay(timing, step);
        }
    };
    match written.cut.map(serde_json::from_value::<Cut>) {
        Some(Ok(cut)) => timing.cut = cut,
        Some(Err(e)) => wrong(Severity::Error, format!("its cut cannot be read, so it cuts nothing: {e}")),
        None => wrong(Severity::Warning, "it has no \"cut\", so it cuts nothing".to_owned()),
    }
    timing.by_others = written.by_others.unwrap_or(false);
    match written.success.map(|s| (s, Ratio::new(s))) {
        None => {}
        Some((_, Some(success))) => timing.success = success,
        Some((s, None)) => {
            wrong(Severity::Error, format!("its success is {s}, which is no chance; 1 stands in"));
        }
    }
    for (field, written, kept) in [
        ("decide", written.decide, &mut timing.decide),
        ("carry_out", written.carry_out, &mut timing.carry_out),
    ] {
        match written.map(|w| quantiles(&w)) {
            Some(Ok(quantiles)) => *kept = quantiles,
            Some(Err(e)) => wrong(Severity::Error, format!("{field:?}: {e}; the default stands in")),
            None => wrong(Severity::Warning, format!("it has no {field:?}; the default stands in")),
        }
    }
    with_delay(timing, step)
}

fn quantiles(stretch: &Stretch) -> Result<Quantiles, String> {
    let typical = document::duration(&stretch.typical)?.minutes();
    let slow = document::duration(&stretch.slow)?.minutes();
    Quantiles::new(typical, slow)
        .ok_or_else(|| "typical must be above zero and slow at least as long".to_owned())
}

/// Adds CACAO's own `delay` (milliseconds before the step starts) to the decision.
fn with_delay(mut timing: Timing, step: &Map<String, Value>) -> Timing {
    let delay = Millis(step.get("delay").and_then(Value::as_u64).unwrap_or(0)).minutes();
    timing.decide.q50 += delay;
    timing.decide.q90 += delay;
    timing
}
