//! `[[source]]` of the workspace file: where alerts and events of the organisation are asked for.

use live::Profile;
use model::diagnostic::Diagnostic;
use model::document::duration;
use model::live::AskedSource;
use model::quantity::Millis;
use model::read::Read;
use serde::Deserialize;
use toml::Spanned;

use super::settings::{WorkspaceFile, place};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawSource {
    name: Spanned<String>,
    profile: Spanned<String>,
    url: String,
    key: Option<Spanned<String>>,
    user: Option<String>,
    ca: Option<String>,
    events: Option<String>,
    alerts: Option<String>,
    wait: Option<Spanned<String>>,
}

/// How long after an act an alert can still come, where nothing is said: an interval of five minutes,
/// as much look-back, and the time that storing takes.
const WAIT: Millis = Millis(15 * 60_000);

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretAt {
    /// A variable of the environment.
    Env(String),
    /// A file that only its owner may read.
    File(String),
    /// A credential of systemd.
    Credential(String),
}

/// A SIEM as the workspace names it.
#[derive(Debug, Clone)]
pub struct Siem {
    /// Its name and profile, as records name them.
    pub listed: AskedSource,
    /// What its documents mean; with the indices that the workspace names.
    pub profile: Profile,
    /// Its address.
    pub url: String,
    /// Where its key or password is.
    pub key: Option<SecretAt>,
    /// The user, for a password.
    pub user: Option<String>,
    /// The file of certificates that it is trusted by.
    pub ca: Option<String>,
    /// How long after an act an alert can still come.
    pub wait: Millis,
}

impl super::Sources {
    /// Returns the SIEMs of the workspace file, with every finding about them.
    pub fn siems(&self) -> Read<Vec<Siem>> {
        let mut said = Vec::new();
        let mut siems: Vec<Siem> = Vec::new();
        for raw in &self.file.raw.source {
            let read = |path: &str| self.root.read(path);
            let Some(siem) = self.file.siem(raw, &read, &mut said) else { continue };
            if siems.iter().any(|s| s.listed.name == siem.listed.name) {
                let message = format!("two sources are called {:?}", siem.listed.name);
                said.push(self.file.source_fault(raw.name.span().start, message, "give each its own name"));
            } else {
                siems.push(siem);
            }
        }
        Read::new(siems, said)
    }
}

type ReadFile<'a> = dyn Fn(&str) -> std::io::Result<Vec<u8>> + 'a;

impl WorkspaceFile {
    fn source_fault(&self, at: usize, message: String, help: &str) -> Diagnostic {
        let (line, column) = place(&self.text, at);
        Diagnostic::error(&self.name, "source.bad-value", message).help(help.to_owned()).at(line, column)
    }

    fn siem(&self, raw: &RawSource, read: &ReadFile<'_>, said: &mut Vec<Diagnostic>) -> Option<Siem> {
        let before = said.len();
        let name = raw.name.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            let message = format!("name = {name:?}");
            said.push(self.source_fault(raw.name.span().start, message, "write letters, digits, - and _"));
        }
        let profile = self.profile(raw, read).map_err(|fault| said.push(fault)).ok();
        let key = raw.key.as_ref().and_then(|key| {
            let found = secret_at(key.get_ref());
            if found.is_none() {
                // The value may be the key itself: it is not repeated.
                let message = "key does not say where the key is".to_owned();
                let help =
                    "write env:NAME, file:PATH or credential:NAME; the key itself does not belong here";
                said.push(self.source_fault(key.span().start, message, help));
            }
            found
        });
        let wait = match &raw.wait {
            None => WAIT,
            Some(text) => duration(text.get_ref()).unwrap_or_else(|why| {
                let message = format!("wait = {:?}: {why}", text.get_ref());
                said.push(self.source_fault(text.span().start, message, "write 15m or 1h"));
                WAIT
            }),
        };
        let mut profile = profile?;
        if profile.scheme == "Basic" && key.is_some() && raw.user.is_none() {
            let message = format!("the profile {} takes a user and a password", profile.name);
            said.push(self.source_fault(raw.profile.span().start, message, "write user = \"…\""));
        }
        if said.len() > before {
            return None;
        }
        if key.is_some() && in_clear(&raw.url) {
            let (line, column) = place(&self.text, raw.name.span().start);
            let message = format!("the key of {name} goes over the network in clear: its url is http://");
            let warning = Diagnostic::warning(&self.name, "source.in-clear", message);
            said.push(
                warning.help("write https://, and ca = \"…\" for a certificate of your own").at(line, column),
            );
        }
        for (wanted, index) in
            [(&raw.events, &mut profile.events.index), (&raw.alerts, &mut profile.alerts.index)]
        {
            if let Some(wanted) = wanted {
                index.clone_from(wanted);
            }
        }
        let (name, url) = (name.clone(), raw.url.trim().to_owned());
        let listed =
            AskedSource { name, profile: profile.name.clone(), confirmed: profile.confirmed.clone() };
        Some(Siem { listed, profile, url, key, user: raw.user.clone(), ca: raw.ca.clone(), wait })
    }

    fn profile(&self, raw: &RawSource, read: &ReadFile<'_>) -> Result<Profile, Diagnostic> {
        let wanted = raw.profile.get_ref();
        let at = raw.profile.span().start;
        if !wanted.ends_with(".toml") {
            let all = Profile::built_in();
            let names: Vec<&str> = all.iter().map(|p| p.name.as_str()).collect();
            let help = format!("known are {}; a file of your own ends in .toml", names.join(", "));
            let found = all.iter().find(|p| p.name == *wanted).cloned();
            return found.ok_or_else(|| self.source_fault(at, format!("profile = {wanted:?}"), &help));
        }
        let bytes = read(wanted)
            .map_err(|e| self.source_fault(at, format!("{wanted} cannot be read: {e}"), "check the path"))?;
        Profile::read(wanted, &bytes)
    }
}

/// Returns whether others can read what is sent to an address.
fn in_clear(url: &str) -> bool {
    let Some(rest) = url.trim().strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let loopback = ["localhost", "127.", "[::1]"];
    !loopback.iter().any(|own| host.starts_with(own))
}

fn secret_at(text: &str) -> Option<SecretAt> {
    let (kind, name) = text.split_once(':')?;
    let name = Some(name.to_owned()).filter(|n| !n.is_empty())?;
    match kind {
        "env" => Some(SecretAt::Env(name)),
        "file" => Some(SecretAt::File(name)),
        "credential" => Some(SecretAt::Credential(name)),
        _ => None,
    }
}
