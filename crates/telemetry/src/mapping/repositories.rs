//! Audit logs of code hosts: GitHub, Bitbucket.

use std::sync::{Arc, LazyLock};

use model::event::Origin;

use super::{Mapping, Shaped};
use crate::fields::{at, text};
use crate::log_source;

/// The audit log of an organisation or enterprise (GitHub, "Audit log events").
pub(super) static GITHUB: Mapping = Mapping {
    name: "GitHub audit",
    is: |object| {
        text(object, "action").is_some_and(|action| action.contains('.'))
            && ["org", "business", "_document_id", "repo"].iter().any(|n| object.contains_key(*n))
            && (object.contains_key("@timestamp") || object.contains_key("created_at"))
    },
    map: |fields| Shaped::of(fields, HUB.clone()),
    feeds: || vec![HUB.clone()],
};

/// The audit log of a data centre (Atlassian, "Bitbucket audit log events").
pub(super) static BITBUCKET: Mapping = Mapping {
    name: "Bitbucket audit",
    is: |object| at(object, "auditType.category").is_some() || at(object, "auditType.action").is_some(),
    map: |fields| Shaped::of(fields, BUCKET.clone()),
    feeds: || vec![BUCKET.clone()],
};

static HUB: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("github", &[], &["audit"]));
static BUCKET: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("bitbucket", &[], &["audit"]));
