//! What is counted: people, hours, tenants.

use assess::{Candidate, Outcomes};
use model::campaign::Objective;
use model::decide::{Measure, Timing};
use model::estate::{Tenant, Weight};
use model::id::{HostingId, TenantId};
use model::impact::TrialImpact;
use model::playbook::Playbook;
use model::quantity::Millis;
use model::scorecard::{LeverKind, Outlook};
use model::trial::Trials;
use race::Race;
use race::policies::Tempo;

use super::worlds::World;
use super::{TRIALS, ask, at_once, equal, holds, with};

fn losses(impacts: &[TrialImpact]) -> Vec<(u64, u64)> {
    impacts.iter().map(|i| (i.attack.0, i.containment.0)).collect()
}

/// Fails unless the sums over all trials agree within one person-hour a trial and tenant,
/// which is what whole person-hours round away.
fn about(world: &World, left: u64, right: u64) -> Result<(), String> {
    let slack = (world.estate.tenants.len() as u64 + 2) * u64::from(super::TRIALS);
    if left.abs_diff(right) <= slack { Ok(()) } else { Err(format!("{left} against {right}")) }
}

#[test]
fn twice_the_people_lose_twice_the_hours() {
    holds(|world| {
        let base = at_once(world);
        let twice = with(&base, |w| w.estate.tenants.iter_mut().for_each(|t| t.insured *= 2));
        about(world, 2 * ask(&base).total(), ask(&twice).total())
    });
}

#[test]
fn nobody_loses_nothing() {
    holds(|world| {
        let empty = with(world, |w| w.estate.tenants.iter_mut().for_each(|t| t.insured = 0));
        equal("loss", &ask(&empty).total(), &0)
    });
}

#[test]
fn a_tenant_without_services_changes_nothing() {
    holds(|world| {
        let more = with(world, |w| {
            let Some(hosting) = w.estate.hostings.first().cloned() else { return };
            let id = HostingId::new("nothing-hosted").expect("a hosting id");
            w.estate.hostings.push(model::estate::Hosting {
                id: id.clone(),
                services: Vec::new(),
                ..hosting
            });
            let Some(tenant) = w.estate.tenants.first().cloned() else { return };
            let stranger = TenantId::new("stranger").expect("a tenant id");
            w.estate.tenants.push(Tenant { id: stranger, hosting: id, insured: 9_000_000, ..tenant });
        });
        let (one, two) = (ask(world), ask(&more));
        equal("trials", &one.trials, &two.trials)?;
        equal("losses", &losses(&one.impacts), &losses(&two.impacts))
    });
}

#[test]
fn a_tenant_split_in_two_loses_the_same() {
    holds(|world| {
        let split = with(&at_once(world), |w| {
            let Some(first) = w.estate.tenants.first_mut() else { return };
            first.insured = first.insured / 2 * 2;
        });
        let halves = with(&split, |w| {
            let Some(first) = w.estate.tenants.first_mut() else { return };
            first.insured /= 2;
            let other = Tenant { id: TenantId::new("other-half").expect("a tenant id"), ..first.clone() };
            w.estate.tenants.push(other);
        });
        about(world, ask(&split).total(), ask(&halves).total())
    });
}

#[test]
fn a_hosting_written_twice_loses_the_same() {
    holds(|world| {
        let base = at_once(world);
        let twice = with(&base, |w| {
            let Some(hosting) = w.estate.hostings.first().cloned() else { return };
            let id = HostingId::new("written-twice").expect("a hosting id");
            for tenant in w.estate.tenants.iter_mut().filter(|t| t.hosting == hosting.id).skip(1) {
                tenant.hosting = id.clone();
            }
            w.estate.hostings.push(model::estate::Hosting { id, ..hosting });
        });
        about(world, ask(&base).total(), ask(&twice).total())
    });
}

#[test]
fn what_was_agreed_changes_no_loss() {
    holds(|world| {
        let strict = with(world, |w| {
            for agreement in w.estate.hostings.iter_mut().flat_map(|h| &mut h.services) {
                (agreement.rto, agreement.mtpd) = (Millis(1), Millis(2));
            }
        });
        let (loose, strict) = (ask(world), ask(&strict));
        equal("losses", &losses(&loose.impacts), &losses(&strict.impacts))
    });
}

#[test]
fn nobody_loses_more_than_everybody_for_the_whole_time() {
    holds(|world| {
        let people = world.estate.insured();
        for impact in ask(world).impacts {
            let hours = impact.recovered.map_or(0, |end| end.0 / Millis::HOUR.0 + 1);
            let most = people.saturating_mul(hours + 30 * 24);
            let lost = impact.attack.0 + impact.containment.0;
            if lost > most || impact.insured_hit > people {
                return Err(format!("trial {}: {lost} of at most {most}", impact.trial));
            }
        }
        Ok(())
    });
}

