//! What each diagnostic code means and what to do about it.

mod efforts;
mod estate;
mod gate;
mod live;
mod procedure;
mod profile;
mod schedule;
mod telemetry;
mod threat;

/// Returns what a diagnostic code means and what to do, or `None` when it is not known.
pub fn explain_code(code: &str) -> Option<&'static str> {
    let tables = [
        efforts::EFFORTS.as_slice(),
        estate::ESTATE,
        gate::GATE,
        live::LIVE,
        procedure::PROCEDURE,
        profile::PROFILE,
        schedule::SCHEDULE,
        telemetry::TELEMETRY,
        threat::THREAT,
    ];
    tables.into_iter().flatten().find(|(known, _)| *known == code).map(|(_, text)| *text)
}
