//! Many tests at once.

/// Returns which p-values are discoveries at false discovery rate `rate`: Benjamini and
/// Hochberg's procedure (1995). Of those returned as `true`, at most that share is false in
/// the mean; tests may be independent or positively dependent.
///
/// The answers stand in the order of the p-values.
pub fn discoveries(p_values: &[f64], rate: f64) -> Vec<bool> {
    let mut sorted = p_values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let all = p_values.len() as f64;
    // The largest p-value that lies under the line from 0 to `rate`.
    let limit = sorted
        .iter()
        .zip(1_u32..)
        .filter(|(p, rank)| **p <= rate * f64::from(*rank) / all)
        .map(|(p, _)| *p)
        .last();
    p_values.iter().map(|p| limit.is_some_and(|l| *p <= l)).collect()
}
