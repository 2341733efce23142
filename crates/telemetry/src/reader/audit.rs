//! Records of the Linux audit log: `type=SYSCALL msg=audit(1604994496.155:92733): …`.
//!
//! Quoting follows auditd: a value in quotes is plain; a value of an *untrusted*
//! field without quotes is hexadecimal. After the group separator (0x1d) an enriched
//! log repeats ids as names, in upper case. User-space records carry their own pairs
//! in `msg='…'`, which are lifted to the record.

use model::quantity::Timestamp;
use model::syscalls;
use serde_json::{Value, json};

use super::{Head, Reader, sockaddr, text};
use crate::cut;
use crate::fields::{Object, copy};
use crate::log_source;
use crate::mapping::Shaped;

/// The log of the kernel's audit system, as auditd writes it.
pub(super) static READER: Reader = Reader {
    name: "Linux audit",
    sniff,
    cut: cut::lines::events,
    parse: text::parse,
    places: Some(text::places),
    apart: false,
    line: Some(line),
};

fn sniff(head: &Head<'_>) -> bool {
    head.has_line(line)
}

fn line(text: &str) -> Result<Option<Shaped>, &'static str> {
    Ok(record(text)?.map(Record::into_shaped))
}

/// The separator before the names in an enriched log.
const ENRICHED: char = '\u{1d}';

/// Fields that the kernel or user space writes as hexadecimal when they hold blanks,
/// quotes or control characters (audit-userspace, `auparse/typetab.h`, type
/// `AUPARSE_TYPE_ESCAPED`).
const ESCAPED: [&str; 26] = [
    "acct",
    "apparmor",
    "cmd",
    "comm",
    "cwd",
    "data",
    "dir",
    "exe",
    "file",
    "grp",
    "invalid_context",
    "key",
    "name",
    "new-disk",
    "new-fs",
    "ocomm",
    "old-disk",
    "old-fs",
    "path",
    "proctitle",
    "profile",
    "root_dir",
    "sw",
    "vm",
    "watch",
    "operation",
];

/// Names of the types that the kernel's own log writes as numbers (Linux,
/// `include/uapi/linux/audit.h`).
const KINDS: [(&str, &str); 14] = [
    ("1300", "SYSCALL"),
    ("1302", "PATH"),
    ("1305", "CONFIG_CHANGE"),
    ("1306", "SOCKADDR"),
    ("1307", "CWD"),
    ("1309", "EXECVE"),
    ("1320", "EOE"),
    ("1325", "NETFILTER_CFG"),
    ("1326", "SECCOMP"),
    ("1327", "PROCTITLE"),
    ("1400", "AVC"),
    ("1100", "USER_AUTH"),
    ("1112", "USER_LOGIN"),
    ("1130", "SERVICE_START"),
];

/// Which records belong to one event: written by one node at one moment under one number.
pub(crate) type Serial = (Option<String>, i64, u64);

/// One audit record.
pub(crate) struct Record {
    /// Such as `SYSCALL`.
    pub(crate) kind: String,
    /// The event it belongs to.
    pub(crate) serial: Serial,
    /// Its pairs under the log's own names, with `type`.
    pub(crate) fields: Object,
    /// The arguments that it holds, as written: pieces of a long one may stand in several
    /// records and are decoded when they are joined.
    pub(crate) arguments: Vec<Argument>,
}

/// An argument of a program start, or a piece of one.
pub(crate) struct Argument {
    /// Its place in the command line.
    pub(crate) place: u32,
    /// As written.
    pub(crate) value: String,
    /// Whether `value` is hexadecimal.
    pub(crate) hex: bool,
}

impl Argument {
    /// Returns the text of an argument from its pieces in order.
    pub(crate) fn joined(pieces: &[Self]) -> String {
        let written: String = pieces.iter().map(|piece| piece.value.as_str()).collect();
        match pieces.iter().all(|piece| piece.hex).then(|| unhex(&written)).flatten() {
            Some(text) => text,
            None => written,
        }
    }
}

impl Record {
    /// Returns the moment of the record.
    pub(crate) fn time(&self) -> Timestamp {
        Timestamp(self.serial.1)
    }