#[test]
fn without_a_response_nothing_is_lost_to_containment() {
    holds(|world| {
        let alone = with(world, |w| {
            w.playbook = None;
            w.estate.recovery.relapse = None;
        });
        let lost: u64 = ask(&alone).impacts.iter().map(|i| i.containment.0).sum();
        equal("lost to containment", &lost, &0)
    });
}

#[test]
fn a_further_need_never_lowers_the_loss() {
    holds(|world| {
        let more = with(world, |w| {
            let Some(role) = w.estate.assets.first().map(|a| a.role.clone()) else { return };
            let of = vec![model::estate::Component::Role { role, place: model::estate::Place::Any }];
            for service in &mut w.estate.services {
                service.needs.push(model::estate::Need::of(None, of.clone()));
            }
        });
        let (base, more) = (ask(world).total(), ask(&more).total());
        if more >= base { Ok(()) } else { Err(format!("{base} becomes {more}")) }
    });
}

#[test]
fn fewer_needs_never_raise_the_loss() {
    holds(|world| {
        let free = with(world, |w| w.estate.services.iter_mut().for_each(|s| s.needs.clear()));
        equal(
            "loss",
            &ask(&free).impacts.iter().map(|i| i.attack.0 + i.containment.0 - i.waiting.0).sum::<u64>(),
            &0,
        )
    });
}

/// Weights are written in thousandths, so that a doubled weight is exact.
#[test]
fn twice_the_weights_weigh_twice_the_loss_and_change_no_hours() {
    holds(|world| {
        let heavy = with(world, |w| {
            for service in &mut w.estate.services {
                let twice = service.weight.get() * 2.0;
                service.weight = model::estate::Weight::new(twice).unwrap_or(service.weight);
            }
        });
        let (light, heavy) = (ask(world), ask(&heavy));
        equal("hours", &losses(&light.impacts), &losses(&heavy.impacts))?;
        let weighted = |answer: &super::Answer| -> u64 {
            answer.impacts.iter().map(|i| i.weighted_attack.0 + i.weighted_containment.0).sum()
        };
        about(world, 2 * weighted(&light), weighted(&heavy))
    });
}

/// Returns the world with every weight changed; `change` takes the place of the service.
fn weighing(world: &World, change: impl Fn(usize, Weight) -> Option<Weight>) -> World {
    with(world, |w| {
        for (n, service) in w.estate.services.iter_mut().enumerate() {
            service.weight = change(n, service.weight).unwrap_or(service.weight);
        }
    })
}

/// Returns what is seen where every second service counts twice as much as the others.
fn uneven(world: &World) -> World {
    weighing(world, |n, _| Weight::new(1.0 + (n % 2) as f64))
}

/// The plan, doing nothing and every cut once confirmed, in this world.
struct Advised {
    /// Places of the ways to respond, best first.
    order: Vec<usize>,
    /// Mean losses of the plan, by attack and by containment.
    plan: (f64, f64),
    /// What doubling the analysts is.
    outlook: Outlook,
    /// What it saves.
    saved: f64,
}

fn advised(world: &World) -> Advised {
    let weighed = world.estate.weighs();
    let tempo = Tempo::of(world.playbook.as_ref());
    let scopes = race::policies::scopes(&world.estate, &world.campaign);
    let cuts = scopes.iter().map(|s| race::policies::policy(&tempo, s, Timing::Confirmed, None).playbook);
    let ways: Vec<Option<Playbook>> = [world.playbook.clone(), None].into_iter().chain(cuts).collect();
    let trials = |race: Race<'_>| {
        let trials = race.run(TRIALS);
        let impacts = continuity::impacts(race.estate, &trials.trials);
        (trials, impacts)
    };
    let raced: Vec<_> = ways.iter().map(|p| trials(Race { playbook: p.as_ref(), ..world.race() })).collect();
    let outcomes: Vec<Outcomes> = raced.iter().map(|(t, i)| Outcomes::new(&t.trials, i, weighed)).collect();
    let told = assess::standings(&[(Measure::Plan, String::new(), &outcomes[0])], &outcomes[1], None);
    let more = with(world, |w| w.estate.soc.analysts *= 2);
    let objective = world.campaign.objective;
    let toll = |(t, i): &(Trials, Vec<TrialImpact>)| assess::toll(objective, t, i, weighed);
    let change = Candidate {
        title: "more analysts".to_owned(),
        why: String::new(),
        technique: None,
        verdicts: Vec::new(),
        kind: LeverKind::default(),
        effort: "analysts",
        effort_days: 1.0,
        evidence: None,
        estate: None,
        playbooks: None,
        plans: Vec::new(),
    };
    let levers = assess::rank(&[toll(&raced[0])], &[(change, vec![toll(&trials(more.race()))])]);
    Advised {
        order: assess::best(&outcomes, Objective::Payload, None),
        plan: (told[0].attack.value, told[0].containment.value),
        outlook: levers[0].outlook,
        saved: levers[0].saved.value,
    }
}

