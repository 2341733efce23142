//! The HTML report: whole, safe and self-contained.

use std::collections::BTreeSet;

use super::sample;

/// Elements that have no end tag.
const VOID: [&str; 6] = ["meta", "link", "br", "input", "hr", "img"];

/// Returns the tags of a page outside scripts and styles, `/name` for an end tag, `name/` for a closed one.
fn tags(html: &str) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap_or(rest.len());
        let (tag, after) = rest.split_at(end);
        rest = after;
        let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '>').collect();
        for raw in ["script", "style"] {
            if name == raw {
                rest = &rest[rest.find(&format!("</{raw}>")).unwrap_or(0)..];
            }
        }
        tags.push((name, tag.to_owned()));
    }
    tags
}

/// Checks that a page is whole, and loads and runs nothing.
pub(crate) fn check(html: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids = BTreeSet::new();
    for (name, tag) in tags(html) {
        if let Some(id) = tag.split(" id=\"").nth(1).and_then(|t| t.split('"').next()) {
            assert!(ids.insert(id.to_owned()), "the id {id} occurs twice");
        }
        if name.starts_with('!') || VOID.contains(&name.as_str()) || tag.ends_with('/') {
            continue;
        }
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "before </{name}>"),
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    for (_, tag) in tags(html) {
        if let Some(target) = tag.split("href=\"#").nth(1).and_then(|t| t.split('"').next()) {
            assert!(ids.contains(target), "a link leads to #{target}, which is not there");
        }
        // Values of attributes are text; only their names can make a page load something.
        let bare: String = tag.split('"').step_by(2).collect();
        for name in [" src", " srcset", " action", " style", " on"] {
            assert!(!bare.contains(name), "{tag} loads or runs something");
        }
        if let Some(target) = tag.split("href=\"").nth(1) {
            assert!(target.starts_with('#') || target.starts_with("data:,"), "{tag} leads out");
        }
    }
    for outside in ["@import", "url(http", "url(//"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    for (name, record) in
        [("run", sample::record()), ("replay", sample::replayed()), ("exercise", sample::exercised())]
    {
        let html = report::html(&record, Some(&sample::run()));
        check(&html);
        let path = std::env::temp_dir().join(format!("feuerprobe-sample-{name}.html"));
        assert!(std::fs::write(path, &html).is_ok());
    }
}

#[test]
fn outside_text_stays_text() {
    let mut record = sample::record();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    if let Some(estate) = &mut record.estate {
        estate.name = hostile.into();
        estate.tenants[0].name = hostile.into();
        estate.assets[0].name = hostile.into();
        estate.sites[0].name = hostile.into();
        estate.services[0].name = hostile.into();
    }
    record.campaigns[0].name = hostile.into();
    record.campaigns[0].steps[0].name = hostile.into();
    record.levers[0].title = hostile.into();
    record.verdicts[3].outcome = Some(model::verdict::Outcome::Inconclusive { why: hostile.into() });
    record.not_tested[0].why = hostile.into();
    record.diagnostics[0].message = hostile.into();
    for rule in record.rules.values_mut() {
        rule.title = hostile.into();
    }
    for sample in &mut record.samples {
        sample.fields = serde_json::json!({ hostile: hostile });
    }
    record.scores[0].stories[0].label = hostile.into();
    let html = report::html(&record, None);
    check(&html);
    assert_eq!(html.matches("<script").count(), 2, "our own two scripts and no other");
    assert!(!html.contains("<img"));
}

#[test]
fn the_record_can_be_read_out_of_the_page() {
    let record = sample::record();
    let html = report::html(&record, None);
    let json = html
        .split("id=\"record\">")
        .nth(1)
        .and_then(|rest| rest.split("</script>").next())
        .unwrap_or_default();
    assert!(model::record::Record::from_bytes("page", json.as_bytes()).is_ok());
    assert!(json.replace("\\u003c", "<").as_bytes() == record.to_bytes(), "the page holds another record");
}

#[test]
fn every_number_that_names_a_key_can_be_explained() {
    for record in [sample::record(), sample::replayed()] {
        let keys: BTreeSet<String> = report::keys(&record).into_iter().collect();
        let html = report::html(&record, None);
        let named: BTreeSet<&str> =
            html.split("data-explain=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() > 30);
        for key in named {
            assert!(keys.contains(key), "{key} is shown and cannot be explained");
        }
    }
}

#[test]
fn every_figure_with_a_drawing_says_the_same_in_text() {
    let html = report::html(&sample::record(), None);
    for figure in html.split("<figure>").skip(1) {
        let figure = figure.split("</figure>").next().unwrap_or_default();
        assert!(figure.contains("<svg"), "{figure}");
        assert!(figure.contains("<figcaption") || figure.contains("<table"), "{figure}");
        for drawing in figure.split("<svg").skip(1).filter(|d| !d.starts_with(" class=\"mini\"")) {
            assert!(drawing.contains("<title") && drawing.contains("<desc"), "{drawing}");
        }
    }
}

#[test]
fn what_was_not_measured_is_never_shown_as_nothing() {
    let html = report::html(&sample::record(), None);
    let row = html.split("id=\"e-T1486\"").nth(1).and_then(|r| r.split("</tr>").next()).unwrap_or_default();
    assert!(row.contains("not measured"), "{row}");
    assert!(!row.contains(">0 %<"), "{row}");
}