    /// Returns the record as an event.
    pub(crate) fn into_shaped(self) -> Shaped {
        Shaped {
            time: Some(self.time()),
            arrived: None,
            host: self.serial.0,
            origin: log_source::auditd(),
            fields: self.fields.into(),
        }
    }

    /// Returns the text of a field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

/// Returns the record in `line`, `None` when the line is none.
///
/// # Errors
/// What is wrong with a line that begins like a record.
pub(crate) fn record(line: &str) -> Result<Option<Record>, &'static str> {
    let Some(at) = line.find("type=").filter(|at| *at == 0 || line[..*at].ends_with(' ')) else {
        return Ok(None);
    };
    let Some((kind, rest)) = line[at + 5..].split_once(' ') else { return Ok(None) };
    let rest = rest.trim_start();
    let Some(rest) = rest.strip_prefix("msg=audit(").or_else(|| rest.strip_prefix("audit(")) else {
        return Ok(None);
    };
    let kind = KINDS.iter().find(|(number, _)| *number == kind).map_or(kind, |(_, name)| *name);
    let (stamp, body) = rest.split_once(')').ok_or("the record's number has no closing parenthesis")?;
    let interpreted = interpreted(stamp);
    let (time, serial) =
        serial(stamp).or(interpreted).ok_or("the record's moment and number cannot be read")?;
    let node = line[..at].split_ascii_whitespace().find_map(|word| word.strip_prefix("node="));
    let body = body.trim_start().strip_prefix(':').unwrap_or(body);
    let mut record = Record {
        kind: kind.to_owned(),
        serial: (node.map(str::to_owned), time, serial),
        fields: Object::new(),
        arguments: Vec::new(),
    };
    record.fields.insert("type".to_owned(), json!(kind));
    if let Some(node) = node {
        record.fields.insert("node".to_owned(), json!(node));
    }
    record.fields.insert("audit_id".to_owned(), json!(stamp));
    let (plain, enriched) = body.split_once(ENRICHED).map_or((body, ""), |(p, e)| (p, e));
    add_pairs(&mut record, access_vector(plain), interpreted.is_none());
    add_pairs(&mut record, Words::of(enriched), false);
    if interpreted.is_some() {
        for (from, to) in [("syscall", "SYSCALL"), ("arch", "ARCH")] {
            copy(&mut record.fields, from, to);
        }
    }
    name_call(&mut record.fields);
    if kind == "SOCKADDR" {
        let address = record.text("saddr").map(sockaddr::fields).unwrap_or_default();
        record.fields.extend(address);
    }
    Ok(Some(record))
}

fn serial(stamp: &str) -> Option<(i64, u64)> {
    let (moment, serial) = stamp.rsplit_once(':')?;
    let (seconds, millis) = moment.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    let millis: i64 = millis.parse().ok().filter(|m| (0..1_000).contains(m))?;
    Some((seconds.checked_mul(1_000)?.checked_add(millis)?, serial.parse().ok()?))
}

/// The stamp as `ausearch -i` writes it: `01/05/2026 08:00:00.123:1`, with the date as
/// the locale has it and without a zone, which is read as UTC.
fn interpreted(stamp: &str) -> Option<(i64, u64)> {
    let (moment, serial) = stamp.rsplit_once(':')?;
    let (date, clock) = moment.split_once(' ')?;
    let parts: Vec<&str> = date.split(['/', '.', '-']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (year, month, day) = match date.as_bytes().iter().find(|b| !b.is_ascii_digit())? {
        b'/' => (third, first, second),
        b'.' => (third, second, first),
        _ => (first, second, third),
    };
    let century = if year.len() == 2 { "20" } else { "" };
    let text = format!("{century}{year}-{month:0>2}-{day:0>2}T{clock}");
    Some((crate::time::moment(&text)?.0, serial.parse().ok()?))
}

/// The pairs of a record, or for an access-vector record (`avc: denied { read } for …`)
/// the verdict and permissions as pairs and then the rest.
fn access_vector(body: &str) -> Words<'_> {
    let mut words = Words::of(body);
    let Some(rest) = body.trim_start().strip_prefix("avc:") else { return words };
    let rest = rest.trim_start();
    let Some((verdict, after)) = rest.split_once('{') else { return words };
    let Some((permissions, after)) = after.split_once('}') else { return words };
    words = Words::of(after.trim_start().strip_prefix("for ").unwrap_or(after));
    words.ahead = vec![
        Pair { name: "seperms", value: permissions.trim().to_owned(), quoted: true },
        Pair { name: "seresult", value: verdict.trim().to_owned(), quoted: true },
    ];
    words
}

