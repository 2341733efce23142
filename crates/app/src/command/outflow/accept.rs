//! `outflow accept` and `outflow baseline`.

use model::outflow::{Acceptance, Baseline};
use report::list::Table;

use crate::args::Common;
use crate::args::outflow::{AcceptArguments, BaselineArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::leak;
use crate::ui::Ui;

use super::super::list::show;
use super::{masked, own_file};

/// Adds an acceptance.
pub(super) fn accept(arguments: &AcceptArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    for (name, text) in [("--owner", &arguments.owner), ("--reason", &arguments.reason)] {
        if text.trim().is_empty() {
            return Err(Failure::Usage(format!("{name} is empty; somebody must answer for it")));
        }
    }
    let today = clock::day(clock::now());
    if !clock::is_day(&arguments.until) || arguments.until < today {
        return Err(Failure::Usage("--until is a day from today on, such as 2027-01-31".to_owned()));
    }
    let hash = |t: &String| t.len() == 16 && t.bytes().all(|b| b.is_ascii_hexdigit());
    if arguments.value.as_ref().is_some_and(|t| !hash(t)) {
        return Err(Failure::Usage(
            "--value is the keyed hash that the scan shows, 16 hexadecimal digits".to_owned(),
        ));
    }
    let list = own_file(arguments.baseline.as_ref(), "outflow-baseline.json", common)?;
    let acceptance = Acceptance {
        token: arguments.value.clone(),
        place: arguments.place.clone(),
        owner: arguments.owner.clone(),
        reason: arguments.reason.clone(),
        until: arguments.until.clone(),
    };
    let key = leak::key(&own_file(arguments.key.as_ref(), "outflow.key", common)?)?;
    let mut accepted = leak::baseline(&list)?.accepted;
    accepted.push(acceptance);
    let accepted = accepted.into_iter().map(|a| masked(a, &key)).collect();
    leak::store_baseline(&list, &Baseline { accepted })?;
    ui.say(&format!("accepted until {} in {}", arguments.until, list.display()));
    Ok(Exit::Passed)
}

/// Lists acceptances; an expired one fails, so that somebody looks at it.
pub(super) fn baseline(arguments: &BaselineArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let mut list = leak::baseline(&own_file(arguments.baseline.as_ref(), "outflow-baseline.json", common)?)?;
    if !list.accepted.is_empty() {
        let key = leak::key(&own_file(None, "outflow.key", common)?)?;
        list.accepted = list.accepted.into_iter().map(|a| masked(a, &key)).collect();
    }
    let today = clock::day(clock::now());
    let rows = list.accepted.iter().map(|a| {
        let state = if leak::holds(a, &today) { "accepted" } else { "expired" };
        vec![
            a.token.clone().unwrap_or_else(|| "every".to_owned()),
            a.place.clone().unwrap_or_else(|| "everywhere".to_owned()),
            a.owner.clone(),
            a.reason.clone(),
            a.until.clone(),
            state.to_owned(),
        ]
    });
    let table = Table::new(["value", "place", "owner", "reason", "until", "state"], rows);
    show(&table, common, ui);
    let expired = list.accepted.iter().any(|a| !leak::holds(a, &today));
    Ok(if expired { Exit::GateFailed } else { Exit::Passed })
}
