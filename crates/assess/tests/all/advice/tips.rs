//! Pull now or once confirmed: the figures of one tip, and the confidence at which it turns.

use assess::decide::{Question, Raced, tip};
use model::campaign::Objective;
use model::quantity::{Millis, Ratio};

use super::{Row, lost, mean_is, near, raced};

fn question<'a>(nothing: &'a Raced, pull: &'a Raced, wait: &'a Raced, after: u64) -> Question<'a> {
    Question {
        after: Millis(after * 60_000),
        nothing: &nothing.courses,
        pull: &pull.courses,
        wait: &wait.courses,
        false_alarm: &pull.false_alarm,
    }
}

#[test]
fn a_tip_is_about_the_trials_in_which_it_is_not_too_late() {
    let row = |payload, attack| Row { alarm: Some(10), payload, attack, ..Row::default() };
    // By 10 + 20 minutes the payload has fired in the first two of five.
    let nothing = [row(Some(29), 0), row(Some(30), 0), row(Some(31), 0), row(None, 0), row(Some(99), 0)];
    let pull = [row(Some(1), 999), row(Some(1), 999), row(None, 10), row(None, 20), row(None, 30)];
    let wait = [row(Some(1), 999), row(Some(1), 999), row(Some(60), 100), row(None, 20), row(Some(60), 90)];
    let [nothing, wait] = [("nothing", nothing), ("wait", wait)].map(|(n, rows)| raced(n, &rows, &[]));
    let pull = raced("pull", &pull, &[999.0, 999.0, 12.0, 24.0, 0.0]);
    let open: Vec<usize> = (0..5).collect();
    let ask = |objective, c| tip(question(&nothing, &pull, &wait, 20), objective, &open, Ratio::clamped(c));
    let got = ask(Objective::Payload, 0.5).unwrap();
    assert_eq!((got.after, got.too_late.get(), got.open), (Millis(1_200_000), 0.4, 3));
    mean_is(got.pull, 20.0);
    mean_is(got.wait, 70.0);
    mean_is(got.false_alarm, 12.0);
    // 50 saved against 12 lost in the mean: p = 12 / 62.
    mean_is(got.threshold, 12.0 / 62.0);
    assert!(near(got.reached_pull.value, 0.0) && near(got.reached_wait.value, 2.0 / 3.0));
    assert_eq!(got.worth, None);
    // (0.9 * 12 - 0.1 * 50) for 0.1 * 2/3 prevented; at even odds pulling pays by itself.
    let leak = ask(Objective::Outflow, 0.1).unwrap();
    assert!(near(leak.worth.unwrap(), (0.9 * 12.0 - 0.1 * 50.0) / (0.1 * 2.0 / 3.0)));
    assert_eq!(ask(Objective::Outflow, 0.5).unwrap().worth, Some(0.0));
    // Of two out of three that are reached by waiting one is reached by pulling too.
    let more = Raced {
        courses: pull
            .courses
            .iter()
            .zip(&wait.courses)
            .enumerate()
            .map(|(i, (p, w))| if i == 4 { *w } else { *p })
            .collect(),
        ..pull.clone()
    };
    let less =
        tip(question(&nothing, &more, &wait, 20), Objective::Outflow, &open, Ratio::clamped(0.1)).unwrap();
    assert!(near(less.worth.unwrap(), (0.9 * 12.0 - 0.1 * 30.0) / (0.1 / 3.0)), "{less:?}");
    assert_eq!(ask(Objective::Outflow, 0.0).unwrap().worth, None, "nothing is prevented");
    assert!(tip(question(&nothing, &pull, &wait, 89), Objective::Payload, &open, Ratio::ONE).is_none());
    let two = tip(question(&nothing, &pull, &wait, 88), Objective::Payload, &open, Ratio::ONE);
    assert_eq!(two.map(|t| t.open), Some(2), "two are enough");
}

/// Returns the 95 % interval of the mean of `p` times saved minus `1 - p` times wrong.
fn gain(saved: &[f64], wrong: &[f64], p: f64) -> (f64, f64) {
    let gains: Vec<f64> = saved.iter().zip(wrong).map(|(s, w)| p * s - (1.0 - p) * w).collect();
    let n = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / n;
    let variance = gains.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / (n - 1.0);
    let half = 1.96 * (variance / n).sqrt();
    (mean - half, mean + half)
}

#[test]
fn the_threshold_is_where_the_interval_of_the_gain_leaves_zero() {
    let ask = |saved: &[u64], wrong: &[f64]| {
        let rows = |extra: &dyn Fn(usize) -> u64| -> Vec<Row> {
            (0..saved.len()).map(|i| lost(extra(i), 0)).collect()
        };
        let nothing = raced("nothing", &rows(&|_| 0), &[]);
        let wait = raced("wait", &rows(&|i| 1_000 + saved[i]), &[]);
        let pull = raced("pull", &rows(&|_| 1_000), wrong);
        let open: Vec<usize> = (0..saved.len()).collect();
        tip(question(&nothing, &pull, &wait, 1), Objective::Payload, &open, Ratio::ONE).unwrap().threshold
    };
    let saved = [40, 60, 80, 20, 50, 70];
    let wrong = [10.0, 12.0, 20.0, 14.0, 10.0, 6.0];
    let got = ask(&saved, &wrong);
    let hours = saved.map(|s| s as f64);
    assert!(0.0 < got.low && got.low < got.value && got.value < got.high && got.high < 1.0, "{got:?}");
    // One step of a thousandth lower the other side holds.
    assert!(gain(&hours, &wrong, got.low).1 >= 0.0 && gain(&hours, &wrong, got.low - 0.001).1 < 0.0);
    assert!(gain(&hours, &wrong, got.high).0 > 0.0 && gain(&hours, &wrong, got.high - 0.001).0 <= 0.0);
    let never = ask(&[0, 0, 0], &[5.0, 6.0, 7.0]);
    assert_eq!((never.value, never.high), (1.0, 1.0), "nothing is saved: never");
    let always = ask(&[10, 20, 30], &[0.0, 0.0, 0.0]);
    assert_eq!((always.value, always.low, always.high), (0.0, 0.0, 0.001), "nothing is lost: always");
    let even = ask(&[0, 0, 0], &[0.0, 0.0, 0.0]);
    assert_eq!((even.value, even.low, even.high), (1.0, 0.0, 1.0), "nothing is saved or lost: any");
}
