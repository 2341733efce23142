//! Eight trials in whole hours, of which every figure can be made by hand, and the plans for what
//! may be down. The figures stand in `data/by_hand.tsv`; `UPDATE=1` writes them
//! anew: review the difference.
//!
//! `a` holds service va and `b` service vb; vd needs both and is in no contract; `c` holds vc and
//! the backups of `b`; ve is never down. va has emergency operation after two hours, as long as `b` works.

use continuity::{Gone, crisis, impacts, read_estate, recovery, restart, timeline};
use model::diagnostic::Severity;
use model::estate::Estate;
use model::quantity::Millis;
use model::recovery::{Care, CopyAge};
use model::timeline::{Downtime, TrialTimeline};
use model::trial::DownCause::{self, Attack, Containment};
use model::trial::{Down, Relapse, Trial};
use serde_json::{Value, json};

fn estate() -> Estate {
    let text = include_bytes!("../data/by_hand.yaml");
    let (estate, said) = read_estate("by_hand.yaml", text).into_parts();
    assert!(said.iter().all(|d| d.severity == Severity::Warning), "{said:?}");
    estate.unwrap_or_else(|| panic!("{said:?}"))
}

fn hours(h: u64) -> Millis {
    Millis(h * Millis::HOUR.0)
}

const A: u32 = 0;
const B: u32 = 1;
const C: u32 = 2;

fn down(asset: u32, at: u64, cause: DownCause, work: u64) -> Down {
    Down { asset, at: hours(at), cause, attempts: 1, work: hours(work), care: Care::default(), copies: None }
}

fn copies(online: u64, offline: Option<u64>) -> Option<CopyAge> {
    Some(CopyAge { online: hours(online), offline: offline.map(hours) })
}

fn trials() -> Vec<Trial> {
    let trial = |index, down| Trial { index, down, ..Trial::default() };
    let lost = |age| Down { copies: copies(age, None), ..down(B, 1, Attack, 4) };
    vec![
        // Nothing: counts in every share, and in no length.
        trial(0, vec![]),
        // va from 1 to 4, in emergency operation from 3 on.
        trial(1, vec![down(A, 1, Containment, 3)]),
        // vb by the attack from 1 to 7: four hours of work, then 200 GB at 100 GB an hour. Three
        // hours of data are gone, as many as the first hosting allows and one more than the second.
        trial(2, vec![lost(3)]),
        // va from 0 to 8 and vb from 1 to 4: no emergency operation until 4. Nobody can be heard
        // by vb meanwhile; the provider declares at 2.
        Trial {
            declared: Some(hours(2)),
            ..trial(3, vec![down(A, 0, Containment, 8), down(B, 1, Containment, 3)])
        },
        // b is lost, and so is its backup, whose offline copy is 9 hours old; vc waits for its people.
        Trial {
            foothold: Some(hours(0)),
            reached: vec![B, C],
            ..trial(
                4,
                vec![Down { copies: copies(3, Some(9)), ..down(B, 2, Attack, 4) }, down(C, 2, Attack, 3)],
            )
        },
        // b is lost, and the attacker had been where its backups lie: the first before the foothold
        // counts. a is taken off once more when something is found.
        Trial {
            foothold: Some(hours(0)),
            reached: vec![A, B, C],
            relapse: Some(Relapse { site: 0, seen: hours(2), down: vec![down(A, 0, Containment, 5)] }),
            ..trial(
                5,
                vec![
                    Down { copies: copies(1, Some(9)), ..down(B, 4, Attack, 4) },
                    down(A, 4, Containment, 1),
                    down(C, 5, Containment, 1),
                ],
            )
        },
        // vb is off for 80 hours from 1 on: the hostings with it are told at 6, and cannot be heard
        // before 81, beyond all deadlines but the last. The third hosting sees nothing of it.
        Trial { declared: Some(hours(2)), ..trial(6, vec![down(B, 1, Containment, 80)]) },
        // a from 0 to 1, and once more from 3 to 6: this relapse costs three hours, the other one two.
        Trial {
            relapse: Some(Relapse { site: 0, seen: hours(2), down: vec![down(A, 0, Containment, 3)] }),
            ..trial(7, vec![down(A, 0, Containment, 1)])
        },
    ]
}

