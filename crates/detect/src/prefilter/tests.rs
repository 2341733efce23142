use std::collections::BTreeSet;
use std::sync::Arc;

use model::attack::{JoinPath, Joined};
use model::event::{Event, Fields};
use proptest::prelude::*;
use rsigma_eval::evaluate_rule;
use serde_json::{Value, json};

use super::{Marks, Memo, Prefilter};
use crate::pack::Pack;
use crate::rules::{RuleFile, RuleSet};
use crate::view::View;

fn joined(published: &str) -> Joined {
    Joined { published: published.to_owned(), mapped: Vec::new(), how: JoinPath::NotJoined }
}

fn rules(detections: &[Value]) -> RuleSet {
    let file = |(place, detection): (usize, &Value)| {
        let rule = json!({
            "title": format!("rule {place}"), "id": format!("rule-{place}"),
            "logsource": {"product": "windows"}, "detection": detection,
        });
        RuleFile { path: format!("{place}.yml"), bytes: rule.to_string().into_bytes() }
    };
    RuleSet::read(detections.iter().enumerate().map(file).collect(), &joined).into_parts().0.0
}

/// Returns the rules that match an event, of all and of those that the filter lets through.
fn matching(set: &RuleSet, event: &Value) -> (BTreeSet<usize>, BTreeSet<usize>, usize) {
    let fields = json_fields(event);
    let view = View::new(&fields);
    let places = 0..set.rules().len();
    let matches = |place: &usize| evaluate_rule(set.compiled(*place), &view).is_some();
    let filter = Prefilter::new(places.clone().map(|place| set.compiled(place)));
    let mut marks = Marks::default();
    // Marks of the event before must not stay.
    filter.candidates(View::new(&json_fields(&json!({"Image": "cmd", "EventID": 1}))), &mut marks);
    let found = filter.candidates(view, &mut marks).to_vec();
    assert!(found.is_sorted());
    // Values are known now.
    filter.candidates(View::new(&json_fields(&json!({"Image": "net", "EventID": 2}))), &mut marks);
    assert_eq!(filter.candidates(view, &mut marks), found);
    let let_through = found.len();
    (places.filter(matches).collect(), found.into_iter().filter(matches).collect(), let_through)
}

/// Returns the rules that match each event, of those that the filter for packed events lets through.
fn matching_packed(set: &RuleSet, events: &[Value]) -> Vec<BTreeSet<usize>> {
    let event = |(place, value): (usize, &Value)| Event {
        index: place as u64,
        time: None,
        arrived: None,
        host: None,
        origin: Arc::default(),
        fields: json_fields(value),
    };
    let pack = Pack::new(events.iter().enumerate().map(event).collect());
    let filter = Prefilter::of_packed((0..set.rules().len()).map(|place| set.compiled(place)));
    let mut matching = vec![BTreeSet::new(); events.len()];
    for sheet in pack.sheets() {
        filter.rows(&mut Memo::new(&pack), sheet, &mut |row, found| {
            assert!(found.is_sorted());
            let event = pack.event(sheet, row).unwrap();
            let view = View::new(&event.fields);
            let matches = found.iter().filter(|place| evaluate_rule(set.compiled(**place), &view).is_some());
            matching[usize::try_from(event.index).unwrap()].extend(matches);
        });
    }
    matching
}

fn json_fields(value: &Value) -> Fields {
    value.as_object().unwrap().clone().into()
}

const FIELDS: [&str; 7] = ["Image", "CommandLine", "EventID", "a.b", "l[0]", "User", "Hashes"];

/// Few letters, so that texts meet; some that have no or several small letters.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[abAsSkK]{0,3}", "[aAsk\u{17f}\u{212a}ßİıΣσς. ]{0,4}", "[a-c\\\\/-]{1,5}"]
}

fn wanted() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => text().prop_map(|text| Value::from(format!("*{text}*a?{text}"))),
        2 => (-2..4_i64).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(json!(1.5)),
    ];
    prop_oneof![one.clone(), prop::collection::vec(one, 1..9).prop_map(Value::from)]
}

