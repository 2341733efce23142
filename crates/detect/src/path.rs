//! Paths into nested values, as the rule engine follows them: `actor.id`, `args[0]`, `args[-1].name`.

use std::borrow::Cow;

use model::event::Fields;
use rsigma_eval::EventValue;
use rsigma_parser::fieldpath::{first_unescaped, unescape_brackets};
use serde_json::Value;

enum Step<'a> {
    /// A member of an object; of a list, that of each of its items.
    Member(Cow<'a, str>),
    /// An item of a list, below zero from its end.
    Item(i64),
}

/// Returns whether the name may be a path.
pub(crate) fn is_path(name: &str) -> bool {
    name.contains(['.', '[', '\\'])
}

/// Returns what a path leads to, several values as a list.
pub(crate) fn nested<'a>(fields: &'a Fields, path: &str) -> Option<EventValue<'a>> {
    let steps = steps(path);
    let Some((Step::Member(root), rest)) = steps.split_first() else { return None };
    let mut found = Vec::new();
    follow(fields.get(root)?, rest, &mut found);
    match found.len() {
        0 | 1 => found.pop(),
        _ => Some(EventValue::Array(found)),
    }
}

fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let bracket = first_unescaped(part, b'[').and_then(|at| part.split_at_checked(at));
        match bracket.and_then(|(name, places)| Some((name, items(places)?))) {
            Some((name, items)) => {
                if !name.is_empty() {
                    steps.push(Step::Member(unescape_brackets(name)));
                }
                steps.extend(items.into_iter().map(Step::Item));
            }
            None => steps.push(Step::Member(unescape_brackets(part))),
        }
    }
    steps
}

/// Reads `[1][-2]`; `None` where it says something else.
fn items(mut places: &str) -> Option<Vec<i64>> {
    let mut items = Vec::new();
    while !places.is_empty() {
        let (place, rest) = places.strip_prefix('[')?.split_once(']')?;
        items.push(place.parse().ok()?);
        places = rest;
    }
    Some(items)
}

fn follow<'a>(value: &'a Value, steps: &[Step<'_>], found: &mut Vec<EventValue<'a>>) {
    match (steps.split_first(), value) {
        (None, _) => found.push(EventValue::from(value)),
        (Some((Step::Member(name), rest)), Value::Object(object)) => {
            if let Some(member) = object.get(name.as_ref()) {
                follow(member, rest, found);
            }
        }
        (Some((Step::Member(_), _)), Value::Array(list)) => {
            list.iter().for_each(|item| follow(item, steps, found));
        }
        (Some((Step::Item(place), rest)), Value::Array(list)) => {
            let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
            let place = if *place < 0 { length.checked_add(*place) } else { Some(*place) };
            let item = place.and_then(|place| list.get(usize::try_from(place).ok()?));
            if let Some(item) = item {
                follow(item, rest, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rsigma_eval::Event as _;
    use rsigma_eval::event::JsonEvent;
    use serde_json::json;

    use super::*;
    use crate::view::View;

    #[test]
    fn paths_lead_where_the_engine_goes() {
        let value = json!({
            "a": {"b": [{"c": 1}, {"c": "x"}, {"d": [7, 8, 9]}], "": 3},
            "a.b": "flat", "l": [1, [2, 3]], "x[0]": "named so", "n": null, "o": {"x[0]": 4, "p.q": 5},
            "": {"z": 6},
        });
        let fields: Fields = value.as_object().unwrap().clone().into();
        let names = [
            "a.b",
            "a.b.c",
            "a.b.d",
            "a.b.d[0]",
            "a.b.d[-1]",
            "a.b.d[3]",
            "a.b.d[-4]",
            "l[0]",
            "l[1][0]",
            "l[1][-1]",
            "l[x]",
            "l[0",
            "l[]",
            "x[0]",
            r"x\[0\]",
            r"o.x\[0\]",
            "o.p.q",
            "n",
            "n.a",
            "a",
            "a.",
            ".z",
            "[0]",
            "[0].a",
            "a..b",
            "missing",
            "missing.a",
            "l[99999999999999999999]",
            "l[-9223372036854775808]",
            "",
            "a.b[2].d[1]",
        ];
        for name in names {
            let expected = JsonEvent::borrow(&value).get_field(name).map(|v| v.to_json());
            assert_eq!(View::new(&fields).get_field(name).map(|v| v.to_json()), expected, "{name}");
        }
    }
}
