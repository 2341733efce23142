//! Directives about users, networks and devices, and those that are not about refusing.

use std::net::IpAddr;

use model::diagnostic::Diagnostic;

use super::{Settings, ignore, odd_value, paths::dynamic_user, syntax::Setting};
use crate::profile::{Modelled, ModelledRule, Network, Profile};

/// Directives that are realised in this reader's other files.
const REALISED: &[&str] = &[
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "PrivateNetwork",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "InaccessiblePaths",
    "ExecPaths",
    "NoExecPaths",
    "TemporaryFileSystem",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectControlGroups",
    "ProtectClock",
    "ProtectHostname",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "RestrictSUIDSGID",
    "RestrictRealtime",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "SystemCallFilter",
    "SystemCallErrorNumber",
    "CapabilityBoundingSet",
    "User",
    "DynamicUser",
    "IPAddressDeny",
    "IPAddressAllow",
    "DeviceAllow",
    "DevicePolicy",
    "StateDirectory",
    "LogsDirectory",
    "CacheDirectory",
    "RuntimeDirectory",
    "ConfigurationDirectory",
];

/// Hardening that refuses nothing the sandbox could show, with the reason.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("NoNewPrivileges", "the sandbox never gives new privileges, with or without this line"),
    ("SystemCallArchitectures", "the sandbox refuses foreign system call entries, with or without this line"),
    ("ProtectProc", "a procedure sees the processes of its own sandbox only, with or without this line"),
    ("ProcSubset", "the sandbox already masks the kernel's own files in /proc"),
    ("PrivateUsers", "every run has a user namespace of its own already"),
    ("PrivateIPC", "every run has an IPC namespace of its own already"),
    ("PrivateMounts", "every run has a mount namespace of its own already"),
    ("PrivatePIDs", "every run has a process namespace of its own already"),
    ("AmbientCapabilities", "it gives capabilities and refuses nothing"),
    ("UMask", "it changes modes of new files and refuses nothing"),
    ("RemoveIPC", "it cleans up after the service and refuses nothing"),
    ("KeyringMode", "the sandbox refuses the kernel keyring, with or without this line"),
    ("RestrictFileSystems", "it needs BPF hooks of the host; the sandbox has one file system only"),
    ("SystemCallLog", "it logs and refuses nothing"),
    ("LimitNPROC", "the sandbox has a stricter bound on processes of its own"),
    ("TasksMax", "the sandbox has a stricter bound on processes of its own"),
    ("LimitNOFILE", "the sandbox has bounds on files of its own"),
    ("MemoryMax", "the sandbox has a bound on memory of its own"),
    ("AppArmorProfile", "AppArmor policies need root and the host's own security module"),
    ("SELinuxContext", "SELinux policies need root and the host's own security module"),
    ("SmackProcessLabel", "Smack policies need root and the host's own security module"),
    ("RootDirectory", "the sandbox has a synthetic root; the service's image is not in it"),
    ("RootImage", "the sandbox has a synthetic root; the service's image is not in it"),
    ("BindPaths", "the sandbox has a synthetic root; nothing of the host can be bound into it"),
    ("BindReadOnlyPaths", "the sandbox has a synthetic root; nothing of the host can be bound into it"),
    ("Group", "the user decides; a group alone refuses nothing here"),
    ("SupplementaryGroups", "the user decides; a group alone refuses nothing here"),
    ("SocketBindDeny", "it needs BPF hooks of the host"),
    ("SocketBindAllow", "it needs BPF hooks of the host"),
    ("RestrictNetworkInterfaces", "it needs BPF hooks of the host"),
];

/// Beginnings of the names of directives that run, watch or describe a service.
const NOT_HARDENING: &[&str] = &[
    "Exec",
    "Type",
    "Restart",
    "RuntimeMax",
    "RuntimeRandomized",
    "Timeout",
    "TimeoutClean",
    "Watchdog",
    "StartLimit",
    "Environment",
    "PassEnvironment",
    "UnsetEnvironment",
    "WorkingDirectory",
    "PIDFile",
    "Kill",
    "FinalKill",
    "SendSIG",
    "Standard",
    "Syslog",
    "Log",
    "TTY",
    "Nice",
    "OOM",
    "IOScheduling",
    "IOWeight",
    "CPU",
    "AllowedCPUs",
    "NUMA",
    "Limit",
    "Memory",
    "Tasks",
    "IO",
    "Slice",
    "Delegate",
    "Notify",
    "BusName",
    "RemainAfterExit",
    "GuessMainPID",
    "SuccessExitStatus",
    "FileDescriptorStore",
    "Sockets",
    "PAMName",
    "StateDirectoryMode",
    "Coredump",
    "Timer",
    "Credential",
    "LoadCredential",
    "SetCredential",
    "ImportCredential",
    "UtmpIdentifier",
    "UtmpMode",
    "IgnoreSIGPIPE",
    "Personality",
    "Umask",
    "RootHash",
    "MountAPIVFS",
    "MountFlags",
    "OpenFile",
    "Reload",
    "USB",
    "SecureBits",
    "IPAccounting",
    "IPIngress",
    "IPEgress",
    "ManagedOOM",
    "PermissionsStartOnly",
    "NonBlocking",
    "ExitType",
    "Disable",
    "Accounting",
    "BlockIO",
    "LogsDirectoryMode",
    "CacheDirectoryMode",
    "RuntimeDirectoryMode",
    "RuntimeDirectoryPreserve",
    "ConfigurationDirectoryMode",
];

