//! Directives about address families, namespaces and capabilities.

use std::collections::{BTreeMap, BTreeSet};

use model::diagnostic::Diagnostic;

use super::{Settings, odd_value, syntax::Setting};
use crate::profile::{Answer, CallFilter, CallRule, Compare, Directive, Profile, Test, capability};
use model::syscalls;

/// Address families by name (Linux, `include/linux/socket.h`).
const FAMILIES: [(&str, i32); 22] = [
    ("AF_UNIX", libc::AF_UNIX),
    ("AF_LOCAL", libc::AF_UNIX),
    ("AF_INET", libc::AF_INET),
    ("AF_INET6", libc::AF_INET6),
    ("AF_NETLINK", libc::AF_NETLINK),
    ("AF_PACKET", libc::AF_PACKET),
    ("AF_ALG", libc::AF_ALG),
    ("AF_VSOCK", libc::AF_VSOCK),
    ("AF_BLUETOOTH", libc::AF_BLUETOOTH),
    ("AF_CAN", libc::AF_CAN),
    ("AF_TIPC", libc::AF_TIPC),
    ("AF_KEY", libc::AF_KEY),
    ("AF_RDS", libc::AF_RDS),
    ("AF_X25", libc::AF_X25),
    ("AF_AX25", libc::AF_AX25),
    ("AF_IPX", libc::AF_IPX),
    ("AF_APPLETALK", libc::AF_APPLETALK),
    ("AF_NFC", libc::AF_NFC),
    ("AF_PPPOX", libc::AF_PPPOX),
    ("AF_LLC", libc::AF_LLC),
    ("AF_IB", libc::AF_IB),
    // libc has no constant for it on every target.
    ("AF_XDP", 44),
];

/// Kinds of namespaces that can be restricted (systemd.exec(5), `RestrictNamespaces=`).
const NAMESPACES: [(&str, i32); 7] = [
    ("cgroup", libc::CLONE_NEWCGROUP),
    ("ipc", libc::CLONE_NEWIPC),
    ("net", libc::CLONE_NEWNET),
    ("mnt", libc::CLONE_NEWNS),
    ("pid", libc::CLONE_NEWPID),
    ("user", libc::CLONE_NEWUSER),
    ("uts", libc::CLONE_NEWUTS),
];

pub(super) fn apply(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    profile.calls.extend(families(settings, diagnostics));
    profile.calls.extend(namespaces(settings, diagnostics));
    bounding_set(settings, profile, diagnostics);
}

fn families(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Option<CallFilter> {
    let lines = settings.list("RestrictAddressFamilies");
    let first = lines.first()?;
    let allow_list = !first.value.starts_with('~');
    let mut set: BTreeMap<i32, Directive> = BTreeMap::new();
    for line in lines {
        let (inverted, list) =
            line.value.strip_prefix('~').map_or((false, line.value.as_str()), |r| (true, r));
        for name in list.split_ascii_whitespace().filter(|name| *name != "none") {
            let Some((_, family)) = FAMILIES.iter().find(|(known, _)| *known == name) else {
                diagnostics.push(odd_value(line, "names of address families such as AF_INET, or none"));
                continue;
            };
            if inverted == allow_list {
                set.remove(family);
            } else {
                set.insert(*family, line.directive());
            }
        }
    }
    let last = lines.last().unwrap_or(first).directive();
    let refused = Answer::Errno(libc::EAFNOSUPPORT);
    if allow_list {
        let others: Vec<Test> =
            set.keys().map(|family| Test::int(0, Compare::NotEqual, *family as u32)).collect();
        return Some(CallFilter::allowing(&last).with("socket", &others, refused));
    }
    let mut filter = CallFilter::allowing(&last);
    if let Some(socket) = syscalls::number("socket") {
        let rules = set.into_iter().map(|(family, directive)| CallRule {
            when: vec![Test::int(0, Compare::Equal, family as u32)],
            then: refused,
            directive,
        });
        filter.rules.insert(socket, rules.collect());
    }
    Some(filter)
}

fn namespaces(settings: &Settings, diagnostics: &mut Vec<Diagnostic>) -> Option<CallFilter> {
    let every = NAMESPACES.iter().fold(0, |flags, (_, flag)| flags | flag);
    let mut allowed: Option<i32> = None;
    let lines = settings.list("RestrictNamespaces");
    for line in lines {
        if let Some(on) = line.truth() {
            allowed = Some(if on { 0 } else { every });
            continue;
        }
        let (inverted, list) =
            line.value.strip_prefix('~').map_or((false, line.value.as_str()), |r| (true, r));
        let mut flags = 0;
        for name in list.split_ascii_whitespace() {
            match NAMESPACES.iter().find(|(known, _)| *known == name) {
                Some((_, flag)) => flags |= flag,
                None => diagnostics.push(odd_value(line, "yes, no, or kinds such as user net mnt")),
            }
        }
        allowed = Some(match (allowed, inverted) {
            (None, false) => flags,
            (None, true) => every & !flags,
            (Some(before), false) => before | flags,
            (Some(before), true) => before & !flags,
        });
    }
    let forbidden = (every & !allowed?) as u64;
    if forbidden == 0 {
        return None;
    }
    let refused = Answer::Errno(libc::EPERM);
    Some(
        CallFilter::allowing(&lines.last()?.directive())
            .with("unshare", &[Test::any_bit(0, forbidden)], refused)
            .with("clone", &[Test::any_bit(0, forbidden)], refused)
            .with("setns", &[Test::any_bit(1, forbidden)], refused)
            // Zero lets the kernel take the kind from the descriptor.
            .with("setns", &[Test::int(1, Compare::Equal, 0)], refused)
            // Its flags are in memory; libraries fall back to clone.
            .with("clone3", &[], Answer::Errno(libc::ENOSYS)),
    )
}

fn bounding_set(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    let every: BTreeSet<u8> = capability::all().collect();
    let mut kept = every.clone();
    for line in settings.all("CapabilityBoundingSet") {
        let (inverted, list) =
            line.value.strip_prefix('~').map_or((false, line.value.as_str()), |r| (true, r));
        let named = capabilities(line, list, diagnostics);
        kept = match (named.is_empty() || kept == every, inverted) {
            (true, false) => named,
            (false, false) => kept.union(&named).copied().collect(),
            (true, true) => every.difference(&named).copied().collect(),
            (false, true) => kept.difference(&named).copied().collect(),
        };
        profile.dropped.retain(|n, _| !kept.contains(n));
        for n in every.difference(&kept) {
            profile.dropped.entry(*n).or_insert_with(|| line.directive());
        }
    }
    for (key, names) in [
        ("ProtectClock", &["CAP_SYS_TIME", "CAP_WAKE_ALARM"][..]),
        ("ProtectKernelModules", &["CAP_SYS_MODULE"]),
        ("ProtectKernelLogs", &["CAP_SYSLOG"]),
        ("PrivateDevices", &["CAP_MKNOD", "CAP_SYS_RAWIO"]),
    ] {
        if let Some(directive) =
            settings.last(key).filter(|s| s.truth() == Some(true)).map(Setting::directive)
        {
            for n in names.iter().filter_map(|name| capability::number(name)) {
                profile.dropped.entry(n).or_insert_with(|| directive.clone());
            }
        }
    }
}

fn capabilities(line: &Setting, list: &str, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<u8> {
    let mut found = BTreeSet::new();
    for name in list.split_ascii_whitespace() {
        match capability::number(name) {
            Some(n) => {
                found.insert(n);
            }
            None => diagnostics.push(odd_value(line, "names of capabilities such as CAP_NET_BIND_SERVICE")),
        }
    }
    found
}
