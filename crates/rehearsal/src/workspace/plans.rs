//! Campaigns and playbooks: read from the workspace, or chosen on the command line.

use model::campaign::Campaign;
use model::diagnostic::Diagnostic;
use model::lines::FileLines;
use model::playbook::Playbook;
use model::read::Read;
use threat::Joiner;

use super::Intake;
use super::folders::small;
use super::known::Known;
use super::settings::Pair;
use crate::error::Error;
use crate::files::{Files, NamedFile};

/// A campaign or playbook that is asked for.
#[derive(Debug, Clone)]
pub enum Choice {
    /// One of the workspace, by id or name, or [`race::NO_PLAYBOOK`].
    Known(String),
    /// A file of the user.
    File(NamedFile),
}

impl Choice {
    /// Returns whether it is the user's own, whatever the workspace holds.
    pub(super) fn is_own(&self) -> bool {
        match self {
            Self::Known(name) => name == race::NO_PLAYBOOK,
            Self::File(_) => true,
        }
    }
}

/// Reads every campaign of a folder.
pub(super) fn campaigns(
    tree: &dyn Files,
    joiner: &Joiner<'_>,
    (intake, known): (&mut Intake, &mut Known),
) -> Result<(), Error> {
    let files = known.listing(tree, &mut intake.diagnostics)?;
    intake.inputs.push(known.hash_tree("campaigns", tree, &files));
    for file in &files {
        let name = tree.name(file);
        let ending = file.rsplit('.').next().unwrap_or_default();
        if !matches!(ending, "yaml" | "yml" | "afb" | "json") {
            passed_over(&name, "campaign.yaml, or an Attack Flow as .json or .afb", &mut intake.diagnostics);
            continue;
        }
        let Some(bytes) = small(tree, file, &mut intake.diagnostics) else { continue };
        let read = match ending {
            "afb" => threat::read_afb(&name, &bytes, joiner),
            "json" => threat::read_flow(&name, &bytes, joiner),
            _ => threat::read_campaign(&name, &bytes, joiner).map(|c| c.into_iter().collect()),
        };
        let found = read.report(&mut intake.diagnostics);
        if !found.is_empty() {
            intake.lines.push(FileLines::of("campaign", &name, &bytes));
        }
        intake.campaign_files.push((name, found.iter().map(|c| c.id.clone()).collect()));
        intake.campaigns.extend(found);
    }
    intake.campaigns.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(())
}

/// Reads every playbook of a folder.
pub(super) fn playbooks(tree: &dyn Files, (intake, known): (&mut Intake, &mut Known)) -> Result<(), Error> {
    let files = known.listing(tree, &mut intake.diagnostics)?;
    intake.inputs.push(known.hash_tree("playbooks", tree, &files));
    for file in &files {
        let name = tree.name(file);
        if !file.ends_with(".json") {
            passed_over(&name, "a CACAO 2.0 playbook as .json", &mut intake.diagnostics);
            continue;
        }
        let Some(bytes) = small(tree, file, &mut intake.diagnostics) else { continue };
        let found = race::read_playbook(&name, &bytes).report(&mut intake.diagnostics);
        if found.is_some() {
            intake.lines.push(FileLines::of("playbook", &name, &bytes));
        }
        intake.playbook_files.push((name, found.iter().map(|p| p.id.clone()).collect()));
        intake.playbooks.extend(found);
    }
    intake.playbooks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(())
}

/// Says that a file is not read because of its ending; notes for people are left alone.
fn passed_over(name: &str, right: &str, said: &mut Vec<Diagnostic>) {
    let note = [".md", ".txt"].iter().any(|ending| name.ends_with(ending));
    if !note {
        let message = "the file is not read: nothing here has this ending";
        said.push(
            Diagnostic::warning(name, "workspace.passed-over", message).help(format!("expected {right}")),
        );
    }
}

/// Says which names in `[[pair]]` lead nowhere.
pub(super) fn check_pairs(file: &str, intake: &mut Intake) {
    // A file that gave nothing has said why; that its campaign is missing only follows from it.
    let whole = intake.campaign_files.iter().all(|(_, ids)| !ids.is_empty())
        && intake.playbook_files.iter().all(|(_, ids)| !ids.is_empty());
    if !whole {
        return;
    }
    for pair in &intake.pairs {
        let campaign = intake.campaigns.iter().any(|c| c.id.as_str() == pair.campaign);
        let playbook = intake.playbooks.iter().any(|p| answers_to(p, &pair.playbook));
        for (known, kind, name) in
            [(campaign, "campaign", &pair.campaign), (playbook, "playbook", &pair.playbook)]
        {
            if !known {
                let message = format!("[[pair]] names the {kind} {name:?}, which is not there");
                intake.diagnostics.push(
                    Diagnostic::error(file, &format!("workspace.unknown-{kind}"), message)
                        .help(format!("use the id of a {kind} in the {kind}s folder")),
                );
            }
        }
    }
}

/// Returns whether a playbook is meant by `name`: its CACAO id, or its name
/// with blanks as hyphens and without regard to letter case.
pub fn answers_to(playbook: &Playbook, name: &str) -> bool {
    let words: Vec<&str> = playbook.name.split_whitespace().collect();
    playbook.id.as_str() == name || words.join("-").eq_ignore_ascii_case(name)
}

/// Keeps the campaign and the playbook that were asked for, and what was said about them.
///
/// # Errors
/// [`Error`] when a name is not known, or a file cannot be read or used.
pub(super) fn choose(
    campaign: Option<&Choice>,
    playbook: Option<&Choice>,
    intake: &mut Intake,
) -> Result<(), Error> {
    if let Some(named) = campaign {
        choose_campaign(named, intake)?;
    }
    if let Some(named) = playbook {
        choose_playbook(named, intake)?;
    }
    Ok(())
}

