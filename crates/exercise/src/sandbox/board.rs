//! Memory that the observer shares with the sandbox's first process.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// Bytes kept for names that were looked up and addresses that datagrams arrived at.
const NAMES: usize = 16 << 10;

/// Beginnings of entries; two bytes of length and the bytes themselves follow.
const NAME: u8 = b'n';
const DATAGRAM: u8 = b'd';

/// What the first process writes down beside the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A name that was looked up.
    Name(Vec<u8>),
    /// A datagram arrived that had been sent to this address and port.
    Datagram(IpAddr, u16),
}

#[repr(C)]
struct Head {
    step: AtomicU32,
    errno: AtomicI32,
    exec_errno: AtomicI32,
    reason: AtomicI32,
    output: AtomicU32,
    names: AtomicU32,
}

/// A page-aligned piece of shared memory: a few counters, the output, names looked up.
///
/// Procedures never see it: it is gone from their memory with `exec`.
pub(super) struct Board {
    base: *mut u8,
    output: usize,
}

// SAFETY: the counters are atomic; the texts are written by one process before the
// counter that covers them is raised.
unsafe impl Sync for Board {}

impl Board {
    /// Returns shared memory with room for `output` bytes, or `None` when there is none.
    pub(super) fn new(output: usize) -> Option<Self> {
        let length = size_of::<Head>() + output + NAMES;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new anonymous mapping overlaps nothing.
        let base = unsafe {
            libc::mmap(std::ptr::null_mut(), length, access, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1, 0)
        };
        (base != libc::MAP_FAILED).then_some(Self { base: base.cast(), output })
    }

    fn head(&self) -> &Head {
        // SAFETY: the mapping begins with a `Head`, is aligned to a page, and zero is valid for it.
        unsafe { &*self.base.cast::<Head>() }
    }

    fn text(&self, first: usize, length: usize) -> &[u8] {
        // SAFETY: callers stay inside the mapping; bytes below a counter are not written again.
        unsafe { std::slice::from_raw_parts(self.base.add(size_of::<Head>() + first), length) }
    }

