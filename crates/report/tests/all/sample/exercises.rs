//! The sample record as `exercise --profile` would have made it.

use model::exercise::{
    CleanProof, Effects, Ending, Exercise, Prevention, ProfileLine, ProfileTest, Refusal, Tier, User,
};
use model::record::Record;
use model::recording::{RecordingKind, RunStatus};

use super::{replayed, technique};

/// Returns a record in which every recording was made by an exercise.
pub(crate) fn exercised() -> Record {
    let mut record = replayed();
    let recordings = record.recordings.iter_mut().filter(|r| r.kind != RecordingKind::Benign);
    record.exercises = recordings
        .enumerate()
        .map(|(n, recording)| {
            if n == 2 {
                recording.run = RunStatus::BreachOfContract { effects: vec!["file /etc/cron.d/x".into()] };
            }
            Exercise {
                recording: recording.id.clone(),
                procedure: format!("{n:064x}"),
                tier: (n != 4).then_some(if n == 5 { Tier::Landlock } else { Tier::Namespaces }),
                user: if n % 2 == 0 { User::Root } else { User::Ordinary },
                ending: Ending::Exited { code: 0 },
                success: Some(true),
                declared: (n != 3).then(Effects::default),
                seen: Effects {
                    files: vec!["/etc/cron.d/x".into(), "/tmp/<out>".into()],
                    processes: vec!["/usr/bin/cat".into()],
                    sockets: vec!["203.0.113.10:443/tcp".into()],
                    privileges: vec![],
                },
                undeclared: if n == 2 { vec!["file /etc/cron.d/x".into()] } else { vec![] },
                refused: vec![Refusal { what: "call mount".into(), by: "guard".into(), times: 2 }],
                changes: vec!["added /tmp/<out>".into()],
                elapsed: 12_345 * (n as u64 + 1),
                alert_after: (n % 2 == 0).then_some(4_321),
                clean: CleanProof { survivors: u64::from(n == 6), mounts: 0 },
                notes: if n == 5 { vec!["writing below /etc is only attempted".into()] } else { vec![] },
                prevention: Some(match n {
                    1 => Prevention::Prevented { by: vec!["ProtectSystem=strict".into()], modelled: false },
                    4 => {
                        Prevention::NotTestable { why: "it does not work without the profile either".into() }
                    }
                    _ => Prevention::NotPrevented,
                }),
            }
        })
        .collect();
    record.profile = Some(ProfileTest {
        name: "nginx.service".into(),
        kind: "systemd unit".into(),
        hash: "0".repeat(64),
        stopped: vec![technique("T1490")],
        open: vec![technique("T1070.001"), technique("T1041")],
        lines: vec![ProfileLine {
            line: "RestrictAddressFamilies=AF_UNIX".into(),
            techniques: vec![technique("T1041")],
            verified: true,
        }],
        modelled: vec!["IPAddressDeny=any: evaluated on what was observed, not enforced".into()],
    });
    record
}
