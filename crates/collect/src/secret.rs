//! Secrets: held in memory that is cleared, shown nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A key or password. It cannot be printed, stored or compared, and is cleared when it goes.
///
/// ```compile_fail
/// println!("{:?}", collect::Secret::new("key".to_owned()));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns a secret; line ends about it, which files have, are left out.
    pub fn new(text: String) -> Self {
        let text = Zeroizing::new(text);
        Self(Zeroizing::new(text.trim_matches(['\r', '\n']).to_owned()))
    }

    /// Returns whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns `text` with the secret, should it stand in it, replaced.
    pub fn hide(&self, text: &str) -> String {
        if self.is_empty() { text.to_owned() } else { text.replace(self.0.as_str(), "[secret]") }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// How a request says who it comes from.
#[derive(Clone)]
pub enum Authorization {
    /// It does not.
    None,
    /// `Authorization: ApiKey …`, `Bearer …` or another scheme.
    Scheme {
        /// The word before the key.
        scheme: String,
        /// The key.
        key: Secret,
    },
    /// `Authorization: Basic …`.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
}

impl Authorization {
    /// Returns the value of the header.
    pub(crate) fn header(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::None => None,
            Self::Scheme { scheme, key } => Some(Zeroizing::new(format!("{scheme} {}", key.0.as_str()))),
            Self::Basic { user, password } => {
                let mut pair = Zeroizing::new(user.clone().into_bytes());
                pair.push(b':');
                pair.extend_from_slice(password.bytes());
                Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair))))
            }
        }
    }

    /// Returns `text` without secrets, in any form in which a request carries them.
    pub(crate) fn hide(&self, text: &str) -> String {
        let shown = match self {
            Self::None => return text.to_owned(),
            Self::Scheme { key, .. } => key.hide(text),
            Self::Basic { password, .. } => password.hide(text),
        };
        match self.header() {
            Some(header) => {
                let value = header.split_once(' ').map_or(header.as_str(), |(_, value)| value);
                shown.replace(value, "[secret]")
            }
            None => shown,
        }
    }
}
