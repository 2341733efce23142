//! Verdicts in, evidence out; trials and impacts in, scorecard and levers out.
