//! Events and Sigma rules in, verdicts with their cause chain out.
