//! What each diagnostic code means and what to do about it.

mod efforts;
mod estate;
mod procedure;
mod profile;
mod telemetry;
mod threat;

/// Returns what a diagnostic code means and what to do, or `None` when it is not known.
pub fn explain_code(code: &str) -> Option<&'static str> {
    let tables = [
        efforts::EFFORTS.as_slice(),
        estate::ESTATE.as_slice(),
        procedure::PROCEDURE.as_slice(),
        profile::PROFILE.as_slice(),
        telemetry::TELEMETRY.as_slice(),
        threat::THREAT.as_slice(),
    ];
    tables.into_iter().flatten().find(|(known, _)| *known == code).map(|(_, text)| *text)
}
