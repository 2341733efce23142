//! What is accepted, until when, and what of it is out of date.

use model::gate::{Acceptance, AcceptanceFinding, AcceptanceState, GateLine, Offence};

use super::Held;

fn names(acceptance: &Acceptance, offence: &Offence) -> bool {
    acceptance.what == offence.key || offence.also.contains(&acceptance.what)
}

/// Returns the acceptance in force that covers an offence.
pub(super) fn covering<'a>(offence: &Offence, held: Held<'a>) -> Option<&'a Acceptance> {
    held.acceptances.iter().find(|a| names(a, offence) && a.until.as_str() >= held.today)
}

/// Returns the acceptances that are out of date or soon will be, and those that name nothing
/// that is wrong in the run. One that is expired and names nothing is only unused.
pub(super) fn findings(lines: &[GateLine], held: Held<'_>) -> Vec<AcceptanceFinding> {
    let mut list = Vec::new();
    for acceptance in held.acceptances {
        let used = lines.iter().flat_map(|l| &l.offences).any(|o| names(acceptance, o));
        let state = if !used {
            AcceptanceState::Unused
        } else if acceptance.until.as_str() < held.today {
            AcceptanceState::Expired
        } else if acceptance.until.as_str() <= held.soon {
            AcceptanceState::Expiring
        } else {
            continue;
        };
        list.push(AcceptanceFinding { acceptance: acceptance.clone(), state });
    }
    list
}
