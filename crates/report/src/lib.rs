//! A record in, bytes for people and machines out.
//!
//! Every view is a pure function of one [`model::record::Record`]; nothing here
//! opens a file, reads a clock or asks the terminal how wide it is.

mod assumed;
mod banner;
mod binder;
mod codes;
mod comparison;
mod decide;
mod diff;
pub mod drift;
mod exercised;
mod explain;
pub mod export;
mod figures;
mod fired;
pub mod gate;
mod html;
mod impact;
pub mod list;
mod live;
pub mod mutation;
pub mod repair;

mod number;
pub mod outflow;
mod plain;
mod planned;
mod policy;
mod restart;
pub mod schedule;
mod story;
mod svg;
mod tabletop;
mod terminal;
mod terms;
mod trend;
mod trial;
mod visible;
pub mod watching;
mod words;
mod wrap;

pub use assumed::Assumptions;
pub use binder::{BinderPage, BinderWords, binder_cover, binder_tables, clocks_html};
pub use codes::explain_code;
pub use decide::{decide_html, decide_json, decide_text};
pub use diff::diff;
pub use explain::{OnLog, explain, explain_rule, trace_text};
pub use export::navigator;
pub use figures::keys;
pub use html::html;
pub use impact::{impact_html, impact_json, impact_table, impact_text};
pub use list::one_line;
pub use live::live;
pub use model::record::DEMO;
pub use number::{share, share_range};
pub use plain::{csv, findings_csv, ndjson};
pub use planned::{paragraph, planned};
pub use restart::{restart_html, restart_json, restart_table, restart_text};
pub use tabletop::{Audience, tabletop_html, tabletop_json, tabletop_text};
pub use terminal::first::first_screen;
pub use terminal::{Style, terminal};
pub use terms::Language;
pub use trend::{trend_html, trend_table, trend_text};
pub use trial::trial_html;
pub use visible::visible;
