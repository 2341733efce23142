//! Identity providers: Okta, OneLogin, Duo.

use std::sync::{Arc, LazyLock};

use model::event::Origin;

use super::{Mapping, Shaped};
use crate::fields::at;
use crate::log_source;

/// The system log (Okta, "System Log API").
pub(super) static OKTA: Mapping = Mapping {
    name: "Okta system log",
    is: |object| {
        object.contains_key("eventType")
            && (object.contains_key("displayMessage") || object.contains_key("legacyEventType"))
            && (object.contains_key("actor") || object.contains_key("debugContext"))
    },
    map: |fields| Shaped::of(fields, SYSTEM_LOG.clone()),
    feeds: || vec![SYSTEM_LOG.clone()],
};

/// Events (OneLogin, "Events API").
pub(super) static ONE_LOGIN: Mapping = Mapping {
    name: "OneLogin events",
    is: |object| object.contains_key("event_type_id"),
    map: |fields| Shaped::of(fields, ONE_LOGIN_EVENTS.clone()),
    feeds: || vec![ONE_LOGIN_EVENTS.clone()],
};

/// Authentication logs (Cisco Duo, "Admin API", authentication logs v2).
pub(super) static DUO: Mapping = Mapping {
    name: "Duo authentication",
    is: |object| {
        object.contains_key("event_type")
            && object.contains_key("factor")
            && (at(object, "auth_device").is_some() || at(object, "access_device").is_some())
    },
    map: |fields| Shaped::of(fields, DUO_LOG.clone()),
    feeds: || vec![DUO_LOG.clone()],
};

static SYSTEM_LOG: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("okta", &[], &["okta"]));
static ONE_LOGIN_EVENTS: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("onelogin", &[], &["onelogin.events"]));
static DUO_LOG: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("cisco", &[], &["duo"]));
