//! One Sigma file taken apart into its documents.
//!
//! Every document is parsed on its own, so that a fault in one leaves the
//! others usable and is reported with the title of the one it belongs to.

use rsigma_parser::{CorrelationRule, FilterRule, SigmaCollection, SigmaRule, parse_sigma_yaml};

/// The largest rule file read, in bytes. The largest file of SigmaHQ's rules
/// (August 2026) has 50 kB; twenty times that leaves room for lists of
/// indicators and bounds what a parser can be made to hold.
const MAX_FILE_BYTES: usize = 1 << 20;

/// What one document holds.
#[derive(Debug)]
pub(crate) enum Content {
    Rule(Box<SigmaRule>),
    Filter(Box<FilterRule>),
    Correlation(Box<CorrelationRule>),
}

/// One document of a file: its content or the reason it cannot be used.
#[derive(Debug)]
pub(crate) struct Document {
    /// Title or id as far as it could be read.
    pub(crate) name: Option<String>,
    /// The text a hash is taken of.
    pub(crate) text: String,
    pub(crate) content: Result<Content, String>,
}

impl Document {
    fn refused(name: Option<String>, reason: impl Into<String>) -> Self {
        Self { name, text: String::new(), content: Err(reason.into()) }
    }
}

/// Returns the documents of a Sigma file in their order.
pub(crate) fn documents(bytes: &[u8]) -> Vec<Document> {
    if bytes.len() > MAX_FILE_BYTES {
        let reason = format!("the file has {} bytes; a rule file has at most {MAX_FILE_BYTES}", bytes.len());
        return vec![Document::refused(None, reason)];
    }
    let text = match model::document::text("", bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(fault) => {
            let at =
                fault.position.map_or(String::new(), |p| format!(" at line {}, column {}", p.line, p.column));
            return vec![Document::refused(None, format!("{}{at}", fault.message))];
        }
    };
    let parts = split(text);
    if parts.is_empty() {
        return vec![Document::refused(None, "the file holds no document")];
    }
    if parts.iter().any(|part| key(part, "action").is_some()) {
        return with_actions(text);
    }
    parts.into_iter().map(alone).collect()
}

/// Returns the documents of a file of rules as they are written, with the byte at which each begins.
///
/// # Errors
/// Why its text cannot be taken apart: it has an `action` that makes documents build on each other.
pub(crate) fn parts(text: &str) -> Result<Vec<(usize, &str)>, String> {
    let whole = text.trim_start_matches('\u{feff}');
    let parts = split(whole);
    if parts.iter().any(|part| key(part, "action").is_some()) {
        return Err("the file's documents build on each other (`action`)".to_owned());
    }
    let mark = text.len() - whole.len();
    let begin = |part: &str| mark + (part.as_ptr().addr() - whole.as_ptr().addr());
    Ok(parts.into_iter().map(|part| (begin(part), part)).collect())
}

/// Returns the documents of a stream. A line that starts with `---` is a
/// document marker wherever it stands: YAML allows it in no scalar.
fn split(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        if rest.is_some_and(|r| r.is_empty() || r.starts_with(char::is_whitespace)) {
            cuts.push(offset);
        }
        offset += line.len();
    }
    cuts.push(text.len());
    let body = |part: &str| {
        part.lines().any(|line| {
            let line = line.trim();
            !(line.is_empty() || line.starts_with('#') || line == "---" || line == "...")
        })
    };
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).filter(|part| body(part)).collect()
}

/// Returns the value of a top-level key, found without parsing: a document
/// that cannot be parsed still has a title worth naming.
fn key(part: &str, name: &str) -> Option<String> {
    let value = part.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let value = value.trim().trim_matches(['\'', '"']);
    (!value.is_empty()).then(|| value.chars().take(200).collect())
}

fn alone(part: &str) -> Document {
    let name = key(part, "title").or_else(|| key(part, "id"));
    let content = match parse_sigma_yaml(part) {
        Err(error) => Err(error.to_string()),
        Ok(collection) => one(collection),
    };
    Document { name, text: part.trim().to_owned(), content }
}

fn one(mut collection: SigmaCollection) -> Result<Content, String> {
    // A document that was read may carry remarks, such as an unknown status;
    // they do not change what it detects.
    if let Some(rule) = collection.rules.pop() {
        return Ok(Content::Rule(Box::new(rule)));
    }
    if let Some(filter) = collection.filters.pop() {
        return Ok(Content::Filter(Box::new(filter)));
    }
    if let Some(correlation) = collection.correlations.pop() {
        return Ok(Content::Correlation(Box::new(correlation)));
    }
    Err(match collection.errors.is_empty() {
        true => "the document holds no rule".to_owned(),
        false => collection.errors.join("; "),
    })
}

/// Reads a file whose documents build on each other (`action: global` and
/// `repeat`); faults cannot be tied to a document there.
fn with_actions(text: &str) -> Vec<Document> {
    let collection = match parse_sigma_yaml(text) {
        Ok(collection) => collection,
        Err(error) => return vec![Document::refused(key(text, "title"), error.to_string())],
    };
    let mut all = Vec::new();
    for (index, rule) in collection.rules.into_iter().enumerate() {
        let name = Some(rule.title.clone());
        // The same text stands for several rules: the place tells their hashes apart.
        all.push(Document {
            name,
            text: format!("{index}\n{text}"),
            content: Ok(Content::Rule(Box::new(rule))),
        });
    }
    for filter in collection.filters {
        let name = Some(filter.title.clone());
        all.push(Document { name, text: text.to_owned(), content: Ok(Content::Filter(Box::new(filter))) });
    }
    for correlation in collection.correlations {
        let name = Some(correlation.title.clone());
        let content = Ok(Content::Correlation(Box::new(correlation)));
        all.push(Document { name, text: text.to_owned(), content });
    }
    all.extend(collection.errors.into_iter().map(|error| Document::refused(None, error)));
    all
}
