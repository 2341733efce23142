//! AWS CloudTrail: its files, what `lookup-events` answers, and what other services forward.

use std::sync::{Arc, LazyLock};

use model::event::Origin;

use super::{Mapping, Shaped, map};
use crate::fields::{Object, set_missing, text};
use crate::log_source;

/// Records as CloudTrail writes them (AWS, "CloudTrail record contents").
pub(super) static CLOUDTRAIL: Mapping = Mapping {
    name: "AWS CloudTrail",
    is: |object| {
        object.contains_key("eventSource")
            && object.contains_key("eventName")
            && ["eventVersion", "awsRegion", "userIdentity"].iter().any(|name| object.contains_key(*name))
    },
    map: |fields| Shaped::of(fields, ORIGIN.clone()),
    feeds: || vec![ORIGIN.clone()],
};

/// What `aws cloudtrail lookup-events` answers: the record as text in a field.
pub(super) static LOOKUP: Mapping = Mapping {
    name: "AWS CloudTrail, lookup-events",
    is: |object| object.contains_key("CloudTrailEvent"),
    map: looked_up,
    feeds: || vec![ORIGIN.clone()],
};

static ORIGIN: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("aws", &[], &["cloudtrail"]));

fn looked_up(fields: Object) -> Shaped {
    let record = text(&fields, "CloudTrailEvent").and_then(|text| serde_json::from_str::<Object>(text).ok());
    let Some(mut record) = record else { return Shaped::of(fields, ORIGIN.clone()) };
    for (name, value) in fields {
        if name != "CloudTrailEvent" {
            set_missing(&mut record, &name, || Some(value));
        }
    }
    map(record)
}