fn add_pairs(record: &mut Record, pairs: Words<'_>, plain: bool) {
    let execve = record.kind == "EXECVE";
    let mut parts: Option<Pieces> = None;
    for pair in pairs {
        if plain && pair.name == "msg" && pair.quoted {
            add_pairs(record, access_vector(&pair.value), true);
            continue;
        }
        // A long argument comes in pieces, `a1[0]=…` and following.
        if execve && let Some((argument, _)) = pair.name.split_once('[') {
            note_argument(&mut record.arguments, argument, &pair.value, plain && !pair.quoted);
            match &mut parts {
                Some(pieces) if pieces.argument == argument => pieces.value.push_str(&pair.value),
                _ => {
                    flush(&mut record.fields, parts.take());
                    let argument = argument.to_owned();
                    parts = Some(Pieces { argument, value: pair.value, hex: !pair.quoted });
                }
            }
            continue;
        }
        if execve && is_argument(pair.name) {
            note_argument(&mut record.arguments, pair.name, &pair.value, plain && !pair.quoted);
        }
        let hex =
            plain && !pair.quoted && (ESCAPED.contains(&pair.name) || (execve && is_argument(pair.name)));
        let value = match hex.then(|| unhex(&pair.value)).flatten() {
            // The keys of a rule stand behind each other with a one byte between them.
            Some(keys) if pair.name == "key" => keys.replace('\u{1}', " "),
            Some(value) => value,
            None => pair.value,
        };
        if !record.fields.contains_key(pair.name) {
            record.fields.insert(pair.name.to_owned(), Value::String(value));
        }
    }
    flush(&mut record.fields, parts);
}

/// The pieces of one long argument, joined before they are decoded: a character may
/// be split between two of them.
struct Pieces {
    argument: String,
    value: String,
    hex: bool,
}

fn flush(fields: &mut Object, pieces: Option<Pieces>) {
    if let Some(Pieces { argument, value, hex }) = pieces {
        let value = if hex { unhex(&value).unwrap_or(value) } else { value };
        fields.insert(argument, Value::String(value));
    }
}

fn note_argument(arguments: &mut Vec<Argument>, name: &str, value: &str, hex: bool) {
    if let Some(place) = name.strip_prefix('a').and_then(|n| n.parse().ok()) {
        arguments.push(Argument { place, value: value.to_owned(), hex });
    }
}

fn is_argument(name: &str) -> bool {
    name.strip_prefix('a').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Adds `ARCH` and `SYSCALL` as an enriched log would have them.
fn name_call(fields: &mut Object) {
    let code = |name: &str| fields.get(name).and_then(Value::as_str);
    let (Some(arch), call) = (code("arch"), code("syscall")) else { return };
    let names = [("ARCH", syscalls::arch(arch)), ("SYSCALL", call.and_then(|c| syscalls::name(arch, c)))];
    for (name, value) in names {
        if let Some(value) = value
            && !fields.contains_key(name)
        {
            fields.insert(name.to_owned(), json!(value));
        }
    }
}

/// Returns the text behind hexadecimal digits; the zero bytes between the arguments
/// of a process title become blanks.
fn unhex(value: &str) -> Option<String> {
    let bytes = value.as_bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| (b as char).to_digit(16);
    let decoded: Option<Vec<u8>> = bytes
        .chunks_exact(2)
        .map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8))
        .map(|byte| byte.map(|b| if b == 0 { b' ' } else { b }))
        .collect();
    Some(String::from_utf8_lossy(&decoded?).trim_end_matches(' ').to_owned())
}

