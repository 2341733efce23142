//! The walker: takes containers apart and hands their parts to a [`Scan`].
//!
//! Formats are told by content and never by name. Everything is streamed; what
//! must be held is bounded by [`Limits`], and every bound that is hit becomes a
//! [`Trouble`] at its place. No name found in a container is ever used as a path.

mod account;
mod archive;
mod compound;
mod confluence;
mod database;
mod encoded;
mod export;
mod feed;
mod jira;
mod limits;
mod mail;
mod mime;
mod names;
mod office;
mod pdf;
mod postgres;
mod pump;
mod rtf;
mod seven;
mod sniff;
mod source;
mod sparse;
mod tnef;
mod walker;
mod xml;
mod zip;

pub use limits::Limits;
pub use source::{ReadSeek, Scratch, ScratchMaker};
pub use sparse::Stored;

use std::io::{Read, SeekFrom};

use crate::Scan;
use crate::place::{Place, Trouble};
use source::Source;
use walker::Walker;

/// What a walk may use.
#[derive(Clone, Copy, Default)]
pub struct Walk<'a> {
    /// Its bounds.
    pub limits: Limits,
    /// Makes a scratch file for a member that must be read out of order and does
    /// not fit into memory; without one such a member is reported and left out.
    pub scratch: Option<&'a ScratchMaker<'a>>,
    /// Says where the file that is walked through has holes; without it they are
    /// read as zeros.
    pub stored: Option<&'a Stored<'a>>,
}

impl Walk<'_> {
    /// Reads a file and all that lies in it.
    pub fn file(&self, place: &Place, input: &mut dyn ReadSeek, scan: &mut Scan) {
        let size = match input.seek(SeekFrom::End(0)).and_then(|n| input.rewind().map(|()| n)) {
            Ok(size) => size,
            Err(e) => return scan.trouble(place.clone(), Trouble::Unreadable(e.to_string())),
        };
        scan.file();
        Walker::new(*self, scan, size).visit(place, Source::Seek(input), 0);
        // A file that grew or shrank meanwhile was not read as one state.
        if input.seek(SeekFrom::End(0)).is_ok_and(|after| after != size) {
            scan.trouble(place.clone(), Trouble::Changed);
        }
    }

    /// Reads a stream, such as standard input, and all that lies in it.
    pub fn stream(&self, place: &Place, input: &mut dyn Read, scan: &mut Scan) {
        scan.file();
        Walker::new(*self, scan, 0).visit(place, Source::Stream(input), 0);
    }
}
