//! Mutation testing of the defence: faults made on purpose, and whether the tests notice them.

use serde::{Deserialize, Serialize};

use crate::id::{RecordingId, RuleId};
use crate::quantity::Interval;

/// What kind of fault is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// A log source gives no events any more.
    SensorOff,
    /// The events that the alert rests on are not forwarded.
    EventExcluded,
    /// Events reach the rules later than the deadline.
    Delayed,
    /// Times are off by hours.
    ClockShifted,
    /// A field that the alert rests on has another name.
    FieldRenamed,
    /// The names of all fields are in lower case.
    NamesFolded,
    /// Path separators are turned round.
    PathsNormalised,
    /// Long values are cut.
    Truncated,
    /// Values are in another encoding, so that letters are apart.
    Encoding,
    /// The rule is not in the rule set.
    RuleDisabled,
    /// A value of a rule has two letters exchanged.
    ValueMisspelt,
    /// A value of a rule is gone.
    ValueDropped,
    /// A field of a rule has two letters exchanged.
    FieldMisspelt,
    /// A value is looked for at another place of the field.
    ModifierSwapped,
    /// One of several values is enough where all had to be there.
    AllDropped,
    /// A test looks at the case of letters.
    CaseSensitive,
    /// A test of a selection is gone.
    TestDropped,
    /// `and` became `or`.
    AndToOr,
    /// `or` became `and`.
    OrToAnd,
    /// `1 of` became `all of`.
    OneToAll,
    /// `all of` became `1 of`.
    AllToOne,
    /// A filter of a rule is gone.
    FilterDropped,
    /// What a filter took back is all that alerts.
    FilterInverted,
}

impl Operator {
    /// Returns what the fault is, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::SensorOff => "log source silent",
            Self::EventExcluded => "event not forwarded",
            Self::Delayed => "events late",
            Self::ClockShifted => "clock off by six hours",
            Self::FieldRenamed => "field renamed",
            Self::NamesFolded => "field names in lower case",
            Self::PathsNormalised => "path separators changed",
            Self::Truncated => "values cut short",
            Self::Encoding => "wrong encoding",
            Self::RuleDisabled => "rule not deployed",
            Self::ValueMisspelt => "value misspelt",
            Self::ValueDropped => "value dropped",
            Self::FieldMisspelt => "field misspelt",
            Self::ModifierSwapped => "modifier swapped",
            Self::AllDropped => "all dropped",
            Self::CaseSensitive => "case-sensitive",
            Self::TestDropped => "test dropped",
            Self::AndToOr => "and to or",
            Self::OrToAnd => "or to and",
            Self::OneToAll => "1 of to all of",
            Self::AllToOne => "all of to 1 of",
            Self::FilterDropped => "filter dropped",
            Self::FilterInverted => "filter inverted",
        }
    }

    /// Returns whether it is a fault of a rule; others are faults of events on their way to it.
    pub fn is_of_rule(self) -> bool {
        self >= Self::ValueMisspelt
    }
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// A verdict, a lost rule or a false alarm shows it, and names the cause.
    Localised,
    /// Something shows it, and names another cause.
    Killed,
    /// Nothing changed.
    Survived,
}

/// One mutant with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tried {
    /// What it is a mutant of.
    pub of: Subject,
    /// The line of the rule's file, from 1; 0 where events were changed.
    pub line: u32,
    /// The operator.
    pub operator: Operator,
    /// What was changed, in words.
    pub what: String,
    /// What became of it.
    pub fate: Fate,
}

/// What a mutant is a mutant of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A rule, by id, with its file.
    Rule(RuleId, String),
    /// The events of a recording.
    Recording(RecordingId),
}

/// How the mutants of one operator fared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorScore {
    /// The operator.
    pub operator: Operator,
    /// Mutants made.
    pub mutants: u64,
    /// Those that were noticed.
    pub killed: u64,
    /// Those of them whose cause was named rightly.
    pub localised: u64,
}

/// The result of a mutation test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MutationScore {
    /// By operator, those with mutants.
    pub operators: Vec<OperatorScore>,
    /// Share of the mutants of rules that was noticed, with the 95 % interval of Clopper and Pearson.
    pub killed: Interval,
    /// Share of all mutants noticed whose cause was named rightly.
    pub localised: Interval,
    /// Changes of rules that mean nothing.
    pub nulls: u64,
    /// Those of them that were noticed although they mean nothing.
    pub false_notices: u64,
    /// Mutants of rules that nothing noticed: what no recording and no twin exercises.
    pub survivors: Vec<Tried>,
    /// Rules that fire on no attack that concerns them, with their files: no test can notice a
    /// fault of theirs.
    pub untested: Vec<(RuleId, String)>,
    /// Rules that no mutant could be made of, with the reason.
    pub left_out: Vec<(RuleId, String)>,
}
