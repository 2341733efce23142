//! Values that can be compared without being told.

use crate::identify::Value;
use model::outflow::What;

/// The secret that hashes are made with. Whoever has it can try numbers against
/// hashes, so it stays on the machine; without it a hash says nothing.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    /// Writes nothing of the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Default for Key {
    /// Returns the key of nobody: hashes made with it protect nothing.
    fn default() -> Self {
        Self([0; 32])
    }
}

impl Key {
    /// Returns the key of these secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Returns eight hexadecimal digits that tell keys apart and say nothing about them.
    pub fn fingerprint(&self) -> String {
        let hash = blake3::derive_key("feuerprobe 2026-11 fingerprint of an outflow key", &self.0);
        blake3::hash(&hash).to_hex()[..8].to_owned()
    }

    /// Returns the keyed hash of a value. The three forms of an insured person's
    /// number give that of the person.
    pub(crate) fn token(&self, what: What, value: &Value) -> u64 {
        let bytes = value.as_bytes();
        let person = if what.insured() { &bytes[..bytes.len().min(10)] } else { bytes };
        self.hash(kind(what), person)
    }

    /// Returns the keyed hash of the number of an insured person, written in any way.
    pub fn person(&self, number: &str) -> u64 {
        self.token(What::Kvnr, &Value::from_text(number))
    }

    /// Returns the keyed hash of the main insured person in the form of 30 characters.
    pub(crate) fn main_insured(&self, what: What, value: &Value) -> Option<u64> {
        let bytes = value.as_bytes();
        (what == What::Kvnr30 && bytes.len() == 30).then(|| self.hash(0, &bytes[19..29]))
    }

    fn hash(&self, kind: u8, bytes: &[u8]) -> u64 {
        let mut input = [0; 40];
        input[0] = kind;
        input[1..=bytes.len()].copy_from_slice(bytes);
        let hash = blake3::keyed_hash(&self.0, &input[..=bytes.len()]);
        hash.as_bytes()[..8].try_into().map_or(0, u64::from_le_bytes)
    }
}

fn kind(what: What) -> u8 {
    match what {
        What::Kvnr | What::Kvnr20 | What::Kvnr30 => 0,
        What::Iccsn => 1,
        What::Rvnr => 2,
        What::TaxId => 3,
        What::Iban => 4,
        What::Lanr => 5,
        What::Ik => 6,
    }
}
