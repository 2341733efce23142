//! Seccomp policies in JSON and Landlock policies in YAML.

use exercise::profile::{Right, read_landlock, read_seccomp};

const SECCOMP: &str = r#"{
  "defaultAction": "SCMP_ACT_ERRNO",
  "defaultErrnoRet": 38,
  "syscalls": [
    {"names": ["read", "no_such_call_anywhere", "socketcall"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [
      {"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
    {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
      {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 1, "op": "SCMP_CMP_EQ"}]},
    {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
    {"names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS"},
    {"names": ["kill"], "action": "SCMP_ACT_MAYBE"},
    {"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 9, "value": 0, "op": "SCMP_CMP_EQ"}]}
  ]
}"#;

#[test]
fn seccomp_policies_decide_as_their_container_would() {
    let (profile, diagnostics) = read_seccomp("seccomp.json", SECCOMP.as_bytes()).into_parts();
    let Some(profile) = profile else { panic!("{diagnostics:?}") };
    for (number, args, errno) in [
        (libc::SYS_read, [0; 6], 0),
        (libc::SYS_write, [0; 6], 38),
        (libc::SYS_personality, [8, 0, 0, 0, 0, 0], 0),
        (libc::SYS_personality, [4, 0, 0, 0, 0, 0], 38),
        (libc::SYS_clone, [0x11, 0, 0, 0, 0, 0], 0),
        (libc::SYS_clone, [0x1000_0011, 0, 0, 0, 0, 0], 38),
        (libc::SYS_socket, [2, 1, 0, 0, 0, 0], 0),
        (libc::SYS_socket, [2, 3, 0, 0, 0, 0], 38),
        (libc::SYS_mount, [0; 6], 38),
        (libc::SYS_chroot, [0; 6], 0),
        (libc::SYS_clone3, [0; 6], 38),
    ] {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let denial = profile.deny(number, args);
        assert_eq!(denial.map_or(0, |d| d.errno), errno, "{number} {args:?}");
    }
    let killed = profile.deny(u32::try_from(libc::SYS_ptrace).unwrap_or(0), [0; 6]);
    assert!(killed.is_some_and(|d| d.kill && d.directive == "SCMP_ACT_KILL_PROCESS ptrace"), "{killed:?}");
    let places: Vec<_> = diagnostics.iter().map(|d| d.position.map(|p| p.line)).collect();
    assert_eq!(places, [Some(15), Some(16)], "{diagnostics:?}");
}

#[test]
fn a_container_configuration_is_read_by_its_seccomp_section() {
    let whole = format!(r#"{{"ociVersion": "1.2.0", "linux": {{"seccomp": {SECCOMP}}}}}"#);
    let (profile, _) = read_seccomp("config.json", whole.as_bytes()).into_parts();
    assert!(profile.is_some_and(|p| p.deny(u32::MAX, [0; 6]).is_some_and(|d| d.errno == 38)));
    for bad in [
        "",
        "{}",
        "[]",
        r#"{"defaultAction": 1}"#,
        r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 9999}"#,
    ] {
        let (profile, diagnostics) = read_seccomp("x.json", bad.as_bytes()).into_parts();
        assert!(profile.is_none() && diagnostics.len() == 1, "{bad}: {diagnostics:?}");
    }
}

#[test]
fn landlock_policies_grant_by_path_and_right() {
    let text = "name: export\npaths:\n  - {path: /usr, rights: [read, execute]}\n  - {path: relative, rights: [read]}\n  - {path: /srv/out/, rights: [write, fly]}\ntcp: {connect: [443]}\n";
    let (profile, diagnostics) = read_landlock("export.yaml", text.as_bytes()).into_parts();
    let places: Vec<_> = diagnostics.iter().map(|d| d.position.map(|p| p.line)).collect();
    assert_eq!(places, [Some(4), Some(5)], "{diagnostics:?}");
    let policy = profile.and_then(|p| p.landlock);
    let Some(policy) = policy else { panic!("no policy") };
    for (right, path, granted) in [
        (Right::Read, "/usr/bin/sh", true),
        (Right::Execute, "/usr/bin/sh", true),
        (Right::Write, "/usr/bin/sh", false),
        (Right::Write, "/srv/out/x", true),
        (Right::Read, "/srv/out/x", false),
        (Right::Read, "/usrlocal", false),
    ] {
        assert_eq!(policy.grants(right, path), granted, "{right:?} {path}");
    }
    assert_eq!(policy.lacks_connect(443), None);
    assert_eq!(policy.lacks_connect(4444).as_deref(), Some("no grant of tcp connect to port 4444"));
    assert_eq!(policy.lacks_bind(4444), None, "what is not mentioned is not restricted");
    let (none, diagnostics) = read_landlock("x.yaml", b"name: x\npath: []\n").into_parts();
    assert!(none.is_none() && diagnostics.len() == 1);
}
