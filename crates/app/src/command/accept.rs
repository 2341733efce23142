//! `accept`: something that is known to be bad is accepted for a time, by name.

use rehearsal::{ACCEPTANCES, is_day, read_acceptances, refuse};

use crate::args::{AcceptArguments, Common};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, read_named};
use crate::ui::Ui;

/// Adds an entry to the file of acceptances of the workspace.
pub(super) fn accept(wanted: &AcceptArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&common.spec())?;
    let Some(folder) = workspace.folder() else {
        let why = "there is no workspace to keep acceptances in; `feuerprobe init DIR` writes one";
        return Err(Failure::Usage(why.to_owned()));
    };
    check(wanted)?;
    let path = folder.join(workspace.sources.file.acceptances().unwrap_or(ACCEPTANCES));
    let mut text = String::new();
    if path.is_file() {
        let name = path.display().to_string();
        let bytes =
            read_named(&path).map_err(|e| Failure::Unreadable { path: name.clone(), why: e.to_string() })?;
        let mut said = Vec::new();
        read_acceptances(&name, &bytes).report(&mut said);
        refuse(&said)?;
        text = String::from_utf8_lossy(&bytes).into_owned();
        if !text.ends_with('\n') && !text.is_empty() {
            text.push('\n');
        }
    }
    // A JSON string is a YAML string.
    let quoted = |value: &str| serde_json::Value::from(value).to_string();
    text.push_str(&format!(
        "- what: {}\n  owner: {}\n  reason: {}\n  until: {}\n  approved-by: {}\n",
        quoted(&wanted.what),
        quoted(&wanted.owner),
        quoted(&wanted.reason),
        quoted(&wanted.until),
        quoted(&wanted.approved_by)
    ));
    files::put(&path, &text)?;
    ui.say(&format!("{} accepted until {}, in {}", wanted.what, wanted.until, path.display()));
    Ok(Exit::Passed)
}

fn check(wanted: &AcceptArguments) -> Result<(), Failure> {
    const KINDS: [&str; 7] =
        ["rule:", "verdict:", "benign:", "content:", "code:", "technique:", "recording:"];
    let known = KINDS.iter().any(|kind| wanted.what.strip_prefix(kind).is_some_and(|id| !id.is_empty()));
    if !known {
        return Err(Failure::Usage(format!(
            "{:?} names nothing that can be accepted; give a key that `feuerprobe gate` prints, such as rule:ID@RECORDING",
            wanted.what
        )));
    }
    if !is_day(&wanted.until) {
        return Err(Failure::Usage(format!("--until {:?} is no day; write 2027-03-31", wanted.until)));
    }
    if wanted.until < clock::day(clock::now()) {
        return Err(Failure::Usage(format!("--until {} is past", wanted.until)));
    }
    for (name, value) in
        [("--owner", &wanted.owner), ("--reason", &wanted.reason), ("--approved-by", &wanted.approved_by)]
    {
        if value.trim().is_empty() {
            return Err(Failure::Usage(format!("{name} must not be empty")));
        }
    }
    Ok(())
}
