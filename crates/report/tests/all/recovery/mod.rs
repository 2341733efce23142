//! What the crisis team reads: the restart plan and the outage figures, in both languages.

use model::crisis::Crisis;
use model::quantity::{PersonHours, Ratio};
use model::restart::Weighed;
use report::{Assumptions, Language, impact_html, impact_text, restart_html, restart_text};

use super::page::check;
use super::sample;

const LANGUAGES: [(Language, &str); 2] = [(Language::En, "en"), (Language::De, "de")];

fn fits(text: &str, name: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{name}: {line}");
    }
}

/// Leaves a page where people can look at it.
fn keep(name: &str, html: &str) {
    let path = std::env::temp_dir().join(format!("feuerprobe-sample-{name}.html"));
    assert!(std::fs::write(path, html).is_ok());
}

#[test]
fn the_plan_reads_in_both_languages_and_fits_eighty_columns() {
    for (language, name) in LANGUAGES {
        let text = restart_text(&sample::restart::plan(), language, 80);
        fits(&text, name);
        insta::assert_snapshot!(format!("restart_{name}"), text);
        fits(&restart_text(&sample::restart::large(), language, 80), name);
    }
}

#[test]
fn every_phase_of_every_asset_has_its_box_and_its_bar() {
    for (language, name) in LANGUAGES {
        for (plan, size) in [(sample::restart::plan(), "plan"), (sample::restart::large(), "large")] {
            let page = restart_html(&plan, language);
            check(&page);
            keep(&format!("restart-{size}-{name}"), &page);
            let phases: usize = plan.positions.iter().map(|p| p.phases.len()).sum();
            let rows = page.split("<table class=\"checklist\">").nth(1).unwrap_or_default();
            let rows = rows.split("</table>").next().unwrap_or_default();
            assert_eq!(rows.matches("<tr").count(), plan.positions.len() + 1, "one row an asset");
            assert_eq!(rows.matches("class=\"box\"").count(), phases, "one box a phase");
            let whole =
                page.split("<div class=\"wide\"><svg").skip(1).filter(|c| c.contains("restart-whole"));
            let bars: usize = whole.map(|c| c.matches("<rect class=\"job").count()).sum();
            assert_eq!(bars, phases, "one bar a phase");
        }
    }
}

#[test]
fn the_sheet_says_what_is_lost_who_waits_and_what_may_come_again() {
    let page = restart_html(&sample::restart::plan(), Language::De);
    for said in [
        "keine Kopie übrig, alle Daten verloren",
        "<dd>ruhr-storage, ruhr-database</dd>",
        "Untersuchung",
        "Bereinigung",
        "Neuaufbau",
        "Datenrücksicherung",
        "Forensik 2",
        "Bandbreite ruhr",
        "extern",
        "das 2,1-Fache",
        "doppelte Rücksicherungsrate in ruhr (heute 900 GB/h)",
        "Rückfall: Mit einer Wahrscheinlichkeit von 10\u{a0}%",
        "Anlauf wartet: directory braucht zuerst ruhr-storage",
    ] {
        assert!(page.contains(said), "“{said}” is not on the sheet");
    }
    assert_eq!(page.matches("Kritischer Pfad: ").count(), 1);
}

#[test]
fn a_plan_without_the_new_says_nothing_of_it() {
    let mut plan = sample::restart::plan();
    (plan.staged, plan.gains, plan.relapse) = (Vec::new(), Vec::new(), None);
    for position in &mut plan.positions {
        position.data_loss = None;
    }
    let (text, page) = (restart_text(&plan, Language::En, 80), restart_html(&plan, Language::En));
    for word in ["Relapse", "Re-admission", "bandwidth would bring", "Data loss", "data lost"] {
        assert!(!text.contains(word) && !page.contains(word), "{word}");
    }
}

/// Where services have weights the plan tells what was searched first, and the person-hours too.
#[test]
fn a_weighed_plan_tells_both_losses_in_both_languages() {
    let mut plan = sample::restart::plan();
    let plain = LANGUAGES.map(|(language, _)| restart_text(&plan, language, 80));
    plan.weighed =
        Some(Weighed { hours: PersonHours(8_100_000_000), unsearched: PersonHours(8_910_000_000) });
    plan.gains[0].weighed = Some(PersonHours(500_000_000));
    plan.gains[1].weighed = Some(PersonHours(0));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = [
        [
            "Weighted person-hours (people times hours without each service, times its weight): 8.1 bn; \
             the searched order saves 810 M against “what counts most first”.",
            "Person-hours with at least one service down: 3.7 bn.",
            "saves 500 M weighted person-hours, last asset",
        ],
        [
            "Gewichtete Personenstunden (Menschen mal Stunden ohne jeden Dienst, mal dessen Gewicht): 8,1 Mrd.; \
             die gesuchte Reihenfolge spart 810 Mio. gegenüber „was am meisten zählt zuerst“.",
            "Personenstunden mit mindestens einem ausgefallenen Dienst: 3,7 Mrd.",
            "spart 500 Mio. gewichtete Personenstunden, letzte Komponente",
        ],
    ];
    for (n, (language, _)) in LANGUAGES.into_iter().enumerate() {
        let (text, page) = (restart_text(&plan, language, 80), restart_html(&plan, language));
        for said in wanted[n] {
            assert!(words(&text).contains(said), "“{said}” is not in {text}");
        }
        for said in [wanted[n][0], wanted[n][2]] {
            assert!(!words(&plain[n]).contains(said), "“{said}” without weights");
        }
        assert!(page.contains(&wanted[n][0][..20]), "the sheet tells it too");
        fits(&text, "weighed");
    }
}

