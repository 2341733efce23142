//! Codes about schedules.

/// Code and explanation, by code.
pub(super) const SCHEDULE: &[(&str, &str)] = &[(
    "schedule.bad-value",
    "A value of a [[schedule]] or [[blackout]] cannot be used: run is \"exercise\", \"replay\" or \"run\", \
     missed is \"skip\", \"once\" or \"each\", overlap is \"skip\" or \"queue\", cron has five fields, \
     zone is a name of the IANA time zone database, and a length is a number with a unit, such as 20m. \
     `tick` starts nothing while a schedule has a fault.",
)];
