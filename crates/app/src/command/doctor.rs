//! `doctor`: what this machine allows, with the remedy for each lack.

use std::fmt::Write as _;

use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, open_ledger};
use crate::ui::Ui;

/// Shows what works here and what does not.
pub(super) fn doctor(common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let mut text = String::from("What this machine allows\n\n");
    let mut lacks = 0;
    let mut row = |ok: bool, what: &str, detail: &str, remedy: &str| {
        let mark = if ok { "ok  " } else { "lack" };
        text.push_str(&report::paragraph(&format!("{mark}  {what:<22} "), detail));
        if !ok {
            lacks += 1;
            text.push_str(&report::paragraph("      remedy: ", remedy));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    row(true, "threads", &format!("{threads} cores; --threads sets another number"), "");
    match Workspace::find(&common.spec()) {
        Ok(workspace) => row(true, "workspace", &workspace.describe(), ""),
        Err(e) => row(false, "workspace", &e.to_string(), &e.hint().unwrap_or_default()),
    }
    match open_ledger(common).and_then(|ledger| Ok(ledger.runs()?)) {
        Ok(rows) => row(true, "ledger", &format!("{} runs", rows.len()), ""),
        Err(e) => row(false, "ledger", &e.to_string(), &e.hint().unwrap_or_default()),
    }
    let writable = std::fs::metadata(".").is_ok_and(|m| !m.permissions().readonly());
    row(
        writable,
        "report here",
        "report.html is written to this folder",
        "change to a folder you may write to",
    );
    for layer in exercise::sandbox::layers() {
        row(layer.works, layer.name, &layer.detail, &layer.remedy);
    }
    text.push_str(&match exercise::sandbox::tier() {
        Ok(tier) => format!("\n`exercise` confines procedures by {}.\n", tier.word()),
        Err(refusal) => format!(
            "\n{}{}Replay and race need no sandbox.\n",
            report::paragraph("`exercise` would refuse: ", &refusal.reason),
            report::paragraph("  remedy: ", &refusal.remedy)
        ),
    });
    let _ = writeln!(
        text,
        "{}",
        if lacks == 0 { "Nothing is missing." } else { "Lacks are listed with their remedy." }
    );
    ui.data(&text);
    Ok(Exit::Passed)
}