fn item() -> impl Strategy<Value = (String, Value)> {
    let modifiers = prop_oneof![
        4 => Just(""), 3 => Just("|contains"), 1 => Just("|contains|all"), 1 => Just("|startswith"),
        1 => Just("|endswith"), 1 => Just("|endswith|cased"), 1 => Just("|cased"), 1 => Just("|re|i"),
        1 => Just("|re"), 1 => Just("|windash|contains"), 1 => Just("|base64offset|contains"),
        1 => Just("|exists"), 1 => Just("|gte"), 1 => Just("|neq"), 1 => Just("|fieldref"),
        1 => Just("|cidr"), 1 => Just("|contains|neq"),
    ];
    (prop::sample::select(&FIELDS[..]), modifiers, wanted())
        .prop_map(|(field, modifier, wanted)| (format!("{field}{modifier}"), wanted))
}

fn detection() -> impl Strategy<Value = Value> {
    let map =
        || prop::collection::vec(item(), 1..4).prop_map(|items| Value::Object(items.into_iter().collect()));
    let keywords = prop_oneof![
        prop::collection::vec(text(), 1..4).prop_map(Value::from),
        prop::collection::vec(text(), 1..3).prop_map(|words| json!({ "|all": words })),
    ];
    prop_oneof![
        4 => map(),
        1 => prop::collection::vec(map(), 1..4).prop_map(Value::from),
        1 => keywords,
    ]
}

fn rule() -> impl Strategy<Value = Value> {
    let condition = prop::sample::select(vec![
        "a1",
        "a1 and a2",
        "a1 or a2",
        "a1 and not a2",
        "not a1",
        "1 of a*",
        "all of a*",
        "1 of them",
        "all of them",
        "(a1 or b) and a2",
        "b and 1 of a*",
        "not (a1 and a2) and b",
        "2 of them",
    ]);
    (detection(), detection(), detection(), condition)
        .prop_map(|(a1, a2, b, condition)| json!({"a1": a1, "a2": a2, "b": b, "condition": condition}))
}

fn event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        2 => (-2..4_i64).prop_map(Value::from),
        1 => Just(json!("1")),
        1 => Just(json!("1.0")),
        1 => Just(json!(1.5)),
        1 => Just(json!(u64::MAX)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!("10.0.0.1")),
    ];
    let value = prop_oneof![
        5 => leaf.clone(),
        1 => prop::collection::vec(leaf.clone(), 0..3).prop_map(Value::from),
        1 => leaf.prop_map(|leaf| json!({"b": leaf})),
    ];
    let name =
        prop::sample::select(vec!["Image", "CommandLine", "EventID", "a", "a.b", "l", "User", "Hashes"]);
    prop::collection::vec((name, value), 0..8)
        .prop_map(|members| Value::Object(members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_filter_keeps_back_no_rule_that_matches(
        detections in prop::collection::vec(rule(), 1..12),
        events in prop::collection::vec(event(), 1..12),
    ) {
        let set = rules(&detections);
        for event in &events {
            let (all, through, _) = matching(&set, event);
            prop_assert_eq!(&all, &through, "{} against {:?}", event, detections);
        }
        let all = events.iter().map(|event| matching(&set, event).0).collect::<Vec<_>>();
        prop_assert_eq!(all, matching_packed(&set, &events), "{:?} packed, against {:?}", events, detections);
    }
}

#[test]
fn the_filter_keeps_back_most_rules() {
    let of = |image: usize| json!({"s": {"Image|endswith": format!("\\tool{image}.exe")}, "condition": "s"});
    let set = rules(&(0..100).map(of).collect::<Vec<_>>());
    let (all, through, tried) =
        matching(&set, &json!({"Image": "C:\\Tool7.EXE", "CommandLine": "tool8.exe"}));
    assert_eq!((all.len(), through.len(), tried), (1, 1, 1));
    assert_eq!(matching(&set, &json!({"CommandLine": "\\tool8.exe"})).2, 0);
}
