//! One HTTP service.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use model::live::{Ask, Method, Reply, Trouble};
use model::quantity::Timestamp;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::secret::Authorization;

/// What is waited for and read at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For one answer, from its request to its last byte.
    pub answer: Duration,
    /// Bytes of one answer.
    pub bytes: u64,
    /// For a service that asks to be left alone, in all.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(60),
            bytes: 32 << 20,
            patience: Duration::from_secs(90),
        }
    }
}

/// Time, handed in: the clock, and what waits.
#[derive(Clone, Copy)]
pub struct Clock<'a> {
    /// Returns the time.
    pub now: &'a dyn Fn() -> Timestamp,
    /// Waits.
    pub sleep: &'a dyn Fn(Duration),
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", trouble.words())]
pub struct Refused {
    /// The kind.
    pub trouble: Trouble,
    /// What is known, without any secret.
    pub why: String,
}

/// A connection to one service.
pub struct Connection {
    agent: Agent,
    base: String,
    authorization: Authorization,
    limits: Limits,
}

/// A wait where the service names none: doubled with each repetition.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest of these.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Repetitions of one request.
const REPETITIONS: u32 = 8;

impl Connection {
    /// Returns a connection to `base`, an address such as `https://siem.example:9200`. `roots` holds
    /// the certificates in PEM that a server is trusted by; it is needed for `https`.
    ///
    /// # Errors
    /// Why the address or the certificates cannot be used, in words.
    pub fn open(
        base: &str,
        authorization: Authorization,
        roots: Option<&[u8]>,
        limits: Limits,
    ) -> Result<Self, String> {
        let (scheme, rest) = base.split_once("://").ok_or("write http:// or https:// before it")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() {
            return Err("it names no host".to_owned());
        }
        if host.contains('@') {
            return Err("a user or password in an address ends in logs: write `user` and `key`".to_owned());
        }
        if rest.contains(['?', '#', ' ']) {
            return Err("write an address without ?, # and blanks".to_owned());
        }
        let certificates = match (scheme, roots) {
            ("http", _) => Vec::new(),
            ("https", Some(pem)) => certificates(pem)?,
            ("https", None) => return Err("no certificates to trust a server by were found".to_owned()),
            _ => return Err(format!("{scheme}:// is not spoken here: write http:// or https://")),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("feuerprobe/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(limits.connect))
            .timeout_global(Some(limits.answer))
            .build()
            .new_agent();
        Ok(Self { agent, base: base.trim_end_matches('/').to_owned(), authorization, limits })
    }

    /// Asks, and asks again while the service says that it is busy, as long as is waited for.
    ///
    /// # Errors
    /// [`Refused`] when no answer came. An answer with an error status is an answer.
    pub fn ask(&self, ask: &Ask, clock: Clock<'_>) -> Result<Reply, Refused> {
        let mut left = self.limits.patience;
        let mut wait = FIRST_WAIT;
        for _ in 0..REPETITIONS {
            let (reply, named) = self.once(ask, clock)?;
            if !matches!(reply.status, 429 | 503) {
                return Ok(reply);
            }
            let pause = named.unwrap_or(wait);
            if pause > left {
                let why = format!(
                    "it answered {} and asks for {} s; {} s are left of what is waited for",
                    reply.status,
                    pause.as_secs(),
                    left.as_secs()
                );
                return Err(Refused { trouble: Trouble::Busy, why });
            }
            (clock.sleep)(pause);
            left = left.saturating_sub(pause);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        let why = format!("it answered so {REPETITIONS} times");
        Err(Refused { trouble: Trouble::Busy, why })
    }

    /// Asks once; beside the answer, the wait that it asks for.
    fn once(&self, ask: &Ask, clock: Clock<'_>) -> Result<(Reply, Option<Duration>), Refused> {
        let url = format!("{}{}", self.base, ask.path);
        let method = match ask.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(&url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json");
        if let Some(value) = self.authorization.header() {
            request = request.header("Authorization", value.as_str());
        }
        let body = ask.body.as_ref().map(ToString::to_string).unwrap_or_default();
        let request = request.body(body).map_err(|e| self.refused(Trouble::Failed, &e.to_string()))?;
        let sent = (clock.now)();
        let answer = self.agent.run(request).map_err(|e| self.fault(&e))?;
        let (parts, body) = answer.into_parts();
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let body = self.read(body)?;
        let named = header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let (status, date, got) = (parts.status.as_u16(), header("date"), (clock.now)());
        Ok((Reply { status, date, sent, got, body }, named))
    }

    fn read(&self, body: Body) -> Result<Vec<u8>, Refused> {
        let mut bytes = Vec::new();
        let mut reader = body.into_reader().take(self.limits.bytes.saturating_add(1));
        reader.read_to_end(&mut bytes).map_err(|e| {
            let timed_out = e.kind() == std::io::ErrorKind::TimedOut;
            let trouble = if timed_out { Trouble::TimedOut } else { Trouble::Unreadable };
            self.refused(trouble, &format!("the answer broke off after {} bytes: {e}", bytes.len()))
        })?;
        if u64::try_from(bytes.len()).map_or(true, |length| length > self.limits.bytes) {
            let why = format!("more than {} bytes", self.limits.bytes);
            return Err(Refused { trouble: Trouble::TooLong, why });
        }
        // A service that repeats the key in an error must not bring it into a record.
        Ok(match String::from_utf8(bytes) {
            Ok(text) => self.authorization.hide(&text).into_bytes(),
            Err(other) => other.into_bytes(),
        })
    }

    fn fault(&self, error: &ureq::Error) -> Refused {
        let trouble = match error {
            ureq::Error::Timeout(_) => Trouble::TimedOut,
            ureq::Error::Protocol(_) => Trouble::Unreadable,
            _ => Trouble::Unreachable,
        };
        self.refused(trouble, &error.to_string())
    }

    fn refused(&self, trouble: Trouble, why: &str) -> Refused {
        Refused { trouble, why: self.authorization.hide(why) }
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let items: Result<Vec<_>, _> = ureq::tls::parse_pem(pem).collect();
    let items = items.map_err(|e| format!("its certificates cannot be read: {e}"))?;
    let found: Vec<_> = items
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(found) }
}
