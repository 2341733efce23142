//! Exports of Confluence and Jira: data only in old versions, comments, changed
//! fields and attachments inside attachments is found, each with page or ticket,
//! version, name of the attachment, and link.

#[path = "../../examples/corpus/export.rs"]
mod export;
#[path = "../../examples/corpus/form.rs"]
mod form;
#[path = "../../examples/corpus/number.rs"]
#[expect(dead_code, reason = "the corpus uses more of it")]
mod number;
#[path = "../../examples/corpus/prose.rs"]
#[expect(dead_code, reason = "the corpus uses more of it")]
mod prose;
#[path = "../../examples/corpus/rng.rs"]
mod rng;

/// What the exports need of the generator's other modules.
mod document {
    #[derive(Clone)]
    pub(crate) struct Planted {
        pub(crate) person: String,
        pub(crate) form: &'static str,
        pub(crate) kind: &'static str,
    }
}

mod wrap {
    use std::io::{Cursor, Write};

    pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            out.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
            out.write_all(bytes).expect("memory");
        }
        out.finish().expect("memory").into_inner()
    }
}

use std::io::Cursor;
use std::sync::Arc;

use document::Planted;
use model::finding::{Place, Segment};
use model::outflow::{Finding, Outflow};
use model::quantity::{Ratio, Timestamp};
use outflow::container::Walk;
use outflow::{Key, Rules, Scan};

fn read(bytes: &[u8]) -> Outflow {
    let mut rules = Rules::new(Key::new([1; 32]), Vec::new());
    rules.reveal = true;
    // What is weighed how is not the question here, but what is reached.
    rules.threshold = Ratio::clamped(0.02);
    let threshold = rules.threshold;
    let mut scan = Scan::new(Arc::new(rules));
    Walk::default().file(&Place::file("export.zip"), &mut Cursor::new(bytes), &mut scan);
    let mut result = Outflow::new(Vec::new(), String::new(), threshold, Timestamp(0));
    scan.finish().write(&mut result);
    result
}

/// Returns the findings of a planted number.
fn findings<'r>(result: &'r Outflow, planted: &Planted) -> Vec<&'r Finding> {
    let clear = |f: &Finding| f.clear.clone().unwrap_or_default().to_ascii_uppercase();
    result.findings.iter().filter(|f| clear(f).starts_with(&planted.person)).collect()
}

#[test]
fn everything_in_a_confluence_export_is_found_with_page_version_attachment_and_link() {
    let mut bytes = Cursor::new(Vec::new());
    let planted = export::confluence(&mut rng::Rng::new(3), &mut bytes, 2 << 20).expect("memory");
    let result = read(bytes.get_ref());
    assert!(planted.len() > 40 && result.complete(), "{:?}", result.unread);
    for planted in &planted {
        let found = findings(&result, planted);
        assert!(!found.is_empty(), "{} ({}, {}) is missed", planted.person, planted.kind, planted.form);
        let path = &found[0].place.path;
        let page = path.iter().find_map(|s| match s {
            Segment::Page { title, version, link, .. } => Some((title, version, link)),
            _ => None,
        });
        let (title, version, link) = page.unwrap_or_else(|| panic!("no page: {path:?}"));
        assert!(title.starts_with("Betriebshandbuch"), "{path:?}");
        assert!(link.as_deref().is_some_and(|l| l.contains("pageId=")), "{path:?}");
        match planted.kind {
            "comment" => assert!(path.iter().any(|s| matches!(s, Segment::Comment(_))), "{path:?}"),
            "attachment" => {
                let named = |s: &Segment| matches!(s, Segment::Attachment { name, version: Some(_), .. } if name.starts_with("Liste"));
                assert!(path.iter().any(named), "{path:?}");
            }
            _ => assert!(matches!(version, Some(1 | 2)), "an old version: {path:?}"),
        }
    }
}

#[test]
fn everything_in_a_jira_backup_is_found_with_ticket_attachment_and_link() {
    let mut bytes = Cursor::new(Vec::new());
    let planted = export::jira(&mut rng::Rng::new(4), &mut bytes, 2 << 20).expect("memory");
    let result = read(bytes.get_ref());
    assert!(planted.len() > 40 && result.complete(), "{:?}", result.unread);
    for planted in &planted {
        let found = findings(&result, planted);
        assert!(!found.is_empty(), "{} ({}, {}) is missed", planted.person, planted.kind, planted.form);
        let path = &found[0].place.path;
        let linked = |s: &Segment| matches!(s, Segment::Issue { key, link: Some(l), .. } if key.starts_with("OPS-") && l.contains(key.as_str()));
        assert!(path.iter().any(linked), "{path:?}");
        let wanted = |s: &Segment| match planted.kind {
            "comment" => matches!(s, Segment::Comment(_)),
            "attachment" => matches!(s, Segment::Attachment { name, .. } if name.starts_with("Anlage")),
            _ => matches!(s, Segment::Change(_)),
        };
        assert!(path.iter().any(wanted), "{path:?}");
    }
}

const PERSON: &str = "Versicherte Anna Albers, geb. 12.03.1961, KVNR C000500021, Krankengeld";

#[test]
fn the_issue_navigators_exports_name_the_ticket() {
    let rss = format!(
        "<?xml version=\"1.0\"?><!-- Jira --><rss version=\"0.92\"><channel><title>Jira</title><item><title>[OPS-7] Karte</title>\
         <link>https://x/browse/OPS-7</link><key id=\"1\">OPS-7</key><description>&lt;p&gt;x&lt;/p&gt;</description>\
         <comments><comment id=\"44\" author=\"a\">&lt;p&gt;{PERSON}&lt;/p&gt;</comment></comments></item></channel></rss>"
    );
    let csv =
        format!("Summary,Issue key,Issue id,Comment,Comment\nKarte,OPS-7,1,ohne,\"02/Mar/26;a;{PERSON}\"\n");
    for (export, inner) in [(rss, Segment::Comment("44".into())), (csv, Segment::Field("Comment 5".into()))] {
        let result = read(export.as_bytes());
        let path = &result.findings.first().unwrap_or_else(|| panic!("missed in {export}")).place.path;
        assert!(
            path.iter().any(
                |s| matches!(s, Segment::Issue { key, title, .. } if key == "OPS-7" && title == "Karte")
            ),
            "{path:?}"
        );
        assert!(path.contains(&inner), "{path:?}");
    }
}