fn choose_campaign(choice: &Choice, intake: &mut Intake) -> Result<(), Error> {
    match choice {
        Choice::File(file) => {
            let bytes = file.bytes()?;
            forget(&intake.campaign_files, |_| false, &mut intake.diagnostics);
            let joiner = Joiner::new(&intake.matrix, &intake.version_map);
            let campaign =
                usable(threat::read_campaign(&file.name, &bytes, &joiner), &mut intake.diagnostics)?;
            intake.campaigns = vec![campaign];
            intake.lines.retain(|l| l.what != "campaign");
            intake.lines.push(FileLines::of("campaign", &file.name, &bytes));
            intake.races = true;
        }
        Choice::Known(named) => {
            intake.campaigns.retain(|c| c.id.as_str() == named);
            if intake.campaigns.is_empty() {
                let hint = "`feuerprobe list campaigns` shows those of a run";
                return Err(missing("campaign", named, hint, intake));
            }
            forget(&intake.campaign_files, |id| id.as_str() == named, &mut intake.diagnostics);
        }
    }
    drop_pairs(intake);
    Ok(())
}

/// Keeps the first campaign that is wanted, else the first, and what was said about it.
pub(super) fn keep_one(wanted: impl Fn(&Campaign) -> bool, intake: &mut Intake) {
    let place = intake.campaigns.iter().position(wanted).unwrap_or(0);
    if place < intake.campaigns.len() {
        intake.campaigns.swap(0, place);
        intake.campaigns.truncate(1);
        drop_pairs(intake);
    }
}

/// Drops the pairs of campaigns that are not raced, and what was said about them.
fn drop_pairs(intake: &mut Intake) {
    let kept: Vec<&str> = intake.campaigns.iter().map(|c| c.id.as_str()).collect();
    intake.pairs.retain(|p| kept.contains(&p.campaign.as_str()));
    let playbooks = &intake.playbooks;
    let unmet = intake.pairs.iter().any(|p| !playbooks.iter().any(|own| answers_to(own, &p.playbook)));
    intake.diagnostics.retain(|d| {
        d.code != "workspace.unknown-campaign" && (unmet || d.code != "workspace.unknown-playbook")
    });
}

fn choose_playbook(choice: &Choice, intake: &mut Intake) -> Result<(), Error> {
    intake.diagnostics.retain(|d| d.code != "workspace.unknown-playbook");
    let playbook = match choice {
        Choice::Known(named) if named == race::NO_PLAYBOOK => {
            forget(&intake.playbook_files, |_| false, &mut intake.diagnostics);
            intake.pairs.clear();
            return Ok(());
        }
        Choice::File(file) => {
            let bytes = file.bytes()?;
            forget(&intake.playbook_files, |_| false, &mut intake.diagnostics);
            intake.lines.retain(|l| l.what != "playbook");
            intake.lines.push(FileLines::of("playbook", &file.name, &bytes));
            usable(race::read_playbook(&file.name, &bytes), &mut intake.diagnostics)?
        }
        Choice::Known(named) => {
            let found = intake.playbooks.iter().find(|p| answers_to(p, named)).cloned();
            let hint = "name one of the workspace, a CACAO 2.0 file, or `none`";
            let playbook = found.ok_or_else(|| missing("playbook", named, hint, intake))?;
            forget(&intake.playbook_files, |id| *id == playbook.id, &mut intake.diagnostics);
            playbook
        }
    };
    let id = playbook.id.as_str().to_owned();
    let pair = |c: &Campaign| Pair { campaign: c.id.as_str().to_owned(), playbook: id.clone() };
    intake.pairs = intake.campaigns.iter().map(pair).collect();
    intake.playbooks.retain(|p| p.id != playbook.id);
    intake.playbooks.push(playbook);
    Ok(())
}

/// Takes out what was said about files of which nothing is used.
fn forget<I>(files: &[(String, Vec<I>)], used: impl Fn(&I) -> bool, said: &mut Vec<Diagnostic>) {
    let unused = |name: &str| files.iter().any(|(file, ids)| file == name && !ids.iter().any(&used));
    said.retain(|d| !unused(&d.file));
}

/// Returns the thing that was read; what its reader said goes on either way.
fn usable<T>(read: Read<Option<T>>, said: &mut Vec<Diagnostic>) -> Result<T, Error> {
    let mut own = Vec::new();
    let thing = read.report(&mut own);
    match thing {
        Some(thing) => {
            said.append(&mut own);
            Ok(thing)
        }
        None => Err(Error::Content(own)),
    }
}

/// Returns that a name is not known, or why what may bear it could not be read.
fn missing(what: &'static str, name: &str, hint: &str, intake: &Intake) -> Error {
    let files = |list: &[String]| -> Vec<Diagnostic> {
        let about =
            |d: &&Diagnostic| list.contains(&d.file) && d.severity == model::diagnostic::Severity::Error;
        intake.diagnostics.iter().filter(about).cloned().collect()
    };
    let unread = |empty: bool, file: &str| empty.then(|| file.to_owned());
    let names: Vec<String> = match what {
        "campaign" => intake.campaign_files.iter().filter_map(|(f, ids)| unread(ids.is_empty(), f)).collect(),
        _ => intake.playbook_files.iter().filter_map(|(f, ids)| unread(ids.is_empty(), f)).collect(),
    };
    let errors = files(&names);
    if errors.is_empty() {
        Error::Unknown { what, name: name.to_owned(), hint: hint.to_owned() }
    } else {
        Error::Content(errors)
    }
}
