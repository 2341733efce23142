//! What stands first: our plan, doing nothing, and the best policy seen, with what that says.

use model::campaign::Objective;
use model::decide::Measure;
use model::quantity::Interval;
use model::record::Record;
use model::scorecard::{CampaignScore, Lever, LeverEffect, Outlook, Standing};

use crate::decide::policy_name;
use crate::number::{big, decimal, percent};
use crate::terms::{Language, Terms};

/// Returns what a campaign is after; a payload where the record does not say.
pub(crate) fn objective(record: &Record, score: &CampaignScore) -> Objective {
    let found = record.campaigns.iter().find(|c| c.id == score.campaign);
    found.map_or(Objective::Payload, |c| c.objective)
}

/// Returns the word for a way to respond, as a key: `plan`, `nothing`, `best`.
pub(crate) fn key(standing: &Standing) -> &'static str {
    match standing.measure {
        Measure::Plan => "plan",
        Measure::Nothing => "nothing",
        Measure::Cut { .. } => "best",
    }
}

/// Returns the name of a way to respond.
pub(crate) fn who(standing: &Standing) -> String {
    match standing.measure {
        Measure::Plan => format!("our plan: {}", standing.name),
        Measure::Nothing => "doing nothing".to_owned(),
        Measure::Cut { .. } => format!("best seen: {}", policy(standing)),
    }
}

fn policy(standing: &Standing) -> String {
    policy_name(&Terms::of(Language::En), &standing.measure)
}

/// Returns what is lost: person-hours, weighed by service where the estate does so.
pub(crate) fn unit(weighed: bool) -> &'static str {
    if weighed { "weighted person-hours" } else { "person-hours" }
}

/// Returns the same for what a record compares, as the head of a column.
pub(crate) fn unit_head(record: &Record) -> String {
    let weighed = record.scores.iter().flat_map(|s| &s.standings).any(|s| s.weighed);
    if weighed { "Weighted person-hours".to_owned() } else { "Person-hours".to_owned() }
}

/// Returns both ends of an interval of person-hours.
pub(crate) fn ends(interval: Interval) -> String {
    format!("95 %: {} to {}", big(interval.low), big(interval.high))
}

/// Returns the chance of the objective.
fn chance(objective: Objective, standing: &Standing) -> Interval {
    match objective {
        Objective::Payload => standing.payload,
        Objective::Outflow => standing.outflow,
    }
}

fn find<'a>(score: &'a CampaignScore, wanted: &str) -> Option<&'a Standing> {
    score.standings.iter().find(|s| key(s) == wanted)
}

fn negated(interval: Interval) -> Interval {
    Interval { value: -interval.value, low: -interval.high, high: -interval.low }
}

/// One thing the comparison says.
pub(crate) struct Said {
    /// The sentence.
    pub(crate) text: String,
    /// Whether it is bad news.
    pub(crate) bad: bool,
}

/// Returns what the comparison says: the plan against doing nothing, then the best policy
/// against the plan, or that there is no plan.
pub(crate) fn verdict(record: &Record, score: &CampaignScore) -> Vec<Said> {
    let objective = objective(record, score);
    let word = match objective {
        Objective::Payload => "payload",
        Objective::Outflow => "outflow",
    };
    let Some(nothing) = find(score, "nothing") else { return Vec::new() };
    let share = |s: &Standing| percent(chance(objective, s).value);
    let mut said = Vec::new();
    let best = find(score, "best");
    let Some(plan) = find(score, "plan") else {
        let mut text = "Nobody responds to this campaign: write a plan.".to_owned();
        if let Some(best) = best {
            text.push_str(&format!(
                " The best policy seen, \u{201c}{}\u{201d}, takes the chance of {word} from {} to {}.",
                policy(best),
                share(nothing),
                share(best)
            ));
        }
        return vec![Said { text, bad: true }];
    };
    let more = plan.against_nothing;
    let unit = unit(plan.weighed);
    let moved = instead(word, chance(objective, plan), chance(objective, nothing));
    said.push(if more.low > 0.0 {
        Said {
            text: format!(
                "OUR PLAN COSTS MORE THAN DOING NOTHING: {} {unit} more ({}); {moved}.",
                big(more.value),
                ends(more)
            ),
            bad: true,
        }
    } else if more.high < 0.0 {
        let less = negated(more);
        let text = format!(
            "Our plan saves {} {unit} against doing nothing ({}); {moved}.",
            big(less.value),
            ends(less)
        );
        Said { text, bad: false }
    } else {
        let text =
            format!("Against doing nothing our plan shows no difference in loss ({}); {moved}.", ends(more));
        Said { text, bad: true }
    });
    let text = match best.and_then(|b| Some((b, b.against_plan?))) {
        Some((best, against)) => against_plan(objective, word, best, plan, against),
        None => "Best seen is our plan: no policy tried loses less or lets less out.".to_owned(),
    };
    said.push(Said { text, bad: false });
    said
}

