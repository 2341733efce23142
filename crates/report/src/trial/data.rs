//! What the script of the page reads: times in milliseconds, names once.

use model::estate::Estate;
use model::id::ServiceId;
use model::quantity::Millis;
use model::timeline::{Downtime, TrialSide};
use serde_json::{Value, json};

use crate::story::Told;

/// Returns the data as JSON that may stand inside a script element.
pub(super) fn json(estate: &Estate, times: &[Millis], sides: &[TrialSide; 2], told: &[Vec<Told>]) -> String {
    let all: Vec<Value> = sides.iter().zip(told).map(|(side, told)| one(estate, side, told)).collect();
    let times: Vec<u64> = times.iter().map(|t| t.0).collect();
    let shown = |t: &u64| if *t == 0 { "start".to_owned() } else { Millis(*t).to_string() };
    let shown: Vec<String> = times.iter().map(shown).collect();
    let services: Vec<&str> = estate.services.iter().map(|s| s.name.as_str()).collect();
    let whole = json!({
        "times": times, "shown": shown, "services": services, "sides": all, "landmarks": landmarks(sides),
    });
    // `<` is the only letter that could end the element or open a comment in it.
    whole.to_string().replace('<', "\\u003c")
}

fn one(estate: &Estate, side: &TrialSide, told: &[Told]) -> Value {
    let place = |id: &ServiceId| estate.services.iter().position(|s| s.id == *id);
    let spans = |times: &[Downtime]| -> Vec<[u64; 2]> { times.iter().map(|t| [t.from.0, t.to.0]).collect() };
    let hostings: Vec<Value> = side
        .timeline
        .hostings
        .iter()
        .map(|h| {
            let services: Vec<Value> =
                h.services.iter().map(|(id, times)| json!([place(id), spans(times)])).collect();
            let any: Vec<Value> =
                h.any.iter().map(|t| json!([t.from.0, t.to.0, u8::from(t.attack)])).collect();
            json!({"tenants": h.tenants, "people": h.insured, "services": services, "any": any})
        })
        .collect();
    let absences: Vec<Value> = side
        .timeline
        .absences
        .iter()
        .map(|a| json!([a.asset, a.from.0, a.attacked.map(|at| at.0), a.back.0]))
        .collect();
    let events: Vec<u64> = told.iter().map(|t| t.at.0).collect();
    json!({
        "name": side.name, "events": events, "absences": absences, "hostings": hostings,
        "attack": side.impact.attack.0, "containment": side.impact.containment.0,
    })
}

/// Returns the moments to jump to: time, and what it is, in order of time.
fn landmarks(sides: &[TrialSide; 2]) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = Vec::new();
    for (number, side) in sides.iter().enumerate() {
        let trial = &side.trace.trial;
        let first = side.timeline.hostings.iter().flat_map(|h| h.any.first()).map(|t| t.from).min();
        let last = side.timeline.hostings.iter().flat_map(|h| h.any.last()).map(|t| t.to).max();
        let marks = [
            (trial.alert, "first alert"),
            (trial.declared, "incident declared"),
            (trial.payload, "payload fires"),
            (trial.outflow, "data leaves"),
            (trial.contained, "contained"),
            (first, "first service down"),
            (last, "all services back"),
        ];
        let name = ["left", "right"].get(number).copied().unwrap_or_default();
        all.extend(marks.into_iter().filter_map(|(at, what)| Some((at?.0, format!("{what} ({name})")))));
    }
    if let Some(at) = parting(sides) {
        all.push((at, "the two part".to_owned()));
    }
    all.sort();
    // What happens on both sides at one moment is one landmark.
    let mut merged: Vec<(u64, String)> = Vec::new();
    for (at, what) in all {
        let both = what.strip_suffix(" (right)").map(|bare| format!("{bare} (left)"));
        match merged.iter_mut().find(|(m, text)| *m == at && Some(&**text) == both.as_deref()) {
            Some((_, text)) => *text = text.trim_end_matches(" (left)").to_owned(),
            None => merged.push((at, what)),
        }
    }
    merged
}

/// Returns the first moment at which the two sides differ.
fn parting(sides: &[TrialSide; 2]) -> Option<u64> {
    let [one, other] = sides.each_ref().map(|side| &side.trace.moments);
    let same = one.iter().zip(other.iter()).take_while(|(a, b)| a == b).count();
    [one.get(same), other.get(same)].into_iter().flatten().map(|moment| moment.at.0).min()
}
