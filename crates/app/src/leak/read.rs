//! Reading the files of a set, side by side.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use indicatif::ProgressBar;
use model::finding::{Place, Trouble};
use outflow::container::{Scratch, Walk};
use outflow::{Rules, Scan, Tally};
use rayon::prelude::*;

use super::{Source, Sources, holes};

/// Files of a batch whose results are in memory at once.
const AT_ONCE: usize = 256;

/// Bytes of a batch, unless it has no more files than twice the threads: a large
/// file may give a large result.
const BATCH: u64 = 16 << 20;

/// Returns what the files of a set hold, in the order of their names.
pub fn scan(sources: &Sources, rules: &Arc<Rules>, bar: &ProgressBar) -> Tally {
    let mut all = Scan::new(rules.clone());
    for (place, trouble) in &sources.refused {
        all.trouble(place.clone(), trouble.clone());
    }
    let mut all = all.finish();
    let mut rest = sources.files.as_slice();
    while !rest.is_empty() {
        let (files, later) = rest.split_at(batch(rest));
        rest = later;
        let tallies: Vec<Tally> = files
            .par_iter()
            .map(|file| {
                let tally = one(file, rules);
                bar.inc(1);
                tally
            })
            .collect();
        for tally in tallies {
            all.absorb(tally);
        }
    }
    bar.finish_and_clear();
    all
}

/// Returns how many of the files make the next batch.
fn batch(files: &[Source]) -> usize {
    let least = rayon::current_num_threads() * 2;
    let mut bytes = 0;
    let fits = files.iter().enumerate().take_while(|(i, file)| {
        bytes += file.state.0;
        *i < least || *i < AT_ONCE && bytes < BATCH
    });
    fits.count().max(1)
}

fn one(source: &Source, rules: &Arc<Rules>) -> Tally {
    let place = Place::file(source.name.clone());
    guarded(&place, rules, |scan| read(source, &place, scan))
}

/// Returns what a reader finds. One that fails must not take the others with it: its file is
/// reported as damaged, and nothing that it read is kept or said.
pub fn guarded(place: &Place, rules: &Arc<Rules>, read: impl FnOnce(&mut Scan)) -> Tally {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut scan = Scan::new(rules.clone());
        read(&mut scan);
        scan.finish()
    }));
    read.unwrap_or_else(|_| {
        let mut scan = Scan::new(rules.clone());
        scan.trouble(place.clone(), Trouble::Damaged("its reader failed; please report it".to_owned()));
        scan.finish()
    })
}

fn read(source: &Source, place: &Place, scan: &mut Scan) {
    let scratch = || scratch();
    let walk = Walk { scratch: Some(&scratch), ..Walk::default() };
    let Some(path) = &source.path else {
        walk.stream(place, &mut std::io::stdin().lock(), scan);
        return;
    };
    match open(path).and_then(|file| Ok((file.try_clone()?, file))) {
        Ok((same, mut file)) => {
            let stored = |from| holes::stored(&same, from);
            let walk = Walk { stored: Some(&stored), ..walk };
            walk.file(place, &mut file, scan);
            let after = file.metadata().ok().and_then(|m| m.modified().ok());
            if source.state.1.is_some() && after != source.state.1 {
                scan.trouble(place.clone(), Trouble::Changed);
            }
        }
        Err(e) => scan.trouble(place.clone(), Trouble::Unreadable(e.to_string())),
    }
}

/// Opens a file after making sure that reading it does not wait for somebody.
fn open(path: &Path) -> std::io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file any more"));
    }
    let mut file = File::open(path)?;
    // What cannot be read at all is told apart from what breaks off.
    let _ = file.read(&mut [])?;
    Ok(file)
}

/// Returns a file without a name, which vanishes with its last handle.
fn scratch() -> std::io::Result<Box<dyn Scratch>> {
    let path = std::env::temp_dir().join(format!("feuerprobe-{}", crate::clock::id()));
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(Box::new(file))
}

/// Makes a failure of the program say where it failed, and what was wrong with identifiers
/// masked: the message of a panic may quote what was read.
pub fn masked_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let said = info.payload_as_str().unwrap_or("no message");
        let said = outflow::Pseudonyms::default().name(said).unwrap_or_else(|| said.to_owned());
        let _ = writeln!(std::io::stderr().lock(), "internal error{place}, please report it: {said}");
    }));
}

/// Makes a failing reader say where it failed and nothing of what it read, not even masked.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let _ = writeln!(std::io::stderr().lock(), "a reader failed{place}; the file is reported as damaged");
    }));
}
