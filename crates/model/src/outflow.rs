//! What a scan for insured-person data found, as it is stored and exchanged.
//!
//! No identifier stands here in clear unless the user asked for it: a value is a
//! keyed hash, made with a secret that stays on the machine.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Place, Trouble};
use crate::quantity::{Ratio, Timestamp};

/// The version of [`Outflow`].
pub const OUTFLOW_VERSION: u32 = 1;

/// Kinds of identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Number of an insured person, ten characters (KVNR, § 290 SGB V).
    Kvnr,
    /// The same with institution code and check digit, 20 characters.
    Kvnr20,
    /// The same with the main insured person's number too, 30 characters.
    Kvnr30,
    /// Number of a health card (ICCSN), 20 digits.
    Iccsn,
    /// Pension insurance number (RVNR), twelve characters.
    Rvnr,
    /// Tax id, eleven digits.
    TaxId,
    /// German account number (IBAN).
    Iban,
    /// Physician's number (LANR), nine digits.
    Lanr,
    /// Institution code (IK), nine digits: not a person.
    Ik,
}

impl What {
    /// Returns its name in tables and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kvnr => "KVNR",
            Self::Kvnr20 => "KVNR, 20 characters",
            Self::Kvnr30 => "KVNR, 30 characters",
            Self::Iccsn => "health card number",
            Self::Rvnr => "pension insurance number",
            Self::TaxId => "tax id",
            Self::Iban => "IBAN",
            Self::Lanr => "physician number",
            Self::Ik => "institution code",
        }
    }

    /// Returns whether it holds the number of an insured person.
    pub fn insured(self) -> bool {
        matches!(self, Self::Kvnr | Self::Kvnr20 | Self::Kvnr30)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why a number counts for more or for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Share of valid numbers among those of this shape around it.
    Density,
    /// The check digits inside a longer form.
    InnerChecks,
    /// The last digit of a longer form fits.
    OuterDigit,
    /// Shape, structure and check digit of this kind of identifier.
    Structure,
    /// Its name stands directly before it.
    LabelBefore,
    /// Its name stands near it.
    LabelNear,
    /// The header of its column names it.
    ColumnLabel,
    /// A date of birth stands near it.
    BirthDate,
    /// A name of a person stands near it.
    Name,
    /// An insurer or a tenant is named near it.
    Insurer,
    /// A valid institution code of an insurer stands near it.
    InstitutionCode,
    /// A word about treatment or insurance stands near it.
    HealthWord,
    /// It stands in a ticket, a page or a mail.
    Collaboration,
    /// The name of another kind of number stands directly before it.
    OtherLabel,
    /// The name of another kind of number stands near it.
    OtherLabelNear,
    /// The header of its column names another kind of number.
    OtherColumn,
    /// It is written with a lower-case letter.
    LowerCase,
    /// A gap parts the letter from the digits.
    Apart,
    /// Its groups are parted by different characters.
    Mixed,
    /// It is a valid national id of Taiwan too, which has the same shape.
    Taiwan,
    /// It is part of encoded data.
    Encoded,
    /// Its bytes belong to no known format.
    RawBytes,
}

impl Why {
    /// Returns the reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Density => "share of valid numbers among those of this shape",
            Self::InnerChecks => "number and institution code inside are valid",
            Self::OuterDigit => "last check digit fits",
            Self::Structure => "structure and check digit",
            Self::LabelBefore => "its name stands before it",
            Self::LabelNear => "its name stands near it",
            Self::ColumnLabel => "its column is named so",
            Self::BirthDate => "a date of birth stands near it",
            Self::Name => "a person's name stands near it",
            Self::Insurer => "an insurer is named near it",
            Self::InstitutionCode => "an insurer's institution code stands near it",
            Self::HealthWord => "the text is about insurance or treatment",
            Self::Collaboration => "it stands in a ticket, page or mail",
            Self::OtherLabel => "another kind of number is named before it",
            Self::OtherLabelNear => "another kind of number is named near it",
            Self::OtherColumn => "its column is named for another kind of number",
            Self::LowerCase => "lower-case letter",
            Self::Apart => "letter and digits stand apart",
            Self::Mixed => "different separators",
            Self::Taiwan => "valid as a national id of Taiwan too",
            Self::Encoded => "part of encoded data",
            Self::RawBytes => "bytes of an unknown format",
        }
    }
}

