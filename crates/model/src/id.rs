//! Typed identifiers.
//!
//! Ids of different kinds do not mix:
//!
//! ```compile_fail
//! use model::id::{ServiceId, TenantId};
//! let tenant: TenantId = ServiceId::new("mail").unwrap();
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

/// An identifier was empty, too long, or held a character that is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} id {text:?} is not valid: {why}")]
pub struct InvalidId {
    /// What the id should have named, such as `tenant`.
    pub kind: &'static str,
    /// The text as found.
    pub text: String,
    /// What is wrong with it and what would be right.
    pub why: &'static str,
}

/// The longest identifier accepted, in bytes.
pub const MAX_ID_BYTES: usize = 200;

fn check(kind: &'static str, text: &str) -> Result<(), InvalidId> {
    let why = if text.is_empty() {
        "it is empty; give at least one character"
    } else if text.len() > MAX_ID_BYTES {
        "it is longer than 200 bytes"
    } else if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        "it holds a blank or a control character; use letters, digits and -_./"
    } else {
        return Ok(());
    };
    Err(InvalidId { kind, text: text.chars().take(80).collect(), why })
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Returns the id after checking its characters and length.
            ///
            /// # Errors
            /// [`InvalidId`] when the text is empty, over [`MAX_ID_BYTES`], or holds blanks.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                check($kind, text)?;
                Ok(Self(text.into()))
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

id_type!(/// An ATT&CK tactic id, such as `TA0040`.
    TacticId, "tactic");
id_type!(/// An ATT&CK group, software or campaign id, such as `G1024`.
    ActorId, "actor");
id_type!(/// A campaign of a workspace, such as `april-intrusion`.
    CampaignId, "campaign");
id_type!(/// A step inside a campaign.
    StepId, "step");
id_type!(/// A recording: one attack, twin or benign baseline with its telemetry.
    RecordingId, "recording");
id_type!(/// A Sigma rule id (a UUID in published rules).
    RuleId, "rule");
id_type!(/// A site (data centre) of the estate.
    SiteId, "site");
id_type!(/// A network zone of the estate.
    ZoneId, "zone");
id_type!(/// An asset class of the estate.
    AssetId, "asset");
id_type!(/// A service that tenants use.
    ServiceId, "service");
id_type!(/// A hosting profile shared by tenants.
    HostingId, "hosting");
id_type!(/// A tenant of the provider.
    TenantId, "tenant");
id_type!(/// A response playbook.
    PlaybookId, "playbook");
id_type!(/// A verdict: `<recording>/<technique>`.
    VerdictId, "verdict");
id_type!(/// A stored run.
    RunId, "run");

/// An ATT&CK technique or sub-technique id: `T` and four digits, for a
/// sub-technique a dot and three more.
///
/// ```
/// use model::id::TechniqueId;
/// let sub = TechniqueId::new("T1059.001").unwrap();
/// assert_eq!(sub.parent().unwrap().as_str(), "T1059");
/// assert!(TechniqueId::new("T1059.1").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TechniqueId(std::sync::Arc<str>);

impl TechniqueId {
    /// Returns the id, read without regard to letter case.
    ///
    /// # Errors
    /// [`InvalidId`] unless the text is `T####` or `T####.###`.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let upper = text.to_ascii_uppercase();
        let (head, sub) = upper.split_once('.').map_or((upper.as_str(), None), |(h, s)| (h, Some(s)));
        let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
        let head_ok = head.strip_prefix('T').is_some_and(|d| digits(d, 4));
        if head_ok && sub.is_none_or(|s| digits(s, 3)) {
            Ok(Self(upper.as_str().into()))
        } else {
            Err(InvalidId {
                kind: "technique",
                text: text.chars().take(80).collect(),
                why: "expected T and four digits, for a sub-technique a dot and three more",
            })
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the parent technique of a sub-technique, `None` for a technique.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(head, _)| Self(head.into()))
    }

    /// Returns the technique itself or the parent of a sub-technique.
    pub fn family(&self) -> Self {
        self.parent().unwrap_or_else(|| self.clone())
    }
}

impl fmt::Display for TechniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for TechniqueId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::new(&text)
    }
}

impl From<TechniqueId> for String {
    fn from(id: TechniqueId) -> String {
        id.0.as_ref().to_owned()
    }
}
