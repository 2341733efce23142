//! Where bytes lie and how they are to be read: what the walker of containers
//! tells the scan.

pub use model::finding::{Place, Segment, Trouble};

/// How the bytes of a part are to be read.
///
/// Tables (CSV apart, which is [`Kind::Text`] as it is) are best handed over as
/// one part for a whole table, with one line for each row and
/// `column name: value` for each cell, cells separated by a tab: so the
/// neighbours of a number stay its context, and the line of a finding is the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text of any encoding: UTF-8, Latin-1, UTF-16 with or without a mark.
    Text,
    /// Text with tags and entities: tags are taken out, entities decoded.
    Html,
    /// Bytes of an unknown format, in which readable stretches are looked for.
    Raw,
}
