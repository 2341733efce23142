//! More defence, and less attack, never makes the payload more likely.

use model::evidence::TechniqueEvidence;
use model::playbook::{Cut, Repeat};
use model::quantity::{Interval, Millis, Quantiles, Ratio};
use model::trial::Happening;

use super::worlds::{World, minutes, scaled};
use super::{ask, ask_for, equal, holds, no_more_often, unmoved, with};

/// Holds where the change makes the payload no more likely before an attacker who does
/// not react to what it sees.
fn never_raises_payload(change: impl Fn(&mut World)) {
    holds(|world| {
        let base = unmoved(world);
        no_more_often(&ask(&base).payload(), &ask(&with(&base, &change)).payload())
    });
}

fn each_technique(world: &mut World, change: impl Fn(&mut TechniqueEvidence)) {
    world.evidence.techniques.values_mut().for_each(change);
}

#[test]
fn more_analysts_never_raise_the_payload() {
    for factor in [2, 8] {
        never_raises_payload(|w| w.estate.soc.analysts *= factor);
    }
}

#[test]
fn faster_triage_never_raises_the_payload() {
    never_raises_payload(|w| w.estate.soc.triage_minutes /= 4.0);
}

#[test]
fn fewer_false_alarms_never_raise_the_payload() {
    never_raises_payload(|w| w.estate.soc.alerts_per_day /= 2.0);
}

#[test]
fn surer_escalation_never_raises_the_payload() {
    never_raises_payload(|w| w.estate.soc.escalation = Ratio::ONE);
}

#[test]
fn less_agreement_asked_for_never_raises_the_payload() {
    holds(|world| {
        let base = with(&unmoved(world), |w| w.estate.soc.agree = 2);
        no_more_often(&ask(&base).payload(), &ask(&with(&base, |w| w.estate.soc.agree = 1)).payload())
    });
}

#[test]
fn more_sensors_never_raise_the_payload() {
    never_raises_payload(|w| w.estate.assets.iter_mut().for_each(|a| a.sensors = Ratio::ONE));
}

#[test]
fn wider_rules_never_raise_the_payload() {
    never_raises_payload(|w| {
        each_technique(w, |t| {
            let more = (1.0 - t.prevented.value - t.alerted.value).max(0.0) / 2.0;
            t.alerted.value += more;
            t.logged.value = (t.logged.value - more).max(0.0);
        });
    });
}

#[test]
fn more_prevention_never_raises_the_payload() {
    never_raises_payload(|w| {
        each_technique(w, |t| {
            let more = (1.0 - t.prevented.value - t.alerted.value).max(0.0) / 2.0;
            t.prevented.value += more;
            t.logged.value = (t.logged.value - more).max(0.0);
        });
    });
}

#[test]
fn earlier_alerts_never_raise_the_payload() {
    never_raises_payload(|w| each_technique(w, |t| t.delay.quantiles = scaled(t.delay.quantiles, 0.1)));
}

/// Before a defence fewer hands may help: they raise fewer alerts. The report names that
/// beside the flooding attacker. Without a response nothing but time is left to hands.
#[test]
fn fewer_hands_never_raise_the_payload_where_nobody_responds() {
    holds(|world| {
        let base = with(&unmoved(world), |w| w.playbook = None);
        no_more_often(&ask(&base).payload(), &ask(&with(&base, |w| w.campaign.hands = 1)).payload())
    });
}

#[test]
fn fewer_hands_help_before_a_defence_only_by_fewer_alerts() {
    holds(|world| {
        let deaf =
            with(&unmoved(world), |w| w.estate.assets.iter_mut().for_each(|a| a.sensors = Ratio::ZERO));
        no_more_often(&ask(&deaf).payload(), &ask(&with(&deaf, |w| w.campaign.hands = 1)).payload())
    });
}

#[test]
fn fewer_retries_never_raise_the_payload() {
    never_raises_payload(|w| w.campaign.retries = 0);
}