/// Absences and outages in hours, with `!` behind what is the attack's.
fn told(timeline: &TrialTimeline) -> Value {
    let hour = |at: Millis| at.minutes() / 60.0;
    let times = |list: &[Downtime]| -> Vec<String> {
        let one =
            |d: &Downtime| format!("{} to {}{}", hour(d.from), hour(d.to), if d.attack { "!" } else { "" });
        list.iter().map(one).collect()
    };
    let absences: Vec<Value> = timeline
        .absences
        .iter()
        .map(|a| json!([a.asset, hour(a.from), a.attacked.map(hour), hour(a.back)]))
        .collect();
    let hostings: Vec<Value> = timeline
        .hostings
        .iter()
        .map(|h| {
            let services: serde_json::Map<String, Value> =
                h.services.iter().map(|(id, list)| (id.to_string(), json!(times(list)))).collect();
            json!({ "tenants": h.tenants, "people": h.insured, "any": times(&h.any), "services": services })
        })
        .collect();
    json!({ "absences": absences, "hostings": hostings })
}

fn figures() -> Value {
    let (estate, trials) = (estate(), trials());
    let gone = |list: &[(u32, DownCause)]| -> Vec<Gone> {
        list.iter().map(|(asset, cause)| Gone::new(*asset, *cause)).collect()
    };
    let lists = [
        ("b", vec![(B, Attack)]),
        ("b-and-its-backup", vec![(B, Attack), (C, Attack)]),
        ("b-attacked-backup-off", vec![(B, Attack), (C, Containment)]),
        ("all-off", vec![(A, Containment), (B, Containment), (C, Containment)]),
        ("all-lost", vec![(A, Attack), (B, Attack), (C, Attack)]),
    ];
    let plans: serde_json::Map<String, Value> =
        lists.iter().map(|(name, list)| ((*name).to_owned(), json!(restart(&estate, &gone(list))))).collect();
    json!({
        "crisis": crisis(&estate, "by hand", &trials),
        "impacts": impacts(&estate, &trials),
        "timelines": trials.iter().map(|t| told(&timeline(&estate, t))).collect::<Vec<_>>(),
        "plans": plans,
    })
}

/// Returns a line for each figure, and one for each entry of a list.
fn lines(name: &str, value: &Value, deep: usize, out: &mut String) {
    match value {
        Value::Object(map) if deep > 0 => {
            map.iter().for_each(|(key, value)| lines(&format!("{name}.{key}"), value, deep - 1, out));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(i, value)| lines(&format!("{name}.{i}"), value, 0, out));
        }
        _ => *out += &format!("{name}\t{value}\n"),
    }
}

#[test]
fn every_figure_is_the_one_made_by_hand() {
    let mut got = String::new();
    lines("", &figures(), 3, &mut got);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/by_hand.tsv");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, &got).expect("written");
    }
    let wanted = std::fs::read_to_string(file).expect("beside the estate");
    for (got, wanted) in got.lines().zip(wanted.lines()) {
        assert_eq!(got, wanted);
    }
    assert_eq!(got.lines().count(), wanted.lines().count());
}

/// b is rebuilt from 0 to 3 and given its data back until 5. a works again at 1, and something is found
/// some hours later, which takes b off once more, to be started in an hour: what was interrupted is
/// done whole, and what had ended at that very time is not.
#[test]
fn what_ends_when_something_is_found_was_not_interrupted() {
    for (seen, back) in [(1, 7), (2, 6), (3, 7)] {
        let relapse = Some(Relapse { site: 0, seen: hours(seen), down: vec![down(B, 0, Containment, 1)] });
        let lost = vec![down(A, 0, Containment, 1), down(B, 0, Attack, 3)];
        let returns = recovery(&estate(), &Trial { down: lost, relapse, ..Trial::default() });
        let of_b: Vec<Millis> = returns.iter().filter(|r| r.asset == B).map(|r| r.back).collect();
        assert_eq!(of_b, [hours(back)], "found after {seen} hours");
    }
}
