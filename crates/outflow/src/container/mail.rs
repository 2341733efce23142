//! Mail (RFC 5322 with MIME) and mailboxes, line by line.

mod sealed;

use std::io::{self, Read};

use super::mime::{self, Decoder, Transfer};
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of a line that are taken at once; a longer line comes in pieces.
const LINE: usize = 64 << 10;

/// Bytes of header fields of one part that are held.
const HEADER: usize = 256 << 10;

/// Parts inside parts.
const NESTED: usize = 32;

/// Why the lines of a part ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// A boundary: how many lie outside of it, and whether it is the last one.
    Boundary(usize, bool),
    /// The next message of a mailbox.
    Message,
    Input,
}

/// The lines of a mail or mailbox.
struct Lines<'a> {
    inner: io::BufReader<&'a mut dyn Read>,
    boundaries: Vec<Vec<u8>>,
    mailbox: bool,
    line: Vec<u8>,
    /// The next piece begins a line.
    start: bool,
    blank: bool,
    ended: Option<Ended>,
}

impl<'a> Lines<'a> {
    fn new(inner: &'a mut dyn Read, mailbox: bool) -> Self {
        Self {
            inner: io::BufReader::with_capacity(LINE, inner),
            boundaries: Vec::new(),
            mailbox,
            line: Vec::new(),
            start: true,
            blank: true,
            ended: None,
        }
    }

    /// Reads the next line, or a piece of it; `None` when the part has ended.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if self.ended.is_some() {
            return Ok(None);
        }
        self.line.clear();
        let got = io::BufRead::read_until(&mut (&mut self.inner).take(LINE as u64), b'\n', &mut self.line)?;
        if got == 0 {
            self.ended = Some(Ended::Input);
            return Ok(None);
        }
        if self.start {
            self.ended = self.boundary();
            if self.ended.is_some() {
                return Ok(None);
            }
        }
        self.blank = self.start && self.line.trim_ascii().is_empty();
        self.start = self.line.ends_with(b"\n");
        Ok(Some(&self.line))
    }

    fn boundary(&self) -> Option<Ended> {
        if let Some(rest) = self.line.strip_prefix(b"--") {
            let rest = rest.trim_ascii_end();
            for (i, boundary) in self.boundaries.iter().enumerate().rev() {
                match rest.strip_prefix(boundary.as_slice()) {
                    Some(b"") => return Some(Ended::Boundary(i, false)),
                    Some(b"--") => return Some(Ended::Boundary(i, true)),
                    _ => {}
                }
            }
        }
        let next = self.mailbox && self.blank && self.line.starts_with(b"From ");
        next.then_some(Ended::Message)
    }
}

/// The decoded body of a part.
struct Body<'l, 'a> {
    lines: &'l mut Lines<'a>,
    transfer: Transfer,
    decoder: Decoder,
    held: Vec<u8>,
    at: usize,
}

