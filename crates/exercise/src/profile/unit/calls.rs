//! Directives that are filters of system calls.

use std::collections::BTreeMap;

use model::diagnostic::Diagnostic;

use super::{Settings, odd_value, paths::dynamic_user, syntax::Setting};
use crate::profile::{Answer, CallFilter, CallRule, Compare, Directive, Profile, Test, errno, groups};
use model::syscalls;

/// Set-user-id and set-group-id (inode(7)).
const SPECIAL_BITS: u64 = 0o6000;
/// Each truth value that refuses a set of calls with EPERM (systemd.exec(5)).
const FIXED: [(&str, &str); 6] = [
    ("ProtectClock", "@clock"),
    ("ProtectKernelModules", "@module"),
    ("ProtectKernelLogs", "syslog"),
    ("ProtectHostname", "sethostname setdomainname"),
    ("ProtectKernelTunables", "_sysctl"),
    ("PrivateDevices", "@raw-io"),
];

pub(super) fn apply(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    profile.calls.extend(system_call_filter(settings, diagnostics));
    for (key, names) in FIXED {
        if let Some(directive) = settings.enabled(key, diagnostics) {
            let filter = names
                .split(' ')
                .flat_map(|name| groups::members(name).unwrap_or_else(|| vec![name]))
                .fold(CallFilter::allowing(&directive), |f, name| {
                    f.with(name, &[], Answer::Errno(libc::EPERM))
                });
            profile.calls.push(filter);
        }
    }
    type Filter = fn(&Directive) -> CallFilter;
    let switches: [(&str, Filter); 4] = [
        ("MemoryDenyWriteExecute", write_and_execute),
        ("RestrictRealtime", real_time),
        ("LockPersonality", personality),
        ("RestrictSUIDSGID", special_bits),
    ];
    for (key, filter) in switches {
        let implied = if key == "RestrictSUIDSGID" { dynamic_user(settings) } else { None };
        profile.calls.extend(settings.enabled(key, diagnostics).or(implied).map(|d| filter(&d)));
    }
}

/// `mmap` with write and execute, `mprotect` with execute, `shmat` with execute.
fn write_and_execute(directive: &Directive) -> CallFilter {
    let (write, execute) = (libc::PROT_WRITE as u64, libc::PROT_EXEC as u64);
    let refused = Answer::Errno(libc::EPERM);
    CallFilter::allowing(directive)
        .with("mmap", &[Test::all_bits(2, write | execute)], refused)
        .with("mprotect", &[Test::all_bits(2, execute)], refused)
        .with("pkey_mprotect", &[Test::all_bits(2, execute)], refused)
        .with("shmat", &[Test::all_bits(2, libc::SHM_EXEC as u64)], refused)
}

/// Every policy but the three that are not real-time.
fn real_time(directive: &Directive) -> CallFilter {
    let usual = [libc::SCHED_OTHER, libc::SCHED_BATCH, libc::SCHED_IDLE];
    let when = usual.map(|policy| Test::int(1, Compare::NotEqual, policy as u32));
    CallFilter::allowing(directive).with("sched_setscheduler", &when, Answer::Errno(libc::EPERM))
}

fn personality(directive: &Directive) -> CallFilter {
    let changed = [Test::int(0, Compare::NotEqual, 0)];
    CallFilter::allowing(directive).with("personality", &changed, Answer::Errno(libc::EPERM))
}

/// Every call that takes a mode in a register; `openat2` keeps it in memory and is
/// answered as if the kernel did not have it.
fn special_bits(directive: &Directive) -> CallFilter {
    let with_mode = [
        ("chmod", 1),
        ("fchmod", 1),
        ("fchmodat", 2),
        ("fchmodat2", 2),
        ("mkdir", 1),
        ("mkdirat", 2),
        ("mknod", 1),
        ("mknodat", 2),
        ("creat", 1),
    ];
    let refused = Answer::Errno(libc::EPERM);
    let filter = with_mode.into_iter().fold(CallFilter::allowing(directive), |filter, (name, index)| {
        filter.with(name, &[Test::any_bit(index, SPECIAL_BITS)], refused)
    });
    [("open", 1), ("openat", 2)]
        .into_iter()
        .fold(filter, |filter, (name, flags)| {
            let creates = Test::any_bit(flags, (libc::O_CREAT | libc::O_TMPFILE) as u64);
            filter.with(name, &[creates, Test::any_bit(flags + 1, SPECIAL_BITS)], refused)
        })
        .with("openat2", &[], Answer::Errno(libc::ENOSYS))
}

fn system_call_filter(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Option<CallFilter> {
    let lines = settings.list("SystemCallFilter");
    let first = lines.first()?;
    let allow_list = !first.value.starts_with('~');
    let usual = usual_answer(settings, diagnostics);
    let otherwise = if allow_list { usual } else { Answer::Allow };
    let mut rules: BTreeMap<u32, Vec<CallRule>> = BTreeMap::new();
    if allow_list {
        add(&mut rules, "@default", Answer::Allow, &first.directive());
    }
    for line in lines {
        let (denies, list) = match line.value.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, line.value.as_str()),
        };
        for word in list.split_ascii_whitespace() {
            let (name, suffix) =
                word.split_once(':').map_or((word, None), |(name, suffix)| (name, Some(suffix)));
            let answer = match suffix {
                _ if !denies => Answer::Allow,
                None => usual,
                Some("kill") => Answer::Kill,
                Some(text) => match errno::read(text) {
                    Some(number) => Answer::Errno(number),
                    None => {
                        diagnostics.push(odd_value(line, "an error name such as EPERM after the colon"));
                        usual
                    }
                },
            };
            if !add(&mut rules, name, answer, &line.directive()) {
                diagnostics.push(unknown_call(line, name));
            }
        }
    }
    // The line that says what happens to the rest is the first one.
    Some(CallFilter { otherwise, directive: first.directive(), rules })
}

fn usual_answer(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Answer {
    let Some(setting) = settings.last("SystemCallErrorNumber") else { return Answer::Kill };
    match (setting.value.as_str(), errno::read(&setting.value)) {
        ("kill", _) => Answer::Kill,
        (_, Some(number)) => Answer::Errno(number),
        (_, None) => {
            diagnostics.push(odd_value(setting, "kill, or an error name such as EPERM"));
            Answer::Kill
        }
    }
}

/// Sets the answer to a call or to all calls of a group; false when there is no such name.
fn add(rules: &mut BTreeMap<u32, Vec<CallRule>>, name: &str, then: Answer, directive: &Directive) -> bool {
    let numbers: Vec<u32> = if name == "@known" {
        syscalls::numbers().collect()
    } else if let Some(members) = groups::members(name) {
        members.into_iter().filter_map(syscalls::number).collect()
    } else {
        match syscalls::number(name) {
            Some(number) => vec![number],
            // A call of another processor or of one table only: known, but not here.
            None => return syscalls::known(name),
        }
    };
    for number in numbers {
        rules.insert(number, vec![CallRule { when: Vec::new(), then, directive: directive.clone() }]);
    }
    true
}

fn unknown_call(line: &Setting, name: &str) -> Diagnostic {
    line.warning("profile.unknown-call", format!("{} is no system call and no group", super::quoted(name)))
        .help("see `systemd-analyze syscall-filter` for the names; this one is left out, as systemd does")
}