#[test]
fn the_figures_read_in_both_languages_and_fit_eighty_columns() {
    for (language, name) in LANGUAGES {
        let text = impact_text(&sample::crisis::crisis(), language, 80);
        fits(&text, name);
        insta::assert_snapshot!(format!("impact_{name}"), text);
        let page = impact_html(&sample::crisis::crisis(), language);
        check(&page);
        keep(&format!("impact-{name}"), &page);
    }
}

#[test]
fn figures_without_loss_of_data_have_no_table_of_it() {
    let mut crisis: Crisis = sample::crisis::crisis();
    crisis.services.truncate(1);
    (crisis.waiting, crisis.relapsed) = (PersonHours(0), Ratio::ZERO);
    let (text, page) = (impact_text(&crisis, Language::De, 80), impact_html(&crisis, Language::De));
    for word in ["RPO", "Rückfall", "Wiederzulassung"] {
        assert!(!text.contains(word) && !page.contains(word), "{word}");
    }
}

/// Returns how often a curve rises after it has fallen; on the page less is higher.
fn second_rises(path: &str) -> usize {
    let heights: Vec<f64> =
        path.split(['M', 'L', 'Z']).filter_map(|p| p.split(' ').nth(1)?.parse().ok()).collect();
    let (mut fallen, mut rises) = (false, 0);
    for pair in heights.windows(2) {
        rises += usize::from(fallen && pair[1] < pair[0]);
        fallen |= pair[1] > pair[0];
    }
    rises
}

#[test]
fn a_second_return_is_a_second_outage() {
    let mut record = sample::record();
    let curve = |record: &model::record::Record| {
        let page = report::html(record, None);
        let drawing = page.split("id=\"campaign-april-intrusion-1-outage-w-t\"").nth(1).unwrap().to_owned();
        let path = drawing.split("class=\"c-containment\" d=\"").nth(1).unwrap();
        path.split('"').next().unwrap().to_owned()
    };
    assert_eq!(second_rises(&curve(&record)), 1);
    for story in &mut record.scores[0].stories {
        story.returns.retain(|r| r.again.is_none());
    }
    assert_eq!(second_rises(&curve(&record)), 0);
}

#[test]
fn what_is_assumed_of_the_recovery_is_drawn_back() {
    let record = sample::record();
    let (estate, campaign) = (record.estate.as_ref().unwrap(), &record.campaigns[0]);
    let playbook = record.playbooks.first();
    let text = Assumptions { estate, campaign, playbook, evidence: &record.evidence }.terminal();
    fits(&text, "assumed");
    insta::assert_snapshot!("assumed", text);
}

/// What came into records with version 3; a record of version 2 has none of it.
const SINCE_VERSION_3: [&str; 15] = [
    "aftermath",
    "again",
    "backup",
    "care",
    "copies",
    "data_gb",
    "foothold",
    "phases",
    "reached",
    "records_at_risk",
    "recovery",
    "relapse",
    "restore_gb_per_hour",
    "rpo",
    "warm_up",
];

fn strip(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            // Whether a step is tried `again` is older than that an asset goes off again.
            fields.retain(|key, value| value.is_boolean() || !SINCE_VERSION_3.contains(&key.as_str()));
            fields.values_mut().for_each(strip);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn a_record_of_version_2_is_still_read_and_shown() {
    let mut value: serde_json::Value = serde_json::from_slice(&sample::record().to_bytes()).expect("JSON");
    value["version"] = 2.into();
    strip(&mut value);
    let bytes = serde_json::to_vec(&value).expect("JSON");
    let old = model::record::Record::from_bytes("old.json", &bytes).expect("it is read");
    assert!(old.scores.iter().all(|s| s.aftermath.is_none()));
    assert!(
        old.estate.iter().flat_map(|e| &e.assets).all(|a| a.phases == model::recovery::Phases::default())
    );
    assert!(report::html(&old, None).contains("april-intrusion"));
}
