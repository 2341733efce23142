//! 7z archives, through their own crate, within its memory limit.

use std::cell::RefCell;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::archive::{leads_out, shown};
use super::source::{Counted, Metered, ReadSeek, Window};
use super::walker::Walker;
use crate::place::{Place, Segment, Trouble};

/// Memory the decoders may take, in KiB.
const MEMORY: usize = 64 << 10;

/// A window on the archive that can be moved; the crate wants `Read + Seek` by value.
struct Archive<'a, 'b> {
    input: &'a RefCell<&'b mut dyn ReadSeek>,
    taken: std::rc::Rc<std::cell::Cell<u64>>,
}

impl Read for Archive<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.input.borrow_mut().read(buf)?;
        self.taken.set(self.taken.get() + n as u64);
        Ok(n)
    }
}

impl io::Seek for Archive<'_, '_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.input.borrow_mut().seek(to)
    }
}

/// Reads the members of a 7z archive.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek, depth: u32) {
    if walker.windows > 0 {
        walker.account().unread_from(0);
        return walker.trouble(place, Trouble::Bounded("a 7z archive inside other packed data".to_owned()));
    }
    walker.windows += 1;
    // The crate is not ours: a panic in it must cost this archive and not the scan.
    let read = catch_unwind(AssertUnwindSafe(|| members(walker, place, input, depth)));
    walker.windows -= 1;
    // The header at the beginning says where the one at the end ends.
    let mut head = [0; 32];
    if input.rewind().and_then(|()| input.read_exact(&mut head)).is_ok() {
        let field = |at: usize| head[at..at + 8].iter().rev().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        let end = field(12).saturating_add(field(20)).saturating_add(32);
        let account = walker.account();
        // All of it is under checksums; where one member fails, others of its block may too.
        if matches!(read, Ok(Ok(()))) { account.read(0..end) } else { account.unread(32..end.max(32)) }
    }
    match read {
        Ok(Ok(())) => {}
        Ok(Err(e)) => complaint(walker, place, &e),
        Err(_) => walker.trouble(place, Trouble::Damaged("the 7z reader gave up".to_owned())),
    }
}

fn complaint(walker: &mut Walker<'_>, place: &Place, error: &sevenz_rust2::Error) {
    use sevenz_rust2::Error;
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => walker.trouble(place, Trouble::Encrypted),
        Error::Io(e, _) => walker.fault(place, e),
        Error::MaxMemLimited { .. } => {
            walker.trouble(place, Trouble::Bounded(format!("its decoder needs more than {MEMORY} KiB")));
        }
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => {
            walker.trouble(place, Trouble::Encrypted);
        }
        Error::UnsupportedCompressionMethod(method) => {
            walker.trouble(place, Trouble::Unsupported(format!("packed with {method}")));
        }
        other => walker.trouble(place, Trouble::Damaged(other.to_string())),
    }
}

fn members(
    walker: &mut Walker<'_>,
    place: &Place,
    input: &mut dyn ReadSeek,
    depth: u32,
) -> Result<(), sevenz_rust2::Error> {
    let shared = RefCell::new(input);
    let (_, taken) = Counted::new(Window::new(&shared, 0, 0));
    let archive = Archive { input: &shared, taken: taken.clone() };
    let password = sevenz_rust2::Password::empty();
    let mut reader = sevenz_rust2::ArchiveReader::new_with_memory_limit(archive, password, MEMORY)?;
    reader.set_thread_count(1);
    let meter = walker.meter.clone();
    reader.for_each_entries(|entry, body| {
        let name = shown(entry.name().as_bytes());
        let inner = place.within(Segment::Member(name.clone()));
        if leads_out(&name) {
            walker.trouble(&inner, Trouble::Path("its name leads out of the archive".to_owned()));
        }
        if entry.has_stream() && !entry.is_directory() {
            let mut metered = Metered::new(body, taken.clone(), meter.clone());
            walker.member(&inner, &mut metered, depth + 1);
            // The members of a block are packed as one: the rest of this one must
            // pass before the next can be read.
            if walker.spent() {
                return Ok(false);
            }
            io::copy(&mut metered, &mut io::sink()).map_err(sevenz_rust2::Error::from)?;
        }
        Ok(!walker.spent())
    })
}
