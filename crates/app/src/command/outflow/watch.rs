//! `outflow scan --watch`: new and changed files of a folder, look by look.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use model::outflow::Class;
use outflow::Tally;
use store::Ledger;

use crate::args::Common;
use crate::args::outflow::ScanArguments;
use crate::clock;
use crate::error::{Exit, Failure};
use crate::leak::{self, Sources};
use crate::ui::Ui;

use super::super::interrupt;
use super::{Prepared, print, verdict, write_files};

type States = BTreeMap<Option<PathBuf>, (u64, Option<SystemTime>)>;

/// Looks again and again until the time is over; Ctrl-C ends it sooner, with the
/// result of all looks. Every look that read something is stored at once.
pub(super) fn watch(
    arguments: &ScanArguments,
    prepared: &Prepared,
    ledger: &Ledger,
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let begun = clock::now();
    let stop = interrupt()?;
    let over = |now: model::quantity::Timestamp| {
        let limit = arguments.watch_for.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX));
        limit.is_some_and(|limit| now.since(begun).0 >= limit)
    };
    let (mut last, mut read) = (States::new(), States::new());
    let mut all = Tally::default();
    loop {
        let sources = leak::collect(&arguments.set.paths);
        let due = due(&sources, &mut last, &mut read);
        if !due.files.is_empty() {
            let files = due.files.len();
            let tally = leak::scan(&due, &prepared.rules, &ui.bar("scan", files as u64));
            all.absorb(tally.clone());
            let mut result = prepared.result(&arguments.set.paths, tally);
            result.store.clone_from(&arguments.store);
            let line = report::outflow::one_line(&result);
            ledger.store_outflow(&result, &line, clock::now())?;
            let mark = if result.count(Class::Canary) > 0 { "  PLANTED PEOPLE" } else { "" };
            ui.say(&format!("{}  {files} files: {line}{mark}", clock::show(clock::now())));
        }
        if over(clock::now()) || rest(arguments.every, &|| stop.load(Ordering::Relaxed)) {
            break;
        }
    }
    // What cannot be listed is said once, for the last look.
    let refused = Sources { refused: leak::collect(&arguments.set.paths).refused, ..Sources::default() };
    all.absorb(leak::scan(&refused, &prepared.rules, &ui.bar("scan", 0)));
    let mut result = prepared.result(&arguments.set.paths, all);
    result.store.clone_from(&arguments.store);
    write_files(&arguments.set, &result)?;
    print(&result, &report::outflow::terminal(&result), common, ui);
    Ok(verdict(&result, ui))
}

/// Waits until the next look, and returns whether an interrupt came first.
pub(in crate::command) fn rest(length: Duration, is_stopped: &dyn Fn() -> bool) -> bool {
    let begun = clock::tick();
    while !is_stopped() {
        let left = length.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return false;
        }
        clock::wait(left.min(Duration::from_millis(100)));
    }
    true
}

/// Returns the files that have not been read in their state and were the same at
/// the last look: a file that still grows is left for the next one.
fn due(sources: &Sources, last: &mut States, read: &mut States) -> Sources {
    let first = last.is_empty() && read.is_empty();
    let settled = |path: &Option<PathBuf>, state| first || last.get(path) == Some(&state);
    let mut due = Sources::default();
    for file in &sources.files {
        if read.get(&file.path) != Some(&file.state) && settled(&file.path, file.state) {
            read.insert(file.path.clone(), file.state);
            due.files.push(file.clone());
        }
    }
    *last = sources.files.iter().map(|f| (f.path.clone(), f.state)).collect();
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leak::Source;

    fn look(states: &[(&str, u64)]) -> Sources {
        let file = |(name, size): &(&str, u64)| Source {
            name: (*name).to_owned(),
            path: Some(PathBuf::from(name)),
            state: (*size, None),
        };
        Sources { files: states.iter().map(file).collect(), ..Sources::default() }
    }

    #[test]
    fn a_file_is_read_once_it_has_settled_and_again_when_it_changed() {
        let (mut last, mut read) = (States::new(), States::new());
        type Look<'a> = (&'a [(&'a str, u64)], &'a [&'a str]);
        let looks: [Look<'_>; 6] = [
            (&[("a", 1)], &["a"]),
            (&[("a", 1), ("b", 1)], &[]),
            (&[("a", 1), ("b", 2)], &[]),
            (&[("a", 1), ("b", 2)], &["b"]),
            (&[("a", 5), ("b", 2)], &[]),
            (&[("a", 5), ("b", 2)], &["a"]),
        ];
        for (states, expected) in looks {
            let due = due(&look(states), &mut last, &mut read);
            assert_eq!(due.files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), expected);
        }
    }
}
