//! Pages: every row once, however the source cuts them.

use live::{Channel, ClockBounds, Dialect, Failed, Fields, Found, Span, find};
use model::live::{Ask, Ended, Reply, Trouble};
use model::quantity::Timestamp;
use serde_json::{Value, json};

fn fields() -> Fields {
    Fields { time: vec!["@timestamp".to_owned()], host: vec!["host.name".to_owned()], ..Fields::default() }
}

fn reply(value: &Value) -> Reply {
    let body = value.to_string().into_bytes();
    Reply { status: 200, date: None, sent: Timestamp(0), got: Timestamp(1), body }
}

/// Asks a source of `rows` rows, all of one moment, for all of them; `serve` may spoil an answer.
fn asked(rows: usize, mut serve: impl FnMut(u32, Value) -> Result<Reply, Failed>) -> (Found, Vec<Ask>) {
    let mut asks: Vec<Ask> = Vec::new();
    let mut pages = 0;
    let mut send = |ask: &Ask| -> Result<Reply, Failed> {
        asks.push(ask.clone());
        let Some(body) = &ask.body else { return Ok(reply(&json!({"id": "pit-0"}))) };
        if body.get("size").is_none() {
            return Ok(reply(&json!({"succeeded": true})));
        }
        // The id of the point in time changes with each answer, and only the newest one is known.
        assert_eq!(body.pointer("/pit/id"), Some(&json!(format!("pit-{pages}"))), "{body}");
        pages += 1;
        let from = body.pointer("/search_after/1").and_then(Value::as_u64).map_or(0, |n| n as usize + 1);
        let size = body["size"].as_u64().map_or(0, |n| n as usize);
        let row = |n: usize| json!({"_id": format!("r{n}"), "_index": "i", "_source": {}, "sort": [7, n]});
        let hits: Vec<Value> = (from..rows.min(from + size)).map(row).collect();
        serve(
            pages,
            json!({"timed_out": false, "pit_id": format!("pit-{pages}"), "_shards": {"total": 1, "failed": 0},
            "hits": {"total": {"value": rows}, "hits": hits}}),
        )
    };
    let mut channel = Channel { send: &mut send, clock: ClockBounds::default() };
    let (from, to) = (Timestamp(0), Timestamp(10));
    let fields = fields();
    let span = Span {
        dialect: Dialect::Elasticsearch,
        index: "i",
        fields: &fields,
        from,
        to,
        hosts: &[],
        rule: None,
        text: None,
    };
    let found = find(&mut channel, &span);
    (found, asks)
}

#[test]
fn ten_thousand_rows_of_one_moment_are_each_seen_once() {
    let (found, asks) = asked(10_000, |_, page| Ok(reply(&page)));
    assert_eq!(found.ended, Ended::Complete);
    let mut ids: Vec<&str> = found.rows.iter().map(|row| row.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((found.rows.len(), ids.len()), (10_000, 10_000));
    // Twenty full pages, an empty one, opening and closing; each question is short.
    assert_eq!(asks.len(), 23);
    assert!(asks.iter().filter_map(|a| a.body.as_ref()).all(|b| b.to_string().len() < 1_000));
}

#[test]
fn a_page_that_fails_or_comes_again_is_a_part_and_no_end() {
    let (found, _) = asked(2_000, |page, value| match page {
        3 => Err((Trouble::TimedOut, "60 s".to_owned())),
        _ => Ok(reply(&value)),
    });
    assert!(matches!(&found.ended, Ended::Partial { why } if why.contains("after 1000 rows")), "{found:?}");
    let mut kept = None;
    let (found, _) = asked(2_000, |page, value| {
        let first = kept.get_or_insert_with(|| value["hits"]["hits"].clone()).clone();
        let mut value = value;
        if page > 1 {
            value["hits"]["hits"] = first;
        }
        Ok(reply(&value))
    });
    assert_eq!(found.ended, Ended::Partial { why: "a page came twice".to_owned() });
    assert_eq!(found.rows.len(), 500);
    let (found, _) = asked(30_000, |_, page| Ok(reply(&page)));
    assert!(matches!(&found.ended, Ended::Partial { why } if why.contains("20000")), "{:?}", found.ended);
    let (found, _) = asked(0, |_, page| Ok(reply(&page)));
    assert_eq!((found.ended, found.rows.len()), (Ended::Complete, 0));
}
