//! What is down when in one trial: the same downtimes that [`crate::impacts`] sums up.

use std::borrow::Cow;

use model::estate::Estate;
use model::quantity::Millis;
use model::timeline::{Downtime, HostingTimeline, TrialTimeline};
use model::trial::Trial;

use crate::course;
use crate::impact::{Meter, Profile, waited};

/// Returns the timeline of a trial. The lengths of its times, times the people of each hosting
/// profile, are the person-hours of [`crate::impacts`].
pub fn timeline(estate: &Estate, trial: &Trial) -> TrialTimeline {
    let meter = Meter::new(estate);
    let course = meter.course(trial);
    let equations = &meter.planner.equations;
    let downs: Vec<Vec<Vec<course::Downtime>>> =
        meter.homes.iter().map(|home| course.downtimes(equations, home.site, &home.full)).collect();
    let hosting = |(profile, agreed): (&Profile, &model::estate::Hosting)| {
        let home = profile.home.and_then(|home| Some((meter.homes.get(home)?.site, downs.get(home)?)));
        let mut services = Vec::new();
        let mut all = Vec::new();
        for ((service, wait), agreement) in profile.services.iter().zip(&profile.waits).zip(&agreed.services)
        {
            let times = home.zip(*service).and_then(|((site, downs), service)| {
                let times = downs.get(service)?;
                let line = meter.lines.get(site)?.get(service)?.as_ref().filter(|_| *wait > Millis(0));
                Some(line.map_or(Cow::Borrowed(times.as_slice()), |line| {
                    Cow::Owned(waited(times, *wait, line.fades))
                }))
            });
            let times = times.unwrap_or_default();
            services.push((agreement.service.clone(), times.iter().map(shown).collect()));
            all.extend_from_slice(&times);
        }
        HostingTimeline { tenants: profile.tenants, insured: profile.insured, services, any: apart(&all) }
    };
    TrialTimeline {
        absences: course.absences(),
        hostings: meter.hostings.iter().zip(&estate.hostings).map(hosting).collect(),
    }
}

fn shown(time: &course::Downtime) -> Downtime {
    Downtime { from: Millis(time.from), to: Millis(time.to), attack: time.attack }
}

/// Returns the times with any of the downtimes, cut where the cause changes: where several overlap and
/// one of them is the attack's, it is the attack's.
fn apart(times: &[course::Downtime]) -> Vec<Downtime> {
    let mut ends: Vec<u64> = times.iter().flat_map(|t| [t.from, t.to]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut found: Vec<Downtime> = Vec::new();
    for (from, to) in ends.iter().zip(ends.iter().skip(1)) {
        let mut covering = times.iter().filter(|t| t.from <= *from && *to <= t.to).peekable();
        if covering.peek().is_none() {
            continue;
        }
        let attack = covering.any(|t| t.attack);
        match found.last_mut() {
            Some(last) if last.to.0 == *from && last.attack == attack => last.to = Millis(*to),
            _ => found.push(Downtime { from: Millis(*from), to: Millis(*to), attack }),
        }
    }
    found
}
