//! What a race on a terrain leaves behind.

use model::quantity::Millis;

/// How one race on a terrain went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// When the payload fired.
    pub payload: Option<Millis>,
    /// It fired because the attacker saw a partial containment.
    pub early: bool,
    /// When the first alert was raised.
    pub alert: Option<Millis>,
    /// When an incident was declared.
    pub declared: Option<Millis>,
    /// When the last own action of the playbook was over.
    pub contained: Option<Millis>,
    /// When the race was over.
    pub end: Millis,
    /// Nodes held.
    pub held: u32,
    /// Hosts under control.
    pub controlled: u32,
    /// Edges looked at.
    pub touched: u32,
    /// Attempts that came to their end.
    pub attempts: u32,
}

/// One thing that happened; nodes are named by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// An attempt on a node worked.
    Reached(u32),
    /// An attempt on a node was prevented; whether it is tried again.
    Prevented(u32, bool),
    /// An alert was raised by an attempt on a node.
    Alert(u32),
    /// An analyst dismissed an alert.
    Dismissed,
    /// An incident was declared.
    Declared,
    /// The action of this number was over; whether it worked.
    Action(u32, bool),
    /// The payload fired; whether early.
    Payload(bool),
}
