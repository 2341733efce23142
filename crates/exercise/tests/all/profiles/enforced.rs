//! Each directive with something it refuses and something it lets pass, run for real.

use exercise::profile::{Props, prevention, took_place};
use exercise::sandbox::Done;
use model::exercise::Prevention;

use super::stage::{possible, run, told, unit};

/// Lines of a unit, a script that they stop and one that they let pass.
type Case = (&'static str, &'static str, &'static str);

const CHOWN: &str = "echo x > /srv/a && chown 1000 /srv/a";
const CHMOD: &str = "echo x > /srv/a && chmod 600 /srv/a";

/// The first script works without the lines; the first line is the one that stops it.
const PROVEN: &[Case] = &[
    ("ProtectSystem=full", "echo x > /etc/cron.d/a", "echo x > /var/lib/a && cat /etc/passwd"),
    ("ProtectSystem=strict", "echo x > /var/lib/a", "echo x > /dev/null && echo x > /dev/shm/a"),
    ("ProtectSystem=strict\nReadWritePaths=/srv", "echo x > /opt/a", "echo x > /srv/a"),
    ("ProtectSystem=strict\nStateDirectory=portal", "echo x > /var/lib/a", "echo x > /var/lib/portal/a"),
    ("ProtectSystem=strict\nPrivateTmp=yes", "echo x > /opt/a", "echo x > /tmp/a && echo x > /var/tmp/a"),
    ("ProtectHome=yes", "cat /home/max/.bashrc", "cat /etc/passwd"),
    ("ProtectHome=read-only", "echo x >> /home/max/.bashrc", "cat /home/max/.bashrc"),
    ("ProtectHome=tmpfs", "cat /home/max/.bashrc", "ls /home"),
    ("InaccessiblePaths=/etc/shadow", "grep -q root /etc/shadow", "cat /etc/passwd"),
    ("InaccessiblePaths=/srv", "cat /srv/share/report.txt", "ls /opt"),
    ("ReadOnlyPaths=/var/log", "echo > /var/log/auth.log", "cat /var/log/auth.log"),
    ("ReadOnlyPaths=/srv\nReadWritePaths=/srv", "echo x > /srv/a", "echo x > /opt/a"),
    ("NoExecPaths=/tmp", "cp /usr/bin/true /tmp/t && /tmp/t", "cp /usr/bin/true /srv/t && /srv/t"),
    (
        "NoExecPaths=/srv\nExecPaths=/srv/bin",
        "cp /usr/bin/true /srv/t && /srv/t",
        "cp /usr/bin/true /srv/bin/t && /srv/bin/t",
    ),
    ("TemporaryFileSystem=/var/log", "cat /var/log/auth.log", "echo x > /var/log/new"),
    ("TemporaryFileSystem=/srv:ro", "echo x > /srv/a", "ls /srv"),
    (
        "PrivateNetwork=yes",
        "exec 3<>/dev/tcp/203.0.113.7/4444",
        "python3 -c \"import socket; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); socket.create_connection(s.getsockname())\"",
    ),
    ("PrivateDevices=yes", "echo x > /dev/x", "echo x > /dev/null && echo x > /dev/shm/a"),
    ("User=nobody", "echo x > /etc/cron.d/a", "cat /etc/passwd && echo x > /tmp/a"),
    ("DynamicUser=yes", "echo x > /opt/a", "cat /etc/passwd && echo x > /tmp/a"),
    ("CapabilityBoundingSet=~CAP_CHOWN", CHOWN, CHMOD),
    ("CapabilityBoundingSet=", CHOWN, CHMOD),
    (
        "RestrictAddressFamilies=AF_UNIX",
        "python3 -c 'import socket; socket.socket(socket.AF_INET)'",
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX)'",
    ),
    (
        "RestrictSUIDSGID=yes",
        "cp /usr/bin/true /srv/t && chmod 4755 /srv/t",
        "cp /usr/bin/true /srv/t && chmod 755 /srv/t",
    ),
    (
        "LockPersonality=yes",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).personality(0x40000) != 0)'",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).personality(0) != 0)'",
    ),
    (
        "MemoryDenyWriteExecute=yes",
        "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
        "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=3)'",
    ),
    ("SystemCallFilter=~@chown:EACCES", CHOWN, CHMOD),
    ("SystemCallFilter=~@chown", CHOWN, CHMOD),
    (
        "SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM",
        MINCORE,
        "python3 -c 'import socket; socket.socket()'",
    ),
];

