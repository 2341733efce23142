//! JSON that is not one object a line: an array of events, objects over many lines, or
//! a list of events inside an object, as interfaces answer (`{"Records": […]}`).

use model::diagnostic::Diagnostic;
use model::reading::Input;
use serde_json::Value;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, more};
use crate::batch::position;
use crate::fields::Object;

/// How the objects of a JSON file are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One object a line.
    Lines,
    /// Objects over several lines, inside one array, or listed inside an object.
    Documents,
}

/// Names under which objects list the events they hold.
const LISTS: [&str; 15] = [
    "Records",
    "records",
    "Events",
    "logEvents",
    "value",
    "values",
    "items",
    "results",
    "Results",
    "hits",
    "entries",
    "Entries",
    "events",
    "logs",
    "data",
];

/// Names that stand in such an object before its list. An object with any other name
/// before the list is an event itself, of which the list is a part.
const BESIDE: [&str; 41] = [
    "@odata.context",
    "@odata.nextLink",
    "@odata.count",
    "@odata.type",
    "kind",
    "apiVersion",
    "metadata",
    "etag",
    "nextPageToken",
    "preview",
    "init_offset",
    "messages",
    "fields",
    "Stats",
    "Schema",
    "stats",
    "schema",
    "took",
    "timed_out",
    "_shards",
    "_scroll_id",
    "messageType",
    "owner",
    "logGroup",
    "logStream",
    "subscriptionFilters",
    "total",
    "max_score",
    "NextToken",
    "nextToken",
    "count",
    "page",
    "size",
    "isLastPage",
    "limit",
    "start",
    "pagelen",
    "next",
    "previous",
    "status",
    "pagination",
];

/// Returns the layout of a file that begins with `head`, or `None` when it is no JSON.
pub(crate) fn layout(head: &[u8]) -> Option<Layout> {
    let head = head.trim_ascii_start();
    match head.first()? {
        b'[' => Some(Layout::Documents),
        b'{' if lists(head) => Some(Layout::Documents),
        b'{' => {
            let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty());
            let first = lines.next()?;
            let mut rest = lines.peekable();
            // A first line that stands for itself, or that is followed by the start of
            // another object, or a whole object at the margin further on: one object a
            // line, even when the first is damaged.
            let whole = first.ends_with(b"}")
                || rest.peek().is_none_or(|next| next.starts_with(b"{"))
                || rest.any(|line| line.starts_with(b"{") && line.ends_with(b"}"));
            Some(if whole { Layout::Lines } else { Layout::Documents })
        }
        _ => None,
    }
}

/// Whether the object is an answer without events: it lists none, and holds nothing else.
pub(crate) fn lists_nothing(object: &Object) -> bool {
    let known = |name: &str| LISTS.contains(&name) || BESIDE.contains(&name);
    let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    object.keys().all(|name| known(name))
        && object.iter().any(|(name, value)| LISTS.contains(&name.as_str()) && empty(value))
}

/// Whether the first object of `head` lists the events it holds.
fn lists(head: &[u8]) -> bool {
    let mut track = Track::default();
    for byte in head {
        match track.step(*byte) {
            Step::List => return true,
            _ if track.depth == 0 || track.event => return false,
            _ => {}
        }
    }
    false
}

/// Cuts `head` and what follows in `input` into batches of whole objects. The elements
/// of an array at the top, and of a list inside an object, are taken one by one.
pub(crate) fn split(head: Vec<u8>, mut input: Input, out: &mut Outlet<'_>) {
    let mut cutter = Cutter::default();
    let mut buffer = head;
    out.summary.bytes += buffer.len() as u64;
    loop {
        cutter.feed(&buffer, out);
        buffer.clear();
        if !more(&mut buffer, &mut input, out) {
            break;
        }
    }
    cutter.finish(out);
}

/// What a byte means for the object around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Nothing special.
    On,
    /// The object goes one level down into the object that holds the list.
    Down,
    /// With this byte the first of the listed events begins.
    List,
}

/// Follows the nesting of one object, and whether it lists events.
#[derive(Default)]
struct Track {
    /// Objects and lists open around the current byte.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The text that is read at the object's own level, as far as it may be a name.
    word: Vec<u8>,
    /// The name whose value is read.
    name: Vec<u8>,
    /// A name came that no object with a list of events has before it.
    event: bool,
    /// A list began under one of the names; what stands in it is not known yet.
    opened: bool,
}

