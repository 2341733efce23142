use proptest::prelude::*;
use serde_json::{Map, Value};

use super::read;

fn by_serde(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    serde_json::from_slice::<Map<String, Value>>(bytes).ok().map(|map| map.into_iter().collect())
}

fn here(bytes: &[u8]) -> Option<Vec<(String, Value)>> {
    read(bytes).map(|fields| fields.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
}

#[test]
fn what_is_read_here_is_what_serde_json_reads() {
    let read_here = [
        r#"{}"#,
        r#" { } "#,
        r#"{"a":1,"b":"x","a":2}"#,
        r#"{"a" : -12 , "b" : [1,{"c":null}] , "c":{"d":[true,false]}}"#,
        r#"{"a":"C:\\Windows\\x.exe","b":"\r\n\t\"\/\b\f","c":"\u00e4\u20AC"}"#,
        r#"{"a":0,"b":-0,"c":1.5e3,"d":999999999999999999,"e":18446744073709551615,"f":1e400e}"#,
        r#"{"ä":"Ünïcode 🙂","EventID":4688,"a":0.1,"b":1E-2,"c":123456789012345678901234567890}"#,
    ];
    let left_or_refused = [
        "",
        "{",
        "[]",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":--1}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\ud83d\\ude42\"}",
        "{\"a\":\"\\u+123\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"",
        "{\"a\":\"\\\"}",
        "{\"a\":1} x",
        "{\"a\":1}{\"a\":2}",
        "{\"a\":tru}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":}",
        "{\"a\":-}",
        "{\"a\":\"\\u00\"}",
        "{,}",
        "{\"a\":[1,}",
        "{\"a\":nullx}",
    ];
    for text in read_here.into_iter().chain(left_or_refused) {
        let found = here(text.as_bytes());
        if found.is_some() {
            assert_eq!(found, by_serde(text.as_bytes()), "{text}");
        }
    }
    for text in &read_here[..5] {
        assert!(here(text.as_bytes()).is_some(), "{text} is read here");
    }
    assert!(here(b"{\"a\":\"\xff\"}").is_none());
}

#[test]
fn an_object_of_many_members_is_left_to_a_table() {
    let members: Vec<String> = (0..100_000).map(|n| format!("\"f{n}\":1")).collect();
    assert!(read(format!("{{{}}}", members.join(",")).as_bytes()).is_none());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..1_000_000_u32).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~\\\\\"\r\n\tä€🙂]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c.]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn objects_are_read_as_serde_json_reads_them(
        members in prop::collection::vec(("[a-d]{1,2}|[ -~]{0,12}", value()), 0..12),
        pretty in any::<bool>(),
    ) {
        let mut text = String::from("{");
        for (at, (name, value)) in members.iter().enumerate() {
            let name = serde_json::to_string(name).unwrap();
            let value = serde_json::to_string(value).unwrap();
            let gap = if pretty { " " } else { "" };
            text.push_str(&format!("{}{name}{gap}:{gap}{value}", if at > 0 { "," } else { "" }));
        }
        text.push('}');
        if let Some(found) = here(text.as_bytes()) {
            prop_assert_eq!(Some(found), by_serde(text.as_bytes()));
        } else {
            // Only control characters, halves of pairs and the like are left to the other.
            prop_assert!(text.contains("\\u") || text.bytes().any(|byte| byte < b' '), "{}", text);
        }
    }

    #[test]
    fn broken_objects_are_never_read_otherwise(
        text in "[{}\\[\\]\":, a0-9.eE+-]{0,24}|\\{\"a\":[ -~]{0,8}\\}",
        bytes in prop::collection::vec(any::<u8>(), 0..16),
    ) {
        for bytes in [text.as_bytes(), &bytes] {
            if let Some(found) = here(bytes) {
                prop_assert_eq!(Some(found), by_serde(bytes));
            }
        }
    }
}