/// Asks which pages are in memory; that call is in no group.
const MINCORE: &str = "python3 -c 'import ctypes, mmap; m = mmap.mmap(-1, 4096); a = ctypes.addressof(ctypes.c_char.from_buffer(m)); exit(ctypes.CDLL(None).mincore(ctypes.c_void_p(a), 4096, ctypes.create_string_buffer(1)) != 0)'";

#[test]
fn what_works_without_a_line_is_stopped_by_it_and_the_rest_passes() {
    if !possible() {
        return;
    }
    let mut wrong = Vec::new();
    for (lines, stopped, passes) in PROVEN {
        let profile = unit(lines);
        let by = lines.lines().next().unwrap_or("").to_owned();
        let baseline = run(stopped, None, None);
        let under = run(stopped, None, Some(&profile));
        let found = prevention(&baseline, &under, &profile, Props::default());
        if !matches!(&found, Prevention::Prevented { by: all, modelled: false } if all.contains(&by)) {
            let (without, with) = (told(&baseline), told(&under));
            wrong.push(format!("{lines}: {found:?}\nwithout: {without}\nwith: {with}"));
        }
        let free = run(passes, None, Some(&profile));
        if !took_place(&free) {
            wrong.push(format!("{lines} must let pass: {passes}\n{}", told(&free)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The sandbox itself refuses the first script, so that nothing can be proven; that the
/// directive would refuse it is still seen, because the profile is asked first.
const ATTRIBUTED: &[Case] = &[
    (
        "RestrictRealtime=yes",
        "python3 -c 'import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))'",
        "python3 -c 'import os; os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))'",
    ),
    (
        "RestrictNamespaces=yes",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).unshare(0x10000000) != 0)'",
        "python3 -c 'import os; os.fork()'",
    ),
    ("ProtectHostname=yes", "python3 -c 'import socket; socket.sethostname(\"x\")'", "uname -n"),
    ("ProtectClock=yes", "python3 -c 'import time; time.clock_settime(0, 0)'", "date"),
    (
        "ProtectKernelModules=yes",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).delete_module(b\"x\", 0) != 0)'",
        "true",
    ),
    (
        "ProtectKernelLogs=yes",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).klogctl(10, None, 0) < 0)'",
        "true",
    ),
    ("ProtectKernelTunables=yes", "echo 1 > /proc/sys/kernel/printk", "cat /proc/sys/kernel/ostype"),
    (
        "SystemCallFilter=~@mount:EACCES",
        "python3 -c 'import ctypes; exit(ctypes.CDLL(None).umount2(b\"/mnt\", 0) != 0)'",
        "ls /mnt",
    ),
];

#[test]
fn what_the_sandbox_refuses_anyway_is_seen_as_refused_by_the_line_but_not_called_proven() {
    if !possible() {
        return;
    }
    let mut wrong = Vec::new();
    for (lines, stopped, passes) in ATTRIBUTED {
        let profile = unit(lines);
        let baseline = run(stopped, None, None);
        let under = run(stopped, None, Some(&profile));
        let denied =
            under.actions.iter().any(|a| matches!(&a.result, Done::Denied { by, .. } if by == lines));
        let found = prevention(&baseline, &under, &profile, Props::default());
        if !denied || !matches!(found, Prevention::NotTestable { .. }) {
            wrong.push(format!("{lines}: {found:?}\nwithout: {}\nwith: {}", told(&baseline), told(&under)));
        }
        let free = run(passes, None, Some(&profile));
        if !took_place(&free) {
            wrong.push(format!("{lines} must let pass: {passes}\n{}", told(&free)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_cannot_be_enforced_is_modelled() {
    if !possible() {
        return;
    }
    let connect = "exec 3<>/dev/tcp/203.0.113.7/4444";
    for (lines, script, expected) in [
        ("IPAddressDeny=any", connect, Some("IPAddressDeny=any")),
        ("IPAddressDeny=any\nIPAddressAllow=203.0.113.0/24", connect, None),
        ("DevicePolicy=strict", "echo x > /dev/zero", Some("DevicePolicy=strict")),
        ("DevicePolicy=closed", "echo x > /dev/zero", None),
    ] {
        let profile = unit(lines);
        let baseline = run(script, None, None);
        let under = run(script, None, Some(&profile));
        let wanted = match expected {
            Some(line) => Prevention::Prevented { by: vec![line.to_owned()], modelled: true },
            None => Prevention::NotPrevented,
        };
        assert_eq!(
            prevention(&baseline, &under, &profile, Props::default()),
            wanted,
            "{lines}: {}",
            told(&under)
        );
    }
}
