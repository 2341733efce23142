//! Codes about the limits of a gate and about acceptances.

/// Code and explanation, by code.
pub(super) const GATE: &[(&str, &str)] = &[
    (
        "acceptance.bad-value",
        "An entry of the file of acceptances cannot be used: `until` is a day such as 2027-03-31, and what, \
         owner, reason and approved-by must not be empty. `feuerprobe accept` writes an entry.",
    ),
    (
        "gate.bad-scope",
        "`of` of a requirement names something that the measure is not counted over. A simulated measure \
         takes campaign:ID; a measure of verdicts takes campaign:ID, technique:ID, tactic:NAME or \
         recording:ID; the others are of the whole run and take none.",
    ),
    (
        "gate.bad-value",
        "A value under [gate] is not one of those there are: undecided is \"warn\" or \"fail\", judge is \
         \"interval\" or \"value\", and quantile is a share between 0 and 1 of alert-delay alone.",
    ),
    (
        "gate.limit",
        "A requirement needs exactly one limit, at-most, at-least or no-worse-by, in the unit of its \
         measure. `feuerprobe list measures` shows the units.",
    ),
    (
        "gate.unanswerable",
        "A requirement cannot be judged on this run: its campaign was not simulated, the name is not in the \
         run, or there is no run to compare with. It is refused, because nothing measured is no pass.",
    ),
    (
        "gate.unknown-measure",
        "A requirement names a measure that does not exist. `feuerprobe list measures` shows them all.",
    ),
];
