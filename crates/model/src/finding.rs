//! Findings of insured-person data: where something lies, what it is, and what
//! could not be read.
//!
//! Nothing here holds an identifier in clear unless the user asked for it: a
//! person is a keyed hash, and names of files and pages are masked before they
//! become a [`Place`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step on the way from the set that was scanned to a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// A file as the user reaches it; `-` is standard input.
    File(String),
    /// A member of an archive, an office document or a compound file.
    Member(String),
    /// A page of a wiki, one version of it.
    Page {
        /// Its title.
        title: String,
        /// The version, `None` when the export does not say.
        version: Option<u32>,
        /// Its id in the export.
        id: String,
        /// A link to it, relative to the base address when that is not known.
        link: Option<String>,
    },
    /// A ticket.
    Issue {
        /// Its key, such as `OPS-17`.
        key: String,
        /// Its summary.
        title: String,
        /// A link to it, relative to the base address when that is not known.
        link: Option<String>,
    },
    /// A comment, with its id in the export.
    Comment(String),
    /// A change of a ticket, with its id in the export: old values live on here.
    Change(String),
    /// An attachment.
    Attachment {
        /// Its real name.
        name: String,
        /// Its id in the export.
        id: String,
        /// Its version, `None` when the export does not say.
        version: Option<u32>,
    },
    /// A mail message inside a mailbox or another mail, by its number from 1.
    Message(u64),
    /// A sheet, slide or page of a document, by its name or number.
    Sheet(String),
    /// A table of a database.
    Table(String),
    /// A row of a table, from 1.
    Row(u64),
    /// A field, column, header or property.
    Field(String),
    /// A line, from 1.
    Line(u64),
    /// A byte offset, from 0.
    Offset(u64),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) | Self::Member(name) => f.write_str(&plain(name)),
            Self::Page { title, version, id, .. } => {
                write!(f, "page {:?} ({id}", Plain(title))?;
                if let Some(version) = version {
                    write!(f, ", version {version}")?;
                }
                f.write_str(")")
            }
            Self::Issue { key, .. } => write!(f, "issue {}", plain(key)),
            Self::Comment(id) => write!(f, "comment {}", plain(id)),
            Self::Change(id) => write!(f, "change {}", plain(id)),
            Self::Attachment { name, id, version } => {
                write!(f, "attachment {:?} ({}", Plain(name), plain(id))?;
                if let Some(version) = version {
                    write!(f, ", version {version}")?;
                }
                f.write_str(")")
            }
            Self::Message(n) => write!(f, "message {n}"),
            Self::Sheet(name) => write!(f, "sheet {}", plain(name)),
            Self::Table(name) => write!(f, "table {}", plain(name)),
            Self::Row(n) => write!(f, "row {n}"),
            Self::Field(name) => write!(f, "field {}", plain(name)),
            Self::Line(n) => write!(f, "line {n}"),
            Self::Offset(n) => write!(f, "offset {n}"),
        }
    }
}

/// Text of outside origin in quotes, control characters escaped.
struct Plain<'a>(&'a str);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", plain(self.0))
    }
}

/// Returns outside text with control and direction characters escaped, so that a
/// name can neither move the cursor nor hide its ending.
fn plain(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Where something lies: from the file down to the line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place {
    /// The way down, outermost first.
    pub path: Vec<Segment>,
}

impl Place {
    /// Returns the place of a file.
    pub fn file(name: impl Into<String>) -> Self {
        Self { path: vec![Segment::File(name.into())] }
    }

    /// Returns the place one step further in.
    #[must_use]
    pub fn within(&self, segment: Segment) -> Self {
        let mut path = self.path.clone();
        path.push(segment);
        Self { path }
    }
}

impl fmt::Display for Place {
    /// Writes the way down with ` > ` between its steps.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.path.iter().enumerate() {
            if i > 0 {
                f.write_str(" > ")?;
            }
            write!(f, "{segment}")?;
        }
        Ok(())
    }
}

/// Why a part was not read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "trouble", content = "why")]
pub enum Trouble {
    /// The system refused to open or read it; the message of the system.
    Unreadable(String),
    /// It ends before its own description says.
    Truncated(String),
    /// Its structure is damaged; what was wrong.
    Damaged(String),
    /// It is encrypted.
    Encrypted,
    /// It lies deeper in other containers than is read; the limit.
    TooDeep(u32),
    /// It grows too much on unpacking, or unpacks to more than is read; which limit.
    Bomb(String),
    /// It was cut at a limit on size, count or length; which.
    Bounded(String),
    /// A path or link that leads out of the set or round in a circle; which.
    Path(String),
    /// It changed while it was read.
    Changed,
    /// A format that is recognised and not read; which.
    Unsupported(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "cannot be read: {}", plain(why)),
            Self::Truncated(why) => write!(f, "ends too early: {}", plain(why)),
            Self::Damaged(why) => write!(f, "is damaged: {}", plain(why)),
            Self::Encrypted => f.write_str("is encrypted"),
            Self::TooDeep(limit) => write!(f, "lies more than {limit} containers deep"),
            Self::Bomb(why) => write!(f, "unpacks to too much: {}", plain(why)),
            Self::Bounded(why) => write!(f, "was read only in part: {}", plain(why)),
            Self::Path(why) => write!(f, "was not followed: {}", plain(why)),
            Self::Changed => f.write_str("changed while it was read"),
            Self::Unsupported(format) => write!(f, "is {}, which is not read", plain(format)),
        }
    }
}