/// Where the names of an enriched log begin in a word that lost its separator, as in
/// `(null)ARCH=x86_64`.
fn glued(word: &str) -> Option<usize> {
    let bytes = word.as_bytes();
    let equals = memchr::memchr(b'=', bytes)?;
    let upper = |b: &u8| b.is_ascii_uppercase() || *b == b'_';
    let name = bytes[..equals].iter().rev().take_while(|b| upper(b)).count();
    (name > 1 && name < equals).then_some(equals - name)
}

struct Pair<'a> {
    name: &'a str,
    value: String,
    quoted: bool,
}

/// The `name=value` pairs of a record body.
struct Words<'a> {
    rest: &'a str,
    /// Pairs to give first, the last one first.
    ahead: Vec<Pair<'a>>,
}

impl<'a> Words<'a> {
    fn of(rest: &'a str) -> Self {
        Self { rest, ahead: Vec::new() }
    }

    /// The words after an unquoted value that hold no `=` still belong to it, as in
    /// `op=display aging info id=0`.
    fn unquoted(&mut self) -> String {
        let end = self.rest.find([' ', ENRICHED]).unwrap_or(self.rest.len());
        let glued = glued(&self.rest[..end]);
        let end = glued.unwrap_or(end);
        let mut value = self.rest[..end].trim_end_matches([',', '"']).to_owned();
        self.rest = &self.rest[end..];
        if glued.is_some() {
            return value;
        }
        loop {
            let next = self.rest.trim_start_matches(' ');
            let end = next.find(' ').unwrap_or(next.len());
            let word = &next[..end];
            // Old records put `old` and `new` before the name they belong to, and a
            // lone colon behind the account.
            let stop = word.is_empty() || word.contains('=') || matches!(word, "old" | "new" | ":");
            if stop {
                if !value.contains('(') && value.ends_with(')') {
                    value.pop();
                }
                return value;
            }
            value.push(' ');
            value.push_str(word);
            self.rest = &next[end..];
        }
    }

    fn quoted(&mut self, end: usize) -> String {
        let value = self.rest[1..end].to_owned();
        self.rest = self.rest.get(end + 1..).unwrap_or("");
        value
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        if let Some(pair) = self.ahead.pop() {
            return Some(pair);
        }
        let mut age = None;
        loop {
            self.rest = self.rest.trim_start_matches([' ', ENRICHED]);
            let end = self.rest.find([' ', '=']).unwrap_or(self.rest.len());
            if self.rest.as_bytes().get(end) == Some(&b'=') && end > 0 {
                break;
            }
            if self.rest.is_empty() {
                return None;
            }
            // A word without `=` before a pair, such as `netlabel:` or `old auid=`.
            age = match &self.rest[..end] {
                "old" => Some("old"),
                "new" => Some("new"),
                _ => None,
            };
            let step = end.max(1).min(self.rest.len());
            self.rest = self.rest.get(step..).unwrap_or("");
        }
        let (name, rest) = self.rest.split_once('=')?;
        let name = match (age, name) {
            (Some("old"), "auid") => "old-auid",
            (Some("new"), "auid") => "new-auid",
            (Some("old"), "ses") => "old-ses",
            (Some("new"), "ses") => "new-ses",
            _ => name.trim_start_matches('('),
        };
        self.rest = rest;
        let (value, quoted) = match self.rest.as_bytes().first() {
            Some(b'"') => match self.rest[1..].find('"') {
                Some(end) => (self.quoted(end + 1), true),
                None => (self.unquoted(), false),
            },
            // The message of a user-space record may hold quotes of its own and
            // reaches to the last one.
            Some(b'\'') => match self.rest.rfind('\'').filter(|end| *end > 0) {
                Some(end) => (self.quoted(end), true),
                None => (self.unquoted(), false),
            },
            Some(b'{') => match self.rest.find('}') {
                Some(end) => {
                    let value = self.rest[1..end].trim().to_owned();
                    self.rest = self.rest.get(end + 1..).unwrap_or("");
                    (value, true)
                }
                None => (self.unquoted(), false),
            },
            _ => (self.unquoted(), false),
        };
        Some(Pair { name, value, quoted })
    }
}
