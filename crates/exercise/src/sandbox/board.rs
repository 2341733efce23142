//! Memory that the observer shares with the sandbox's first process.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// Bytes kept for names that were looked up.
const NAMES: usize = 16 << 10;

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

    /// Keeps a name that was looked up.
    pub(super) fn add_name(&self, name: &[u8]) {
        let room = NAMES.saturating_sub(1 + self.head().names.load(Ordering::Acquire) as usize);
        if name.len() < room {
            self.append(self.output, NAMES, &self.head().names, name);
            self.append(self.output, NAMES, &self.head().names, b"\n");
        }
    }

    /// Returns the names looked up from byte `from` on, each ended by a line feed.
    pub(super) fn names(&self, from: usize) -> &[u8] {
        let used = (self.head().names.load(Ordering::Acquire) as usize).min(NAMES);
        self.text(self.output + from.min(used), used - from.min(used))
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and no reference outlives `self`.
        unsafe { libc::munmap(self.base.cast(), size_of::<Head>() + self.output + NAMES) };
    }
}
