//! Intervals against textbook values and by exact coverage.

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use assess::{clopper_pearson, jeffreys, quantile_interval};

fn close(got: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((got - wanted).abs() <= tolerance, "{what}: got {got}, wanted {wanted}");
}

/// Hits, cases, and the 90 % Jeffreys interval in per cent as published tables round it.
#[test]
fn jeffreys_intervals_shown_to_users() {
    let cases = [
        (0, 3, 0.1, 44.0),
        (3, 3, 56.0, 100.0),
        (2, 10, 6.0, 45.0),
        (9, 10, 67.0, 98.0),
        (0, 10, 0.0, 17.0),
        (0, 30, 0.0, 6.0),
    ];
    for (k, n, low, high) in cases {
        let interval = jeffreys(k, n, 0.9);
        let slack = if low == 0.1 { 0.05 } else { 0.5 };
        close(100.0 * interval.low, low, slack, &format!("{k}/{n} low"));
        close(100.0 * interval.high, high, 0.5, &format!("{k}/{n} high"));
    }
    close(jeffreys(59, 59, 0.9).low, 0.968, 0.0005, "59/59, 5 % quantile");
}

/// Brown, Cai and DasGupta (2001), table 5, and the rule of three's exact form 1 - 0.025^(1/n).
#[test]
fn clopper_pearson_and_wilson_textbook_values() {
    let cp = clopper_pearson(0, 10, 0.95);
    assert_eq!(cp.low, 0.0);
    close(cp.high, 1.0 - 0.025_f64.powf(0.1), 1e-12, "0/10");
    let cp = clopper_pearson(10, 10, 0.95);
    assert_eq!(cp.high, 1.0);
    close(cp.low, 0.025_f64.powf(0.1), 1e-12, "10/10");
    let cp = clopper_pearson(5, 10, 0.95);
    close(cp.low, 0.187_086, 1e-6, "5/10 low");
    close(cp.high, 0.812_914, 1e-6, "5/10 high");
    assert_eq!((clopper_pearson(0, 0, 0.95).low, clopper_pearson(0, 0, 0.95).high), (0.0, 1.0));
    assert_eq!(clopper_pearson(9, 3, 0.95).high, 1.0);
}

/// Coverage is added up over all outcomes of the binomial, not simulated.
#[test]
fn clopper_pearson_covers_at_least_what_it_says() {
    for n in [5_u64, 12, 40, 150] {
        let intervals: Vec<_> = (0..=n).map(|k| clopper_pearson(k, n, 0.95)).collect();
        for p in [0.01_f64, 0.05, 0.2, 0.37, 0.5, 0.81, 0.99] {
            let mut chance = (1.0 - p).powi(n as i32);
            let mut covered = 0.0;
            for (k, interval) in intervals.iter().enumerate() {
                if interval.low <= p && p <= interval.high {
                    covered += chance;
                }
                chance *= (n - k as u64) as f64 / (k as f64 + 1.0) * p / (1.0 - p);
            }
            assert!(covered >= 0.95, "n {n}, p {p}: {covered}");
        }
    }
}

/// For n = 10 the median lies between the 2nd and the 9th value with 97.85 %
/// (David and Nagaraja, Order Statistics: 1 - 2 (1 + 10) / 2^10).
#[test]
fn order_statistics_around_the_median() {
    let values: Vec<f64> = (1..=10).map(f64::from).collect();
    let interval = quantile_interval(&values, 0.5, 0.95).unwrap();
    assert_eq!((interval.low, interval.value, interval.high), (2.0, 5.0, 9.0));
    // Of 20, 30 and 100 values: the binomial tables (6th to 15th, 10th to 21st, 40th to 61st).
    for (n, low, high) in [(20, 6.0, 15.0), (30, 10.0, 21.0), (100, 40.0, 61.0)] {
        let values: Vec<f64> = (1..=n).map(f64::from).collect();
        let interval = quantile_interval(&values, 0.5, 0.95).unwrap();
        assert_eq!((interval.low, interval.high), (low, high), "{n}");
    }
    // Of three values none is surely above the 99 % quantile, nor below the 1 % quantile.
    let last = quantile_interval(&values[..3], 0.99, 0.95).unwrap();
    assert_eq!((last.value, last.high), (3.0, 3.0));
    let first = quantile_interval(&values[..3], 0.01, 0.95).unwrap();
    assert_eq!((first.low, first.value), (1.0, 1.0));
    let few = quantile_interval(&values[..3], 0.5, 0.95).unwrap();
    assert_eq!((few.low, few.high), (1.0, 3.0));
    assert_eq!(quantile_interval(&[], 0.5, 0.95), None);
}
