//! What one more of something would bring.

use model::estate::Estate;
use model::quantity::Millis;
use model::recovery::Phase;
use model::restart::{Gain, More};

use super::{Party, cost, hours, last, lost};
use crate::network::{Network, Node, Resources};
use crate::schedule::{Effort, Shop, Span};

/// Returns what one more crew at each site, one more forensic team and twice the restore
/// rate of each site would bring, best first; only of what the plan uses.
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
        Gain {
            more,
            today,
            saved: hours(loss.saturating_sub(lost(parties, &found.spans))),
            earlier: Millis(end.0.saturating_sub(last(&found.spans).0)),
        }
    };
    let mut gains: Vec<Gain> = offers(estate, network).into_iter().map(gain).collect();
    gains.sort_by(|a, b| (b.saved, b.earlier, &a.more).cmp(&(a.saved, a.earlier, &b.more)));
    gains
}

/// Returns the shop with more of each thing that the plan uses, and how much there is today.
fn offers(estate: &Estate, network: &Network<'_>) -> Vec<(More, u32, Shop)> {
    let (shop, resources) = (&network.shop, Resources::of(estate));
    let used = |resource: usize| shop.jobs.iter().any(|j| j.resource == Some(resource));
    let with_one_more = |resource: usize| {
        let mut more = shop.clone();
        more.capacity[resource] += 1;
        more
    };
    let mut offers = Vec::new();
    for (place, site) in estate.sites.iter().enumerate() {
        let crews = Resources::crews(place);
        if used(crews) {
            let more = More::Crew { site: site.id.clone() };
            offers.push((more, u32::from(site.crews), with_one_more(crews)));
        }
        let bandwidth = resources.bandwidth(place);
        if used(bandwidth) {
            let more = More::Bandwidth { site: site.id.clone() };
            let today = site.restore_gb_per_hour.unwrap_or(0);
            offers.push((more, today, faster(network, bandwidth)));
        }
    }
    if used(resources.forensics()) {
        let today = estate.recovery.forensic_teams.map_or(0, u32::from);
        offers.push((More::Forensics, today, with_one_more(resources.forensics())));
    }
    offers
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
