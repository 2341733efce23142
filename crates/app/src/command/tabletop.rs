//! `tabletop`: one trial as an exercise for the crisis team.

use super::sheet::keep;
use super::{sound_run, stored, writable};
use crate::args::{Common, Format, TabletopArguments};
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Columns of the script.
const WIDTH: usize = 80;

/// Puts the exercise together, writes the sheets, and prints the moderator's script.
pub(super) fn tabletop(arguments: &TabletopArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (_, mut record) = stored(&arguments.run, common)?;
    sound_run(&record, &arguments.run)?;
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::Unwritable { path: folder.display().to_string(), why: e.to_string() })?;
        writable(Some(&folder.join("moderator.html")))?;
    }
    let name = match &arguments.campaign {
        Some(campaign) if !arguments.trial.contains('/') => format!("{campaign}/{}", arguments.trial),
        _ => arguments.trial.clone(),
    };
    let exercise = rehearsal::tabletop(&record, &name).ok_or_else(|| Failure::Unknown {
        what: "trial",
        name: name.clone(),
        hint: "write CAMPAIGN/NUMBER, with a number below the run's trials".to_owned(),
    })?;
    record.tabletop = Some(exercise.clone());
    keep(&record, "tabletop", common, ui);
    let language = arguments.lang.into();
    if let Some(folder) = &arguments.output {
        let sheets = [
            ("moderator.html", report::Audience::Moderator),
            ("participants.html", report::Audience::Participants),
        ];
        for (file, audience) in sheets {
            let path = folder.join(file);
            files::put(&path, &report::tabletop_html(&exercise, language, audience))?;
            ui.say(&format!("wrote {}", path.display()));
        }
    }
    match common.format {
        Format::Json => ui.data(&format!("{}\n", report::tabletop_json(&exercise))),
        _ => ui.data(&report::tabletop_text(&exercise, language, WIDTH)),
    }
    Ok(Exit::Passed)
}