#[test]
fn a_slower_attacker_never_raises_the_payload() {
    never_raises_payload(|w| {
        w.campaign.steps.iter_mut().for_each(|s| s.duration = scaled(s.duration, 4.0));
    });
}

fn faster(time: Quantiles) -> Quantiles {
    scaled(time, 0.2)
}

#[test]
fn faster_decisions_never_raise_the_payload() {
    never_raises_payload(|w| w.each_action(|a| a.decide = faster(a.decide)));
}

#[test]
fn faster_actions_never_raise_the_payload() {
    never_raises_payload(|w| w.each_action(|a| a.carry_out = faster(a.carry_out)));
}

#[test]
fn surer_actions_never_raise_the_payload() {
    holds(|world| {
        let base = with(&unmoved(world), |w| {
            w.each_action(|a| {
                (a.success, a.timeout) = (Ratio::clamped(0.5), None);
                (a.if_failed, a.if_worked) = (Vec::new(), Vec::new());
            });
        });
        let sure = with(&base, |w| w.each_action(|a| a.success = Ratio::ONE));
        no_more_often(&ask(&base).payload(), &ask(&sure).payload())
    });
}

#[test]
fn more_response_crews_never_raise_the_payload() {
    holds(|world| {
        let base = with(&unmoved(world), |w| w.playbook.iter_mut().for_each(|p| p.crews = Some(1)));
        let more = with(&base, |w| w.playbook.iter_mut().for_each(|p| p.crews = None));
        no_more_often(&ask(&base).payload(), &ask(&more).payload())
    });
}

#[test]
fn a_plan_never_raises_the_payload_of_an_attacker_who_does_not_react() {
    holds(|world| {
        let base = with(&unmoved(world), |w| w.playbook = None);
        no_more_often(&ask(&base).payload(), &ask(&unmoved(world)).payload())
    });
}

#[test]
fn a_reaction_is_the_mechanism_by_which_a_cut_hurts() {
    holds(|world| {
        let told = |w: &World| {
            (0..200).any(|i| w.race().trace(i).moments.iter().any(|m| m.happening == Happening::FiredEarly))
        };
        if told(&unmoved(world)) {
            return Err("an attacker who does not react fires early".into());
        }
        Ok(())
    });
}

#[test]
fn everything_cut_at_the_declaration_ends_the_race() {
    let at_once = minutes(1e-9, 1e-9);
    holds(|world| {
        let cut = with(&unmoved(world), |w| {
            w.campaign.manner.residual = Ratio::ZERO;
            if let Some(playbook) = &mut w.playbook {
                playbook.actions.truncate(1);
                playbook.crews = None;
            }
            w.each_action(|a| {
                (a.cut, a.decide, a.carry_out) = (Cut::AllSites, at_once, at_once);
                (a.success, a.timeout, a.by_others) = (Ratio::ONE, None, false);
                a.after.clear();
                a.if_failed.clear();
                a.if_worked.clear();
            });
        });
        let late = |t: &&model::trial::Trial| t.declared.is_some_and(|d| t.payload.is_some_and(|p| p > d));
        match ask(&cut).trials.iter().find(late) {
            Some(t) => {
                Err(format!("trial {}: payload {:?} after the cut at {:?}", t.index, t.payload, t.declared))
            }
            None => Ok(()),
        }
    });
}

#[test]
fn certain_prevention_leaves_no_payload_and_no_loss_to_the_attack() {
    holds(|world| {
        let stopped = with(world, |w| {
            each_technique(w, |t| {
                let sure = |value| Interval { value, low: value, high: value };
                (t.prevented, t.alerted, t.logged, t.blind) = (sure(1.0), sure(0.0), sure(0.0), sure(0.0));
            });
        });
        let answer = ask(&stopped);
        equal("payloads", &answer.payload().contains(&true), &false)?;
        equal("outflows", &answer.outflow().contains(&true), &false)?;
        equal("loss", &answer.impacts.iter().map(|i| i.attack.0).sum::<u64>(), &0)
    });
}

