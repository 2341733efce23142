//! The built-in hardening profiles against procedures, each run with and without.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exercise::profile::{
    Open, Profile, Props, UnitFile, candidates, prevention, rank, read_landlock, read_seccomp, read_unit,
    took_place,
};
use exercise::sandbox::Observed;
use model::exercise::Prevention;
use model::id::TechniqueId;

use super::stage::{possible, run, told};

/// Technique, script, and the check that it took place.
const PROCEDURES: &[(&str, &str, &str)] = &[
    ("T1003.008", "cat /etc/shadow > /tmp/s", "grep -q root /tmp/s"),
    ("T1053.003", "echo '* * * * * root true' > /etc/cron.d/job", "test -s /etc/cron.d/job"),
    ("T1070.002", ": > /var/log/auth.log", "test ! -s /var/log/auth.log"),
    ("T1095", "exec 3<>/dev/tcp/203.0.113.7/4444 && echo x > /tmp/sent", "test -s /tmp/sent"),
    (
        "T1098.004",
        "echo 'ssh-ed25519 AAAA' >> /home/max/.ssh/authorized_keys",
        "grep -q AAAA /home/max/.ssh/authorized_keys",
    ),
    ("T1105", "cp /usr/bin/true /tmp/tool && /tmp/tool && echo x > /tmp/ran", "test -s /tmp/ran"),
    ("T1136.001", "echo 'eve:x:0:0::/:/bin/sh' >> /etc/passwd", "grep -q eve /etc/passwd"),
    (
        "T1205",
        "python3 -c \"import socket; s = socket.socket(); s.bind(('0.0.0.0', 8081)); s.listen(); open('/tmp/bound', 'w').write('x')\"",
        "test -s /tmp/bound",
    ),
    ("T1222.002", "chown 1000 /etc/ssh/sshd_config", "test \"$(stat -c %u /etc/ssh/sshd_config)\" = 1000"),
    (
        "T1486",
        "mv /srv/share/report.txt /srv/share/report.txt.locked",
        "test -e /srv/share/report.txt.locked",
    ),
    (
        "T1543.002",
        "printf '[Service]\\nExecStart=/usr/bin/true\\n' > /etc/systemd/system/x.service",
        "test -s /etc/systemd/system/x.service",
    ),
    ("T1546.004", "echo true >> /root/.bashrc", "grep -qx true /root/.bashrc"),
    ("T1548.001", "cp /usr/bin/true /tmp/t && chmod 4755 /tmp/t", "test -u /tmp/t"),
    ("T1552.004", "cat /home/max/.ssh/id_ed25519 > /tmp/k", "test -s /tmp/k"),
    (
        "T1620",
        "python3 -c \"import os; f = os.memfd_create('x', 0); os.write(f, open('/usr/bin/true', 'rb').read()); p = os.fork(); p or os.execv('/proc/self/fd/%d' % f, ['x']); open('/tmp/m', 'w').write('x') if os.waitpid(p, 0)[1] == 0 else exit(1)\"",
        "test -s /tmp/m",
    ),
];

