//! How much of the truth is found, and how much that is found is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::outflow::{Class, Finding, Outflow};
use model::quantity::Timestamp;
use outflow::container::Walk;
use outflow::place::Place;
use outflow::{Key, Rules, Scan};

/// Aims of the detector on this corpus.
const RECALL: f64 = 0.995;
const PRECISION: f64 = 0.99;

fn scan(rules: &Arc<Rules>, path: &Path) -> io::Result<Outflow> {
    let mut scan = Scan::new(rules.clone());
    let scratch = || tempfile::tempfile().map(|f| Box::new(f) as Box<dyn outflow::container::Scratch>);
    let walk = Walk { scratch: Some(&scratch), ..Walk::default() };
    let mut file = fs::File::open(path)?;
    walk.file(&Place::file(path.display().to_string()), &mut file, &mut scan);
    let mut result = Outflow::new(Vec::new(), String::new(), rules.threshold, Timestamp(0));
    scan.finish().write(&mut result);
    Ok(result)
}

fn rules() -> Arc<Rules> {
    let mut rules = Rules::new(Key::new([7; 32]), Vec::new());
    rules.reveal = true;
    Arc::new(rules)
}

/// Returns listed findings that name nobody who was planted.
fn strangers(result: &Outflow, rules: &Rules, known: &BTreeMap<u64, &[&str; 3]>) -> Vec<String> {
    let data = result.findings.iter().filter(|f| f.class == Class::Data && f.what.insured());
    let stranger = |f: &&Finding| {
        let clear = f.clear.as_deref().unwrap_or_default();
        !clear.get(..10).is_some_and(|person| known.contains_key(&rules.key.person(person)))
    };
    let shown = |f: &Finding| {
        format!("wrong: {:?} at {} confidence {:?} {:?}", f.clear, f.place, f.confidence, f.reasons)
    };
    data.filter(stranger).take(5).map(shown).collect()
}

#[derive(Default)]
struct Count {
    planted: u64,
    found: u64,
}

/// Scans a corpus and prints recall by form and container, and precision.
pub(crate) fn score(folder: &Path) -> io::Result<bool> {
    let rules = rules();
    let truth = fs::read_to_string(folder.join("truth.tsv"))?;
    let mut by_file: BTreeMap<&str, Vec<[&str; 3]>> = BTreeMap::new();
    for line in truth.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        if let [file, person, form, kind] = fields[..] {
            by_file.entry(file).or_default().push([person, form, kind]);
        }
    }
    let mut names: Vec<String> = fs::read_dir(folder)?
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n != "truth.tsv")
        .collect();
    names.sort();
    let (mut forms, mut kinds): (BTreeMap<&str, Count>, BTreeMap<&str, Count>) = Default::default();
    let (mut all, mut right, mut wrong, mut bytes) = (Count::default(), 0_u64, 0_u64, 0);
    let mut samples = Vec::new();
    for name in &names {
        let result = scan(&rules, &folder.join(name))?;
        bytes += result.volume.bytes;
        let planted = by_file.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        // A result lists findings up to a bound, and the keyed hash of every person.
        let tokens: BTreeSet<u64> = result.tokens().into_iter().collect();
        let known: BTreeMap<u64, &[&str; 3]> = planted.iter().map(|p| (rules.key.person(p[0]), p)).collect();
        let hits = known.keys().filter(|t| tokens.contains(*t)).count() as u64;
        // The truth does not name the main insured persons of the longest form.
        let mains = planted.iter().filter(|p| p[1] == "30 characters").count() as u64;
        let surplus = tokens.len() as u64 - hits;
        right += hits + surplus.min(mains);
        wrong += surplus.saturating_sub(mains);
        if surplus > mains {
            samples.extend(strangers(&result, &rules, &known));
        }
        for [person, form, kind] in planted {
            let hit = u64::from(tokens.contains(&rules.key.person(person)));
            for count in [&mut all, forms.entry(form).or_default(), kinds.entry(kind).or_default()] {
                count.planted += 1;
                count.found += hit;
            }
            if hit == 0 && samples.len() < 60 {
                samples.push(format!("missed: {person} ({form}) in {name} ({kind})"));
            }
        }
        for unread in &result.unread {
            samples.push(format!("not read: {}: {}", unread.place, unread.trouble));
        }
    }
    for sample in samples.iter().take(80) {
        println!("{sample}");
    }
    table("way of writing", &forms);
    table("container", &kinds);
    row("all", &all);
    println!("bytes read {bytes}, people found in each file {}, wrong {wrong}", right + wrong);
    if let Some(peak) = peak() {
        println!("largest memory {:.0} MB", peak as f64 / 1e6);
    }
    Ok(verdict(ratio(all.found, all.planted), ratio(right, right + wrong)))
}

/// Returns the most memory this process has held, in bytes, where the system says.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

fn table(heading: &str, counts: &BTreeMap<&str, Count>) {
    println!("{heading:<24} {:>9} {:>9} {:>8}", "planted", "found", "recall");
    for (name, count) in counts {
        row(name, count);
    }
}

fn verdict(recall: f64, precision: f64) -> bool {
    println!(
        "recall {:.3} % (aim {:.1} %), precision {:.3} % (aim {:.1} %)",
        recall * 100.0,
        RECALL * 100.0,
        precision * 100.0,
        PRECISION * 100.0
    );
    recall >= RECALL && precision >= PRECISION
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn row(name: &str, count: &Count) {
    println!(
        "{name:<24} {:>9} {:>9} {:>7.2}%",
        count.planted,
        count.found,
        ratio(count.found, count.planted) * 100.0
    );
}

/// Scans files in which nothing was planted; every finding is taken for wrong.
pub(crate) fn false_positives(folders: &[PathBuf]) -> io::Result<bool> {
    let rules = rules();
    for folder in folders {
        let (mut bytes, mut files, mut unread) = (0_u64, 0_u64, 0);
        let mut wrong: BTreeMap<String, [u64; 3]> = BTreeMap::new();
        let mut open = vec![folder.clone()];
        while let Some(path) = open.pop() {
            let Ok(about) = fs::symlink_metadata(&path) else { continue };
            if about.is_dir() {
                open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|e| e.path()));
            } else if about.is_file() {
                let Ok(result) = scan(&rules, &path) else { continue };
                files += 1;
                bytes += result.volume.bytes;
                unread += result.unread.len();
                for finding in result.findings.iter().filter(|f| f.class == Class::Data) {
                    let confidence = finding.confidence.get();
                    let row = wrong.entry(format!("{:?}", finding.what)).or_default();
                    row[usize::from(confidence >= 0.8) + usize::from(confidence >= 0.95)] += 1;
                    println!(
                        "{:?} at {} confidence {:?} {:?}",
                        finding.clear, finding.place, finding.confidence, finding.reasons
                    );
                }
            }
        }
        println!("{}: {files} files, {bytes} bytes unpacked, {unread} places not read", folder.display());
        for (what, row) in &wrong {
            let all: u64 = row.iter().sum();
            let [low, middle, high] = row;
            println!(
                "{what}: {all} findings, {:.2} for each GB; {low} of confidence below 0.8, {middle} below 0.95, {high} above",
                all as f64 / (bytes as f64 / 1e9)
            );
        }
    }
    Ok(true)
}