#[test]
fn nothing_happens_on_an_asset_after_its_cut() {
    holds(|world| {
        let sealed = with(world, |w| w.campaign.manner.residual = Ratio::ZERO);
        let assets = &sealed.estate.assets;
        for index in 0..200 {
            let trace = sealed.race().trace(index);
            for down in &trace.trial.down {
                let asset = assets.get(down.asset as usize).ok_or("an asset that is not there")?;
                let after = trace.moments.iter().find(|m| {
                    let on = match &m.happening {
                        Happening::StepDone { asset, .. } | Happening::Alert { asset, .. } => Some(asset),
                        Happening::Encrypted { asset } | Happening::Outflow { asset } => Some(asset),
                        _ => None,
                    };
                    let step = matches!(m.happening, Happening::StepDone { .. } | Happening::Outflow { .. });
                    on == Some(&asset.id) && step && m.at > down.at
                });
                let cut = down.cause == model::trial::DownCause::Containment;
                if let (Some(moment), true) = (after, cut) {
                    return Err(format!(
                        "trial {index}: {moment:?} after {} was cut at {:?}",
                        asset.id, down.at
                    ));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn where_nobody_responds_alerts_are_irrelevant() {
    holds(|world| {
        let base = with(world, |w| w.playbook = None);
        let loud = with(&base, |w| {
            w.estate.soc.analysts *= 5;
            w.estate.assets.iter_mut().for_each(|a| a.sensors = Ratio::ONE);
            each_technique(w, |t| t.delay.quantiles = scaled(t.delay.quantiles, 300.0));
        });
        let (quiet, loud) = (ask(&base), ask(&loud));
        equal("payload", &quiet.payload(), &loud.payload())?;
        equal("outflow", &quiet.outflow(), &loud.outflow())?;
        equal("losses", &quiet.loss(), &loud.loss())
    });
}

#[test]
fn late_alerts_lose_nothing_where_nobody_responds() {
    holds(|world| {
        let base = with(world, |w| w.playbook = None);
        let late = with(&base, |w| {
            each_technique(w, |t| t.delay.quantiles = minutes(4.0 * 1_440.0, 4.0 * 1_440.0));
        });
        let (base, late) = (ask(&base), ask(&late));
        equal("losses", &base.loss(), &late.loss())?;
        let back = |a: &super::Answer| a.impacts.iter().map(|i| i.recovered).collect::<Vec<_>>();
        equal("returns", &back(&base), &back(&late))
    });
}

/// Its actions still move the all-clear, which waits for the last of them: only the
/// attacker sees no difference.
#[test]
fn a_plan_that_cuts_nothing_hinders_nobody() {
    holds(|world| {
        let idle = with(world, |w| w.each_action(|a| a.cut = Cut::Nothing));
        let none = with(world, |w| w.playbook = None);
        let (idle, none) = (ask_for(&idle, 400), ask_for(&none, 400));
        equal("payload", &idle.payload(), &none.payload())?;
        equal("outflow", &idle.outflow(), &none.outflow())
    });
}

#[test]
fn a_response_that_goes_on_never_raises_the_payload() {
    holds(|world| {
        let once = with(&unmoved(world), |w| w.each_action(|a| a.repeat = Repeat::Once));
        let open = with(&once, |w| {
            w.each_action(|a| {
                if matches!(a.cut, Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites) {
                    a.repeat = Repeat::WhileOpen;
                }
            });
        });
        no_more_often(&ask(&once).payload(), &ask(&open).payload())
    });
}

#[test]
fn a_longer_quiet_time_never_raises_the_payload() {
    holds(|world| {
        let base = unmoved(world);
        let longer = with(&base, |w| w.estate.soc.quiet = Millis(w.estate.soc.quiet.0 * 4));
        no_more_often(&ask(&base).payload(), &ask(&longer).payload())
    });
}
