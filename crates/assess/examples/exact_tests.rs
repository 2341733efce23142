//! The one-sided p-value of Boschloo's test for all pairs of periods with up to 12 runs, one
//! pair a line, for a comparison with SciPy (`scripts/check-exact-tests`).
//!
//! Columns: seen and runs before, seen and runs after, p-value.

use std::io::{self, Write};

use assess::drift::boschloo;
use model::drift::Tested;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for before in 1..=12 {
        for after in 1..=12 {
            for x in 0..=before {
                for y in 0..=after {
                    let p = boschloo(Tested { runs: before, seen: x }, Tested { runs: after, seen: y });
                    writeln!(out, "{x}\t{before}\t{y}\t{after}\t{p:e}")?;
                }
            }
        }
    }
    Ok(())
}