/// Weights are a scale, not a unit: twice all of them weigh twice the loss of every way to
/// respond and of every lever, and leave their order and the words about them as they are.
#[test]
fn twice_the_weights_change_no_advice() {
    holds(|world| {
        let light = uneven(world);
        let heavy = weighing(&light, |_, w| Weight::new(w.get() * 2.0));
        let (light, heavy) = (advised(&light), advised(&heavy));
        equal("order of the ways", &light.order, &heavy.order)?;
        equal("outlook", &light.outlook, &heavy.outlook)?;
        // Whole person-hours are rounded in each trial, by attack and containment.
        let near = |a: f64, b: f64| (2.0 * a - b).abs() <= 4.0;
        if near(light.plan.0, heavy.plan.0)
            && near(light.plan.1, heavy.plan.1)
            && near(light.saved, heavy.saved)
        {
            Ok(())
        } else {
            Err(format!("{:?} {} and {:?} {}", light.plan, light.saved, heavy.plan, heavy.saved))
        }
    });
}

/// A service that counts for nothing takes its share out of the loss by which advice is given, and
/// the crews then work for the others first: what these lose together is no more than before, within
/// the hundredth that a list taken as it comes may differ by (Graham 1966).
#[test]
fn a_service_of_no_weight_takes_its_share_with_it() {
    holds(|world| {
        let base = uneven(world);
        let hours = |place: usize| -> f64 {
            let services = ask(&base).impacts.into_iter().filter_map(|i| i.services.get(place).copied());
            services.map(|s| (s.attack.0 + s.containment.0) as f64).sum()
        };
        let all: Vec<f64> = (0..base.estate.services.len()).map(hours).collect();
        // The service with most to lose: one that nobody has would show nothing.
        let worst = (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b])).unwrap_or_default();
        let without = weighing(&base, |n, w| if n == worst { Weight::new(0.0) } else { Some(w) });
        let lost = |w: &World| -> f64 {
            ask(w).impacts.iter().map(|i| i.lost(w.estate.weighs())).map(|(a, c)| a + c).sum()
        };
        let of_others = |w: &World| -> f64 {
            let weights: Vec<f64> = base.estate.services.iter().map(|s| s.weight.get()).collect();
            let one = |i: &TrialImpact| -> f64 {
                let others = i.services.iter().zip(&weights).enumerate().filter(|(n, _)| *n != worst);
                others.map(|(_, (s, weight))| weight * (s.attack.0 + s.containment.0) as f64).sum()
            };
            ask(w).impacts.iter().map(one).sum()
        };
        // Whole person-hours are rounded by service, by attack and containment, in each trial.
        let rounding = 8.0 * f64::from(TRIALS);
        let (told, others, before) = (lost(&without), of_others(&without), of_others(&base));
        if (told - others).abs() > rounding {
            return Err(format!("{told} is lost, by the other services {others}"));
        }
        let least = 0.9 * all[worst] * base.estate.services[worst].weight.get();
        if lost(&base) - told < least - rounding {
            return Err(format!("{told} of {} is left", lost(&base)));
        }
        if others > 1.01 * before + rounding {
            Err(format!("the others lost {before}, now {others}"))
        } else {
            Ok(())
        }
    });
}

/// Where all count the same, whatever that is, nobody weighs and the loss is people times hours
/// with at least one service down.
#[test]
fn equal_weights_weigh_nothing() {
    holds(|world| {
        let ones = weighing(world, |_, _| Some(Weight::ONE));
        let threes = weighing(world, |_, _| Weight::new(3.0));
        equal("weighs", &(ones.estate.weighs(), threes.estate.weighs()), &(false, false))?;
        let (one, three) = (advised(&ones), advised(&threes));
        equal("order", &one.order, &three.order)?;
        equal("loss", &one.plan, &three.plan)?;
        let sum = losses(&ask(&ones).impacts).iter().map(|(a, c)| (a + c) as f64).sum::<f64>();
        let told = (one.plan.0 + one.plan.1) * f64::from(TRIALS);
        if (sum - told).abs() < 1.0 + sum * 1e-9 { Ok(()) } else { Err(format!("{sum} against {told}")) }
    });
}
