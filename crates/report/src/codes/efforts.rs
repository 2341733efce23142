//! Codes about what changes cost, and what a prevented outflow is worth.

/// Code and explanation, by code.
pub(super) const EFFORTS: [(&str, &str); 3] = [
    (
        "efforts.out-of-range",
        "An effort cannot be used. Write person-days above 0 and at most 36,500, such as 0.5 or 3.",
    ),
    (
        "efforts.unknown-key",
        "The file of efforts names a kind of work that no change is made of. The message lists those there \
         are; what is left out counts as the commented file of `feuerprobe init` says.",
    ),
    (
        "estate.bad-trade-off",
        "What a prevented outflow is worth is a number of person-hours, zero or more, for each outflow or \
         for each exposed person. State one of the two; without it `decide` shows the frontier of outflow \
         and loss and advises nothing where they compete.",
    ),
];
