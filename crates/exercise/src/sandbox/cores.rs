//! One core for each sandbox: a stop costs a third when observer and procedure share one.

use std::sync::Mutex;

/// Sandboxes by core.
static BUSY: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Keeps the calling thread, and whatever it starts, on one core until it is dropped.
pub(super) struct Pinned {
    core: usize,
    before: libc::cpu_set_t,
}

fn affinity() -> Option<libc::cpu_set_t> {
    // SAFETY: the set is a plain array of bits, for which zero is valid.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most the size that is passed.
    let got = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    (got == 0).then_some(set)
}

impl Pinned {
    /// Chooses the core with the fewest sandboxes; `None` when there is no choice.
    pub(super) fn to_the_freest_core() -> Option<Self> {
        let before = affinity()?;
        // SAFETY: every index is below the size of the set.
        let allowed = |core: usize| unsafe { libc::CPU_ISSET(core, &before) };
        let mut busy = BUSY.lock().ok()?;
        busy.resize(libc::CPU_SETSIZE as usize, 0);
        let core =
            (0..libc::CPU_SETSIZE as usize).filter(|c| allowed(*c)).min_by_key(|c| busy.get(*c).copied())?;
        // SAFETY: as above.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: the index is below the size of the set, and the call only reads it.
        let set = unsafe {
            libc::CPU_SET(core, &mut one);
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const one)
        };
        if set != 0 {
            return None;
        }
        if let Some(count) = busy.get_mut(core) {
            *count += 1;
        }
        Some(Self { core, before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // SAFETY: the set is the one that the kernel gave.
        unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const self.before) };
        if let Ok(mut busy) = BUSY.lock()
            && let Some(count) = busy.get_mut(self.core)
        {
            *count = count.saturating_sub(1);
        }
    }
}
