//! A single Sigma selection, such as the event that proves a block.

use model::recording::Selection;
use rsigma_eval::{CompiledRule, compile_rule, evaluate_rule};
use rsigma_parser::parse_sigma_yaml;
use serde_json::json;

use crate::mend::mend;
use crate::view::View;

/// A selection ready to be tested, or why it cannot be.
#[derive(Debug)]
pub(crate) struct Check(Result<CompiledRule, String>);

impl Check {
    pub(crate) fn new(selection: &Selection) -> Self {
        Self(compile(selection))
    }

    pub(crate) fn holds(&self, event: &View<'_>) -> bool {
        self.0.as_ref().is_ok_and(|rule| evaluate_rule(rule, event).is_some())
    }

    pub(crate) fn fault(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }
}

/// Says whether a selection of a recording can be evaluated.
///
/// # Errors
/// A sentence that says what is wrong with it, such as an unknown modifier.
pub fn check_selection(selection: &Selection) -> Result<(), String> {
    compile(selection).map(|_| ())
}

fn compile(selection: &Selection) -> Result<CompiledRule, String> {
    let rule = json!({
        "title": "selection",
        "detection": {"selection": selection.0, "condition": "selection"},
    });
    // JSON is YAML, and the parser's only door is text.
    let mut read = parse_sigma_yaml(&rule.to_string()).map_err(|e| e.to_string())?;
    let mut rule = read.rules.pop().ok_or_else(|| read.errors.join("; "))?;
    mend(&mut rule.detection)?;
    compile_rule(&rule).map_err(|e| e.to_string())
}
