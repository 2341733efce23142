//! Estate, campaign, evidence and a seed in, trials of attacker against defence out.
