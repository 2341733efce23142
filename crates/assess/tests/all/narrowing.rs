//! Which exercise narrows the answer most, against least squares by other programs.

use std::collections::BTreeMap;

use assess::{evidence, narrowing};
use model::evidence::Evidence;
use model::id::TechniqueId;

use crate::ground::run::technique;

/// By technique the drawn chances of prevention and alert.
type Chances<'a> = &'a [(&'a str, f64, f64)];

/// Returns draws of the evidence: by technique the drawn chances of prevention and alert, and
/// the answer.
fn draws(rows: &[(Chances<'_>, f64)]) -> Vec<(Evidence, f64)> {
    let draw = |(chances, answer): &(Chances<'_>, f64)| {
        let wanted: Vec<TechniqueId> = chances.iter().map(|c| technique(c.0)).collect();
        let mut drawn = evidence(&[], &[], &wanted, &BTreeMap::new());
        for (id, prevented, alerted) in *chances {
            let own = drawn.techniques.get_mut(&technique(id)).unwrap();
            (own.prevented.value, own.alerted.value) = (*prevented, *alerted);
        }
        (drawn, *answer)
    };
    rows.iter().map(draw).collect()
}

fn shares(rows: &[(Chances<'_>, f64)], ids: &[&str]) -> Vec<(String, f64)> {
    let ids: Vec<TechniqueId> = ids.iter().map(|id| technique(id)).collect();
    narrowing(&draws(rows), &ids).into_iter().map(|(id, share)| (id.to_string(), share)).collect()
}

fn one<'a>(points: &'a [[(&'a str, f64, f64); 1]], answers: &[f64]) -> Vec<(Chances<'a>, f64)> {
    points.iter().zip(answers).map(|(p, a)| (p.as_slice(), *a)).collect()
}

const ID: &str = "T1490";

#[track_caller]
fn share_is(points: &[(f64, f64)], answers: &[f64], wanted: Option<f64>) {
    let points: Vec<[(&str, f64, f64); 1]> = points.iter().map(|(p, a)| [(ID, *p, *a)]).collect();
    let got = shares(&one(&points, answers), &[ID]);
    match wanted {
        None => assert_eq!(got, []),
        Some(wanted) => {
            assert!(got.len() == 1 && (got[0].1 - wanted).abs() < 1e-9, "got {got:?}, wanted {wanted}");
        }
    }
}

const POINTS: [(f64, f64); 7] =
    [(0.1, 0.5), (0.2, 0.4), (0.3, 0.9), (0.4, 0.1), (0.6, 0.6), (0.7, 0.2), (0.9, 0.8)];

#[test]
fn an_answer_that_is_linear_in_the_chances_is_explained_whole() {
    let linear = POINTS.map(|(p, a)| 100.0 - 30.0 * p - 50.0 * a);
    share_is(&POINTS, &linear, Some(1.0));
    let alert_only = POINTS.map(|(_, a)| (0.0, a));
    share_is(&alert_only, &alert_only.map(|(_, a)| 7.0 - 3.0 * a), Some(1.0));
    let prevention_only = POINTS.map(|(p, _)| (p, 0.4));
    share_is(&prevention_only, &prevention_only.map(|(p, _)| 7.0 - 3.0 * p), Some(1.0));
    // Where the two always go together, one of them tells all.
    let together = POINTS.map(|(p, _)| (p, 0.5 * p));
    share_is(&together, &together.map(|(p, a)| p + a), Some(1.0));
}

/// Adjusted R² by numpy 2.4.6 (`lstsq` with an intercept, 1 - (1 - R²)(n - 1)/(n - k - 1)).
#[test]
fn the_share_is_the_adjusted_r_squared() {
    let answers = [12.0, 11.0, 3.0, 17.0, 6.0, 9.0, 4.0];
    share_is(&POINTS, &answers, Some(0.805675124752));
    share_is(&POINTS.map(|(_, a)| (0.0, a)), &answers, Some(0.707632445376));
    share_is(&POINTS.map(|(p, _)| (p, 0.0)), &answers, Some(0.030256272642));
    share_is(&POINTS.map(|(p, _)| (2.0 * p, p)), &answers, Some(0.030256272642));
    share_is(&POINTS[..5], &answers[..5], Some(0.951689657572));
    // Units do not matter, neither of the chances nor of the answer.
    share_is(&POINTS.map(|(p, a)| (1e-4 * p, 1e-4 * a)), &answers, Some(0.805_675_124_752));
    share_is(&POINTS, &answers.map(|y| 1_000.0 * y - 5.0), Some(0.805675124752));
}

#[test]
fn nothing_is_told_of_few_draws_of_constant_answers_and_of_chance() {
    let answers = [12.0, 11.0, 3.0, 17.0, 6.0, 9.0, 4.0];
    share_is(&POINTS[..4], &answers[..4], None);
    share_is(&POINTS, &[3.0; 7], None);
    share_is(&[(0.2, 0.3); 7], &answers, None);
    // The answer goes up and down as the chance rises: R² is 0, and the adjusted one below.
    share_is(&[1.0, 2.0, 3.0, 4.0, 5.0].map(|x| (0.0, x)), &[1.0, 0.0, 0.0, 0.0, 1.0], None);
}

#[test]
fn the_largest_share_comes_first_and_of_equal_ones_the_first_id() {
    let rows: Vec<Vec<(&str, f64, f64)>> = (0..8)
        .map(|i| {
            let x = f64::from(i);
            vec![
                ("T1490", 0.0, x),
                ("T1486", 0.0, x),
                ("T1078", 0.0, x * x),
                ("T1003", 0.0, (x - 3.5) * (x - 3.5)),
            ]
        })
        .collect();
    let rows: Vec<(Chances<'_>, f64)> =
        rows.iter().zip(0..).map(|(r, i)| (r.as_slice(), f64::from(i))).collect();
    let got = shares(&rows, &["T1003", "T1078", "T1486", "T1490", "T1007"]);
    let ids: Vec<&str> = got.iter().map(|(id, _)| id.as_str()).collect();
    // T1003 has nothing to do with the answer, T1007 is in no draw.
    assert_eq!(ids, ["T1486", "T1490", "T1078"]);
    assert_eq!((got[0].1, got[1].1), (1.0, 1.0));
    assert!(got[2].1 < 1.0 && got[2].1 > 0.9);
}