impl Read for Body<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.held.len() {
            self.held.clear();
            self.at = 0;
            while self.held.len() < LINE / 2 {
                let Some(line) = self.lines.next()? else { break };
                self.decoder.line(self.transfer, line, &mut self.held);
            }
        }
        let n = buf.len().min(self.held.len() - self.at);
        buf[..n].copy_from_slice(&self.held[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// What the header of a part says.
#[derive(Debug, Default)]
struct Header {
    fields: String,
    kind: String,
    boundary: Option<String>,
    name: Option<String>,
    transfer: Transfer,
    wide: bool,
}

/// Returns whether a text holds one that is encrypted with OpenPGP: a line that says so and
/// nothing else.
pub(super) fn holds_armour(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, sealed::ARMOUR).any(|at| {
        let before = at.checked_sub(1).is_none_or(|p| text[p] == b'\n' || text[p] == b'>');
        let after = text.get(at + sealed::ARMOUR.len()).is_none_or(|b| matches!(b, b'\r' | b'\n' | b'<'));
        before && after
    })
}

/// Reads one mail. A byte order mark, blank lines and a line with its size may stand before it.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let (head, fault) = super::source::read_up_to(input, 256);
    if let Some(fault) = fault {
        walker.fault(place, &fault);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    let line = memchr::memchr(b'\n', text).unwrap_or(0);
    let size = line > 0 && text[..line].trim_ascii().iter().all(u8::is_ascii_digit);
    let text = if size { text[line..].trim_ascii_start() } else { text };
    let text = text.to_vec();
    let mut input = super::source::Peeked::new(text, input);
    let mut lines = Lines::new(&mut input, false);
    if let Err(e) = message(walker, place, &mut lines, depth) {
        walker.fault(place, &e);
    }
}

/// Reads a mailbox, message by message.
pub(super) fn mailbox(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let mut lines = Lines::new(input, true);
    // The first "From " line opens the first message.
    let mut number = 0;
    loop {
        let next = lines.next().map(|line| line.is_some());
        let read = match next {
            Ok(true) => Ok(()),
            Ok(false) if lines.ended == Some(Ended::Message) => {
                lines.ended = None;
                lines.blank = false;
                number += 1;
                let inner = place.within(Segment::Message(number));
                if !walker.count_member(&inner) {
                    return;
                }
                message(walker, &inner, &mut lines, depth)
            }
            Ok(false) => return,
            Err(e) => Err(e),
        };
        if let Err(e) = read {
            return walker.fault(place, &e);
        }
        if walker.spent() {
            return;
        }
    }
}

fn message(walker: &mut Walker<'_>, place: &Place, lines: &mut Lines<'_>, depth: u32) -> io::Result<()> {
    let outer = lines.boundaries.len();
    let mut number = 0;
    part(walker, place, lines, depth, &mut number, false)?;
    lines.boundaries.truncate(outer);
    // What follows the last boundary belongs to no part; it is looked at too.
    while matches!(lines.ended, Some(Ended::Boundary(..))) {
        lines.ended = None;
        body(walker, place, lines, &Header::default(), depth, &mut number)?;
    }
    Ok(())
}

/// Reads one part up to its end: its header, then its body or its own parts.
fn part(
    walker: &mut Walker<'_>,
    place: &Place,
    lines: &mut Lines<'_>,
    depth: u32,
    number: &mut u32,
    digest: bool,
) -> io::Result<()> {
    let mut header = header(walker, place, lines)?;
    if digest && header.kind.is_empty() {
        "message/rfc822".clone_into(&mut header.kind);
    }
    if sealed::encrypted(&header.kind) {
        walker.trouble(place, Trouble::Encrypted);
    }
    let boundary = header.boundary.clone().filter(|b| header.kind.starts_with("multipart/") && !b.is_empty());
    let Some(boundary) = boundary else { return body(walker, place, lines, &header, depth, number) };
    if lines.boundaries.len() >= NESTED {
        walker.trouble(place, Trouble::TooDeep(NESTED as u32));
        return body(walker, place, lines, &Header::default(), depth, number);
    }
    let own = lines.boundaries.len();
    lines.boundaries.push(boundary.into_bytes());
    body(walker, place, lines, &Header::default(), depth, number)?;
    let mut closed = false;
    while let Some(Ended::Boundary(i, last)) = lines.ended {
        if i != own {
            break;
        }
        lines.ended = None;
        if last {
            closed = true;
            break;
        }
        part(walker, place, lines, depth, number, header.kind == "multipart/digest")?;
        if walker.spent() {
            break;
        }
    }
    lines.boundaries.truncate(own);
    if closed {
        // Between the end of the parts and the next outer boundary.
        body(walker, place, lines, &Header::default(), depth, number)?;
    } else if lines.ended == Some(Ended::Input) || lines.ended == Some(Ended::Message) {
        walker.trouble(place, Trouble::Truncated("the last boundary of a mail is missing".to_owned()));
    }
    Ok(())
}

/// Reads the header fields and hands them to the scan, encoded words decoded.
fn header(walker: &mut Walker<'_>, place: &Place, lines: &mut Lines<'_>) -> io::Result<Header> {
    let mut raw = Vec::new();
    let mut cut = false;
    while let Some(line) = lines.next()? {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if raw.len() + line.len() > HEADER {
            cut = true;
            continue;
        }
        if line[0] != b' ' && line[0] != b'\t' {
            raw.push(b'\n');
        }
        raw.extend_from_slice(line);
    }
    if cut {
        walker.trouble(place, Trouble::Bounded(format!("its header fields are longer than {HEADER} bytes")));
    }
    let mut header = Header::default();
    for field in String::from_utf8_lossy(&raw).lines() {
        let value = mime::words(field);
        header.fields.push_str(&value);
        header.fields.push('\n');
        take(&mut header, field);
    }
    if !header.fields.trim().is_empty() {
        let inner = place.within(Segment::Field("header".to_owned()));
        walker.text(inner, Kind::Text, header.fields.as_bytes());
    }
    Ok(header)
}

/// Takes from a field what says how to read the body.
fn take(header: &mut Header, field: &str) {
    let Some((name, value)) = field.split_once(':') else { return };
    match name.trim().to_ascii_lowercase().as_str() {
        "content-type" => {
            header.kind = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
            header.boundary = mime::parameter(value, "boundary");
            header.name = header.name.take().or_else(|| mime::parameter(value, "name"));
            let charset = mime::parameter(value, "charset").unwrap_or_default().to_ascii_lowercase();
            header.wide = charset.starts_with("utf-16");
        }
        "content-disposition" => {
            header.name = mime::parameter(value, "filename").or_else(|| header.name.take());
        }
        "content-transfer-encoding" => {
            header.transfer = match value.trim().to_ascii_lowercase().as_str() {
                "base64" => Transfer::Base64,
                "quoted-printable" => Transfer::QuotedPrintable,
                _ => Transfer::Plain,
            };
        }
        _ => {}
    }
}

fn body(
    walker: &mut Walker<'_>,
    place: &Place,
    lines: &mut Lines<'_>,
    header: &Header,
    depth: u32,
    number: &mut u32,
) -> io::Result<()> {
    let mut body =
        Body { lines, transfer: header.transfer, decoder: Decoder::default(), held: Vec::new(), at: 0 };
    let running = header.kind.is_empty() || header.kind.starts_with("text/");
    if running && header.name.is_none() {
        let kind = if header.kind == "text/html" { Kind::Html } else { Kind::Text };
        // A part without any byte is not worth a place of its own.
        let (head, fault) = super::source::read_up_to(&mut body, 1024);
        if !head.trim_ascii().is_empty() {
            walker.part(place, kind, &mut super::source::Peeked::new(head, &mut body));
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
    } else {
        *number += 1;
        let inner = match &header.name {
            None if header.kind == "message/rfc822" => place.within(Segment::Message(u64::from(*number))),
            name => {
                let name = name.clone().unwrap_or_else(|| header.kind.clone());
                place.within(Segment::Attachment { name, id: number.to_string(), version: None })
            }
        };
        if sealed::envelope(&header.kind) {
            let (message, bytes) = sealed::open(walker, &inner, &mut body)?;
            let mut left = bytes.as_slice();
            match message {
                // What is signed is a part with a header of its own.
                Some(message) if walker.count_member(&inner) && depth < walker.walk.limits.depth => {
                    visit(walker, &inner, &mut message.as_slice(), depth + 1);
                }
                _ => walker.member(&inner, &mut left, depth + 1),
            }
        } else if header.kind == "message/rfc822"
            && walker.count_member(&inner)
            && depth < walker.walk.limits.depth
        {
            visit(walker, &inner, &mut body, depth + 1);
        } else {
            walker.member(&inner, &mut body, depth + 1);
        }
    }
    io::copy(&mut body, &mut io::sink()).map(|_| ())
}
