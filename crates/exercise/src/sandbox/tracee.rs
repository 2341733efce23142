//! One stopped process or thread of the procedure: registers and memory.

use std::ffi::c_void;

use super::raw::Errno;

/// What a stop at a system call tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum CallStop {
    /// Before it: the processor's number, the call's number and its registers.
    Entry { processor: u32, number: u64, args: [u64; 6] },
    /// After it: what it returned.
    Exit { value: i64 },
    /// Neither.
    None,
}

fn request(what: u32, pid: i32, address: usize, data: usize) -> Result<(), Errno> {
    // SAFETY: callers pass an address of their own for requests that write through `data`,
    // and numbers otherwise.
    let result = unsafe { libc::ptrace(what, pid, address as *mut c_void, data as *mut c_void) };
    if result < 0 {
        // SAFETY: the location is the calling thread's own.
        Err(unsafe { *libc::__errno_location() })
    } else {
        Ok(())
    }
}

/// What the observer wants to be stopped at; everything traced dies with the observer.
const OPTIONS: i32 = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACESECCOMP;

/// Begins to trace a child and everything it will start.
pub(super) fn seize(pid: i32) -> Result<(), Errno> {
    request(libc::PTRACE_SEIZE, pid, 0, OPTIONS as usize)
}

/// Lets a process go on with a signal, 0 for none.
pub(super) fn go_on(pid: i32, signal: i32) {
    let _ = request(libc::PTRACE_CONT, pid, 0, signal as usize);
}

/// Stops tracing a process and lets it go on.
pub(super) fn let_go(pid: i32) {
    let _ = request(libc::PTRACE_DETACH, pid, 0, 0);
}

/// Lets a process go on to the end of the system call it is about to make; returns whether
/// it does. One that has been killed meanwhile does not make the call.
pub(super) fn finish_call(pid: i32) -> bool {
    request(libc::PTRACE_SYSCALL, pid, 0, 0).is_ok()
}

/// Leaves a process that was stopped by a signal stopped.
pub(super) fn stay_stopped(pid: i32) {
    let _ = request(libc::PTRACE_LISTEN, pid, 0, 0);
}

/// Returns the process or thread that the event a process is stopped at is about;
/// `None` when the process has been ended since it stopped, so that nobody can tell.
pub(super) fn event_process(pid: i32) -> Option<i32> {
    let mut message: libc::c_ulong = 0;
    request(libc::PTRACE_GETEVENTMSG, pid, 0, (&raw mut message) as usize).ok()?;
    i32::try_from(message).ok().filter(|number| *number > 0)
}

/// Sends SIGKILL to one process. A number that names no single process (0 is the group
/// of the caller, -1 everything, below -1 a group) is never signalled.
pub(super) fn kill(pid: i32) {
    if pid > 0 {
        // SAFETY: the number names one process. Callers pass what they have not waited for
        // to its end, so that it is no other process's.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}

/// `struct ptrace_syscall_info` (ptrace(2), `PTRACE_GET_SYSCALL_INFO`).
#[repr(C)]
#[derive(Default)]
struct CallInfo {
    kind: u8,
    padding: [u8; 3],
    processor: u32,
    instruction: u64,
    stack: u64,
    /// Number and six registers before a call; the result in the first word after it.
    words: [u64; 7],
    filter: u32,
    reserved: u32,
}

/// Returns what a stop at a system call is about.
pub(super) fn call_stop(pid: i32) -> CallStop {
    let mut info = CallInfo::default();
    let size = size_of::<CallInfo>();
    if request(libc::PTRACE_GET_SYSCALL_INFO, pid, size, (&raw mut info) as usize).is_err() {
        return CallStop::None;
    }
    let [number, a, b, c, d, e, f] = info.words;
    match info.kind {
        libc::PTRACE_SYSCALL_INFO_ENTRY | libc::PTRACE_SYSCALL_INFO_SECCOMP => {
            CallStop::Entry { processor: info.processor, number, args: [a, b, c, d, e, f] }
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => CallStop::Exit { value: number as i64 },
        _ => CallStop::None,
    }
}

/// Skips the call that a process is about to make and has it return an error number.
#[cfg(target_arch = "x86_64")]
pub(super) fn refuse(pid: i32, errno: Errno) -> Result<(), Errno> {
    let skip = -1_isize as usize;
    request(libc::PTRACE_POKEUSER, pid, libc::ORIG_RAX as usize * 8, skip)?;
    request(libc::PTRACE_POKEUSER, pid, libc::RAX as usize * 8, (-errno) as isize as usize)
}

/// Skips the call that a process is about to make and has it return an error number.
#[cfg(target_arch = "aarch64")]
pub(super) fn refuse(pid: i32, errno: Errno) -> Result<(), Errno> {
    let set = |kind: i32, data: usize, length: usize| {
        let vector = libc::iovec { iov_base: data as *mut c_void, iov_len: length };
        request(libc::PTRACE_SETREGSET, pid, kind as usize, (&raw const vector) as usize)
    };
    let skip = -1_i32;
    // NT_ARM_SYSTEM_CALL (Linux, `include/uapi/linux/elf.h`).
    set(0x404, (&raw const skip) as usize, 4)?;
    // A write of the register set stops after as many bytes as are given: x0 alone.
    let value = i64::from(-errno);
    set(libc::NT_PRSTATUS, (&raw const value) as usize, 8)
}

/// Reads memory of a process; returns what could be read.
pub(super) fn memory(pid: i32, address: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let here = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    let there = libc::iovec { iov_base: address as *mut c_void, iov_len: length };
    // SAFETY: the kernel writes into our vector only and checks the other address itself.
    let read = unsafe { libc::process_vm_readv(pid, &raw const here, 1, &raw const there, 1, 0) };
    bytes.truncate(usize::try_from(read).unwrap_or(0));
    bytes
}

/// Smallest page: a read may fail as a whole when it crosses into a page that is not there.
const PAGE: u64 = 4096;

/// Longest path (limits.h, `PATH_MAX`).
const LONGEST: usize = 4096;

/// Reads a text that ends in a zero byte, at most as long as a path may be.
pub(super) fn text(pid: i32, address: u64) -> Option<String> {
    if address == 0 {
        return None;
    }
    let mut found = Vec::new();
    let mut at = address;
    while found.len() < LONGEST {
        let length = (PAGE - at % PAGE) as usize;
        let part = memory(pid, at, length.min(256));
        if part.is_empty() {
            return None;
        }
        if let Some(end) = part.iter().position(|b| *b == 0) {
            found.extend(part.get(..end)?);
            return Some(String::from_utf8_lossy(&found).into_owned());
        }
        at += part.len() as u64;
        found.extend(part);
    }
    Some(String::from_utf8_lossy(&found).into_owned())
}

/// Reads one word.
pub(super) fn word(pid: i32, address: u64) -> Option<u64> {
    memory(pid, address, 8).try_into().ok().map(u64::from_ne_bytes)
}

/// Reads an array of texts that ends in a null address, at most `bytes` of them.
pub(super) fn texts(pid: i32, address: u64, most: usize, bytes: usize) -> Vec<String> {
    let mut left = bytes;
    (0..most as u64)
        .map_while(|n| word(pid, address.wrapping_add(8 * n)).filter(|a| *a != 0))
        .map_while(|a| text(pid, a))
        .take_while(|text| {
            let fits = text.len() <= left;
            left = left.saturating_sub(text.len());
            fits
        })
        .collect()
}
