//! From what the sandbox observed to breaches of contract and to events that rules read.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::net::{IpAddr, Ipv4Addr};

use exercise::procedure::{Procedure, breaches, read_procedure, seen, telemetry};
use exercise::sandbox::{
    Action, Change, ChangeKind, Clean, Done, End, FileOp, Observed, Protocol, Tier, What,
};
use model::attack::{JoinPath, Joined};
use model::event::{Event, LogSource};
use model::id::{RecordingId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::reading::Input;
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use proptest::prelude::*;
use telemetry::read_events;

/// 2026-01-05T08:00:00Z.
const BEGAN: Timestamp = Timestamp(1_767_600_000_000);

fn join(published: &str) -> Joined {
    let mapped = TechniqueId::new(published).into_iter().collect();
    Joined { published: published.to_owned(), mapped, how: JoinPath::Same }
}

fn procedure(effects: &str) -> Procedure {
    let text = format!(
        "name: x\ntechniques: [T1053.003]\nexecutor: {{shell: bash, command: 'true'}}\n\
         stage: {{names: {{files.example: 203.0.113.10}}}}\neffects: {effects}\nsuccess: 'true'\n"
    );
    read_procedure("x/procedure.yaml", text.as_bytes(), &join).into_parts().0.unwrap()
}

fn action(at: u64, pid: u32, what: What) -> Action {
    Action { at, pid, parent: 10, harness: false, what, result: Done::Ok }
}

fn exec(image: &str, invoked: &str, args: &[&str]) -> What {
    let own = |list: &[&str]| list.iter().map(|a| (*a).to_owned()).collect();
    What::Exec {
        image: image.to_owned(),
        invoked: invoked.to_owned(),
        args: own(args),
        cwd: "/home/max".to_owned(),
        uid: 1_000,
        parent_image: "/usr/bin/bash".to_owned(),
        parent_args: own(&["/bin/bash", "/dev/fd/3"]),
    }
}

fn file(op: FileOp, path: &str, to: Option<&str>) -> What {
    What::File { op, path: path.to_owned(), to: to.map(str::to_owned) }
}

fn connect(protocol: Protocol, address: [u8; 4], port: u16, name: Option<&str>) -> What {
    let address = IpAddr::V4(Ipv4Addr::from(address));
    What::Connect { protocol, address, port, name: name.map(str::to_owned), data: false }
}

fn observed(actions: Vec<Action>) -> Observed {
    Observed {
        tier: Tier::Namespaces,
        end: End::Exited(0),
        success: Some(true),
        actions,
        changes: Vec::new(),
        output: Vec::new(),
        elapsed: 30_000,
        clean: Clean::default(),
        notes: Vec::new(),
    }
}

/// A run with one of everything.
fn a_run() -> Observed {
    let harness = Action {
        harness: true,
        parent: 0,
        ..action(0, 10, exec("/usr/bin/bash", "/bin/bash", &["/bin/bash"]))
    };
    let call =
        |name: &str, privileged, args| What::Call { number: 319, name: name.to_owned(), args, privileged };
    let refused = Action {
        result: Done::Denied { by: "guard".to_owned(), errno: 1 },
        ..action(9_000, 11, call("mount", true, [0; 6]))
    };
    let sunk = Action {
        result: Done::Sunk,
        ..action(8_500, 11, connect(Protocol::Tcp, [203, 0, 113, 10], 443, Some("files.example")))
    };
    let failed =
        Action { result: Done::Failed(2), ..action(3_000, 11, exec("/usr/bin/nmap", "nmap", &["nmap"])) };
    let mut run = observed(vec![
        harness,
        action(1_000, 10, What::Fork { child: 11 }),
        action(1_999, 11, exec("/usr/bin/mawk", "/usr/bin/awk", &["awk", "{print \"ü\"}", "", "a=b"])),
        failed,
        action(4_000, 11, file(FileOp::Create, "/etc/cron.d/a b", None)),
        action(4_500, 11, file(FileOp::Write, "/dev/null", None)),
        action(5_000, 11, file(FileOp::Rename, "/tmp/a", Some("/etc/sudoers.d/b"))),
        action(5_500, 11, file(FileOp::Remove, "/tmp/c", None)),
        action(5_600, 11, file(FileOp::Read, "/etc/passwd", None)),
        action(5_700, 11, file(FileOp::Read, "/proc/version", None)),
        action(6_000, 11, What::Resolve { name: "files.example".to_owned() }),
        action(6_100, 11, connect(Protocol::Udp, [127, 0, 0, 1], 53, None)),
        action(6_200, 11, connect(Protocol::Udp, [203, 0, 113, 10], 443, Some("files.example"))),
        sunk,
        action(8_700, 11, call("memfd_create", false, [0x7f00, 1, 2, 3, 0, 0])),
        refused,
    ]);
    run.changes = vec![
        Change { path: "/etc/cron.d".to_owned(), kind: ChangeKind::Modified },
        Change { path: "/etc/cron.d/a b".to_owned(), kind: ChangeKind::Added },
    ];
    run
}

fn events(procedure: &Procedure, run: &Observed) -> Vec<Event> {
    let told = telemetry(procedure, run, BEGAN, "host-1");
    assert_eq!(
        told.refused,
        run.actions.iter().filter(|a| !a.harness && !a.result.took_place()).count() as u64
    );
    let recording = Recording {
        id: RecordingId::new("x").unwrap(),
        title: String::new(),
        kind: RecordingKind::Attack,
        techniques: Vec::new(),
        published: Vec::new(),
        label: LabelQuality::None,
        run: RunStatus::Completed,
        files: vec!["audit.log".to_owned(), "telemetry.jsonl".to_owned()],
        act: None,
        end: None,
        host: None,
        marker: None,
        telemetry: Vec::new(),
        success: None,
        blocked: None,
        expected_rules: Vec::new(),
        deadline: Millis(0),
        source: String::new(),
    };
    let open = |path: &str| {
        let bytes = if path == "audit.log" { told.audit.clone() } else { told.sysmon.clone() };
        Ok(Input::Seek(Box::new(Cursor::new(bytes))))
    };
    let mut events = Vec::new();
    read_events(&recording, &open, &mut |batch| {
        let parsed = batch.parse();
        assert_eq!((parsed.unreadable, parsed.derived), (0, 0), "{:?}", parsed.diagnostics);
        events.extend(parsed.events);
    });
    events
}

fn of(events: &[Event], category: Option<&str>, service: Option<&str>) -> Vec<Event> {
    let own = |part: Option<&str>| part.map(str::to_owned);
    let wanted = LogSource { product: own(Some("linux")), category: own(category), service: own(service) };
    events.iter().filter(|e| e.origin.serves(&wanted)).cloned().collect()
}

#[test]
fn what_took_place_is_read_back_under_the_names_that_rules_use() {
    let all = events(&procedure("{}"), &a_run());
    assert!(all.iter().all(|e| e.host.as_deref() == Some("host-1") && e.time >= Some(BEGAN)));
    let starts = of(&all, Some("process_creation"), None);
    assert_eq!(starts.len(), 1, "neither the harness nor what failed");
    let start = &starts[0].fields;
    assert_eq!(starts[0].time, Some(Timestamp(BEGAN.0 + 1)));
    for (field, value) in [
        ("Image", "/usr/bin/mawk"),
        ("CommandLine", "awk {print \"ü\"}  a=b"),
        ("CurrentDirectory", "/home/max"),
        ("User", "max"),
        ("ParentImage", "/usr/bin/bash"),
        ("ParentCommandLine", "/bin/bash /dev/fd/3"),
    ] {
        assert_eq!(start[field], value, "{field}");
    }
    assert_eq!(start["LogonId"], 1_000);

    let files = of(&all, Some("file_event"), None);
    let targets: Vec<_> = files.iter().map(|e| e.fields["TargetFilename"].as_str().unwrap()).collect();
    assert_eq!(targets, ["/etc/cron.d/a b", "/etc/sudoers.d/b"]);
    assert_eq!(files[0].fields["Image"], "/usr/bin/mawk");
    assert_eq!(of(&all, Some("file_delete"), None)[0].fields["TargetFilename"], "/tmp/c");

    let network = of(&all, Some("network_connection"), None);
    assert_eq!(network.len(), 1, "neither the name service nor the search for an address");
    for (field, value) in
        [("DestinationIp", "203.0.113.10"), ("DestinationHostname", "files.example"), ("Initiated", "true")]
    {
        assert_eq!(network[0].fields[field], value, "{field}");
    }
    assert_eq!(network[0].fields["DestinationPort"], 443);
}

#[test]
fn what_took_place_is_read_back_as_audit_records() {
    let all = of(&events(&procedure("{}"), &a_run()), None, Some("auditd"));
    let record = |kind: &str| all.iter().filter(|e| e.fields["type"] == kind).collect::<Vec<_>>();
    let execve = &record("EXECVE")[0].fields;
    assert_eq!((&execve["a0"], &execve["a1"]), (&"awk".into(), &"{print \"ü\"}".into()));
    assert_eq!((&execve["a2"], &execve["a3"]), (&"".into(), &"a=b".into()));
    let paths: Vec<_> = record("PATH")
        .iter()
        .map(|e| format!("{} {}", e.fields["name"].as_str().unwrap(), e.fields["nametype"].as_str().unwrap()))
        .collect();
    assert_eq!(
        paths,
        [
            "/usr/bin/awk NORMAL",
            "/etc/cron.d/a b CREATE",
            "/tmp/a DELETE",
            "/etc/sudoers.d/b CREATE",
            "/tmp/c DELETE",
            "/proc/version NORMAL"
        ]
    );
    let calls: Vec<_> = record("SYSCALL").iter().filter_map(|e| e.fields["SYSCALL"].as_str()).collect();
    assert!(
        calls.starts_with(&["execve", "openat", "renameat2", "unlinkat", "openat", "connect"]),
        "{calls:?}"
    );
    assert!(!calls.contains(&"mount"), "what was refused is not told");
    let last = record("SYSCALL").into_iter().last().unwrap();
    assert_eq!((&last.fields["a0"], &last.fields["exe"]), (&"7f00".into(), &"/usr/bin/mawk".into()));
    assert_eq!((&last.fields["comm"], &last.fields["euid"]), (&"awk".into(), &"1000".into()));
    let address = &record("SOCKADDR")[0].fields;
    assert_eq!((&address["laddr"], &address["lport"]), (&"203.0.113.10".into(), &"443".into()));
}

#[test]
fn what_was_not_declared_is_a_breach() {
    let run = a_run();
    let caused = seen(&run);
    assert_eq!(caused.files, ["/etc/cron.d/a b", "/etc/sudoers.d/b", "/tmp/a", "/tmp/c"]);
    assert_eq!(caused.processes, ["/usr/bin/mawk"]);
    assert_eq!(caused.sockets, ["203.0.113.10:443/tcp"]);
    assert!(caused.privileges.is_empty(), "a refused call caused nothing");
    for (effects, expected) in [
        (
            "{}",
            vec![
                "file /etc/cron.d/a b",
                "file /etc/sudoers.d/b",
                "file /tmp/a",
                "file /tmp/c",
                "process /usr/bin/mawk",
                "socket 203.0.113.10:443/tcp (files.example)",
            ],
        ),
        ("{files: ['/etc/**', '/tmp/?'], processes: [awk], sockets: ['203.0.113.10:443/tcp']}", vec![]),
        (
            "{files: ['/etc/*/*', '/tmp/*'], processes: ['/usr/bin/m*'], sockets: ['files.example:*/tcp']}",
            vec![],
        ),
        (
            "{files: ['/etc/*', '/tmp/*'], processes: [gawk], sockets: ['203.0.113.10:443/udp']}",
            vec![
                "file /etc/cron.d/a b",
                "file /etc/sudoers.d/b",
                "process /usr/bin/mawk",
                "socket 203.0.113.10:443/tcp (files.example)",
            ],
        ),
    ] {
        assert_eq!(breaches(&procedure(effects), &run), expected, "{effects}");
    }
    let privileged = What::Call { number: 165, name: "mount".to_owned(), args: [0; 6], privileged: true };
    let done = observed(vec![action(1, 11, privileged)]);
    assert_eq!(breaches(&procedure("{}"), &done), ["privilege mount"]);
    assert!(breaches(&procedure("{privileges: [mount]}"), &done).is_empty());
    let many =
        observed((0..60).map(|i| action(i, 11, file(FileOp::Create, &format!("/x{i}"), None))).collect());
    assert_eq!(breaches(&procedure("{}"), &many).last().map(String::as_str), Some("and 10 more"));
}

#[test]
fn no_name_and_no_earlier_connection_excuses_an_effect() {
    let evil = [198, 51, 100, 66];
    let told = [203, 0, 113, 10];
    let sent = |address: [u8; 4]| match connect(Protocol::Udp, address, 443, None) {
        What::Connect { protocol, address, port, name, .. } => {
            What::Connect { protocol, address, port, name, data: true }
        }
        other => other,
    };
    let stream = || action(1, 11, connect(Protocol::Tcp, told, 443, None));
    let made = |path: &str| action(2, 11, file(FileOp::Create, path, None));
    let removed = |pid, path: &str| action(4, pid, file(FileOp::Remove, path, None));
    let moved = |from: &str, to: &str| action(3, 11, file(FileOp::Rename, from, Some(to)));
    let tcp = "socket 203.0.113.10:443/tcp";
    let cases: Vec<(Vec<Action>, Vec<&str>)> = vec![
        // Only to learn an address: of what is connected to, or of another that the name has.
        (vec![stream(), action(2, 11, connect(Protocol::Udp, told, 443, None))], vec![tcp]),
        (vec![stream(), action(2, 11, connect(Protocol::Udp, evil, 443, Some("files.example")))], vec![tcp]),
        (
            vec![stream(), action(2, 11, connect(Protocol::Udp, evil, 443, None))],
            vec![tcp, "socket 198.51.100.66:443/udp"],
        ),
        (
            vec![stream(), action(2, 12, connect(Protocol::Udp, told, 443, None))],
            vec![tcp, "socket 203.0.113.10:443/udp"],
        ),
        // Datagrams are never explained, wherever they go.
        (vec![stream(), action(2, 11, sent(evil))], vec![tcp, "socket 198.51.100.66:443/udp"]),
        (vec![stream(), action(2, 11, sent(told))], vec![tcp, "socket 203.0.113.10:443/udp"]),
        // Names that begin like a device or like a file of the shell's.
        (vec![made("/dev/nullo/x")], vec!["file /dev/nullo/x"]),
        (vec![made("/dev/fd/x")], vec!["file /dev/fd/x"]),
        (vec![made("/tmp/sh-thd1"), removed(11, "/tmp/sh-thd1")], vec![]),
        (vec![made("/tmp/sh-thd1")], vec!["file /tmp/sh-thd1"]),
        (vec![made("/tmp/sh-thd1"), removed(12, "/tmp/sh-thd1")], vec!["file /tmp/sh-thd1"]),
        (
            vec![made("/tmp/sh-thd1"), moved("/tmp/sh-thd1", "/etc/cron.d/evil")],
            vec!["file /etc/cron.d/evil", "file /tmp/sh-thd1"],
        ),
        (
            vec![
                made("/tmp/sh-thd1"),
                action(3, 11, exec("/tmp/sh-thd1", "x", &[])),
                removed(11, "/tmp/sh-thd1"),
            ],
            vec!["file /tmp/sh-thd1", "process /tmp/sh-thd1"],
        ),
        // A place that could not be told was not declared, whatever was.
        (vec![made("")], vec!["file that could not be told"]),
        (vec![moved("/tmp/a", "")], vec!["file /tmp/a", "file that could not be told"]),
    ];
    for (actions, expected) in cases {
        let run = observed(actions);
        let found = breaches(&procedure("{}"), &run);
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (found.iter().map(String::as_str).collect(), expected.into_iter().collect());
        assert_eq!(found, expected, "{:?}", run.actions);
    }
    let everything = procedure("{files: ['/etc/**', '/tmp/**']}");
    assert_eq!(breaches(&everything, &observed(vec![made("")])), ["file that could not be told"]);
    let run = observed(vec![made("/tmp/sh-thd1"), moved("/tmp/sh-thd1", "/etc/cron.d/evil")]);
    let lines = String::from_utf8(telemetry(&everything, &run, BEGAN, "host-1").sysmon).unwrap();
    for path in ["/tmp/sh-thd1", "/etc/cron.d/evil"] {
        assert!(lines.contains(path), "{path} is in no event: {lines}");
    }
}

proptest! {
    /// Whatever a procedure puts on its command line, every line stays one readable record.
    #[test]
    fn hostile_arguments_stay_one_record(args in proptest::collection::vec("(\\PC|[\n\r\t\"'=\\\\ ]){0,20}", 1..5), path in "(\\PC|[\n\" ]){0,20}") {
        let own: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = observed(vec![
            action(1, 11, exec("/usr/bin/x", "/usr/bin/x", &own)),
            action(2, 11, file(FileOp::Create, &format!("/tmp/{path}"), None)),
        ]);
        let all = events(&procedure("{}"), &run);
        let starts = of(&all, Some("process_creation"), None);
        let (line, first) = (args.join(" "), args[0].trim_end_matches(' '));
        prop_assert_eq!(starts[0].fields["CommandLine"].as_str(), Some(line.as_str()));
        let execve = all.iter().find(|e| e.fields["type"] == "EXECVE").unwrap();
        let told = execve.fields["a0"].as_str().unwrap();
        prop_assert_eq!(told.trim_end_matches(' '), first);
        prop_assert_eq!(of(&all, Some("file_event"), None).len(), 1);
    }
}