/// A reason with its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub why: Why,
    /// Its weight in hundredths of a logit.
    pub weight: i32,
}

/// What a finding is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Data of a person, at or above the threshold.
    Data,
    /// Below the threshold: counted, not listed.
    Possible,
    /// A public test number.
    TestData,
    /// A planted number.
    Canary,
    /// Accepted by somebody until a day.
    Accepted,
}

/// One identifier at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// Which kind.
    pub what: What,
    /// Keyed hash of the value, sixteen hexadecimal digits.
    pub token: String,
    /// The value itself, only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear: Option<String>,
    /// Chance that it is what it seems.
    pub confidence: Ratio,
    /// What speaks for and against it.
    pub reasons: Vec<Reason>,
    /// What it is taken for.
    pub class: Class,
    /// Institution code of the insurer it is attributed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insurer: Option<String>,
    /// Where the number was planted, for a canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planted: Option<String>,
}

/// What is known of people in a set, counted without repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct People {
    /// Distinct people, by the number of the insured person.
    pub persons: u64,
    /// Of them with a name nearby.
    pub with_name: u64,
    /// Of them with a date of birth nearby.
    pub with_birth_date: u64,
    /// Of them with a word about treatment nearby.
    pub with_health_word: u64,
}

/// What one place holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceCount {
    /// The place, without line or offset.
    pub place: Place,
    /// Findings at or above the threshold.
    pub findings: u64,
    /// Distinct people in this place.
    pub persons: u64,
}

/// Something that was not read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unread {
    /// Where.
    pub place: Place,
    /// Why.
    #[serde(flatten)]
    pub trouble: Trouble,
    /// Bytes that were not looked at, as they lie in the file or member that holds them;
    /// `None` when it is not known how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// How the bytes of all files and members were looked at. A member counts as a whole beside
/// the archive it lies in, so `size` is more than what lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// Files and members.
    pub inputs: u64,
    /// Their bytes: the sum of the three below.
    pub size: u64,
    /// Bytes that a reader of their format looked at.
    pub read: u64,
    /// Bytes that no reader claims: they were looked at as they lie.
    pub raw: u64,
    /// Bytes that were not looked at.
    pub unread: u64,
}

impl Account {
    /// Adds another account.
    pub fn add(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.size += other.size;
        self.read += other.read;
        self.raw += other.raw;
        self.unread += other.unread;
    }
}

