//! Exports of Confluence and Jira in their documented layout, of any size. Data
//! lies only where a look at the current pages would not show it: in old
//! versions, comments, changed fields, and attachments inside attachments.

use std::fmt::Write as _;
use std::io::{self, Seek, Write};

use super::document::Planted;
use super::form::{self, Medium};
use super::rng::Rng;
use super::wrap::zip_of;
use super::{number, prose};

type Zip<W> = ::zip::ZipWriter<W>;

fn options() -> ::zip::write::SimpleFileOptions {
    ::zip::write::SimpleFileOptions::default()
        .compression_method(::zip::CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(true)
}

fn person(rng: &mut Rng, planted: &mut Vec<Planted>, kind: &'static str, medium: Medium) -> String {
    let person = number::person(rng);
    let (written, form) = form::write(rng, &person, medium);
    planted.push(Planted { person, form, kind });
    prose::sentence(rng, &written)
}

/// An attachment: a zip in which a table lies in an office document or as text.
fn attachment(rng: &mut Rng, planted: &mut Vec<Planted>, kind: &'static str) -> Vec<u8> {
    let text = person(rng, planted, kind, Medium::Text);
    let body = format!(
        "<w:document><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>",
        form::escaped(&text)
    );
    let docx = zip_of(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", body.as_bytes())]);
    zip_of(&[("scan/liste.docx", &docx), ("lies.txt", "ohne Daten\n".as_bytes())])
}

fn paragraphs(rng: &mut Rng, out: &mut String, count: u64) {
    for _ in 0..count {
        let _ = write!(out, "<p>{}</p>", form::escaped(&prose::filler(rng)));
    }
}

/// Writes a Confluence space export of about `size` unpacked bytes.
///
/// # Errors
/// Those of `out`.
pub(crate) fn confluence<W: Write + Seek>(rng: &mut Rng, out: W, size: u64) -> io::Result<Vec<Planted>> {
    let mut zip = Zip::new(out);
    let mut planted = Vec::new();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    zip.start_file("exportDescriptor.properties", options())?;
    zip.write_all(b"exportType=space\nspaceKey=BETRIEB\n")?;
    zip.start_file("entities.xml", options())?;
    zip.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hibernate-generic datetime=\"2026-03-02 08:00:00\">\n",
    )?;
    let (mut written, mut id) = (0_u64, 100_000_u64);
    while written < size {
        let mut text = String::new();
        let page = id;
        id += 20;
        let title = format!("Betriebshandbuch {} - {}", page / 20, prose::last(rng));
        versions(rng, &mut text, &mut planted, page, &title);
        if rng.chance(10) {
            let line = person(rng, &mut planted, "comment", Medium::Html);
            comment(&mut text, page, page + 5, &line);
        }
        if rng.chance(3) && files.len() < 400 {
            let version = 1 + rng.below(2);
            files.push((
                format!("attachments/{page}/{}/{version}", page + 6),
                attachment(rng, &mut planted, "attachment"),
            ));
            attached(&mut text, page, version);
        }
        written += text.len() as u64;
        zip.write_all(text.as_bytes())?;
    }
    zip.write_all(b"</hibernate-generic>\n")?;
    for (name, bytes) in files {
        zip.start_file(name, options())?;
        zip.write_all(&bytes)?;
    }
    zip.finish()?;
    Ok(planted)
}

/// Writes three versions of a page. Bodies come before the page they belong to,
/// and only old versions hold data.
fn versions(rng: &mut Rng, text: &mut String, planted: &mut Vec<Planted>, page: u64, title: &str) {
    // Bodies come before the page they belong to, old versions after it.
    for version in 1..=3_u64 {
        let own = if version == 3 { page } else { page + version };
        let mut body = String::new();
        paragraphs(rng, &mut body, 12);
        if version < 3 && rng.chance(20) {
            if rng.chance(50) {
                let _ = write!(body, "<p>{}</p>", person(rng, planted, "old version", Medium::Html));
            } else {
                let line = person(rng, planted, "old version, code", Medium::Text);
                let _ = write!(
                    body,
                    "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[{line}]] ></ac:plain-text-body></ac:structured-macro>"
                );
            }
        }
        paragraphs(rng, &mut body, 12);
        let _ = write!(
            text,
            "<object class=\"BodyContent\" package=\"com.atlassian.confluence.core\">\n<id name=\"id\">{}</id>\n\
             <property name=\"body\"><![CDATA[{body}]]></property>\n<property name=\"content\" class=\"Page\" \
             package=\"com.atlassian.confluence.pages\"><id name=\"id\">{own}</id>\n</property>\n<property name=\"bodyType\">2</property>\n</object>\n",
            own + 10
        );
        let original = if version == 3 {
            String::new()
        } else {
            format!(
                "<property name=\"originalVersion\" class=\"Page\" package=\"com.atlassian.confluence.pages\"><id name=\"id\">{page}</id>\n</property>\n"
            )
        };
        let _ = write!(
            text,
            "<object class=\"Page\" package=\"com.atlassian.confluence.pages\">\n<id name=\"id\">{own}</id>\n\
             <property name=\"title\"><![CDATA[{title}]]></property>\n<property name=\"version\">{version}</property>\n{original}\
             <property name=\"contentStatus\"><![CDATA[current]]></property>\n</object>\n"
        );
    }
}

fn comment(text: &mut String, page: u64, id: u64, line: &str) {
    let _ = write!(
        text,
        "<object class=\"BodyContent\" package=\"com.atlassian.confluence.core\"><id name=\"id\">{}</id>\
         <property name=\"body\"><![CDATA[<p>{line}</p>]]></property><property name=\"content\" class=\"Comment\" \
         package=\"com.atlassian.confluence.pages\"><id name=\"id\">{id}</id></property></object>\n\
         <object class=\"Comment\" package=\"com.atlassian.confluence.pages\"><id name=\"id\">{id}</id>\
         <property name=\"version\">1</property><property name=\"containerContent\" class=\"Page\" \
         package=\"com.atlassian.confluence.pages\"><id name=\"id\">{page}</id></property></object>\n",
        id + 10
    );
}

fn attached(text: &mut String, page: u64, version: u64) {
    let _ = writeln!(
        text,
        "<object class=\"Attachment\" package=\"com.atlassian.confluence.pages\"><id name=\"id\">{}</id>\
         <property name=\"title\"><![CDATA[Liste {page}.zip]]></property><property name=\"version\">{version}</property>\
         <property name=\"containerContent\" class=\"Page\" package=\"com.atlassian.confluence.pages\">\
         <id name=\"id\">{page}</id></property></object>",
        page + 6
    );
}

/// Writes a Jira backup of about `size` unpacked bytes.
///
/// # Errors
/// Those of `out`.
pub(crate) fn jira<W: Write + Seek>(rng: &mut Rng, out: W, size: u64) -> io::Result<Vec<Planted>> {
    let mut zip = Zip::new(out);
    let mut planted = Vec::new();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    zip.start_file("activeobjects.xml", options())?;
    zip.write_all(b"<?xml version=\"1.0\"?><backup xmlns=\"http://www.atlassian.com/ao\"></backup>")?;
    zip.start_file("entities.xml", options())?;
    zip.write_all(
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<entity-engine-xml date=\"1772438400000\">\n",
    )?;
    zip.write_all(b"    <Project id=\"10000\" name=\"Betrieb\" key=\"OPS\" originalkey=\"OPS\"/>\n")?;
    let (mut written, mut id) = (0_u64, 20_000_u64);
    while written < size {
        let mut text = String::new();
        id += 10;
        let issue = id;
        let mut description = String::new();
        for _ in 0..20 {
            description.push_str(&prose::filler(rng));
            description.push('\n');
        }
        let summary = form::escaped(&prose::filler(rng));
        let _ = write!(
            text,
            "    <Issue id=\"{issue}\" number=\"{}\" project=\"10000\" reporter=\"m.muster\" summary=\"{summary}\" created=\"2026-03-02 08:00:00.0\">\n\
             <description><![CDATA[{description}]]></description>\n    </Issue>\n",
            issue / 10
        );
        if rng.chance(10) {
            let line = form::escaped(&person(rng, &mut planted, "comment", Medium::Text));
            let _ = writeln!(
                text,
                "    <Action id=\"{}\" issue=\"{issue}\" author=\"m.muster\" type=\"comment\" body=\"{line}\"/>",
                issue + 1
            );
        }
        if rng.chance(10) {
            let line = person(rng, &mut planted, "old value", Medium::Text);
            let _ = write!(
                text,
                "    <ChangeGroup id=\"{}\" issue=\"{issue}\" author=\"m.muster\"/>\n    <ChangeItem id=\"{}\" group=\"{}\" fieldtype=\"jira\" field=\"description\">\n\
                 <oldstring><![CDATA[{line}]]></oldstring>\n<newstring><![CDATA[entfernt]]></newstring>\n    </ChangeItem>\n",
                issue + 2,
                issue + 3,
                issue + 2
            );
        }
        if rng.chance(3) && files.len() < 400 {
            let _ = writeln!(
                text,
                "    <FileAttachment id=\"{}\" issue=\"{issue}\" mimetype=\"application/zip\" filename=\"Anlage {issue}.zip\"/>",
                issue + 4
            );
            let name = format!("data/attachments/OPS/10000/OPS-{}/{}", issue / 10, issue + 4);
            files.push((name, attachment(rng, &mut planted, "attachment")));
        }
        written += text.len() as u64;
        zip.write_all(text.as_bytes())?;
    }
    zip.write_all(b"</entity-engine-xml>\n")?;
    for (name, bytes) in files {
        zip.start_file(name, options())?;
        zip.write_all(&bytes)?;
    }
    zip.finish()?;
    Ok(planted)
}
