//! Runs that are looked at as they come: an alarm with a known rate of false alarms.

/// A running test that the rate of success is still at least `healthy`.
///
/// With each run the evidence `m` becomes `max(1, m) · e`, where `e` is the likelihood ratio
/// of the rate `broken` against `healthy`; an alarm is raised where it reaches the level.
/// While the rate is at least `healthy`, `e` is at most 1 in the mean, so that the mean
/// number of runs to a false alarm is at least the level, however often one looks (the
/// e-CUSUM of Shin, Ramdas and Rinaldo, "E-detectors", 2022).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stream {
    on_success: f64,
    on_miss: f64,
    level: f64,
    evidence: f64,
}

impl Stream {
    /// Returns a stream without runs, or `None` where `0 < broken < healthy < 1` or
    /// `level > 1` does not hold.
    ///
    /// `level` is the mean number of runs between false alarms that is guaranteed.
    pub fn new(healthy: f64, broken: f64, level: f64) -> Option<Self> {
        let valid = 0.0 < broken && broken < healthy && healthy < 1.0 && level > 1.0 && level.is_finite();
        valid.then(|| Self {
            on_success: broken / healthy,
            on_miss: (1.0 - broken) / (1.0 - healthy),
            level,
            evidence: 1.0,
        })
    }

    /// Takes one run; returns whether the alarm is raised. After an alarm the stream begins
    /// anew.
    pub fn run(&mut self, seen: bool) -> bool {
        let factor = if seen { self.on_success } else { self.on_miss };
        self.evidence = self.evidence.max(1.0) * factor;
        let alarm = self.evidence >= self.level;
        if alarm {
            self.evidence = 1.0;
        }
        alarm
    }
}

/// Returns the level for `streams` streams of `runs_a_year` runs each, so that all together
/// raise at most `false_alarms_a_year` in the mean; at least 2.
pub fn alarm_level(streams: u32, runs_a_year: f64, false_alarms_a_year: f64) -> f64 {
    let level = f64::from(streams) * runs_a_year / false_alarms_a_year;
    if level.is_finite() { level.max(2.0) } else { f64::MAX }
}