fn content(path: &str) -> Vec<u8> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/profiles"));
    std::fs::read(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn profiles() -> Vec<(&'static str, Profile)> {
    let mut all = Vec::new();
    for (path, drop_in) in [
        ("web-server/nginx.service", Some("web-server/nginx.service.d/50-hardening.conf")),
        ("database/postgresql.service", None),
        ("application-server/portal.service", None),
    ] {
        let (unit, added) = (content(path), drop_in.map(|path| (path, content(path))));
        let drop_ins: Vec<UnitFile<'_>> =
            added.iter().map(|(path, bytes)| UnitFile { path, bytes }).collect();
        let (profile, diagnostics) = read_unit(UnitFile { path, bytes: &unit }, &drop_ins).into_parts();
        assert_eq!(diagnostics, [], "{path}");
        all.push((path, profile));
    }
    for (path, read) in [
        ("container-worker/seccomp.json", read_seccomp as fn(&str, &[u8]) -> _),
        ("batch-exporter/landlock.yaml", read_landlock),
    ] {
        let (profile, diagnostics): (Option<Profile>, _) = read(path, &content(path)).into_parts();
        assert_eq!(diagnostics, [], "{path}");
        all.push((path, profile.unwrap_or_else(|| panic!("{path} is no profile"))));
    }
    all
}

/// What each profile stops, by technique, with the first directive that refused.
const EXPECTED: &str = include_str!("hardened.txt");

#[test]
fn each_built_in_profile_stops_these_techniques_by_these_directives() {
    if !possible() {
        return;
    }
    let mut baselines: BTreeMap<&str, Observed> = BTreeMap::new();
    for (technique, script, check) in PROCEDURES {
        let baseline = run(script, Some(check), None);
        assert!(took_place(&baseline), "{technique} must work without a profile: {}", told(&baseline));
        baselines.insert(technique, baseline);
    }
    let mut lines = Vec::new();
    for (name, profile) in profiles() {
        for (technique, script, check) in PROCEDURES {
            let under = run(script, Some(check), Some(&profile));
            let found = match prevention(&baselines[technique], &under, &profile, Props::default()) {
                Prevention::Prevented { by, modelled } => {
                    format!("{}{}", if modelled { "modelled: " } else { "" }, by.join(" + "))
                }
                Prevention::NotPrevented => "-".to_owned(),
                Prevention::NotTestable { why } => format!("? {why}: {}", told(&under)),
            };
            lines.push(format!("{name} {technique} {found}"));
        }
    }
    assert_eq!(lines.join("\n"), EXPECTED.trim_end());
}

/// Which of the techniques that the web server's unit leaves open each line stops, by running.
const LINES: &[(&str, &[&str])] = &[
    ("ProtectSystem=strict", &["T1070.002", "T1486"]),
    ("RestrictAddressFamilies=~AF_INET AF_INET6", &["T1095", "T1205"]),
    ("User=nobody", &["T1003.008", "T1070.002", "T1486"]),
];

#[test]
fn the_line_that_is_expected_to_stop_most_of_the_rest_does_so_when_run() {
    if !possible() {
        return;
    }
    let unit = content("web-server/nginx.service");
    let added = content("web-server/nginx.service.d/50-hardening.conf");
    let unit = UnitFile { path: "nginx.service", bytes: &unit };
    let drop_ins = [UnitFile { path: "50-hardening.conf", bytes: &added }];
    let (profile, _) = read_unit(unit, &drop_ins).into_parts();
    let mut open = Vec::new();
    for (technique, script, check) in PROCEDURES {
        let baseline = run(script, Some(check), None);
        let under = run(script, Some(check), Some(&profile));
        if prevention(&baseline, &under, &profile, Props::default()) == Prevention::NotPrevented {
            let id = TechniqueId::new(technique).unwrap_or_else(|e| panic!("{technique}: {e:?}"));
            open.push(([id], *script, *check, baseline));
        }
    }
    let lines = candidates(unit, &drop_ins);
    let runs: Vec<Open<'_>> = open
        .iter()
        .map(|(t, _, _, baseline)| Open { techniques: t, baseline, stage: Props::default() })
        .collect();
    let gains = rank(&lines, &runs);
    assert_eq!(lines[gains[0].candidate].line, "User=nobody");
    for (line, expected) in LINES {
        let gain = gains.iter().find(|g| lines[g.candidate].line == *line);
        let gain = gain.unwrap_or_else(|| panic!("{line} is no candidate: {gains:?}"));
        let predicted: Vec<&str> = gain.techniques.iter().map(TechniqueId::as_str).collect();
        assert_eq!(predicted, *expected, "{line}");
        let with = &lines[gain.candidate].profile;
        for (technique, script, check, baseline) in gain.procedures.iter().map(|place| &open[*place]) {
            let under = run(script, Some(check), Some(with));
            let found = prevention(baseline, &under, with, Props::default());
            let proven = matches!(&found, Prevention::Prevented { modelled: false, by } if by.iter().any(|by| by == line));
            assert!(proven, "{line} {technique:?}: {found:?} {}", told(&under));
        }
    }
}
