//! Directives about paths.

use model::diagnostic::Diagnostic;

use super::{Settings, ignore, odd_value, syntax::Setting};
use crate::profile::{Directive, MountKind, MountRule, Profile};

/// Homes (systemd.exec(5), `ProtectHome=`).
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
/// Folders that `ProtectSystem=yes` makes read-only (systemd.exec(5)).
const VENDOR: [&str; 3] = ["/usr", "/boot", "/efi"];
/// Trees that `ProtectSystem=strict` leaves alone (systemd.exec(5)).
const INTERFACES: [&str; 3] = ["/dev", "/proc", "/sys"];
/// Kernel variables that `ProtectKernelTunables=` makes read-only (systemd.exec(5)).
const TUNABLES: [&str; 8] = [
    "/proc/sys",
    "/sys",
    "/proc/sysrq-trigger",
    "/proc/latency_stats",
    "/proc/acpi",
    "/proc/timer_stats",
    "/proc/fs",
    "/proc/irq",
];
/// What `ProtectKernelTunables=` hides (systemd.exec(5)).
const KERNEL_MEMORY: [&str; 2] = ["/proc/kallsyms", "/proc/kcore"];
/// Each list of paths with what it means, and the folder its entries are relative to.
const LISTS: [(&str, MountKind, &str); 10] = [
    ("ReadOnlyPaths", MountKind::ReadOnly, ""),
    ("ReadWritePaths", MountKind::ReadWrite, ""),
    ("InaccessiblePaths", MountKind::Inaccessible, ""),
    ("NoExecPaths", MountKind::NoExec, ""),
    ("ExecPaths", MountKind::Exec, ""),
    ("StateDirectory", MountKind::ReadWrite, "/var/lib"),
    ("LogsDirectory", MountKind::ReadWrite, "/var/log"),
    ("CacheDirectory", MountKind::ReadWrite, "/var/cache"),
    ("RuntimeDirectory", MountKind::ReadWrite, "/run"),
    ("ConfigurationDirectory", MountKind::ReadWrite, "/etc"),
];

pub(super) fn apply(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    protect_system(settings, profile, diagnostics);
    protect_home(settings, profile, diagnostics);
    for (key, kind, folder) in LISTS {
        for setting in settings.list(key) {
            list(setting, kind, folder, profile, diagnostics);
        }
    }
    for setting in settings.list("TemporaryFileSystem") {
        temporary(setting, profile, diagnostics);
    }
    for (key, rules) in [
        (
            "ProtectKernelTunables",
            rules(&[(&TUNABLES, MountKind::ReadOnly), (&KERNEL_MEMORY, MountKind::Inaccessible)]),
        ),
        ("ProtectKernelModules", rules(&[(&["/usr/lib/modules"], MountKind::Inaccessible)])),
        ("ProtectKernelLogs", rules(&[(&["/dev/kmsg", "/proc/kmsg"], MountKind::Inaccessible)])),
        ("ProtectControlGroups", rules(&[(&["/sys/fs/cgroup"], MountKind::ReadOnly)])),
        (
            "PrivateDevices",
            rules(&[
                (&["/dev"], MountKind::ReadOnly),
                (&["/dev"], MountKind::NoExec),
                (&["/dev/shm"], MountKind::ReadWrite),
            ]),
        ),
    ] {
        if let Some(directive) = settings.enabled(key, diagnostics) {
            for (path, kind) in rules {
                push(profile, path, kind, &directive);
            }
        }
    }
    let private = settings.enabled("PrivateTmp", diagnostics).or_else(|| dynamic_user(settings));
    if let Some(directive) = private {
        for path in ["/tmp", "/var/tmp"] {
            push(profile, path, MountKind::ReadWrite, &directive);
        }
        ignore(profile, directive, "every run in the sandbox has a /tmp and /var/tmp of its own already");
    }
}

fn rules<'a>(groups: &[(&[&'a str], MountKind)]) -> Vec<(&'a str, MountKind)> {
    groups.iter().flat_map(|(paths, kind)| paths.iter().map(|path| (*path, *kind))).collect()
}

