//! Questions in the search APIs of Elasticsearch and OpenSearch, and what their answers hold.
//!
//! An answer is complete only where every page was seen up to an empty one, no shard failed,
//! nothing timed out, and as many rows came as the source counted. An index pattern that fits no
//! index answers "0 rows" with status 200: its count of shards is 0.

use std::collections::BTreeSet;

use model::live::{Ask, Ended, Method, Reply, Trouble};
use model::quantity::Timestamp;
use serde_json::{Value, json};

use crate::clock::ClockBounds;
use crate::profile::{Dialect, Fields};
use crate::rows::Row;

/// Rows of one page.
const PAGE: usize = 500;
/// Rows of one question, at most.
const ROWS: usize = 20_000;
/// Characters of an error that are kept.
const SAID: usize = 200;

/// Why no answer came, in kind and words.
pub type Failed = (Trouble, String);

/// Sends a question and returns its answer.
pub type Send<'a> = dyn FnMut(&Ask) -> Result<Reply, Failed> + 'a;

/// Where questions go out and answers come in.
pub struct Channel<'a> {
    /// Sends a question.
    pub send: &'a mut Send<'a>,
    /// What answers say about the clock of the source.
    pub clock: ClockBounds,
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// The API.
    pub dialect: Dialect,
    /// Index or pattern.
    pub index: &'a str,
    /// Names of fields.
    pub fields: &'a Fields,
    /// From when on, by `fields.time`.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Names of the host; all hosts where empty.
    pub hosts: &'a [String],
    /// A rule, by its name.
    pub rule: Option<&'a str>,
    /// A text that stands anywhere in the document.
    pub text: Option<&'a str>,
}

/// The rows of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// In order of time, each once.
    pub rows: Vec<Row>,
    /// How many the source counts.
    pub total: u64,
    /// How it ended.
    pub ended: Ended,
    /// Requests made.
    pub requests: u32,
    /// The first request, as text.
    pub query: String,
}

impl Found {
    fn failed(trouble: Trouble, why: &str, requests: u32, query: String) -> Self {
        let why = why.chars().take(SAID).collect();
        Self { rows: Vec::new(), total: 0, ended: Ended::Failed { trouble, why }, requests, query }
    }

    /// Returns whether every row was seen.
    pub fn is_complete(&self) -> bool {
        self.ended == Ended::Complete
    }
}

impl Span<'_> {
    fn query(&self) -> Value {
        let time = self.fields.time.first().map_or("@timestamp", String::as_str);
        let range = json!({"gte": self.from.0, "lte": self.to.0, "format": "epoch_millis"});
        let mut filter = vec![json!({"range": {time: range}})];
        if !self.hosts.is_empty() {
            let names = self.hosts.iter().flat_map(|host| spellings(host));
            let should: Vec<Value> = names
                .flat_map(|name| {
                    let of = move |field: &String| json!({"match_phrase": {field.as_str(): name.as_str()}});
                    self.fields.host.iter().map(of).collect::<Vec<_>>()
                })
                .collect();
            filter.push(json!({"bool": {"should": should, "minimum_should_match": 1}}));
        }
        if let (Some(rule), Some(field)) = (self.rule, self.fields.rule_name.first()) {
            filter.push(json!({"match_phrase": {field.as_str(): rule}}));
        }
        if let Some(text) = self.text {
            filter.push(json!({"query_string": {"query": anywhere(text)}}));
        }
        json!({"bool": {"filter": filter}})
    }

    fn sort(&self, order: &str, tie: bool) -> Value {
        let time = self.fields.time.first().map_or("@timestamp", String::as_str);
        let mut sort = vec![json!({time: {"order": order, "unmapped_type": "date"}})];
        if tie {
            let by = match self.dialect {
                Dialect::Elasticsearch => "_shard_doc",
                Dialect::Opensearch => "_id",
            };
            sort.push(json!({by: "asc"}));
        }
        Value::Array(sort)
    }
}

