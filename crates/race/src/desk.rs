//! The team that looks at alerts, as an M/M/c queue.
//!
//! The attack's own alerts are few against the background, so they see the queue
//! as it is at a random moment (PASTA) and the background need not be simulated. Less
//! urgent alerts never go before the attack's.

use model::estate::Soc;
use model::quantity::Millis;

use crate::chance::{Chance, Entity, Purpose};
use crate::span::Span;

/// Minutes of a day.
const MINUTES_PER_DAY: f64 = 1_440.0;

/// The queue before the analysts; rates per minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Desk {
    /// Share of alerts that is ever looked at: 1 unless overloaded.
    pub(crate) share: f64,
    /// Chance that an alert has to wait.
    pub(crate) waiting: f64,
    /// Rate of the exponential wait of those that have to.
    pub(crate) rate: f64,
    /// Mean service time in minutes.
    pub(crate) service: f64,
    /// Chance that an analyst escalates.
    pub(crate) escalation: f64,
    /// Different assets whose alerts must be escalated before an incident is declared.
    pub(crate) agree: u8,
}

impl Desk {
    /// Returns the desk of `soc`.
    pub(crate) fn new(soc: &Soc) -> Self {
        let service = if soc.triage_minutes.is_finite() { soc.triage_minutes.max(0.0) } else { 0.0 };
        let arrivals = if soc.alerts_per_day.is_finite() { soc.alerts_per_day.max(0.0) } else { 0.0 };
        let arrivals = arrivals / MINUTES_PER_DAY;
        let desk = Self::queue(soc.analysts, arrivals, soc.as_urgent.get(), service);
        Self { escalation: soc.escalation.get(), agree: soc.agree.max(1), ..desk }
    }

    /// Returns the desk of `servers` analysts who escalate everything, with `arrivals` a
    /// minute, of which a share is `as_urgent` as the attack's alerts, and `service` minutes each.
    ///
    /// Two classes, head of the line, nobody is interrupted (Cobham 1954): an alert of the
    /// upper class waits if all are busy with any class, and then only for its own.
    pub(crate) fn queue(servers: u16, arrivals: f64, as_urgent: f64, service: f64) -> Self {
        let idle = Self { share: 1.0, waiting: 0.0, rate: 1.0, service, escalation: 1.0, agree: 1 };
        if servers == 0 {
            return Self { share: 0.0, ..idle };
        }
        if service <= 0.0 {
            return idle;
        }
        let capacity = f64::from(servers) / service;
        let (load, urgent) = (arrivals * service, arrivals * as_urgent);
        if urgent < capacity {
            // With more of all classes than they can do, analysts are never idle.
            let busy = if load < f64::from(servers) { erlang_c(servers, load) } else { 1.0 };
            return Self { waiting: busy, rate: capacity - urgent, ..idle };
        }
        // Overload: the queue grows without end, so analysts can only keep up with
        // this share. What they do look at is taken up when the next one is free.
        Self { share: capacity / urgent, waiting: 1.0, rate: capacity, ..idle }
    }

    /// Returns the time until an analyst has looked at `alert`, `None` when nobody ever does.
    pub(crate) fn look(&self, chance: Chance, alert: Entity) -> Option<Millis> {
        if chance.uniform(alert, Purpose::Looked, 0) >= self.share {
            return None;
        }
        let triage = Span::Exponential { mean: self.service };
        Some(self.wait(chance.uniform(alert, Purpose::Queue, 0)).saturating_add(triage.at(chance.uniform(
            alert,
            Purpose::Triage,
            0,
        ))))
    }

    /// Returns the wait whose upper tail is `tail`: `P(W > w) = C exp(-(c mu - lambda) w)`.
    pub(crate) fn wait(&self, tail: f64) -> Millis {
        if tail >= self.waiting {
            return Millis(0);
        }
        Millis::from_minutes(libm::log(self.waiting / tail) / self.rate)
    }
}

/// Returns Erlang's C: the chance of waiting with `servers` servers at `load` erlang below that.
///
/// By the recursion of Erlang B, which stays between 0 and 1 at every step.
pub(crate) fn erlang_c(servers: u16, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, k| load * b / (f64::from(k) + load * b));
    blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::quantity::Seed;

    /// Mean wait in minutes over `trials` draws and its standard error.
    fn mean_wait(desk: &Desk, trials: u32) -> (f64, f64) {
        let e = Entity::named("alert", "x");
        let waits: Vec<f64> = (0..trials)
            .map(|t| desk.wait(Chance::new(Seed(21), t).uniform(e, Purpose::Queue, 0)).minutes())
            .collect();
        let n = f64::from(trials);
        let mean = waits.iter().sum::<f64>() / n;
        let variance = waits.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, (variance / n).sqrt())
    }

    #[test]
    fn erlang_c_matches_known_values() {
        for (servers, load, exact) in [(3, 4.0 / (5.0 / 3.0), 0.647_191), (10, 8.0, 0.409_180), (1, 0.8, 0.8)]
        {
            let c = erlang_c(servers, load);
            assert!((c - exact).abs() < 5e-7, "{servers} servers at {load}: {c}");
        }
    }

    #[test]
    fn mean_waits_match_known_values() {
        // (servers, arrivals per hour, service per hour, mean wait in hours)
        for (servers, lambda, mu, exact) in
            [(3, 4.0, 5.0 / 3.0, 0.647_191), (10, 8.0, 1.0, 0.204_590), (1, 0.8, 1.0, 4.0)]
        {
            let desk = Desk::queue(servers, lambda / 60.0, 1.0, 60.0 / mu);
            let closed = desk.waiting / desk.rate / 60.0;
            assert!((closed - exact).abs() < 5e-7, "{servers} servers: {closed} h in closed form");
            let (mean, error) = mean_wait(&desk, 100_000);
            assert!((mean / 60.0 - exact).abs() < 4.0 * error / 60.0, "{servers} servers: {} h", mean / 60.0);
        }
    }

    #[test]
    fn a_little_more_noise_more_than_doubles_the_wait() {
        // Five analysts, 30 minutes each: 190, 210, 225 alerts a day (published example).
        for (alerts, exact) in [(190.0, 15.0), (210.0, 34.0), (225.0, 81.0)] {
            let desk = Desk::queue(5, alerts / MINUTES_PER_DAY, 1.0, 30.0);
            let mean = desk.waiting / desk.rate;
            assert!((mean - exact).abs() < 0.5, "{alerts} alerts: {mean} min");
        }
    }

    #[test]
    fn an_overloaded_desk_looks_only_at_what_it_can() {
        // Capacity 240 a day against 400 alerts: share 0.6.
        let desk = Desk::queue(5, 400.0 / MINUTES_PER_DAY, 1.0, 30.0);
        assert!((desk.share - 0.6).abs() < 1e-12);
        let e = Entity::named("alert", "x");
        let n = 40_000;
        let seen = (0..n).filter(|t| desk.look(Chance::new(Seed(2), *t), e).is_some()).count();
        let share = seen as f64 / f64::from(n);
        assert!((share - 0.6).abs() < 4.0 * (0.24 / f64::from(n)).sqrt(), "{share}");
        assert_eq!(Desk::queue(0, 0.1, 1.0, 30.0).look(Chance::new(Seed(2), 0), e), None);
        let quiet = Desk::queue(1, 0.0, 1.0, 0.0);
        assert_eq!(quiet.look(Chance::new(Seed(2), 0), e), Some(Millis(0)));
    }
}