impl Track {
    fn step(&mut self, byte: u8) -> Step {
        if self.in_string {
            self.in_text(byte);
            return Step::On;
        }
        if self.opened && !byte.is_ascii_whitespace() {
            self.opened = false;
            if byte == b'{' {
                self.depth += 1;
                return Step::List;
            }
            self.event = true;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.word.clear();
            }
            b':' if self.depth == 1 => {
                self.name.clone_from(&self.word);
                let known = |names: &[&str]| names.iter().any(|n| n.as_bytes() == self.name);
                self.event |= !known(&LISTS) && !known(&BESIDE);
            }
            b'{' | b'[' => {
                self.depth += 1;
                let listing = self.depth == 2 && !self.event;
                self.opened = listing && byte == b'[' && LISTS.iter().any(|n| n.as_bytes() == self.name);
                if listing && byte == b'{' && self.name == b"hits" {
                    self.depth = 1;
                    return Step::Down;
                }
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Step::On
    }

    fn in_text(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
        // The longest name that is looked for has 19 bytes.
        if self.in_string && self.depth == 1 && self.word.len() < 32 {
            self.word.push(byte);
        }
    }
}

#[derive(Default)]
struct Cutter {
    track: Track,
    /// Objects open around the list whose elements are read; 0 outside such a list.
    around: usize,
    /// Inside an object of the first one that may hold the list.
    down: bool,
    /// Behind the list: what is left of the objects around it.
    behind: bool,
    /// An array at the top is open.
    array: bool,
    /// Inside an object that is too long.
    skipping: bool,
    bytes: Vec<u8>,
    ends: Vec<(usize, u64)>,
    /// Where the current object starts in `bytes`.
    start: usize,
    start_line: u64,
    line: u64,
}

impl Cutter {
    fn feed(&mut self, input: &[u8], out: &mut Outlet<'_>) {
        for byte in input {
            let byte = *byte;
            if byte == b'\n' {
                self.line += 1;
            }
            if self.behind {
                self.track.step(byte);
                self.behind = self.track.depth > 0;
                continue;
            }
            if self.track.depth == 0 && byte != b'{' {
                self.between(byte);
                continue;
            }
            self.inside(byte, out);
        }
    }

    /// The array around the events, and what separates them.
    fn between(&mut self, byte: u8) {
        match byte {
            b']' if self.around > 0 => {
                self.track = Track { depth: self.around, event: true, ..Track::default() };
                self.around = 0;
                self.behind = true;
            }
            b'[' | b']' => self.array = byte == b'[',
            _ => {}
        }
    }

    fn inside(&mut self, byte: u8, out: &mut Outlet<'_>) {
        if self.track.depth == 0 {
            self.start_line = self.line;
            // What is listed is an event, whatever lists it holds.
            self.track = Track { event: self.around > 0, ..Track::default() };
        }
        if !self.skipping {
            self.bytes.push(byte);
        }
        match self.track.step(byte) {
            Step::Down => self.down = true,
            Step::List => {
                self.bytes.truncate(self.start);
                self.bytes.push(byte);
                self.start_line = self.line;
                self.around = 1 + usize::from(std::mem::take(&mut self.down));
                self.skipping = false;
                self.track = Track { depth: 1, event: true, ..Track::default() };
            }
            Step::On => {}
        }
        if self.track.depth == 0 && std::mem::take(&mut self.down) {
            // No list in there: the object around it is an event.
            self.track.depth = 1;
            self.track.event = true;
        }
        if self.track.depth == 0 {
            self.close(out);
        } else if !self.skipping && self.bytes.len() - self.start > MAX_LINE_BYTES {
            self.bytes.truncate(self.start);
            self.skipping = true;
            self.hand_over(out);
            out.too_long(self.start_line);
        }
    }

    fn close(&mut self, out: &mut Outlet<'_>) {
        if self.skipping {
            self.skipping = false;
            return;
        }
        self.ends.push((self.bytes.len(), self.start_line));
        self.start = self.bytes.len();
        if self.ends.len() >= BATCH_LINES || self.bytes.len() >= BATCH_BYTES {
            self.hand_over(out);
        }
    }

    fn hand_over(&mut self, out: &mut Outlet<'_>) {
        self.start = 0;
        if self.ends.is_empty() {
            return self.bytes.clear();
        }
        let bytes = std::mem::take(&mut self.bytes);
        let ends = std::mem::take(&mut self.ends);
        let places = ends.len() as u64;
        let line = ends.first().map_or(0, |(_, line)| *line);
        out.emit(bytes, line, ends, places);
    }

    /// An object that the end of the file cuts off is handed over too, to be counted.
    fn finish(mut self, out: &mut Outlet<'_>) {
        let inside = self.track.depth > 0 && !self.behind;
        if inside && !self.skipping {
            self.ends.push((self.bytes.len(), self.start_line));
        }
        let cut_off = !inside && (self.around > 0 || self.behind || self.array);
        self.hand_over(out);
        if cut_off {
            out.summary.unreadable += 1;
            out.summary.diagnose(
                Diagnostic::warning(&out.file, "events.cut-off", "the file ends inside its list of events")
                    .help("the events before are used; export the log again")
                    .at(position(self.line), 1),
            );
        }
    }
}
