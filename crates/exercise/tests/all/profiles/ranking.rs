//! What is concluded from two runs, and which line would do most of the rest.

use std::net::{IpAddr, Ipv4Addr};

use exercise::profile::{Open, Profile, Props, UnitFile, candidates, prevention, rank, read_unit};
use exercise::sandbox::{Action, Clean, Done, End, FileOp, Observed, Protocol, Tier, What};
use model::exercise::Prevention;
use model::id::TechniqueId;

fn run(success: bool, actions: &[(What, Done)]) -> Observed {
    Observed {
        tier: Tier::Namespaces,
        end: End::Exited(0),
        success: Some(success),
        actions: actions
            .iter()
            .map(|(what, result)| Action {
                at: 0,
                pid: 2,
                parent: 1,
                harness: false,
                what: what.clone(),
                result: result.clone(),
            })
            .collect(),
        changes: Vec::new(),
        output: Vec::new(),
        elapsed: 1,
        clean: Clean::default(),
        notes: Vec::new(),
    }
}

fn file(op: FileOp, path: &str) -> What {
    What::File { op, path: path.to_owned(), to: None }
}

fn connect() -> What {
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    What::Connect { protocol: Protocol::Tcp, address, port: 4444, name: None, data: false }
}

fn unit(text: &str) -> Profile {
    read_unit(UnitFile { path: "x.service", bytes: text.as_bytes() }, &[]).into_parts().0
}

#[test]
fn a_refusal_counts_only_when_the_procedure_works_without_it_and_not_with_it() {
    let profile = unit("[Service]\nProtectSystem=full\nIPAddressDeny=any\nProtectHome=yes\n");
    let cron = || file(FileOp::Create, "/etc/cron.d/x");
    let worked = run(true, &[(cron(), Done::Ok)]);
    let refused = run(false, &[(cron(), Done::Failed(libc::EROFS))]);
    let by = |line: &str, modelled| Prevention::Prevented { by: vec![line.to_owned()], modelled };
    assert_eq!(prevention(&worked, &refused, &profile, Props::default()), by("ProtectSystem=full", false));
    assert_eq!(prevention(&worked, &worked, &profile, Props::default()), Prevention::NotPrevented);
    // A refusal that did not matter is no prevention.
    let resisted = run(true, &[(cron(), Done::Failed(libc::EROFS))]);
    assert_eq!(prevention(&worked, &resisted, &profile, Props::default()), Prevention::NotPrevented);
    assert!(matches!(
        prevention(&refused, &refused, &profile, Props::default()),
        Prevention::NotTestable { .. }
    ));
    // A failure without any refusal earns nothing.
    let elsewhere = run(true, &[(file(FileOp::Create, "/srv/x"), Done::Ok)]);
    let failed = run(false, &[(file(FileOp::Create, "/srv/x"), Done::Failed(libc::ENOSPC))]);
    assert!(matches!(
        prevention(&elsewhere, &failed, &profile, Props::default()),
        Prevention::NotTestable { .. }
    ));
    // What cannot be enforced here is said to be modelled.
    let called = run(true, &[(connect(), Done::Sunk)]);
    assert_eq!(prevention(&called, &called, &profile, Props::default()), by("IPAddressDeny=any", true));
    // Hidden files are simply not there.
    let read = |done| (file(FileOp::Read, "/home/max/x"), done);
    let without = run(true, &[read(Done::Ok)]);
    let with = run(false, &[read(Done::Failed(libc::ENOENT))]);
    assert_eq!(prevention(&without, &with, &profile, Props::default()), by("ProtectHome=yes", false));
    // Root may open a hidden file and finds nothing in it: nothing is refused, yet it is prevented.
    let emptied = run(false, &[read(Done::Ok)]);
    assert_eq!(prevention(&without, &emptied, &profile, Props::default()), by("ProtectHome=yes", false));
}

#[test]
fn a_refused_proof_says_nothing_about_the_act() {
    let profile = unit("[Service]\nProtectSystem=strict\n");
    let proof = "grep -q listed /tmp/listed";
    let wrote = |path: &str, done| (file(FileOp::Create, path), done);
    let worked = run(true, &[wrote("/tmp/listed", Done::Ok)]);
    let refused = run(false, &[wrote("/tmp/listed", Done::Failed(libc::EROFS))]);
    let found = prevention(&worked, &refused, &profile, Props { check: proof, ..Props::default() });
    assert!(matches!(&found, Prevention::NotTestable { why } if why.contains("PrivateTmp")), "{found:?}");
    // What the act itself needs is another matter, even when a name begins alike.
    for other in ["/tmp/listed.tar", "/etc/cron.d/x"] {
        let without = run(true, &[wrote(other, Done::Ok)]);
        let under = run(false, &[wrote(other, Done::Failed(libc::EROFS))]);
        let found = prevention(&without, &under, &profile, Props { check: proof, ..Props::default() });
        assert!(matches!(found, Prevention::Prevented { modelled: false, .. }), "{other}: {found:?}");
    }
}

