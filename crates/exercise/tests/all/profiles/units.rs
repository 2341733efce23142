//! Unit files, by what each directive refuses and lets pass.

use exercise::profile::{Access, Profile, UnitFile, read_unit};

fn unit(lines: &str) -> (Profile, Vec<String>) {
    let text = format!("[Service]\n{lines}\n");
    let (profile, diagnostics) =
        read_unit(UnitFile { path: "x.service", bytes: text.as_bytes() }, &[]).into_parts();
    (profile, diagnostics.iter().map(ToString::to_string).collect())
}

/// Returns the number of a call on this processor, from the C library's own constants.
fn nr(name: &str) -> u32 {
    let number = match name {
        "socket" => libc::SYS_socket,
        "unshare" => libc::SYS_unshare,
        "setns" => libc::SYS_setns,
        "clone" => libc::SYS_clone,
        "clone3" => libc::SYS_clone3,
        "fchmod" => libc::SYS_fchmod,
        "fchmodat" => libc::SYS_fchmodat,
        "openat" => libc::SYS_openat,
        "openat2" => libc::SYS_openat2,
        "mmap" => libc::SYS_mmap,
        "mprotect" => libc::SYS_mprotect,
        "shmat" => libc::SYS_shmat,
        "personality" => libc::SYS_personality,
        "sched_setscheduler" => libc::SYS_sched_setscheduler,
        "adjtimex" => libc::SYS_adjtimex,
        "init_module" => libc::SYS_init_module,
        "syslog" => libc::SYS_syslog,
        "sethostname" => libc::SYS_sethostname,
        "mount" => libc::SYS_mount,
        "read" => libc::SYS_read,
        "execve" => libc::SYS_execve,
        "fchown" => libc::SYS_fchown,
        "keyctl" => libc::SYS_keyctl,
        "ptrace" => libc::SYS_ptrace,
        other => panic!("{other} is not in this test's list"),
    };
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Lines of a unit, a call, its registers, and the error number it must get (0: it passes).
type CallCase = (&'static str, &'static str, [u64; 6], i32);

const CALLS: &[CallCase] = &[
    ("RestrictAddressFamilies=AF_UNIX AF_INET", "socket", [1, 1, 0, 0, 0, 0], 0),
    ("RestrictAddressFamilies=AF_UNIX AF_INET", "socket", [10, 1, 0, 0, 0, 0], libc::EAFNOSUPPORT),
    // The kernel takes an int: bits above it must not hide a family.
    ("RestrictAddressFamilies=AF_UNIX", "socket", [0xffff_ffff_0000_0001, 1, 0, 0, 0, 0], 0),
    ("RestrictAddressFamilies=none", "socket", [1, 1, 0, 0, 0, 0], libc::EAFNOSUPPORT),
    ("RestrictAddressFamilies=~AF_PACKET", "socket", [17, 3, 0, 0, 0, 0], libc::EAFNOSUPPORT),
    ("RestrictAddressFamilies=~AF_PACKET", "socket", [2, 1, 0, 0, 0, 0], 0),
    ("RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=", "socket", [2, 1, 0, 0, 0, 0], 0),
    (
        "RestrictAddressFamilies=AF_UNIX AF_INET\nRestrictAddressFamilies=~AF_INET",
        "socket",
        [2, 0, 0, 0, 0, 0],
        libc::EAFNOSUPPORT,
    ),
    ("RestrictNamespaces=yes", "unshare", [0x1000_0000, 0, 0, 0, 0, 0], libc::EPERM),
    ("RestrictNamespaces=yes", "clone", [0x0120_0011, 0, 0, 0, 0, 0], 0),
    ("RestrictNamespaces=yes", "clone3", [0; 6], libc::ENOSYS),
    ("RestrictNamespaces=yes", "setns", [3, 0, 0, 0, 0, 0], libc::EPERM),
    ("RestrictNamespaces=no", "unshare", [0x1000_0000, 0, 0, 0, 0, 0], 0),
    ("RestrictNamespaces=~user", "unshare", [0x1000_0000, 0, 0, 0, 0, 0], libc::EPERM),
    ("RestrictNamespaces=~user", "unshare", [0x4000_0000, 0, 0, 0, 0, 0], 0),
    (
        "RestrictNamespaces=cgroup ipc\nRestrictNamespaces=cgroup net",
        "unshare",
        [0x4000_0000, 0, 0, 0, 0, 0],
        0,
    ),
    (
        "RestrictNamespaces=cgroup ipc\nRestrictNamespaces=~cgroup net",
        "unshare",
        [0x0800_0000, 0, 0, 0, 0, 0],
        0,
    ),
    (
        "RestrictNamespaces=cgroup ipc\nRestrictNamespaces=~cgroup net",
        "unshare",
        [0x0200_0000, 0, 0, 0, 0, 0],
        libc::EPERM,
    ),
    ("RestrictSUIDSGID=yes", "fchmod", [3, 0o4755, 0, 0, 0, 0], libc::EPERM),
    ("RestrictSUIDSGID=yes", "fchmodat", [3, 0, 0o2755, 0, 0, 0], libc::EPERM),
    ("RestrictSUIDSGID=yes", "fchmod", [3, 0o755, 0, 0, 0, 0], 0),
    ("RestrictSUIDSGID=yes", "openat", [3, 0, 0o101, 0o4755, 0, 0], libc::EPERM),
    ("RestrictSUIDSGID=yes", "openat", [3, 0, 0, 0o4755, 0, 0], 0),
    ("RestrictSUIDSGID=yes", "openat2", [0; 6], libc::ENOSYS),
    ("MemoryDenyWriteExecute=yes", "mmap", [0, 4096, 7, 0x22, 0, 0], libc::EPERM),
    ("MemoryDenyWriteExecute=yes", "mmap", [0, 4096, 5, 2, 3, 0], 0),
    ("MemoryDenyWriteExecute=yes", "mprotect", [0, 4096, 5, 0, 0, 0], libc::EPERM),
    ("MemoryDenyWriteExecute=yes", "mprotect", [0, 4096, 1, 0, 0, 0], 0),
    ("MemoryDenyWriteExecute=yes", "shmat", [0, 0, 0o100_000, 0, 0, 0], libc::EPERM),
    ("LockPersonality=yes", "personality", [0x4_0000, 0, 0, 0, 0, 0], libc::EPERM),
    ("LockPersonality=yes", "personality", [0; 6], 0),
    ("RestrictRealtime=yes", "sched_setscheduler", [0, 1, 0, 0, 0, 0], libc::EPERM),
    ("RestrictRealtime=yes", "sched_setscheduler", [0, 3, 0, 0, 0, 0], 0),
    ("ProtectClock=yes", "adjtimex", [0; 6], libc::EPERM),
    ("ProtectClock=yes", "read", [0; 6], 0),
    ("ProtectKernelModules=yes", "init_module", [0; 6], libc::EPERM),
    ("ProtectKernelModules=no", "init_module", [0; 6], 0),
    ("ProtectKernelLogs=1", "syslog", [0; 6], libc::EPERM),
    ("ProtectHostname=on", "sethostname", [0; 6], libc::EPERM),
    ("SystemCallFilter=~@mount:EACCES", "mount", [0; 6], libc::EACCES),
    ("SystemCallFilter=~@mount", "read", [0; 6], 0),
    ("SystemCallFilter=@system-service\nSystemCallErrorNumber=ENOSYS", "mount", [0; 6], libc::ENOSYS),
    ("SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM", "fchown", [0; 6], 0),
    (
        "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged\nSystemCallErrorNumber=EPERM",
        "fchown",
        [0; 6],
        libc::EPERM,
    ),
    // An allow list always has what a program needs to start and to end.
    ("SystemCallFilter=read\nSystemCallErrorNumber=EPERM", "execve", [0; 6], 0),
    ("SystemCallFilter=~@keyring ptrace\nSystemCallFilter=ptrace", "ptrace", [0; 6], 0),
    ("SystemCallFilter=~@keyring ptrace\nSystemCallFilter=\nSystemCallFilter=~ptrace:5", "keyctl", [0; 6], 0),
    (
        "SystemCallFilter=~@keyring ptrace\nSystemCallFilter=\nSystemCallFilter=~ptrace:5",
        "ptrace",
        [0; 6],
        libc::EIO,
    ),
    ("DynamicUser=yes", "fchmod", [3, 0o4755, 0, 0, 0, 0], libc::EPERM),
];

#[test]
fn calls_are_decided_by_number_and_registers() {
    for (lines, call, args, errno) in CALLS {
        let (profile, diagnostics) = unit(lines);
        assert_eq!(diagnostics, Vec::<String>::new(), "{lines}");
        let number = nr(call);
        let denial = profile.deny(number, *args);
        assert_eq!(denial.map_or(0, |d| d.errno), *errno, "{lines} / {call} {args:x?}: {denial:?}");
        if denial.is_some() {
            assert!(profile.watched().contains(&number), "{lines}: {call} is refused but not watched");
        }
    }
}

#[test]
fn without_an_error_number_a_filter_ends_the_process() {
    let (profile, _) = unit("SystemCallFilter=~@mount");
    let denial = profile.deny(nr("mount"), [0; 6]);
    assert!(denial.is_some_and(|d| d.kill && d.directive == "SystemCallFilter=~@mount"), "{denial:?}");
    let (profile, _) = unit("SystemCallFilter=~@mount:kill\nSystemCallErrorNumber=EPERM");
    assert!(profile.deny(nr("mount"), [0; 6]).is_some_and(|d| d.kill));
}

/// Lines of a unit, an access, a path, and the directive that refuses it (empty: it passes).
type PathCase = (&'static str, Access, &'static str, &'static str);

const PATHS: &[PathCase] = &[
    ("ProtectSystem=yes", Access::Write, "/usr/bin/x", "ProtectSystem=yes"),
    ("ProtectSystem=yes", Access::Write, "/etc/passwd", ""),
    ("ProtectSystem=full", Access::Write, "/etc/passwd", "ProtectSystem=full"),
    ("ProtectSystem=full", Access::Read, "/etc/passwd", ""),
    ("ProtectSystem=full", Access::Write, "/etcetera", ""),
    ("ProtectSystem=strict", Access::Write, "/var/lib/x", "ProtectSystem=strict"),
    ("ProtectSystem=strict", Access::Write, "/dev/null", ""),
    ("ProtectSystem=strict\nReadWritePaths=/var/lib/app", Access::Write, "/var/lib/app/x", ""),
    (
        "ProtectSystem=strict\nReadWritePaths=-/var/lib/app/",
        Access::Write,
        "/var/lib/apple",
        "ProtectSystem=strict",
    ),
    ("ProtectSystem=strict\nStateDirectory=app", Access::Write, "/var/lib/app/x", ""),
    ("ProtectSystem=strict", Access::Write, "/tmp/x", "ProtectSystem=strict"),
    ("ProtectSystem=strict\nPrivateTmp=yes", Access::Write, "/tmp/x", ""),
    ("ProtectHome=yes", Access::Read, "/home/max/x", "ProtectHome=yes"),
    ("ProtectHome=read-only", Access::Read, "/home/max/x", ""),
    ("ProtectHome=read-only", Access::Write, "/root/x", "ProtectHome=read-only"),
    ("ProtectHome=tmpfs", Access::Read, "/root/x", "ProtectHome=tmpfs"),
    ("ProtectHome=no", Access::Read, "/root/x", ""),
    ("InaccessiblePaths=/srv\nReadWritePaths=/srv/in", Access::Read, "/srv/in/x", "InaccessiblePaths=/srv"),
    ("ReadOnlyPaths=/srv /opt\nReadOnlyPaths=", Access::Write, "/srv/x", ""),
    ("ReadOnlyPaths=/srv\nReadWritePaths=/srv", Access::Write, "/srv/x", "ReadOnlyPaths=/srv"),
    ("NoExecPaths=/\nExecPaths=/usr/sbin/app /lib", Access::Execute, "/usr/bin/sh", "NoExecPaths=/"),
    ("NoExecPaths=/\nExecPaths=/usr/sbin/app /lib", Access::Execute, "/usr/sbin/app", ""),
    ("TemporaryFileSystem=/var:ro", Access::Read, "/var/log/x", "TemporaryFileSystem=/var:ro"),
    ("TemporaryFileSystem=/var:ro", Access::Write, "/var/log/x", "TemporaryFileSystem=/var:ro"),
    ("TemporaryFileSystem=/var", Access::Write, "/var/x", ""),
    (
        "ProtectKernelTunables=yes",
        Access::Write,
        "/proc/sys/kernel/core_pattern",
        "ProtectKernelTunables=yes",
    ),
    ("ProtectKernelTunables=yes", Access::Read, "/proc/kcore", "ProtectKernelTunables=yes"),
    ("ProtectKernelModules=yes", Access::Read, "/usr/lib/modules/x", "ProtectKernelModules=yes"),
    ("ProtectControlGroups=yes", Access::Write, "/sys/fs/cgroup/x", "ProtectControlGroups=yes"),
    ("PrivateDevices=yes", Access::Write, "/dev/x", "PrivateDevices=yes"),
    ("PrivateDevices=yes", Access::Write, "/dev/shm/x", ""),
    ("PrivateDevices=yes", Access::Execute, "/dev/shm/x", "PrivateDevices=yes"),
    ("DynamicUser=yes", Access::Write, "/opt/x", "DynamicUser=yes"),
    ("DynamicUser=yes\nProtectSystem=no", Access::Write, "/opt/x", "DynamicUser=yes"),
    (
        "ReadOnlyPaths=\"/srv/two words\"",
        Access::Write,
        "/srv/two words/x",
        "ReadOnlyPaths=\"/srv/two words\"",
    ),
];

#[test]
fn paths_are_decided_by_the_longest_rule() {
    for (lines, access, path, by) in PATHS {
        let (profile, diagnostics) = unit(lines);
        assert_eq!(diagnostics, Vec::<String>::new(), "{lines}");
        let rule = profile.refuses(*access, path);
        assert_eq!(rule.map_or("", |r| &r.directive.text), *by, "{lines} / {access:?} {path}");
    }
}

#[test]
fn bounding_sets_merge_as_the_manual_says() {
    let every = u64::MAX;
    for (lines, kept) in [
        ("CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=CAP_KILL CAP_FOWNER", 0b10_1001),
        ("CapabilityBoundingSet=CAP_CHOWN CAP_KILL\nCapabilityBoundingSet=~CAP_KILL CAP_FOWNER", 0b1),
        ("CapabilityBoundingSet=", 0),
        ("CapabilityBoundingSet=CAP_CHOWN\nCapabilityBoundingSet=~", (1 << 41) - 1),
        ("CapabilityBoundingSet=~CAP_CHOWN", (1 << 41) - 2),
    ] {
        let (profile, diagnostics) = unit(lines);
        assert_eq!(diagnostics, Vec::<String>::new(), "{lines}");
        // Capabilities that this program does not know stay.
        assert_eq!(profile.capabilities() & ((1 << 41) - 1), kept, "{lines}");
        assert_eq!(profile.capabilities() >> 41, every >> 41, "{lines}");
    }
}

#[test]
fn drop_ins_apply_by_file_name_and_every_directive_has_its_place() {
    let main = UnitFile {
        path: "app.service",
        bytes: b"[Unit]\nProtectHome=yes\n[Service]\nProtectSystem=full\nReadOnlyPaths=/a\n",
    };
    let late =
        UnitFile { path: "/run/app.service.d/90-late.conf", bytes: b"[Service]\nProtectSystem=strict\n" };
    let early = UnitFile {
        path: "/etc/app.service.d/10-early.conf",
        bytes: b"[Service]\nProtectSystem=no\nReadOnlyPaths=\n",
    };
    let (profile, diagnostics) = read_unit(main, &[late, early]).into_parts();
    assert_eq!(diagnostics, []);
    assert_eq!(profile.name, "app.service");
    let rule = profile.refuses(Access::Write, "/var/x").map(|r| r.directive.clone());
    assert_eq!(rule.map(|d| (d.file, d.line)), Some((late.path.to_owned(), 2)));
    assert!(profile.mounts.iter().all(|rule| rule.path != "/a"), "the drop-in resets the list");
}

#[test]
fn nothing_is_fatal_and_everything_odd_is_placed() {
    let (profile, diagnostics) = unit(
        "ProtectSystem=sure\nProtectHom=yes\nReadOnlyPaths=relative ../up /a/../b %t/x /fine\nSystemCallFilter=~mount nocall @nogroup\nCapabilityBoundingSet=CAP_NOPE\nRestrictAddressFamilies=INET\nIPAddressDeny=everywhere\nSystemCallErrorNumber=EWHAT\nstray\nExecStart=/bin/true\nX-Own=1",
    );
    let wanted = [
        ("x.service:2:1", "ProtectSystem"),
        ("x.service:3:1", "ProtectHom"),
        ("x.service:4:1", "ReadOnlyPaths"),
        ("x.service:5:1", "nocall"),
        ("x.service:5:1", "@nogroup"),
        ("x.service:6:1", "CapabilityBoundingSet"),
        ("x.service:7:1", "RestrictAddressFamilies"),
        ("x.service:8:1", "IPAddressDeny"),
        ("x.service:9:1", "SystemCallErrorNumber"),
        ("x.service:10:1", "neither a section"),
    ];
    for (place, about) in wanted {
        assert!(
            diagnostics.iter().any(|d| d.contains(place) && d.contains(about)),
            "{place} {about}: {diagnostics:#?}"
        );
    }
    assert_eq!(diagnostics.len(), wanted.len() + 3, "four odd paths in one line: {diagnostics:#?}");
    assert!(profile.refuses(Access::Write, "/fine").is_some());
    assert!(profile.deny(nr("mount"), [0; 6]).is_some());
}

#[test]
fn what_has_no_effect_here_says_why() {
    let (profile, diagnostics) = unit(
        "NoNewPrivileges=yes\nUMask=0077\nAppArmorProfile=x\nUser=root\nDeviceAllow=/dev/fuse rw\nIPAddressDeny=any\nIPAddressAllow=10.0.0.0/8",
    );
    assert_eq!(diagnostics, Vec::<String>::new());
    let ignored: Vec<&str> = profile.ignored.iter().map(|i| i.directive.text.as_str()).collect();
    assert_eq!(ignored, ["AppArmorProfile=x", "NoNewPrivileges=yes", "UMask=0077"]);
    assert!(profile.ignored.iter().all(|i| !i.reason.is_empty()));
    assert_eq!(profile.ordinary_user, None);
    let modelled: Vec<&str> = profile.modelled.iter().map(|m| m.directive.text.as_str()).collect();
    assert_eq!(modelled, ["IPAddressDeny=any", "DeviceAllow=/dev/fuse rw"]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400), key in "[A-Za-z]{3,12}") {
        let mut text = b"[Service]\n".to_vec();
        text.extend(key.bytes());
        text.push(b'=');
        text.extend(&bytes);
        let (profile, _) = read_unit(UnitFile { path: "x", bytes: &text }, &[]).into_parts();
        let _ = profile.watched();
        let _ = exercise::profile::read_seccomp("x", &bytes);
        let _ = exercise::profile::read_landlock("x", &bytes);
    }

    #[test]
    fn any_value_of_a_known_directive_is_read(value in "[ -~]{0,60}", which in 0_usize..12) {
        let key = ["SystemCallFilter", "CapabilityBoundingSet", "ReadOnlyPaths", "RestrictNamespaces", "IPAddressDeny",
            "TemporaryFileSystem", "ProtectSystem", "RestrictAddressFamilies", "SystemCallErrorNumber", "DeviceAllow", "User", "StateDirectory"][which];
        let (profile, _) = unit(&format!("{key}={value}"));
        for number in profile.watched() {
            let _ = profile.deny(number, [u64::MAX; 6]);
        }
    }
}
