//! What the answers of somebody else's SIEM prove about an act.
//!
//! Takes acts that were carried out somewhere and answers to questions about them, and gives
//! judgements. It opens nothing: questions go out through a function that is handed in.
//!
//! A negative needs more than an empty answer: the act took place, the source could be read, it
//! held later events of the same host, every page was seen, and the time in which an alert can
//! still come has passed. Without all of them the judgement is *pending* or *unanswerable*.

mod acts;
mod background;
mod clock;
mod judge;
mod profile;
mod rows;
mod search;
mod ties;

pub use acts::{Act, read_acts};
pub use clock::ClockBounds;
pub use judge::{Answers, Control, Ours, Side, judge};
pub use profile::{Dialect, Fields, Profile};
pub use rows::{Row, timestamp};
pub use search::{Channel, Failed, Found, Send, Span, find, newest};
pub use ties::{Known, RuleNames, happened};