/// Returns the query for a text in any field: within a word where it is one word, else as a phrase.
fn anywhere(text: &str) -> String {
    match text.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => format!("*{text}*"),
        false => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// A keyword field holds a name in one spelling: as given, small, large, and without its domain.
fn spellings(host: &str) -> BTreeSet<String> {
    let short = host.split('.').next().filter(|s| !s.is_empty() && s.parse::<u8>().is_err()).unwrap_or(host);
    [host, short].iter().flat_map(|n| [(*n).to_owned(), n.to_lowercase(), n.to_uppercase()]).collect()
}

/// Returns the newest row of a span, with the number of all.
pub fn newest(channel: &mut Channel<'_>, span: &Span<'_>) -> Found {
    let body = json!({
        "size": 1, "track_total_hits": true, "query": span.query(), "sort": span.sort("desc", false),
    });
    let ask = Ask { method: Method::Post, path: format!("/{}/_search", span.index), body: Some(body) };
    let query = text(&ask);
    match page(channel, &ask) {
        Ok(page) => {
            let ended = match page.partly {
                None => Ended::Complete,
                Some(why) => Ended::Partial { why },
            };
            Found { rows: page.rows, total: page.total.unwrap_or(0), ended, requests: 1, query }
        }
        Err((trouble, why)) => Found::failed(trouble, &why, 1, query),
    }
}

/// Returns all rows of a span, page by page, from one state of the index.
pub fn find(channel: &mut Channel<'_>, span: &Span<'_>) -> Found {
    let mut requests = 1;
    let open = match span.dialect {
        Dialect::Elasticsearch => format!("/{}/_pit?keep_alive=1m", span.index),
        Dialect::Opensearch => format!("/{}/_search/point_in_time?keep_alive=1m", span.index),
    };
    let mut body = json!({
        "size": PAGE, "track_total_hits": true, "query": span.query(), "sort": span.sort("asc", true),
    });
    let ask =
        |body: &Value| Ask { method: Method::Post, path: "/_search".to_owned(), body: Some(body.clone()) };
    let query = format!("{} {}", span.index, text(&ask(&body)));
    let opened = answer(channel, &Ask { method: Method::Post, path: open, body: None });
    let opened = opened
        .map(|value| value.get("id").or(value.get("pit_id")).and_then(Value::as_str).map(str::to_owned));
    let mut pit = match opened {
        Ok(Some(id)) => id,
        Ok(None) => return Found::failed(Trouble::Unreadable, "no id of a point in time", requests, query),
        Err((trouble, why)) => return Found::failed(trouble, &why, requests, query),
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut total = None;
    let ended = loop {
        set(&mut body, "pit", json!({"id": pit, "keep_alive": "1m"}));
        if let Some(last) = rows.last() {
            set(&mut body, "search_after", Value::Array(last.sort.clone()));
        }
        requests += 1;
        let page = match page(channel, &ask(&body)) {
            Ok(page) => page,
            Err((trouble, why)) if rows.is_empty() => {
                break Ended::Failed { trouble, why: why.chars().take(SAID).collect() };
            }
            Err((trouble, why)) => {
                let said: String = why.chars().take(SAID).collect();
                break Ended::Partial {
                    why: format!("after {} rows it {}: {said}", rows.len(), trouble.words()),
                };
            }
        };
        pit = page.pit.unwrap_or(pit);
        total = total.or(page.total);
        let last = page.rows.is_empty();
        let before = rows.len();
        rows.extend(page.rows.into_iter().filter(|row| seen.insert((row.index.clone(), row.id.clone()))));
        if let Some(why) = page.partly {
            break Ended::Partial { why };
        }
        let counted = total.unwrap_or(0);
        if last && u64::try_from(rows.len()).is_ok_and(|came| came < counted) {
            break Ended::Partial { why: format!("{} of {counted} rows came", rows.len()) };
        }
        if last {
            break Ended::Complete;
        }
        if rows.len() == before {
            break Ended::Partial { why: "a page came twice".to_owned() };
        }
        if rows.len() >= ROWS {
            break Ended::Partial { why: format!("more than {ROWS} rows") };
        }
    };
    close(channel, span.dialect, &pit);
    Found { total: total.unwrap_or(0), rows, ended, requests: requests + 1, query }
}

fn set(body: &mut Value, key: &str, value: Value) {
    if let Some(map) = body.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// Ends the search context; one that is left ends by itself after a minute.
fn close(channel: &mut Channel<'_>, dialect: Dialect, pit: &str) {
    let (path, body) = match dialect {
        Dialect::Elasticsearch => ("/_pit", json!({"id": pit})),
        Dialect::Opensearch => ("/_search/point_in_time", json!({"pit_id": [pit]})),
    };
    let _ = answer(channel, &Ask { method: Method::Delete, path: path.to_owned(), body: Some(body) });
}

fn text(ask: &Ask) -> String {
    format!("{} {}", ask.path, ask.body.as_ref().map(ToString::to_string).unwrap_or_default())
}

struct Page {
    rows: Vec<Row>,
    total: Option<u64>,
    pit: Option<String>,
    partly: Option<String>,
}

/// Returns the JSON of an answer, or why it is none.
fn answer(channel: &mut Channel<'_>, ask: &Ask) -> Result<Value, Failed> {
    let reply = (channel.send)(ask)?;
    channel.clock.take(&reply);
    let value: Result<Value, _> = serde_json::from_slice(&reply.body);
    let said = || match &value {
        Ok(value) => reason(value),
        Err(_) => String::from_utf8_lossy(&reply.body).trim().to_owned(),
    };
    match reply.status {
        200..=299 => {}
        401 | 403 => return Err((Trouble::NoAccess, format!("{} {}", reply.status, said()))),
        404 => return Err((Trouble::NoSuchSource, format!("404 {}", said()))),
        429 | 503 => return Err((Trouble::Busy, format!("{} {}", reply.status, said()))),
        other => return Err((Trouble::Failed, format!("{other} {}", said()))),
    }
    let value = value.map_err(|e| {
        let why = if reply.body.is_empty() { "the answer is empty".to_owned() } else { e.to_string() };
        (Trouble::Unreadable, why)
    })?;
    if value.get("error").is_some_and(|e| !e.is_null()) {
        return Err((Trouble::Failed, reason(&value)));
    }
    Ok(value)
}

fn reason(value: &Value) -> String {
    let error = value.get("error").unwrap_or(value);
    let root = error.pointer("/root_cause/0/reason").or_else(|| error.get("reason"));
    root.and_then(Value::as_str).map_or_else(|| error.to_string(), str::to_owned)
}

fn page(channel: &mut Channel<'_>, ask: &Ask) -> Result<Page, Failed> {
    let value = answer(channel, ask)?;
    let missing = |what: &str| (Trouble::Unreadable, format!("the answer has no {what}"));
    let hits = value.pointer("/hits/hits").and_then(Value::as_array).ok_or_else(|| missing("hits"))?;
    let count = |name: &str| value.pointer(&format!("/_shards/{name}")).and_then(Value::as_u64);
    let shards = count("total").ok_or_else(|| missing("_shards"))?;
    if shards == 0 {
        let why = "the index pattern fits no index that this key may read".to_owned();
        return Err((Trouble::NoSuchSource, why));
    }
    let failed = count("failed").unwrap_or(0);
    let partly = if failed > 0 {
        Some(format!("{failed} of {shards} shards failed"))
    } else if value.get("timed_out").and_then(Value::as_bool) == Some(true) {
        Some("the search timed out there".to_owned())
    } else {
        None
    };
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        let text = |name: &str| hit.get(name).and_then(Value::as_str).map(str::to_owned);
        rows.push(Row {
            id: text("_id").ok_or_else(|| missing("_id in a row"))?,
            index: text("_index").unwrap_or_default(),
            document: hit.get("_source").cloned().ok_or_else(|| missing("_source in a row"))?,
            sort: hit.get("sort").and_then(Value::as_array).cloned().unwrap_or_default(),
        });
    }
    let total = value.pointer("/hits/total/value").or(value.pointer("/hits/total")).and_then(Value::as_u64);
    let pit = value.get("pit_id").and_then(Value::as_str).map(str::to_owned);
    Ok(Page { rows, total, pit, partly })
}
