//! What one more of something would bring.

use model::estate::Estate;
use model::quantity::{Millis, PersonHours};
use model::recovery::Phase;
use model::restart::{Gain, More};

use super::{Party, cost, hours, last, lost, weighed};
use crate::network::{Network, Node};
use crate::resources::{Means, Resources};
use crate::schedule::{Effort, Shop, Span};

/// Returns what one more crew at each site, one more forensic team and twice the restore
/// rate of each site would bring, best first: by weighted person-hours where the estate weighs its
/// services, else by person-hours; only of what the plan uses.
pub(super) fn gains(
    estate: &Estate,
    network: &Network<'_>,
    parties: &[Party],
    weight: &[u64],
    spans: &[Option<Span>],
    effort: Effort,
) -> Vec<Gain> {
    let measure = |s: &[Option<Span>]| cost(parties, s);
    let (loss, end) = (lost(parties, spans), last(spans));
    let gain = |(more, today, shop): (More, u32, Shop)| {
        let found = shop.search(&measure, weight, effort);
        let pays = |of: &[Option<Span>]| weighed(estate, parties, of);
        let saves = |(was, now): (PersonHours, PersonHours)| PersonHours(was.0.saturating_sub(now.0));
        Gain {
            more,
            today,
            saved: hours(loss.saturating_sub(lost(parties, &found.spans))),
            weighed: pays(spans).zip(pays(&found.spans)).map(saves),
            earlier: Millis(end.0.saturating_sub(last(&found.spans).0)),
        }
    };
    let mut gains: Vec<Gain> = offers(estate, network).into_iter().map(gain).collect();
    gains.sort_by(|a, b| {
        (b.weighed, b.saved, b.earlier, &a.more).cmp(&(a.weighed, a.saved, a.earlier, &b.more))
    });
    gains
}

/// Returns the shop with more of each thing that the plan uses, and how much there is today.
fn offers(estate: &Estate, network: &Network<'_>) -> Vec<(More, u32, Shop)> {
    let shop = &network.shop;
    let resources = Resources::of(estate);
    let used = |resource: &usize| shop.jobs.iter().any(|j| j.resource == Some(*resource));
    let offer = |resource: usize| {
        let (means, units) = &resources.all()[resource];
        let mut more = shop.clone();
        more.capacity[resource] += 1;
        match means {
            Means::Crews { site, skill } => {
                (More::Crew { site: site.clone(), skill: skill.clone() }, *units, more)
            }
            Means::Forensics => (More::Forensics, *units, more),
            Means::Bandwidth { site } => {
                let rate = estate.sites.iter().find(|s| s.id == *site).and_then(|s| s.restore_gb_per_hour);
                let faster = faster(network, resource);
                (More::Bandwidth { site: site.clone() }, rate.unwrap_or(0), faster)
            }
        }
    };
    (0..resources.all().len()).filter(used).map(offer).collect()
}

/// Returns the shop with data read back in half the time over one resource.
fn faster(network: &Network<'_>, bandwidth: usize) -> Shop {
    let mut shop = network.shop.clone();
    for (job, node) in shop.jobs.iter_mut().zip(&network.nodes) {
        if matches!(node, Node::Phase(_, Phase::Restore)) && job.resource == Some(bandwidth) {
            job.duration /= 2;
        }
    }
    shop
}
