//! The system call filter, as the kernel's own small machine runs it.

use std::collections::BTreeMap;

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
const ALWAYS: u16 = (libc::BPF_JMP | libc::BPF_JA) as u16;
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
/// Calls are only ever decided by number and registers. The number is looked up by
/// halves: the kernel runs a new filter once for each of its calls to learn which are
/// always allowed, and a row of comparisons would cost more than the rest of the start.
pub(super) fn of_procedure(rules: &[Entry], extra: &[u32]) -> Vec<sock_filter> {
    let trace = op(RETURN, libc::SECCOMP_RET_TRACE);
    let mut program = vec![op(LOAD, PROCESSOR), jump(EQUAL, NATIVE, 1, 0), trace, op(LOAD, NUMBER)];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(AT_LEAST, X32, 0, 1), trace]);
    }
    let mut answers: BTreeMap<u32, Vec<sock_filter>> = BTreeMap::new();
    for number in extra {
        answers.entry(*number).or_default().push(trace);
    }
    for (number, rule, when) in rules {
        let to = answers.entry(*number as u32).or_default();
        match when {
            None => to.push(answer(*rule)),
            Some(when) => conditional(to, *rule, when),
        }
    }
    families(answers.entry(libc::SYS_socket as u32).or_default());
    let answers: Vec<_> = answers.into_iter().collect();
    program.extend(search(&answers));
    program
}

/// Returns the part of a program that finds the number in the accumulator among these.
fn search(answers: &[(u32, Vec<sock_filter>)]) -> Vec<sock_filter> {
    let allow = op(RETURN, libc::SECCOMP_RET_ALLOW);
    match answers {
        [] => vec![allow],
        [(number, steps)] => {
            let mut program = vec![jump(EQUAL, *number, 1, 0), allow];
            program.extend(steps);
            program.push(allow);
            program
        }
        _ => {
            let (below, from) = answers.split_at(answers.len() / 2);
            let least = from.first().map_or(0, |(number, _)| *number);
            let below = search(below);
            // A conditional jump reaches 255 steps at most, this one any number.
            let mut program = vec![jump(AT_LEAST, least, 0, 1), op(ALWAYS, below.len() as u32)];
            program.extend(below);
            program.extend(search(from));
            program
        }
    }
}

/// Answers when a register is as asked, and goes on behind the last step otherwise.
fn conditional(program: &mut Vec<sock_filter>, rule: Rule, when: &When) {
    let (hit, miss) = if when.differs { (1, 0) } else { (0, 1) };
    program.extend([
        op(LOAD, ARGUMENTS + 8 * u32::from(when.register)),
        op(AND, when.mask),
        jump(EQUAL, when.value, hit, miss),
        answer(rule),
    ]);
}

/// Sockets of families that a network namespace does not hold, such as vsock, are refused.
fn families(program: &mut Vec<sock_filter>) {
    let count = FAMILIES.len() as u8;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::calls;

    /// Runs a filter as the kernel's machine would.
    fn runs(program: &[sock_filter], number: u32, args: [u64; 6]) -> u32 {
        let (mut at, mut held) = (0_usize, 0_u32);
        loop {
            let step = program[at];
            at += 1;
            match step.code {
                LOAD => {
                    held = match step.k {
                        NUMBER => number,
                        PROCESSOR => NATIVE,
                        k => args[((k - ARGUMENTS) / 8) as usize] as u32,
                    }
                }
                AND => held &= step.k,
                EQUAL => at += usize::from(if held == step.k { step.jt } else { step.jf }),
                AT_LEAST => at += usize::from(if held >= step.k { step.jt } else { step.jf }),
                ALWAYS => at += step.k as usize,
                RETURN => return step.k,
                code => panic!("no step has the code {code}"),
            }
        }
    }

    #[test]
    fn the_filter_asks_exactly_about_what_the_rules_name() {
        for namespaces in [true, false] {
            let rules = calls::rules(namespaces);
            let program = of_procedure(&rules, &[39, 500]);
            assert!(program.len() < 4096, "the kernel takes no more steps than that");
            for number in 0..600 {
                for register in [0, 1, 2, 8, 0x40, 0x0241, 0x1000_0000, 0x2_0000, u64::from(u32::MAX)] {
                    let args = [register; 6];
                    let expected = match calls::decide(&rules, c_long::from(number), args) {
                        _ if [39, 500].contains(&number) => libc::SECCOMP_RET_TRACE,
                        None => libc::SECCOMP_RET_ALLOW,
                        Some(Rule::Deny(errno)) => libc::SECCOMP_RET_ERRNO | errno as u32,
                        Some(Rule::Watch | Rule::Refuse(_)) => libc::SECCOMP_RET_TRACE,
                    };
                    assert_eq!(runs(&program, number, args), expected, "call {number} with {register:#x}");
                }
            }
            assert_eq!(runs(&program, X32 + 1, [0; 6]), libc::SECCOMP_RET_TRACE);
        }
    }
}