/// Returns the line that switches `DynamicUser=` on, which implies several others.
pub(super) fn dynamic_user(settings: &Settings) -> Option<Directive> {
    let setting = settings.last("DynamicUser")?;
    setting.truth().filter(|on| *on).map(|_| setting.directive())
}

fn protect_system(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    let implied = dynamic_user(settings).map(|directive| ("strict", directive));
    let written = settings.last("ProtectSystem").and_then(|setting| {
        let level = match (setting.value.as_str(), setting.truth()) {
            ("full", _) => "full",
            ("strict", _) => "strict",
            (_, Some(true)) => "yes",
            (_, Some(false)) => return None,
            (_, None) => {
                diagnostics.push(odd_value(setting, "yes, no, full or strict"));
                return None;
            }
        };
        Some((level, setting.directive()))
    });
    // DynamicUser= cannot be weakened by a weaker line beside it.
    let Some((level, directive)) =
        written.filter(|(level, _)| *level == "strict" || implied.is_none()).or(implied)
    else {
        return;
    };
    if level == "strict" {
        push(profile, "/", MountKind::ReadOnly, &directive);
        for path in INTERFACES {
            push(profile, path, MountKind::ReadWrite, &directive);
        }
        return;
    }
    for path in VENDOR {
        push(profile, path, MountKind::ReadOnly, &directive);
    }
    if level == "full" {
        push(profile, "/etc", MountKind::ReadOnly, &directive);
    }
}

fn protect_home(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    let written = settings.last("ProtectHome").and_then(|setting| {
        let kind = match (setting.value.as_str(), setting.truth()) {
            ("read-only", _) => MountKind::ReadOnly,
            ("tmpfs", _) => MountKind::Tmpfs { read_only: true },
            (_, Some(true)) => MountKind::Inaccessible,
            (_, Some(false)) => return None,
            (_, None) => {
                diagnostics.push(odd_value(setting, "yes, no, read-only or tmpfs"));
                return None;
            }
        };
        Some((kind, setting.directive()))
    });
    let implied = dynamic_user(settings).map(|directive| (MountKind::ReadOnly, directive));
    if let Some((kind, directive)) = written.or(implied) {
        for path in HOMES {
            push(profile, path, kind, &directive);
        }
    }
}

fn list(
    setting: &Setting,
    kind: MountKind,
    folder: &str,
    profile: &mut Profile,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for word in setting.words(diagnostics) {
        // `-`: no fault when absent; `+`: relative to RootDirectory=.
        let bare = word.trim_start_matches('-').trim_start_matches('+');
        // The second part of StateDirectory=a:b is a link.
        let bare = if folder.is_empty() { bare } else { bare.split(':').next().unwrap_or(bare) };
        let full = if folder.is_empty() { bare.to_owned() } else { format!("{folder}/{bare}") };
        match absolute(&full) {
            Some(path) => push(profile, &path, kind, &setting.directive()),
            None => diagnostics.push(no_path(setting, &word, folder)),
        }
    }
}

fn temporary(setting: &Setting, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    for word in setting.words(diagnostics) {
        let (path, options) = word.split_once(':').unwrap_or((&word, ""));
        let read_only = options.split(',').any(|option| option == "ro");
        match absolute(path) {
            Some(path) => push(profile, &path, MountKind::Tmpfs { read_only }, &setting.directive()),
            None => diagnostics.push(no_path(setting, &word, "")),
        }
    }
}

fn no_path(setting: &Setting, word: &str, folder: &str) -> Diagnostic {
    let right = if folder.is_empty() {
        "write absolute paths without .. and without specifiers, separated by spaces".to_owned()
    } else {
        format!("write names relative to {folder}, without .. and without specifiers")
    };
    setting
        .warning("profile.unit-value", format!("{} in {} is no path", super::quoted(word), setting.key))
        .help(right)
}

fn push(profile: &mut Profile, path: &str, kind: MountKind, directive: &Directive) {
    profile.mounts.push(MountRule { path: path.to_owned(), kind, directive: directive.clone() });
}

/// Returns an absolute path without empty parts, `.` and a slash at its end.
pub(in crate::profile) fn absolute(path: &str) -> Option<String> {
    if !path.starts_with('/') || path.contains(['%', '\0']) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    (!parts.contains(&"..")).then(|| format!("/{}", parts.join("/")))
}