#[test]
fn a_refused_stand_in_says_nothing_about_the_tool() {
    let profile = exercise::profile::read_landlock(
        "policy.yaml",
        b"name: narrow\npaths:\n  - {path: /usr, rights: [read, execute]}\n  - {path: /tmp, rights: [read, write, create]}\n",
    );
    let profile = profile.into_parts().0.expect("a policy");
    let stand_ins = ["/opt/stage/bin/esxcli".to_owned()];
    let stage = Props { check: "test -s /tmp/listed", stand_ins: &stand_ins };
    let start = |done| {
        let (image, parent_image) = (stand_ins[0].clone(), "/usr/bin/bash".to_owned());
        let args = vec!["esxcli".to_owned()];
        let (cwd, parent_args) = ("/root".to_owned(), Vec::new());
        (What::Exec { invoked: image.clone(), image, args, cwd, uid: 0, parent_image, parent_args }, done)
    };
    let worked = run(true, &[start(Done::Ok), (file(FileOp::Create, "/tmp/listed"), Done::Ok)]);
    for (success, more) in [(true, "/tmp/listed"), (false, "/tmp/listed")] {
        let wrote = (file(FileOp::Create, more), Done::Ok);
        let under = run(success, &[start(Done::Failed(libc::EACCES)), wrote]);
        let found = prevention(&worked, &under, &profile, stage);
        assert!(matches!(&found, Prevention::NotTestable { why } if why.contains("stand in")), "{found:?}");
    }
    // Another refusal is the profile's.
    let cron = (file(FileOp::Create, "/etc/cron.d/x"), Done::Failed(libc::EACCES));
    let under = run(false, &[start(Done::Failed(libc::EACCES)), cron]);
    let found = prevention(&worked, &under, &profile, stage);
    assert!(matches!(found, Prevention::Prevented { modelled: false, .. }), "{found:?}");
}

#[test]
fn the_sandbox_own_refusals_are_not_the_profile_s() {
    let profile = unit("[Service]\nProtectClock=yes\n");
    let call =
        What::Call { number: u32::MAX, name: "settimeofday".to_owned(), args: [0; 6], privileged: true };
    let guarded = run(false, &[(call, Done::Denied { by: "guard".to_owned(), errno: libc::EPERM })]);
    let found = prevention(&guarded, &guarded, &profile, Props::default());
    assert!(matches!(&found, Prevention::NotTestable { why } if why.contains("sandbox itself")), "{found:?}");
}

#[test]
fn the_line_that_stops_most_techniques_comes_first() {
    let text = b"[Service]\nProtectHome=yes\nProtectClock=yes\nSystemCallFilter=@system-service\n";
    let bare = UnitFile { path: "x.service", bytes: text };
    let found = candidates(bare, &[]);
    let lines: Vec<&str> = found.iter().map(|c| c.line).collect();
    assert!(!lines.contains(&"ProtectHome=yes"), "the unit has it");
    assert!(!lines.contains(&"ProtectHome=read-only"), "it would weaken the unit");
    assert!(!lines.contains(&"ProtectClock=yes"), "the unit has it");
    assert!(lines.contains(&"ProtectSystem=strict"));
    let id = |text: &str| TechniqueId::new(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let techniques = [[id("T1053.003")], [id("T1543.002")], [id("T1095")]];
    let runs = [
        run(true, &[(file(FileOp::Create, "/etc/cron.d/x"), Done::Ok)]),
        run(true, &[(file(FileOp::Create, "/etc/systemd/system/x.service"), Done::Ok)]),
        run(true, &[(connect(), Done::Sunk)]),
    ];
    let open: Vec<Open<'_>> = techniques
        .iter()
        .zip(&runs)
        .map(|(t, baseline)| Open { techniques: t, baseline, stage: Props::default() })
        .collect();
    let gains = rank(&found, &open);
    let first = &gains[0];
    assert_eq!(found[first.candidate].line, "ProtectSystem=strict");
    assert_eq!((first.procedures.clone(), first.techniques.len(), first.enforced), (vec![0, 1], 2, true));
    let modelled = gains.iter().find(|g| found[g.candidate].line == "IPAddressDeny=any");
    assert!(modelled.is_some_and(|g| !g.enforced && g.procedures == [2]), "{gains:?}");
}
