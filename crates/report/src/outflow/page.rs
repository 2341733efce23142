//! The result as one HTML file.

use std::fmt::Write as _;

use model::outflow::Outflow;

use crate::list::Table;
use crate::number::moment;
use crate::policy::finished;
use crate::svg::escape;

/// Findings on the page; the other forms list more.
const FINDINGS: usize = 1_000;

const CSS: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;padding:.3rem .6rem;\
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}th{font-size:.85em;color:#555}\
h1{font-size:1.6rem}h2{font-size:1.1rem}.lack{background:#fff3e0;padding:.6rem 1rem}\
@media print{body{margin:0}}@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th{color:#aaa}\
th,td{border-color:#444}.lack{background:#3a2a10}}";

/// Returns the result as one self-contained HTML file.
pub fn html(result: &Outflow) -> String {
    let title = format!("Insured-person data: {}", super::one_line(result));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{0}</title><style>{CSS}</style><h1>{0}</h1><p>Scanned {1}: {2}. \
         {3} in {4} parts. People counted {5}. Values are keyed hashes; the key has the fingerprint {6}.</p>\
         <p>{7}.</p>",
        escape(&title),
        escape(&moment(result.scanned)),
        escape(&result.set.join(", ")),
        escape(&super::bytes(result.volume.bytes)),
        result.volume.parts,
        super::how(result.counting),
        escape(&result.key),
        escape(&super::looked_at(result)),
    );
    if !result.complete() {
        page.push_str("<div class=\"lack\"><h2>Not read, or not to the end</h2><ul>");
        for unread in result.unread.iter().take(FINDINGS) {
            let _ = write!(page, "<li>{}</li>", escape(&super::lack(unread)));
        }
        page.push_str("</ul></div>");
    }
    section(&mut page, "People by controller", &super::insurers(result));
    section(&mut page, "Kinds of data", &super::kinds(result));
    for (title, mut table) in [("Places", super::places(result)), ("Findings", super::findings(result))] {
        table.rows.truncate(FINDINGS);
        section(&mut page, title, &table);
    }
    let hidden = (result.findings.len() as u64).saturating_sub(FINDINGS as u64) + result.more_findings;
    if hidden > 0 {
        let _ = write!(page, "<p>{hidden} more findings are not on this page.</p>");
    }
    page.push_str("</html>\n");
    finished(&page)
}

fn section(page: &mut String, title: &str, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    let _ = write!(page, "<h2>{}</h2><table><tr>", escape(title));
    for cell in &table.columns {
        let _ = write!(page, "<th>{}</th>", escape(cell));
    }
    page.push_str("</tr>");
    for row in &table.rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{}</td>", escape(&cell.shown()));
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
}
