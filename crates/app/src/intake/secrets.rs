//! Secrets by reference: from the environment, a file of their owner's alone, or systemd.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use collect::{Authorization, Secret};
use rehearsal::{SecretAt, Siem};

use crate::error::Failure;

/// Where the certificates lie that a system trusts: Debian, Fedora, openSUSE.
const ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// Returns how a SIEM is spoken to.
///
/// # Errors
/// [`Failure::Usage`] naming the source and the reference, never the secret.
pub fn authorization(siem: &Siem, folder: &Path) -> Result<Authorization, Failure> {
    let Some(at) = &siem.key else { return Ok(Authorization::None) };
    let key =
        secret(at, folder).map_err(|why| Failure::Usage(format!("source {}: {why}", siem.listed.name)))?;
    Ok(match &siem.user {
        Some(user) => Authorization::Basic { user: user.clone(), password: key },
        None => Authorization::Scheme { scheme: siem.profile.scheme.clone(), key },
    })
}

fn secret(at: &SecretAt, folder: &Path) -> Result<Secret, String> {
    let secret = match at {
        SecretAt::Env(name) => {
            let value = std::env::var(name).map_err(|_| format!("the environment has no {name}"))?;
            Secret::new(value)
        }
        SecretAt::File(path) => private_file(&folder.join(path))?,
        SecretAt::Credential(name) if name.contains('/') => {
            return Err(format!("credential:{name} is no name of a credential"));
        }
        SecretAt::Credential(name) => {
            let held = std::env::var_os("CREDENTIALS_DIRECTORY")
                .ok_or("systemd has set no CREDENTIALS_DIRECTORY (LoadCredential=)")?;
            let path = PathBuf::from(held).join(name);
            Secret::new(std::fs::read_to_string(&path).map_err(|e| format!("credential:{name}: {e}"))?)
        }
    };
    if secret.is_empty() { Err("its key is empty".to_owned()) } else { Ok(secret) }
}

/// Reads a file that nobody but its owner may read, and that is ours or the system's.
fn private_file(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|e| format!("{shown}: {e}"))?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("{shown} has mode {mode:o}: others may read it; `chmod 600` it"));
    }
    let own = rustix::process::geteuid().as_raw();
    if meta.uid() != own && meta.uid() != 0 {
        return Err(format!("{shown} belongs to another user (uid {})", meta.uid()));
    }
    std::fs::read_to_string(path).map(Secret::new).map_err(|e| format!("{shown}: {e}"))
}

/// Returns the certificates that a SIEM is trusted by: those of its file, or the system's.
///
/// # Errors
/// [`Failure::Unreadable`] where the file that is named cannot be read.
pub fn certificates(siem: &Siem, folder: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match &siem.ca {
        None => Ok(ROOTS.iter().find_map(|path| std::fs::read(path).ok())),
        Some(file) => {
            let path = folder.join(file);
            let unreadable = |e: std::io::Error| Failure::Unreadable {
                path: path.display().to_string(),
                why: e.to_string(),
            };
            std::fs::read(&path).map(Some).map_err(unreadable)
        }
    }
}