/// How the distinct people were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Every keyed hash was kept.
    #[default]
    Exact,
    /// Beyond the bound of what is kept, by HyperLogLog with 16,384 registers:
    /// standard error 0.81 % (Flajolet et al. 2007: 1.04 / √m).
    HyperLogLog,
}

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Volume {
    /// Bytes of all parts after unpacking.
    pub bytes: u64,
    /// Parts: a file, a member, a page version, a comment.
    pub parts: u64,
    /// Numbers of the shape of a KVNR, valid or not.
    pub shaped: u64,
    /// Of them with a valid check digit.
    pub valid: u64,
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outflow {
    /// [`OUTFLOW_VERSION`] of the writer.
    pub version: u32,
    /// Version of Feuerprobe that wrote it.
    pub product: String,
    /// When the scan was made, by the clock of the program.
    pub scanned: Timestamp,
    /// What was scanned, as the user named it, masked.
    pub set: Vec<String>,
    /// The asset of the estate the set is a copy of, when the user said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Fingerprint of the key of the hashes: only sets with the same can be matched.
    pub key: String,
    /// From which confidence a finding counts.
    pub threshold: Ratio,
    /// How much was read.
    pub volume: Volume,
    /// How the bytes were looked at.
    #[serde(default)]
    pub account: Account,
    /// People in the whole set.
    pub people: People,
    /// How they were counted.
    pub counting: Counting,
    /// People by institution code of their insurer; `unknown` where none is near.
    pub insurers: BTreeMap<String, People>,
    /// Names of insurers that are tenants of the estate, by institution code.
    pub names: BTreeMap<String, String>,
    /// Findings by kind and class.
    pub kinds: BTreeMap<What, BTreeMap<Class, u64>>,
    /// Distinct values by kind, at or above the threshold.
    pub distinct: BTreeMap<What, u64>,
    /// Places with findings, in the order they were read, up to a bound.
    pub places: Vec<PlaceCount>,
    /// Places beyond that bound.
    pub more_places: u64,
    /// Findings in the order they were read, up to a bound.
    pub findings: Vec<Finding>,
    /// Findings beyond that bound.
    pub more_findings: u64,
    /// What was not read.
    pub unread: Vec<Unread>,
    /// Keyed hashes of all people, sorted, eight bytes in hexadecimal each, one
    /// string; empty when they are too many to keep.
    pub tokens: String,
}

impl Outflow {
    /// Returns the result of a scan that has read nothing.
    pub fn new(set: Vec<String>, key: String, threshold: Ratio, scanned: Timestamp) -> Self {
        Self {
            version: OUTFLOW_VERSION,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            scanned,
            set,
            store: None,
            key,
            threshold,
            volume: Volume::default(),
            account: Account::default(),
            people: People::default(),
            counting: Counting::Exact,
            insurers: BTreeMap::new(),
            names: BTreeMap::new(),
            kinds: BTreeMap::new(),
            distinct: BTreeMap::new(),
            places: Vec::new(),
            more_places: 0,
            findings: Vec::new(),
            more_findings: 0,
            unread: Vec::new(),
            tokens: String::new(),
        }
    }

    /// Returns whether everything was read.
    pub fn complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// Returns how many findings have a class.
    pub fn count(&self, class: Class) -> u64 {
        self.kinds.values().filter_map(|c| c.get(&class)).sum()
    }

    /// Returns the result without any value in clear.
    #[must_use]
    pub fn masked(&self) -> Self {
        let mut result = self.clone();
        for finding in &mut result.findings {
            finding.clear = None;
        }
        result
    }

    /// Returns the result as JSON bytes, the same for equal results.
    ///
    /// # Panics
    /// Never: every shape in it can be written as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a result is always valid JSON")
    }

    /// Returns the keyed hashes of all people, sorted.
    pub fn tokens(&self) -> Vec<u64> {
        let digits = self.tokens.as_bytes().chunks_exact(16);
        digits.filter_map(|c| u64::from_str_radix(std::str::from_utf8(c).ok()?, 16).ok()).collect()
    }
}

/// Findings of one value that somebody has decided to live with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Acceptance {
    /// Keyed hash of the value, or nothing for every value of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The place as shown, or nothing for every place; a place covers what lies in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The day after which it counts again, `2027-01-31`.
    pub until: String,
}

/// What has been accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Baseline {
    /// Acceptances.
    pub accepted: Vec<Acceptance>,
}

/// A planted person: fictional, with a valid number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Number of the insured person.
    pub kvnr: String,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub family_name: String,
    /// Date of birth, `1971-04-30`.
    pub born: String,
    /// Institution code of the insurer.
    pub insurer: String,
}

/// Where planted people were planted. It does not name them: the seed does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Planting {
    /// Where, in the user's words.
    pub planted: String,
    /// The seed the people were made with, a secret.
    pub seed: String,
    /// Number of the first one under this seed.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// The list of plants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plants {
    /// Plantings in the order they were made.
    pub plantings: Vec<Planting>,
}
