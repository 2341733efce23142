//! `binder`: a folder of pages for the day the network is down.

use std::fmt::Write as _;
use std::path::Path;

use model::record::{Record, RunInfo};
use rehearsal::Binder;
use report::{BinderPage, Language};
use sha2::{Digest as _, Sha256};

use super::{sound_run, stored};
use crate::args::{BinderArguments, Common};
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Computes the pages of a stored run and writes them with their checksums.
pub(super) fn binder(wanted: &BinderArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (info, record) = stored(&wanted.run, common)?;
    let Some(info) = info else {
        let why = "a binder says when its run was stored, which a record file does not tell; name a run of the ledger";
        return Err(Failure::Usage(why.to_owned()));
    };
    sound_run(&record, &wanted.run)?;
    let taken = std::fs::read_dir(&wanted.output).is_ok_and(|mut files| files.next().is_some());
    if taken {
        let why = format!("{} is not empty; name a new folder", wanted.output.display());
        return Err(Failure::Usage(why));
    }
    let binder = rehearsal::binder(&record, ui)?;
    let mut pages = pages(&record, &info, &binder, wanted.lang.into());
    let mut sums = String::new();
    for page in &pages {
        let digest = Sha256::digest(page.text.as_bytes());
        let hex = digest.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        // A String again.
        let _ = writeln!(sums, "{hex}  {}", page.file);
    }
    let title = String::new();
    pages.push(BinderPage { file: "SHA256SUMS".to_owned(), title, text: sums });
    put(&wanted.output, &pages)?;
    ui.say(&format!("wrote {} files to {}", pages.len(), wanted.output.display()));
    Ok(Exit::Passed)
}

fn put(folder: &Path, pages: &[BinderPage]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| files::unwritable(folder, &e))?;
    pages.iter().try_for_each(|page| files::put(&folder.join(&page.file), &page.text))
}

/// Returns every page in the order of print, the cover first.
fn pages(record: &Record, info: &RunInfo, binder: &Binder, language: Language) -> Vec<BinderPage> {
    let mut pages = Vec::new();
    let mut add = |file: String, title: String, text: String| pages.push(BinderPage { file, title, text });
    let words = report::BinderWords::of(language);
    for one in &binder.cards {
        let file = format!("1-decide-{}-{}.html", one.campaign, one.confidence);
        add(file, words.card(&one.card, one.confidence), report::decide_html(&one.card, language));
    }
    if let Some(all) = binder.outages.last() {
        add("2-clocks.html".to_owned(), words.clocks(), report::clocks_html(record, &all.crisis, language));
    }
    for one in &binder.outages {
        let what = &one.name;
        let name = one.what.iter().map(|w| w.replace(':', "-")).collect::<Vec<_>>().join("+");
        add(
            format!("3-outage-{name}-restart.html"),
            words.restart(what),
            report::restart_html(&one.plan, language),
        );
        add(
            format!("3-outage-{name}-impact.html"),
            words.impact(what),
            report::impact_html(&one.crisis, language),
        );
    }
    for (name, sides) in &binder.trials {
        let campaign = name.rsplit_once('/').map(|(campaign, _)| campaign);
        let file = format!("4-trial-{}.html", name.replace('/', "-"));
        add(file, words.trial(name), report::trial_html(record, campaign, sides));
    }
    add("5-report.html".to_owned(), words.report(), report::html(record, Some(info)));
    pages.extend(report::binder_tables(record));
    pages.sort_by(|a, b| a.file.cmp(&b.file));
    let cover = report::binder_cover(record, info, &pages, language);
    pages.insert(0, cover);
    pages
}
