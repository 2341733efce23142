//! What is counted: people, hours, tenants.

use model::estate::Tenant;
use model::id::{HostingId, TenantId};
use model::impact::TrialImpact;
use model::quantity::Millis;

use crate::worlds::World;
use crate::{ask, at_once, equal, holds, with};

fn losses(impacts: &[TrialImpact]) -> Vec<(u64, u64)> {
    impacts.iter().map(|i| (i.attack.0, i.containment.0)).collect()
}

/// Fails unless the sums over all trials agree within one person-hour a trial and tenant,
/// which is what whole person-hours round away.
fn about(world: &World, left: u64, right: u64) -> Result<(), String> {
    let slack = (world.estate.tenants.len() as u64 + 2) * u64::from(crate::TRIALS);
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
        let weighted = |answer: &crate::Answer| -> u64 {
            answer.impacts.iter().map(|i| i.weighted_attack.0 + i.weighted_containment.0).sum()
        };
        about(world, 2 * weighted(&light), weighted(&heavy))
    });
}
