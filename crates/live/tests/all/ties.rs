//! What ties rows to an act, and how often chance does.

use live::{Act, Fields, Known, Row, RuleNames, read_acts};
use model::attack::{JoinPath, Joined};
use model::id::TechniqueId;
use model::live::{Standing, Tie};
use model::quantity::{Millis, Timestamp};
use serde_json::{Value, json};

const BEGIN: i64 = 1_764_496_800_000;

fn join(published: &str) -> Joined {
    let mapped = TechniqueId::new(published).into_iter().collect();
    Joined { published: published.to_owned(), mapped, how: JoinPath::Same }
}

fn act(more: &str) -> Act {
    let text = format!(
        "acts:\n- id: a\n  technique: T1490\n  host: app-01\n  begin: 2025-11-30T10:00:00Z\n  end: 2025-11-30T10:00:01Z\n{more}"
    );
    let mut said = Vec::new();
    let acts = read_acts("acts.yaml", text.as_bytes(), &join).report(&mut said);
    assert!(said.is_empty(), "{said:?}");
    acts.into_iter().next().expect("one act")
}

fn fields() -> Fields {
    let one = |name: &str| vec![name.to_owned()];
    Fields {
        time: one("@timestamp"),
        host: one("host.name"),
        process: one("process.pid"),
        parent: one("process.parent.pid"),
        rule_name: one("rule"),
        ancestors: one("ancestors"),
        ..Fields::default()
    }
}

fn row(id: &str, after: i64, host: &str, (pid, parent): (u64, u64), more: &Value) -> Row {
    let mut document = json!({"@timestamp": BEGIN + after, "host": {"name": host},
        "process": {"pid": pid, "parent": {"pid": parent}}});
    for (key, value) in more.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    Row { id: id.to_owned(), index: "i".to_owned(), document, sort: Vec::new() }
}

#[test]
fn children_of_the_act_are_its_own_and_a_reused_number_is_not() {
    let act = act("  marker: fprabcdefgh12\n");
    let rows = [
        // The grandchild stands before its parents.
        row("grandchild", 300, "app-01", (52, 51), &json!({})),
        row("marked", 100, "app-01", (50, 7), &json!({"command": "x fprabcdefgh12"})),
        row("child", 200, "APP-01.corp.example", (51, 50), &json!({})),
        // Other children of the process that started the act.
        row("sibling", 200, "app-01", (60, 7), &json!({})),
        row("reused", 3_600_000, "app-01", (51, 1), &json!({})),
        row("elsewhere", 200, "web-02", (51, 50), &json!({})),
    ];
    let mut known = Known::new(&act, "siem", Timestamp(BEGIN));
    let own: Vec<String> =
        known.events(&rows, &fields()).into_iter().map(|(row, _)| row.id.clone()).collect();
    assert_eq!(own, ["grandchild", "marked", "child"]);
    let tie = |row: &Row| known.alert(row, &fields(), &RuleNames::default());
    let alert = tie(&row("x", 500, "app-01", (52, 1), &json!({})));
    assert_eq!((alert.ties.as_slice(), &alert.standing), ([Tie::Process].as_slice(), &Standing::Attributed));
    let alert = tie(&row("x", 3_600_000, "app-01", (52, 1), &json!({})));
    assert!(matches!(alert.standing, Standing::Unrelated { .. }), "{alert:?}");
    let alert = tie(&row("x", 3_600_000, "other", (1, 1), &json!({"ancestors": ["child"]})));
    assert_eq!(alert.ties, [Tie::Ancestor]);
}

/// Draws that are the same each time: xorshift64*, Vigna 2016.
struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns how many of a process with this mean there are: gaps of exponential length.
    fn count(&mut self, mean: f64) -> u64 {
        let mut left = mean;
        let mut number = 0;
        loop {
            left += libm::log(1.0 - self.unit());
            if left < 0.0 {
                return number;
            }
            number += 1;
        }
    }
}

/// Alerts that come by themselves, at three rates, and an act that raises none: at most one in a
/// hundred is taken for the act's.
#[test]
fn chance_is_taken_for_the_act_at_most_once_in_a_hundred() {
    let act = act("");
    let known = Known::new(&act, "siem", Timestamp(BEGIN));
    let week = Millis(7 * 24 * 3_600_000);
    let window_hours = 241.0 / 3_600.0;
    let mut draws = Draws(20_261_201);
    for (rate, words) in [(0.1, "attributed"), (1.0, "probable"), (10.0, "coincident")] {
        let (mut wrong, mut seen) = (0, 0);
        for _ in 0..20_000 {
            if draws.count(rate * window_hours) == 0 {
                continue;
            }
            seen += 1;
            let mut alert =
                known.alert(&row("x", 0, "app-01", (1, 1), &json!({})), &fields(), &RuleNames::default());
            known.weigh(&mut alert, draws.count(rate * 168.0), week);
            wrong += usize::from(alert.standing == Standing::Attributed);
        }
        let share = f64::from(u32::try_from(wrong).expect("small")) / 20_000.0;
        assert!(seen > 50 && share <= 0.01, "{rate} an hour ({words}): {wrong} of 20,000 runs");
    }
}
