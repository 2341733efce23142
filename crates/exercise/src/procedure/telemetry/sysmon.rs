//! Events as Sysmon for Linux writes them, flattened as collectors do.
//!
//! Event ids and field names are those of the Sysmon manifest. `file_event` (11) is
//! written whenever a file gets a name or new content under one: created, opened for
//! writing, renamed to, linked to.

use model::quantity::Timestamp;
use serde_json::{Value, json};

use super::processes::{Process, user};
use crate::sandbox::{Action, FileOp, Protocol, What};

/// Returns the events that one action gives.
pub(super) fn events(action: &Action, process: &Process, at: Timestamp, host: &str) -> Vec<Value> {
    let event = |id: u64, fields: Value| {
        let mut event = json!({
            "EventID": id,
            "Channel": "Linux-Sysmon/Operational",
            "Provider_Name": "Linux-Sysmon",
            "Computer": host,
            "UtcTime": moment(at),
            "ProcessId": action.pid,
            "Image": process.image,
            "User": user(process.uid),
        });
        if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
            event.extend(fields);
        }
        event
    };
    match &action.what {
        What::Exec { args, cwd, uid, parent_image, parent_args, .. } => vec![event(
            1,
            json!({
                "CommandLine": args.join(" "),
                "CurrentDirectory": cwd,
                "LogonId": uid,
                "ParentProcessId": action.parent,
                "ParentImage": parent_image,
                "ParentCommandLine": parent_args.join(" "),
            }),
        )],
        What::File { op, path, to } => {
            let target = |id, path: &str| event(id, json!({"TargetFilename": path}));
            match op {
                FileOp::Create | FileOp::Write | FileOp::Symlink | FileOp::MakeNode => vec![target(11, path)],
                FileOp::Rename | FileOp::Link => to.iter().map(|to| target(11, to)).collect(),
                FileOp::Remove => vec![target(23, path)],
                _ => Vec::new(),
            }
        }
        What::Connect { protocol, address, port, name, .. } => {
            let mut fields = json!({
                "Protocol": match protocol {
                    Protocol::Tcp => "tcp",
                    Protocol::Udp => "udp",
                    Protocol::Other => "other",
                },
                "Initiated": "true",
                "DestinationIsIpv6": address.is_ipv6().to_string(),
                "DestinationIp": address.to_string(),
                "DestinationPort": port,
            });
            if let Some(name) = name {
                fields["DestinationHostname"] = json!(name);
            }
            vec![event(3, fields)]
        }
        _ => Vec::new(),
    }
}

/// Returns a moment as Sysmon writes it, in UTC.
fn moment(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}
