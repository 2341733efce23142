//! `impact` and `tabletop` as a user runs them: the shape of the built-in provider's
//! outages, both languages, and sheets that keep the answers from those exercised.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn figures(down: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let mut arguments = vec!["impact", "--trials", "300", "--format", "json"];
    arguments.extend(down.iter().flat_map(|d| ["--down", *d]));
    serde_json::from_str(&text(&feuerprobe(folder.path(), &arguments))).expect("JSON")
}

/// Returns the median days until normal operation of a service; `None` where it is not down.
fn days(figures: &Value, hosting: &str, service: &str) -> Option<f64> {
    let all = figures["services"].as_array().expect("services").iter();
    let mut found = all.filter(|s| s["hosting"] == hosting && s["service"] == service);
    found.next().and_then(|s| s["normal"]["q50"].as_f64()).map(|ms| ms / 86_400_000.0)
}

/// What was publicly reported (`report/observed.tsv`): sick notes back within days, payments
/// in the second week, mail and phone in the third, portal and app in weeks three to six.
/// The times of the built-in estate were chosen so that order and tens of days are like
/// that; this test keeps them so.
#[test]
fn pulling_sites_and_the_hub_link_has_the_shape_of_public_outages() {
    let one = figures(&["site:ruhr"]);
    let both = figures(&["site:ruhr", "site:elbe"]);
    let link = figures(&["role:hub-link"]);
    let at = |service: &str| days(&both, "full-ruhr", service).expect("down");

    assert!(at("eau-kim") < at("epa") && at("epa") < at("mail"), "the hub comes before the offices");
    assert!(at("eau-kim") < at("payments") && at("payments") < at("portal"));
    // Of every service the median lies in the reported span, or beside it by less than a quarter.
    let reported = include_str!("../../../report/observed.tsv").lines().skip(1);
    for line in reported {
        let cells: Vec<&str> = line.split('\t').collect();
        let number = |cell: &str| cell.parse::<f64>().expect("days");
        let (low, high) = (number(cells[1]), number(cells[2]));
        let median = at(cells[0]);
        assert!(low / 1.25 <= median && median <= high * 1.25, "{}: {median:.1} days", cells[0]);
    }
    let within = both["services"].as_array().expect("services").iter().filter(|s| s["data_lost"] == 0.0);
    assert_eq!(within.count(), both["services"].as_array().map_or(0, Vec::len), "nothing was attacked");
    assert!(both["relapsed"].as_f64().is_some_and(|p| p > 0.0) && both["waiting"].as_u64() > Some(0));

    // One site: those hosted whole at another keep phone and mail, as some insurers did.
    assert!(days(&one, "full-ruhr", "mail").is_some() && days(&one, "full-isar", "mail").is_none());
    assert!(days(&both, "full-elbe", "mail").is_some() && days(&one, "full-elbe", "mail").is_none());

    // Only the link: what stands on the hub goes, nothing else, and it is back within days.
    assert_eq!(days(&link, "full-ruhr", "mail"), None);
    assert_eq!(days(&link, "full-ruhr", "payments"), None);
    assert!(days(&link, "hub-elbe", "eau-kim").is_some_and(|d| d < 4.0));
    let lost = |f: &Value| f["containment"].as_u64().expect("person-hours");
    assert!(lost(&link) < lost(&one) && lost(&one) < lost(&both));
    assert_eq!(both["attack"], 0, "nobody attacked");
}

#[test]
fn clocks_hold_for_the_provider_and_fail_for_insurers_without_phone_and_mail() {
    let both = figures(&["site:ruhr", "site:elbe"]);
    let clock = |key: &str| {
        let all = both["clocks"].as_array().expect("clocks").iter();
        all.filter(|c| c["key"] == key).map(Value::clone).next().expect("in the list")
    };
    assert!(clock("bsig-32-early")["met"].as_f64().is_some_and(|p| p > 0.9));
    // A hotline is set up after two days: in time for 72 hours, too late for 24.
    let early = clock("bsig-32-early-kritis");
    assert!(early["worst"].as_f64() < early["met"].as_f64() && early["worst"].as_f64() < Some(0.5));
    assert!(clock("gdpr-33-1")["met"].as_f64() > early["met"].as_f64());
    assert_eq!(clock("gdpr-34")["met"], Value::Null, "the law names no hours");
    let kritis = both["tenants"].as_array().expect("tenants").iter().filter(|t| t["kritis"] == true).count();
    assert!(kritis > 5 && clock("bsig-32-early-kritis")["bound"].as_u64() == Some(kritis as u64));
}

#[test]
fn figures_fit_eighty_columns_in_both_languages_and_csv_has_a_row_for_each_tenant_and_service() {
    let folder = tempfile::tempdir().expect("a folder");
    for lang in ["en", "de"] {
        let shown = text(&feuerprobe(
            folder.path(),
            &["impact", "--down", "site:ruhr", "--trials", "50", "--lang", lang, "-o", "sheet.html"],
        ));
        let wide: Vec<&str> = shown.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        let sheet = std::fs::read_to_string(folder.path().join("sheet.html")).expect("a sheet");
        assert!(sheet.contains("Merkur 16.05.2023"), "the sources of the shape are named");
    }
    let csv =
        text(&feuerprobe(folder.path(), &["impact", "--down", "all", "--trials", "20", "--format", "csv"]));
    assert_eq!(csv.lines().filter(|l| l.starts_with("bkk-auental,")).count(), 11);
    assert_eq!(feuerprobe(folder.path(), &["impact"]).status.code(), Some(3), "no run yet");
}

#[test]
fn participants_do_not_see_what_the_moderator_sees() {
    let folder = tempfile::tempdir().expect("a folder");
    text(&feuerprobe(folder.path(), &["race", "--trials", "60", "--seed", "3"]));
    let script = text(&feuerprobe(
        folder.path(),
        &["tabletop", "--trial", "april-intrusion/5", "--lang", "de", "--output", "sheets"],
    ));
    assert!(script.lines().all(|l| l.chars().count() <= 80), "{script}");
    let read =
        |name: &str| std::fs::read_to_string(folder.path().join("sheets").join(name)).expect("a sheet");
    let (moderator, participants) = (read("moderator.html"), read("participants.html"));
    assert!(moderator.contains("Tatsächlich") && moderator.contains("Alle Standorte"));
    for secret in ["Tatsächlich", "Alle Standorte", "april-intrusion", "Für die Auswertung"] {
        assert!(!participants.contains(secret), "participants read “{secret}”");
    }
    assert!(participants.contains("Was nehmen Sie vom Netz"));
}
