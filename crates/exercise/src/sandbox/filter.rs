//! The system call filter, as the kernel's own small machine runs it.

use std::collections::BTreeMap;

use libc::{c_long, sock_filter};

use super::calls::{Rule, Rules, When};

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
            Rule::Allow => libc::SECCOMP_RET_ALLOW,
            Rule::Deny(errno) => libc::SECCOMP_RET_ERRNO | (errno as u32 & libc::SECCOMP_RET_DATA),
        },
    )
}

/// Returns the filter of a procedure. The observer is asked about every call that the
/// rules do not allow, about every entry of another processor, and about `extra`.
///
/// Calls are only ever decided by number and registers. The number is looked up by
/// halves: the kernel runs a new filter once for each of its calls to learn which are
/// always allowed, and a row of comparisons would cost more than the rest of the start.
pub(super) fn of_procedure(rules: &Rules, extra: &[u32]) -> Vec<sock_filter> {
    let trace = op(RETURN, libc::SECCOMP_RET_TRACE);
    let mut program = vec![op(LOAD, PROCESSOR), jump(EQUAL, NATIVE, 1, 0), trace, op(LOAD, NUMBER)];
    if cfg!(target_arch = "x86_64") {
        program.extend([jump(AT_LEAST, X32, 0, 1), trace]);
    }
    let mut answers: BTreeMap<u32, Vec<sock_filter>> = BTreeMap::new();
    for number in extra {
        answers.entry(*number).or_default().push(trace);
    }
    for (number, rule, all) in &rules.entries {
        conditional(answers.entry(*number as u32).or_default(), *rule, all);
    }
    let answers: Vec<_> = answers.into_iter().collect();
    let otherwise = if rules.closed { trace } else { op(RETURN, libc::SECCOMP_RET_ALLOW) };
    program.extend(search(&answers, otherwise));
    program
}

/// Returns the part of a program that finds the number in the accumulator among these.
fn search(answers: &[(u32, Vec<sock_filter>)], otherwise: sock_filter) -> Vec<sock_filter> {
    match answers {
        [] => vec![otherwise],
        [(number, steps)] => {
            let mut program = vec![jump(EQUAL, *number, 1, 0), otherwise];
            program.extend(steps);
            program.push(otherwise);
            program
        }
        _ => {
            let (below, from) = answers.split_at(answers.len() / 2);
            let least = from.first().map_or(0, |(number, _)| *number);
            let below = search(below, otherwise);
            // A conditional jump reaches 255 steps at most, this one any number.
            let mut program = vec![jump(AT_LEAST, least, 0, 1), op(ALWAYS, below.len() as u32)];
            program.extend(below);
            program.extend(search(from, otherwise));
            program
        }
    }
}

/// Answers when all conditions hold, and goes on behind the last step otherwise.
fn conditional(program: &mut Vec<sock_filter>, rule: Rule, all: &[When]) {
    for (index, when) in all.iter().enumerate() {
        // Three steps for each condition that is left, and the answer.
        let past = 3 * (all.len() - 1 - index) as u8 + 1;
        let (hit, miss) = if when.differs { (past, 0) } else { (0, past) };
        program.extend([
            op(LOAD, ARGUMENTS + 4 * u32::from(when.half)),
            op(AND, when.mask),
            jump(EQUAL, when.value, hit, miss),
        ]);
    }
    program.push(answer(rule));
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
    libc::SYS_recvmsg,
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
                        k => {
                            let half = (k - ARGUMENTS) / 4;
                            (args[(half / 2) as usize] >> (32 * (half % 2))) as u32
                        }
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

    /// Values that some rule tells apart, and their neighbours.
    fn telling(rules: &Rules, number: c_long) -> Vec<u64> {
        let mut values: Vec<u64> = vec![0, 1, 2, 3, 17, 0x0241, 0x1_0000_0000, u64::MAX];
        for (_, _, all) in rules.entries.iter().filter(|(n, ..)| *n == number) {
            for when in *all {
                let (value, mask) = (u64::from(when.value), u64::from(when.mask));
                values.extend([value, value ^ mask, value ^ 1, value | 1 << 32, !mask & 0xffff_ffff]);
            }
        }
        values.sort_unstable();
        values.dedup();
        values
    }

    #[test]
    fn the_filter_asks_exactly_about_what_the_rules_name() {
        for rules in [Rules::with_namespaces(), Rules::with_landlock(7)] {
            let program = of_procedure(&rules, &[39, 500]);
            assert!(program.len() < 4096, "the kernel takes no more steps than that");
            for number in 0..600 {
                let values = telling(&rules, c_long::from(number));
                let mut tuples: Vec<[u64; 6]> = values.iter().map(|value| [*value; 6]).collect();
                for (a, b, c) in values.iter().flat_map(|a| values.iter().map(move |b| (*a, *b, a ^ b))) {
                    tuples.extend([[a, b, 0, 0, b, 0], [a, b, c, a, 0, 0], [b, 0, 0, a, c, c]]);
                }
                for args in tuples {
                    let expected = match rules.decide(c_long::from(number), args) {
                        _ if [39, 500].contains(&number) => libc::SECCOMP_RET_TRACE,
                        None => libc::SECCOMP_RET_ALLOW,
                        Some(Rule::Deny(errno)) => libc::SECCOMP_RET_ERRNO | errno as u32,
                        Some(_) => libc::SECCOMP_RET_TRACE,
                    };
                    assert_eq!(runs(&program, number, args), expected, "call {number} with {args:x?}");
                }
            }
            assert_eq!(runs(&program, X32 + 1, [0; 6]), libc::SECCOMP_RET_TRACE);
        }
    }
}
