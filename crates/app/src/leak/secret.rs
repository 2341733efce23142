//! The secret that values are hashed with.

use std::path::Path;

use outflow::Key;

use crate::error::Failure;
use crate::files;

/// Returns the key in a file, and makes one when the file is not there.
///
/// # Errors
/// [`Failure`] when it cannot be read or written, or holds no key.
pub fn key(path: &Path) -> Result<Key, Failure> {
    secret(path).map(Key::new)
}

/// Returns a seed for planted people that only this secret gives.
///
/// # Errors
/// Those of [`key`].
pub fn seed(path: &Path, number: usize) -> Result<String, Failure> {
    let hash = blake3::keyed_hash(&secret(path)?, format!("planting {number}").as_bytes());
    Ok(hash.to_hex()[..32].to_owned())
}

fn secret(path: &Path) -> Result<[u8; 32], Failure> {
    let shown = || path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) if text.is_empty() => Err(Failure::Usage(format!(
            "{} is empty: remove it, and a new key is made; what older keys hashed cannot be compared with it",
            shown()
        ))),
        Ok(text) => read(text.trim())
            .ok_or_else(|| Failure::Usage(format!("{} holds no key of 64 hexadecimal digits", shown()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            make(path).map_err(|e| Failure::Unwritable { path: shown(), why: e.to_string() })
        }
        Err(e) => Err(Failure::Unreadable { path: shown(), why: e.to_string() }),
    }
}

fn read(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(i * 2..i * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Makes a key, or reads the one that somebody else has just made.
fn make(path: &Path) -> std::io::Result<[u8; 32]> {
    // Each id carries 74 random bits of the system; eight of them are more than a key needs.
    let mut hasher = blake3::Hasher::new();
    for _ in 0..8 {
        hasher.update(crate::clock::id().as_bytes());
    }
    let hash = hasher.finalize();
    if files::make_secret(path, &format!("{}\n", hash.to_hex()))? {
        return Ok(*hash.as_bytes());
    }
    let theirs = std::fs::read_to_string(path)?;
    read(theirs.trim())
        .ok_or_else(|| std::io::Error::other("another program has just made it, and it holds no key"))
}
