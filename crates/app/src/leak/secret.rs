//! The secret that values are hashed with.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use outflow::Key;

use crate::error::Failure;

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

fn make(path: &Path) -> std::io::Result<[u8; 32]> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // Each id carries 74 random bits of the system; eight of them are more than a key needs.
    let mut hasher = blake3::Hasher::new();
    for _ in 0..8 {
        hasher.update(crate::clock::id().as_bytes());
    }
    let hash = hasher.finalize();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", hash.to_hex())?;
    file.sync_all()?;
    Ok(*hash.as_bytes())
}