pub(super) fn apply(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    profile.no_network = settings.enabled("PrivateNetwork", diagnostics);
    let named = settings.last("User").filter(|s| s.value != "root" && s.value != "0").map(Setting::directive);
    profile.ordinary_user = dynamic_user(settings).or(named);
    addresses(settings, profile, diagnostics);
    devices(settings, profile, diagnostics);
    for (key, lines) in &settings.by_key {
        let Some(last) = lines.last() else { continue };
        if let Some((_, reason)) = WITHOUT_EFFECT.iter().find(|(known, _)| known == key) {
            ignore(profile, last.directive(), reason);
        } else if !REALISED.contains(&key.as_str())
            && !key.starts_with("X-")
            && !NOT_HARDENING.iter().any(|start| key.starts_with(start))
        {
            diagnostics.push(
                last.warning("profile.unknown-directive", format!("{key} is no directive known here"))
                    .help("it is left out; check its spelling, or see docs/profiles.md for what is realised"),
            );
        }
    }
}

fn addresses(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    let deny = networks(settings, "IPAddressDeny", diagnostics);
    let allow = networks(settings, "IPAddressAllow", diagnostics);
    if let Some(last) = settings.list("IPAddressDeny").last().filter(|_| !deny.is_empty()) {
        let rule = Modelled::Addresses { allow, deny };
        profile.modelled.push(ModelledRule { directive: last.directive(), rule });
    }
}

fn networks(settings: &Settings, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Network> {
    let mut found = Vec::new();
    for line in settings.list(key) {
        for word in line.value.split_ascii_whitespace() {
            // Names after systemd.resource-control(5), "Special address/network names".
            let written: &[&str] = match word {
                "any" => &["0.0.0.0/0", "::/0"],
                "localhost" => &["127.0.0.0/8", "::1/128"],
                "link-local" => &["169.254.0.0/16", "fe80::/64"],
                "multicast" => &["224.0.0.0/4", "ff00::/8"],
                other => &[other],
            };
            let read: Vec<Network> = written.iter().filter_map(|text| network(text)).collect();
            if read.is_empty() {
                diagnostics.push(odd_value(
                    line,
                    "networks such as 10.0.0.0/8, or any, localhost, link-local, multicast",
                ));
            }
            found.extend(read);
        }
    }
    found
}

fn network(text: &str) -> Option<Network> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(width), |bits| bits.parse().ok())?;
    (bits <= width).then_some(Network { address, bits })
}

fn devices(settings: &Settings, profile: &mut Profile, diagnostics: &mut Vec<Diagnostic>) {
    let lines = settings.list("DeviceAllow");
    let policy = settings.last("DevicePolicy");
    let closed = policy.is_some_and(|p| p.value == "closed" || p.value == "strict");
    if let Some(odd) = policy.filter(|p| !["auto", "closed", "strict"].contains(&p.value.as_str())) {
        diagnostics.push(odd_value(odd, "auto, closed or strict"));
    }
    let Some(directive) = lines.last().or(policy.filter(|_| closed)).map(Setting::directive) else { return };
    let mut allow: Vec<String> = lines
        .iter()
        .filter_map(|line| line.value.split_ascii_whitespace().next())
        .filter(|path| path.starts_with("/dev/"))
        .map(str::to_owned)
        .collect();
    if policy.is_none_or(|p| p.value != "strict") {
        // Standard pseudo devices stay (systemd.resource-control(5), `DevicePolicy=closed`).
        let standard = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
        allow.extend(standard.map(str::to_owned));
    }
    profile.modelled.push(ModelledRule { directive, rule: Modelled::Devices { allow } });
}
