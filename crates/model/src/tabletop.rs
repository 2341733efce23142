//! One trial as a timed tabletop exercise (Stabsübung, BSI-Standard 200-4).

use serde::{Deserialize, Serialize};

use crate::crisis::Both;
use crate::estate::People;
use crate::evidence::Measured;
use crate::id::AssetId;
use crate::quantity::{Millis, PersonHours, Ratio};

/// A sentence that a view says in its language: what it is, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Which sentence.
    pub key: String,
    /// What it names, in its order.
    pub parts: Vec<String>,
}

impl Said {
    /// Returns a sentence.
    pub fn new(key: &str, parts: &[&str]) -> Self {
        Self { key: key.to_owned(), parts: parts.iter().map(|p| (*p).to_owned()).collect() }
    }
}

/// What an answer would have led to, by the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consequence {
    /// When the payload fires in this trial; `None`: never.
    pub payload: Option<Millis>,
    /// When data leaves in this trial; `None`: never.
    pub outflow: Option<Millis>,
    /// When the last action is done in this trial.
    pub contained: Option<Millis>,
    /// Person-hours lost in this trial by the attack.
    pub attack: PersonHours,
    /// The same by containment.
    pub containment: PersonHours,
    /// Tenants hit in this trial.
    pub tenants: u32,
    /// When the last asset is back in this trial.
    pub recovered: Option<Millis>,
    /// Share of comparison trials in which payload or outflow happens.
    pub harm: Ratio,
    /// Both uncertainties of that share.
    #[serde(default)]
    pub harm_doubt: Option<Both>,
    /// Mean person-hours lost over the comparison trials, both causes.
    pub mean: PersonHours,
    /// Both uncertainties of that mean.
    #[serde(default)]
    pub mean_doubt: Option<Both>,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What is answered.
    pub said: Said,
    /// Whether it is what the trial shows, by the playbook as it is written.
    pub as_written: bool,
    /// What the model says of it; `None` where the hints say it.
    pub consequence: Option<Consequence>,
}

/// A decision that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub said: Said,
    /// Answers to compare.
    pub answers: Vec<Answer>,
    /// What the moderator should know beside them.
    pub hints: Vec<Said>,
}

/// Something that is handed in at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inject {
    /// When, from the first step of the attacker.
    pub at: Millis,
    /// What is known at that moment.
    pub known: Said,
    /// What is true and not known, for the moderator.
    pub hidden: Option<Said>,
    /// What is asked.
    pub question: Option<Question>,
}

/// A tabletop exercise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tabletop {
    /// The estate's name.
    pub estate: String,
    /// What the estate's people are called, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// Whether the run was of the built-in provider, which is fictional.
    #[serde(default)]
    pub demo: bool,
    /// The campaign's name, for the moderator.
    pub campaign: String,
    /// Which trial, `CAMPAIGN/NUMBER`.
    pub trial: String,
    /// Trials over which answers are compared.
    pub compared: u32,
    /// Of the techniques of the campaign, how many were measured.
    #[serde(default)]
    pub measured: Option<Measured>,
    /// The injects by time.
    pub injects: Vec<Inject>,
    /// Assets down at the end.
    pub down: Vec<AssetId>,
}
