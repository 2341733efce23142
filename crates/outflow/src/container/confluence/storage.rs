//! Bodies in storage format: XHTML in which code stands in CDATA sections. An
//! export cannot nest those, so it writes their end as `]] >`.

use super::super::feed::Feed;

const BEGIN: &[u8] = b"<![CDATA[";

/// Turns the CDATA sections inside a body into escaped text, so that what stands
/// in code is read as text and not taken for a tag.
#[derive(Default)]
pub(super) struct Storage {
    /// Bytes that may begin or end a section.
    held: Vec<u8>,
    inside: bool,
}

impl Storage {
    pub(super) fn push(&mut self, text: &[u8], feed: &mut Feed<'_>) {
        let mut rest = text;
        while !rest.is_empty() {
            if !self.held.is_empty() {
                self.held.push(rest[0]);
                rest = &rest[1..];
                self.decide(feed);
                continue;
            }
            let mark = if self.inside { b']' } else { b'<' };
            let end = memchr::memchr(mark, rest);
            self.plain(&rest[..end.unwrap_or(rest.len())], feed);
            let Some(end) = end else { return };
            self.held.push(mark);
            rest = &rest[end + 1..];
        }
    }

    pub(super) fn finish(mut self, feed: &mut Feed<'_>) {
        let held = std::mem::take(&mut self.held);
        self.plain(&held, feed);
    }

    /// Hands on text; inside a section what would be markup is escaped.
    fn plain(&self, text: &[u8], feed: &mut Feed<'_>) {
        if !self.inside {
            return feed.push(text);
        }
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'<', b'&', rest) {
            feed.push(&rest[..at]);
            feed.push(if rest[at] == b'<' { b"&lt;" } else { b"&amp;" });
            rest = &rest[at + 1..];
        }
        feed.push(rest);
    }

    fn decide(&mut self, feed: &mut Feed<'_>) {
        if self.inside {
            match self.held.as_slice() {
                b"]" | b"]]" | b"]] " => {}
                b"]]>" | b"]] >" => {
                    self.held.clear();
                    self.inside = false;
                    feed.push(b" ");
                }
                _ => self.release(feed),
            }
        } else if self.held == BEGIN {
            self.held.clear();
            self.inside = true;
            feed.push(b" ");
        } else if !BEGIN.starts_with(&self.held) {
            self.release(feed);
        }
    }

    /// Hands on what turned out to be no mark, up to a byte that may begin one.
    fn release(&mut self, feed: &mut Feed<'_>) {
        let mark = if self.inside { b']' } else { b'<' };
        let held = std::mem::take(&mut self.held);
        self.plain(&held[..1], feed);
        match memchr::memchr(mark, &held[1..]) {
            Some(at) => {
                self.plain(&held[1..=at], feed);
                self.held.extend_from_slice(&held[at + 1..]);
                if self.held.len() > 1 {
                    self.decide(feed);
                }
            }
            None => self.plain(&held[1..], feed),
        }
    }
}
