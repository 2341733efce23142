//! Which exercise, if repeated, would narrow the answer most.

use model::evidence::Evidence;
use model::id::TechniqueId;

/// Returns for each technique which share of the answer's spread over draws of the
/// evidence goes back to it, largest first; what is not above chance is left out.
///
/// The share is the adjusted R² of a linear regression of the answer on the drawn
/// chances of prevention and alert: a cheap stand-in for the expected value of perfect
/// partial information, exact where the answer is linear in them.
pub fn narrowing(draws: &[(Evidence, f64)], techniques: &[TechniqueId]) -> Vec<(TechniqueId, f64)> {
    let mut shares: Vec<(TechniqueId, f64)> = techniques
        .iter()
        .filter_map(|id| {
            let points: Option<Vec<[f64; 3]>> = draws
                .iter()
                .map(|(evidence, answer)| {
                    evidence.techniques.get(id).map(|t| [t.prevented.value, t.alerted.value, *answer])
                })
                .collect();
            Some((id.clone(), explained(&points?)?))
        })
        .filter(|(_, share)| *share > 0.0)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}

/// Returns the adjusted R² of the third value on those of the first two that vary; `None`
/// where neither does.
fn explained(points: &[[f64; 3]]) -> Option<f64> {
    let n = points.len() as f64;
    if n < 5.0 {
        return None;
    }
    let mean = [0, 1, 2].map(|i| points.iter().map(|p| p[i]).sum::<f64>() / n);
    let product =
        |i: usize, j: usize| points.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum::<f64>();
    let (xx, zz, yy) = (product(0, 0), product(1, 1), product(2, 2));
    let (xz, xy, zy) = (product(0, 1), product(0, 2), product(1, 2));
    let determinant = xx * zz - xz * xz;
    if yy <= 0.0 {
        return None;
    }
    if determinant <= 1e-12 * xx * zz {
        // Prevention does not vary until one was seen; where the two go together, one tells all.
        let (own, with) = if zz > 0.0 { (zz, zy) } else { (xx, xy) };
        let r2 = if own > 0.0 { with * with / (own * yy) } else { return None };
        return Some(1.0 - (1.0 - r2) * (n - 1.0) / (n - 2.0));
    }
    let (a, b) = ((xy * zz - zy * xz) / determinant, (zy * xx - xy * xz) / determinant);
    let r2 = (a * xy + b * zy) / yy;
    Some(1.0 - (1.0 - r2) * (n - 1.0) / (n - 3.0))
}
