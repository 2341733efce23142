//! The system call filter, as the kernel's own small machine runs it.

use libc::{c_long, sock_filter};

use super::calls::{Entry, FAMILIES, Rule, When};

/// `AUDIT_ARCH_*` of this processor (Linux, `include/uapi/linux/audit.h`).
#[cfg(target_arch = "x86_64")]
pub(super) const NATIVE: u32 = 0xc000_003e;
/// `AUDIT_ARCH_*` of this processor (Linux, `include/uapi/linux/audit.h`).
#[cfg(target_arch = "aarch64")]
pub(super) const NATIVE: u32 = 0xc000_00b7;

/// Bit of the x32 entry, which shares the number of the processor with the 64-bit one
/// (Linux, `arch/x86/include/uapi/asm/unistd.h`).
const X32: u32 = 0x4000_0000;

/// Offsets in `struct seccomp_data`: number, processor, low word of the first argument.
const NUMBER: u32 = 0;
const PROCESSOR: u32 = 4;
const ARGUMENTS: u32 = 16;

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

fn op(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn answer(rule: Rule) -> sock_filter {
    op(
        RETURN,
        match rule {
            Rule::Watch | Rule::Refuse(_) => libc::SECCOMP_RET_TRACE,
            Rule::Deny(errno) => libc::SECCOMP_RET_ERRNO | (errno as u32 & libc::SECCOMP_RET_DATA),
        },
    )
}

/// Returns the filter of a procedure. The observer is asked about every call that a
/// rule names, about every entry of another processor, and about `extra`.
///
/// Calls are only ever decided by number and registers.
pub(super) fn of_procedure(rules: &[Entry], extra: &[u32]) -> Vec<sock_filter> {
    let trace = op(RETURN, libc::SECCOMP_RET_TRACE);
    let mut program = vec![op(LOAD, PROCESSOR), jump(EQUAL, NATIVE, 1, 0), trace, op(LOAD, NUMBER)];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(AT_LEAST, X32, 0, 1), trace]);
    }
    for number in extra {
        program.extend([jump(EQUAL, *number, 0, 1), trace]);
    }
    for (number, rule, when) in rules {
        match when {
            None => program.extend([jump(EQUAL, *number as u32, 0, 1), answer(*rule)]),
            Some(when) => conditional(&mut program, *number, *rule, when),
        }
    }
    families(&mut program);
    program.push(op(RETURN, libc::SECCOMP_RET_ALLOW));
    program
}

fn conditional(program: &mut Vec<sock_filter>, number: c_long, rule: Rule, when: &When) {
    let (hit, miss) = if when.differs { (1, 0) } else { (0, 1) };
    program.extend([
        jump(EQUAL, number as u32, 0, 5),
        op(LOAD, ARGUMENTS + 8 * u32::from(when.register)),
        op(AND, when.mask),
        jump(EQUAL, when.value, hit, miss),
        answer(rule),
        op(LOAD, NUMBER),
    ]);
}

/// Sockets of families that a network namespace does not hold, such as vsock, are refused.
fn families(program: &mut Vec<sock_filter>) {
    let count = FAMILIES.len() as u8;
    program.push(jump(EQUAL, libc::SYS_socket as u32, 0, count + 2));
    program.push(op(LOAD, ARGUMENTS));
    for (index, family) in FAMILIES.iter().enumerate() {
        program.push(jump(EQUAL, *family as u32, count - index as u8, 0));
    }
    program.push(op(RETURN, libc::SECCOMP_RET_TRACE));
}

/// What the sandbox's first process needs once it only answers and reaps.
const FIRST_PROCESS: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_close,
    libc::SYS_ppoll,
    libc::SYS_exit_group,
    libc::SYS_socket,
    libc::SYS_setsockopt,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept4,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_shutdown,
    libc::SYS_clock_gettime,
];

/// Returns the filter that the sandbox's first process locks itself with: no file, no
/// program, no process and no memory but its own.
pub(super) fn of_first_process() -> Vec<sock_filter> {
    let mut program = vec![
        op(LOAD, PROCESSOR),
        jump(EQUAL, NATIVE, 1, 0),
        op(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        op(LOAD, NUMBER),
    ];
    for number in FIRST_PROCESS {
        program.extend([jump(EQUAL, *number as u32, 0, 1), op(RETURN, libc::SECCOMP_RET_ALLOW)]);
    }
    program.push(op(RETURN, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    program
}
