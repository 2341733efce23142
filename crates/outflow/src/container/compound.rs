//! Compound files: Outlook messages, and older office documents stream by stream.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::source::ReadSeek;
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Larger files are read as they lie: their tables alone would take too much memory.
const LARGEST: u64 = 1 << 30;

/// Streams and storages that are read.
const ENTRIES: usize = 65_536;

/// Bytes of a name of an attachment.
const NAME: usize = 1024;

/// Reads a compound file.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek, depth: u32) {
    let size = input.seek(io::SeekFrom::End(0)).unwrap_or(0);
    if input.rewind().is_err() {
        return;
    }
    // Free sectors and the ends of streams belong to no stream.
    walker.account().loose();
    if size > LARGEST {
        return walker
            .trouble(place, Trouble::Bounded(format!("a compound file of more than {LARGEST} bytes")));
    }
    // The crate is not ours: a panic in it must cost this file and not the scan.
    let read = catch_unwind(AssertUnwindSafe(|| entries(walker, place, input, depth)));
    let fault = match read {
        Ok(Ok(())) => return walker.account().read(0..size),
        Ok(Err(e)) => e,
        Err(_) => io::Error::new(io::ErrorKind::InvalidData, "the reader of compound files gave up"),
    };
    walker.fault(place, &fault);
}

type Compound<'a> = cfb::CompoundFile<&'a mut dyn ReadSeek>;

fn entries(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek, depth: u32) -> io::Result<()> {
    let mut file = Compound::open(input)?;
    let mut streams: Vec<PathBuf> =
        file.walk().filter(cfb::Entry::is_stream).map(|e| e.path().to_owned()).take(ENTRIES + 1).collect();
    if streams.len() > ENTRIES {
        walker.trouble(place, Trouble::Bounded(format!("more than {ENTRIES} streams")));
        streams.truncate(ENTRIES);
    }
    if streams.iter().any(|p| p.ends_with("EncryptedPackage")) {
        walker.account().unread_from(0);
        walker.trouble(place, Trouble::Encrypted);
        return Ok(());
    }
    let message = streams.iter().any(|p| p.ends_with("__properties_version1.0"));
    let names = if message { attachment_names(&mut file, &streams) } else { BTreeMap::new() };
    for path in &streams {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let inside = within(place, path, &names);
        if !walker.count_member(&inside) {
            return Ok(());
        }
        let mut stream = match file.open_stream(path) {
            Ok(stream) => stream,
            Err(e) => {
                walker.fault(&inside, &e);
                continue;
            }
        };
        match name.strip_prefix("__substg1.0_").and_then(|tag| tag.split_at_checked(4)) {
            Some(("3701", _)) => walker.visit(&inside, super::source::Source::Stream(&mut stream), depth + 1),
            Some((tag, "001F")) => {
                let inner = inside.within(Segment::Field(property(tag)));
                walker.part(&inner, Kind::Text, &mut Wide::new(&mut stream));
            }
            Some(("1013", _)) => {
                walker.part(&inside.within(Segment::Field(property("1013"))), Kind::Html, &mut stream);
            }
            Some((tag, "001E")) => {
                walker.part(&inside.within(Segment::Field(property(tag))), Kind::Text, &mut stream);
            }
            Some((tag, _)) => {
                walker.part(&inside.within(Segment::Field(property(tag))), Kind::Raw, &mut stream);
            }
            None if message => {}
            None => {
                let member = place.within(Segment::Member(path.display().to_string()));
                walker.visit(&member, super::source::Source::Stream(&mut stream), depth + 1);
            }
        }
    }
    Ok(())
}

/// Returns a property's name; those a message is made of are named.
fn property(tag: &str) -> String {
    match tag {
        "0037" | "0E1D" | "0070" => "subject".to_owned(),
        "1000" => "body".to_owned(),
        "1013" => "html body".to_owned(),
        "0C1A" | "0042" => "sender".to_owned(),
        "0E04" | "0E03" | "0E02" => "recipients".to_owned(),
        "3707" | "3704" => "name".to_owned(),
        "007D" => "header".to_owned(),
        other => format!("property {other}"),
    }
}

/// Returns the place of a stream: inside which attachment, inside which message.
fn within(place: &Place, path: &Path, names: &BTreeMap<PathBuf, String>) -> Place {
    let mut place = place.clone();
    for (i, storage) in
        path.parent().into_iter().flat_map(Path::ancestors).collect::<Vec<_>>().iter().rev().enumerate()
    {
        let own = storage.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(id) = own.strip_prefix("__attach_version1.0_#") {
            let name = names.get(*storage).cloned().unwrap_or_default();
            place = place.within(Segment::Attachment { name, id: id.to_owned(), version: None });
        } else if own.starts_with("__substg1.0_3701") {
            place = place.within(Segment::Message(i as u64));
        }
    }
    place
}

fn attachment_names(file: &mut Compound<'_>, streams: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let mut names = BTreeMap::new();
    for path in streams {
        let own = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let long = own == "__substg1.0_3707001F";
        if !long && own != "__substg1.0_3704001F" {
            continue;
        }
        let (Some(storage), Ok(mut stream)) = (path.parent(), file.open_stream(path)) else { continue };
        let (bytes, _) = super::source::read_up_to(&mut stream, NAME);
        let name = encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0.into_owned();
        if long || !names.contains_key(storage) {
            names.insert(storage.to_owned(), name);
        }
    }
    names
}

/// UTF-16 as UTF-8.
pub(super) struct Wide<'a> {
    inner: &'a mut dyn Read,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    done: bool,
}

impl<'a> Wide<'a> {
    pub(super) fn new(inner: &'a mut dyn Read) -> Self {
        Self {
            inner,
            decoder: encoding_rs::UTF_16LE.new_decoder_without_bom_handling(),
            raw: vec![0; 8192],
            done: false,
        }
    }
}

impl Read for Wide<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.done {
                return Ok(0);
            }
            // A unit of two bytes becomes three at most, and a lone surrogate too.
            let wanted = (buf.len() / 3).saturating_sub(4).min(self.raw.len());
            if wanted == 0 {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the buffer is too small"));
            }
            let n = self.inner.read(&mut self.raw[..wanted])?;
            self.done = n == 0;
            let (_, _, written, _) = self.decoder.decode_to_utf8(&self.raw[..n], buf, self.done);
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