/// Returns how one chance stands to another.
fn instead(word: &str, own: Interval, other: Interval) -> String {
    let (own, other) = (percent(own.value), percent(other.value));
    if own == other {
        format!("chance of {word} {own} for both")
    } else {
        format!("chance of {word} {own} instead of {other}")
    }
}

fn against_plan(
    objective: Objective,
    word: &str,
    best: &Standing,
    plan: &Standing,
    against: Interval,
) -> String {
    let name = policy(best);
    let (own, of_plan) = (chance(objective, best), chance(objective, plan));
    let moved = instead(word, own, of_plan);
    let less = negated(against);
    let unit = unit(best.weighed);
    if less.low > 0.0 {
        format!(
            "\u{201c}{name}\u{201d} loses {} {unit} less than our plan ({}); {moved}.",
            big(less.value),
            ends(less)
        )
    } else if against.low > 0.0 {
        let why = if own.high < of_plan.low { "lets less out and" } else { "is no better and" };
        format!(
            "\u{201c}{name}\u{201d} {why} loses {} {unit} more than our plan ({}); {moved}.",
            big(against.value),
            ends(against)
        )
    } else {
        format!("No policy seen surely loses less than our plan; \u{201c}{name}\u{201d}: {moved}.")
    }
}

/// Returns by which mechanism a change makes something worse in one campaign; `None` where
/// nothing surely gets worse.
fn mechanism(effect: &LeverEffect) -> Option<String> {
    let mut told = Vec::new();
    if effect.containment.low > 0.0 {
        let because = if effect.cut.low > 0.0 {
            format!("because {} more asset classes are taken off in the mean", decimal(effect.cut.value))
        } else if effect.declared.low > 0.0 {
            format!(
                "because an incident is declared in {} more of 100 trials",
                decimal(effect.declared.value * 100.0)
            )
        } else {
            "because what is taken off stays off longer".to_owned()
        };
        told.push(format!("our own containment costs {} more, {because}", big(effect.containment.value)));
    }
    if effect.attack.low > 0.0 {
        let because = if effect.cut.high < 0.0 {
            "because less is taken off"
        } else if effect.cut.low > 0.0 {
            "because the attacker reacts to what is taken off"
        } else {
            "because the attacker gets further before the cut"
        };
        told.push(format!("the attack costs {} more, {because}", big(effect.attack.value)));
    }
    if effect.chance.low > 0.0 {
        told.push(format!(
            "its aim is reached in {} more of 100 trials",
            decimal(effect.chance.value * 100.0)
        ));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// Returns what a lever does to each campaign that it moves, a line each: the chance in
/// points and the person-hours, both with their interval.
pub(crate) fn effects(record: &Record, lever: &Lever) -> Vec<String> {
    let moved = |e: &&LeverEffect| e.chance.value != 0.0 || e.loss.value != 0.0;
    let of = lever.effects.len();
    let line = |e: &LeverEffect| {
        let name = record.campaigns.iter().find(|c| c.id == e.campaign);
        let name = name.map_or(e.campaign.as_str(), |c| c.name.as_str());
        let short = name.split(':').next().unwrap_or(name);
        format!("{short}: {}", moves(e.chance, e.loss, lever.weighed))
    };
    if lever.effects.is_empty() {
        return vec![moves(
            lever.chance_interval.unwrap_or(Interval {
                value: lever.chance,
                low: lever.chance,
                high: lever.chance,
            }),
            negated(lever.saved),
            lever.weighed,
        )];
    }
    let mut lines: Vec<String> = lever.effects.iter().filter(moved).map(line).collect();
    if of > 1 && lines.len() > 1 {
        lines.push(format!(
            "both once: {} {} saved ({})",
            big(lever.saved.value),
            unit(lever.weighed),
            ends(lever.saved)
        ));
    }
    lines
}

fn moves(chance: Interval, loss: Interval, weighed: bool) -> String {
    let unit = unit(weighed);
    let points = |share: f64| {
        let text = decimal(share * 100.0);
        if share > 0.0 && text != "0" { format!("+{text}") } else { text }
    };
    let hours = if loss.value > 0.0 {
        format!("costs {} {unit} more", big(loss.value))
    } else {
        format!("saves {} {unit}", big(-loss.value))
    };
    format!(
        "{} points ({} to {}), {hours} ({} to {})",
        points(chance.value),
        points(chance.low),
        points(chance.high),
        big(-loss.high),
        big(-loss.low)
    )
}

/// Returns what must be said of a lever that makes something worse, or of one that the trials
/// do not tell from none.
pub(crate) fn warning(record: &Record, lever: &Lever) -> Option<String> {
    let lead = match lever.outlook {
        Outlook::Gain => return None,
        Outlook::Open => return Some("No difference shown: it may bring nothing.".to_owned()),
        Outlook::TradeOff => "It has a price",
        Outlook::Loss => "It makes things worse",
    };
    let told: Vec<String> = lever
        .effects
        .iter()
        .filter_map(|e| {
            let name = record.campaigns.iter().find(|c| c.id == e.campaign)?;
            let short = name.name.split(':').next().unwrap_or(&name.name).to_owned();
            Some(format!("{short}: {}", mechanism(e)?))
        })
        .collect();
    Some(if told.is_empty() { format!("{lead}.") } else { format!("{lead}: {}.", told.join(". ")) })
}

/// Returns the levers to propose: gains and trade-offs in their order.
pub(crate) fn proposed(record: &Record) -> Vec<(usize, &Lever)> {
    let good = |l: &Lever| matches!(l.outlook, Outlook::Gain | Outlook::TradeOff);
    // A record of before version 4 says nothing of the outlook: its interval does.
    let old = |l: &Lever| l.effects.is_empty() && l.saved.low > 0.0;
    record.levers.iter().enumerate().filter(|(_, l)| good(l) || old(l)).collect()
}

/// Returns the levers that make things worse.
pub(crate) fn harmful(record: &Record) -> Vec<(usize, &Lever)> {
    let bad = |l: &Lever| l.outlook == Outlook::Loss || l.effects.is_empty() && l.saved.high < 0.0;
    record.levers.iter().enumerate().filter(|(_, l)| bad(l)).collect()
}

/// Returns which exercise would narrow each campaign's answer most, a sentence each.
pub(crate) fn next_exercise(record: &Record) -> Vec<String> {
    let told = |score: &CampaignScore| {
        let (technique, share) = score.narrowing.first()?;
        let measured = record.evidence.techniques.get(technique).map_or(0, |t| t.counts.measured());
        let so_far = match measured {
            0 => "not measured so far".to_owned(),
            1 => "one verdict so far".to_owned(),
            n => format!("{n} verdicts so far"),
        };
        let name = crate::terminal::campaign_name(record, score);
        Some(format!(
            "{} explains {} of what few exercises leave open in “{name}” ({so_far})",
            crate::words::technique(record, technique),
            percent(*share)
        ))
    };
    record.scores.iter().filter_map(told).collect()
}
