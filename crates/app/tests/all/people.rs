//! An estate that says what its people are called: no page and no verb calls them otherwise.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What stands in names and quotations of the law, whatever the people are called.
const STATUTES: [&str; 3] = [
    "500,000 insured people (BSI-KritisV Annex 9",
    "500,000 insured (BSI-KritisV, Annex 9)",
    "500.000 Versicherten (BSI-KritisV Anhang 9",
];

/// Parts of words that speak of people with an insurance.
const FOREIGN: [&str; 2] = ["insured", "versichert"];

fn feuerprobe(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts");
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    told
}

/// Makes the starter's workspace, whose estate serves `people`, and returns all that verbs and
/// pages tell of it, with the command.
fn told(folder: &Path, people: &str) -> Vec<(String, String)> {
    feuerprobe(folder, &["init", "own", "--quiet"]);
    let own = folder.join("own");
    let path = own.join("estate.yaml");
    let estate = fs::read_to_string(&path).expect("the estate").replace("insured:", "people:");
    fs::write(&path, format!("{people}\n{estate}")).expect("written");
    let mut told = Vec::new();
    let mut tell =
        |command: &str| {
            let arguments: Vec<&str> = command.split(' ').collect();
            told.push((command.to_owned(), feuerprobe(&own, &arguments)));
            if let Some((_, page)) = command.split_once(" -o ").or_else(|| command.split_once(" --report ")) {
                let pages = if own.join(page).is_dir() {
                    let files = fs::read_dir(own.join(page)).expect("pages");
                    files.map(|f| f.expect("a page").path()).collect()
                } else {
                    vec![own.join(page)]
                };
                assert!(!pages.is_empty(), "{command}");
                told.extend(pages.iter().map(|p| {
                    (format!("{command}: {}", p.display()), fs::read_to_string(p).expect("a page"))
                }));
            }
        };
    tell("check");
    tell("run --trials 60 --report report.html");
    for what in ["tenants", "services", "keys", "campaigns", "techniques", "measures", "runs"] {
        tell(&format!("list {what}"));
    }
    tell("list tenants --format csv");
    tell("race --trials 60");
    tell("trial 7 -o trial.html");
    for lang in ["en", "de"] {
        tell(&format!("restart --down site:north --lang {lang} -o restart-{lang}.html"));
        tell(&format!("impact --down site:north --trials 60 --lang {lang} -o impact-{lang}.html"));
        tell(&format!("decide --trials 60 --lang {lang} -o decide-{lang}.html"));
        tell(&format!("tabletop --trial 7 --lang {lang} -o tabletop-{lang}"));
        tell(&format!("binder --lang {lang} -o binder-{lang}"));
    }
    tell("impact --down site:north --trials 60 --format csv");
    tell("restart --down site:north --format csv");
    tell("explain bkk-auental");
    for run in ["latest", "restart", "impact", "card", "tabletop"] {
        for key in keys(&own, run) {
            tell(&format!("explain {key} --run {run}"));
        }
    }
    told
}

/// Returns the keys of a run that speak of people: of the estate, of one tenant, of records, of
/// every hour and every clock.
fn keys(own: &Path, run: &str) -> Vec<String> {
    let told = feuerprobe(own, &["list", "keys", "--run", run, "--format", "csv"]);
    let mut keys: Vec<String> =
        told.lines().skip(1).filter_map(|l| l.split(',').next()).map(str::to_owned).collect();
    // Hundreds of numbers are told with a few dozen wordings: one number of each.
    keys.sort_by_key(|k| k.rsplit('.').next().unwrap_or_default().to_owned());
    keys.dedup_by_key(|k| k.rsplit('.').next().unwrap_or_default().to_owned());
    keys
}

#[test]
fn an_estate_of_citizens_speaks_of_citizens_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let people = "people: {one: citizen, many: citizens, german: Bürgerinnen und Bürger}";
    let told = told(folder.path(), people);
    assert!(told.len() > 60, "{} texts", told.len());
    let mut wrong = Vec::new();
    for (command, text) in &told {
        let mut text = text.clone();
        for statute in STATUTES {
            text = text.replace(statute, "");
        }
        // The page holds the record for programs, whose field names do not change.
        text = text.replace("\"insured\":", "");
        for line in text.lines().filter(|l| FOREIGN.iter().any(|f| l.to_lowercase().contains(f))) {
            let at = FOREIGN.iter().find_map(|f| line.to_lowercase().find(f)).unwrap_or_default();
            let around: String = line.chars().skip(at.saturating_sub(60)).take(140).collect();
            wrong.push(format!("{command}: {around}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // They are named, in both languages and in the case that the sentence asks for.
    let all: String =
        told.iter().map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for said in [
        "citizens affected",
        "as if every citizen were",
        "erste Bürgerinnen und Bürger wieder versorgt",
        "Daten von Bürgerinnen und Bürgern sind nicht betroffen",
        ">Citizens</th>",
        "citizens × hours",
    ] {
        assert!(all.contains(said), "nothing says “{said}”");
    }
}