    fn append(&self, first: usize, room: usize, counter: &AtomicU32, bytes: &[u8]) -> bool {
        let used = (counter.load(Ordering::Acquire) as usize).min(room);
        let fits = bytes.len().min(room - used);
        // SAFETY: `used + fits` is at most `room`, which lies inside the mapping; only one
        // process writes, and only above the counter.
        unsafe {
            let to = self.base.add(size_of::<Head>() + first + used);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, fits);
        }
        counter.store((used + fits) as u32, Ordering::Release);
        fits == bytes.len()
    }

    /// Notes which step of the set-up failed and how.
    pub(super) fn fail(&self, step: usize, errno: i32) {
        self.head().step.store(step as u32, Ordering::Release);
        self.head().errno.store(errno, Ordering::Release);
    }

    /// Returns the step that failed with its error number.
    pub(super) fn failure(&self) -> (usize, i32) {
        (self.head().step.load(Ordering::Acquire) as usize, self.head().errno.load(Ordering::Acquire))
    }

    /// Notes that the procedure's program could not be started.
    pub(super) fn exec_failed(&self, errno: i32) {
        self.head().exec_errno.store(errno, Ordering::Release);
    }

    /// Returns why the procedure's program could not be started.
    pub(super) fn exec_failure(&self) -> Option<i32> {
        Some(self.head().exec_errno.load(Ordering::Acquire)).filter(|e| *e != 0)
    }

    /// Notes why the first process ends the sandbox.
    pub(super) fn end(&self, reason: i32) {
        self.head().reason.store(reason, Ordering::Release);
    }

    /// Returns why the first process has ended the sandbox; 0 when it has not.
    pub(super) fn reason(&self) -> i32 {
        self.head().reason.load(Ordering::Acquire)
    }

    /// Keeps output; returns whether all of it fitted.
    pub(super) fn add_output(&self, bytes: &[u8]) -> bool {
        self.append(0, self.output, &self.head().output, bytes)
    }

    /// Returns the output kept.
    pub(super) fn output(&self) -> &[u8] {
        self.text(0, (self.head().output.load(Ordering::Acquire) as usize).min(self.output))
    }

    /// Keeps a name that was looked up; returns whether there is room for it.
    pub(super) fn add_name(&self, name: &[u8]) -> bool {
        self.add(NAME, name)
    }

    /// Keeps an address that a datagram was sent to; returns whether there is room for it.
    pub(super) fn add_datagram(&self, address: [u8; 16], port: u16) -> bool {
        let mut bytes = [0; 18];
        let (to, last) = bytes.split_at_mut(16);
        to.copy_from_slice(&address);
        last.copy_from_slice(&port.to_be_bytes());
        self.add(DATAGRAM, &bytes)
    }

    /// Keeps an entry once. Only the first process calls this, and takes no memory.
    fn add(&self, kind: u8, bytes: &[u8]) -> bool {
        let used = (self.head().names.load(Ordering::Acquire) as usize).min(NAMES);
        let Ok(length) = u16::try_from(bytes.len()) else { return false };
        let mut kept = Entries { bytes: self.text(self.output, used), at: 0 };
        if kept.any(|(k, b)| k == kind && b == bytes) {
            return true;
        }
        if NAMES - used < 3 + bytes.len() {
            return false;
        }
        let [high, low] = length.to_be_bytes();
        // The reader takes whole entries only.
        let names = &self.head().names;
        self.append(self.output, NAMES, names, &[kind, high, low])
            && self.append(self.output, NAMES, names, bytes)
    }

    /// Returns the entries from byte `from` on, and where they end.
    pub(super) fn entries(&self, from: usize) -> (Vec<Entry>, usize) {
        let used = (self.head().names.load(Ordering::Acquire) as usize).min(NAMES);
        let mut entries = Entries { bytes: self.text(self.output, used), at: from };
        let mut found = Vec::new();
        for (kind, bytes) in entries.by_ref() {
            found.push(match (kind, bytes.split_first_chunk::<16>()) {
                (DATAGRAM, Some((address, [high, low]))) => {
                    let address = Ipv6Addr::from(*address);
                    let address = address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4);
                    Entry::Datagram(address, u16::from_be_bytes([*high, *low]))
                }
                _ => Entry::Name(bytes.to_vec()),
            });
        }
        (found, entries.at)
    }
}

/// Walks over whole entries.
struct Entries<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.bytes.get(self.at..)?.split_first_chunk::<3>()?;
        let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
        let bytes = rest.get(..length)?;
        self.at += 3 + length;
        Some((head[0], bytes))
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and no reference outlives `self`.
        unsafe { libc::munmap(self.base.cast(), size_of::<Head>() + self.output + NAMES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_kept_once_and_a_full_board_says_so() {
        let board = Board::new(16).expect("memory");
        assert!(board.add_name(b"a\nb.example"));
        assert!(board.add_datagram("::ffff:198.51.100.6".parse::<Ipv6Addr>().expect("it").octets(), 443));
        for _ in 0..5_000 {
            assert!(board.add_name(b"files.example"), "an entry that is there takes no room");
        }
        let (entries, read) = board.entries(0);
        let expected = [
            Entry::Name(b"a\nb.example".to_vec()),
            Entry::Datagram("198.51.100.6".parse().expect("an address"), 443),
            Entry::Name(b"files.example".to_vec()),
        ];
        assert_eq!(entries, expected);
        assert_eq!(board.entries(read), (Vec::new(), read));
        let room =
            (0..2_000).take_while(|n| board.add_name(format!("name-{n:010}.example").as_bytes())).count();
        assert!((500..1_000).contains(&room), "{room} names fit");
        assert_eq!(board.entries(read).0.len(), room, "what fitted is there whole");
    }
}
