//! How much of each site is down over time, by attack and by containment apart.

use std::collections::BTreeSet;

use model::estate::Estate;
use model::id::SiteId;
use model::scorecard::Story;
use model::trial::DownCause;

use super::{Drawing, axis};

const ROW: f64 = 62.0;
const TALL: f64 = 36.0;

/// One outage of an asset.
pub(crate) struct Gap {
    /// When it goes down, in milliseconds.
    pub(crate) from: u64,
    /// When it is back.
    pub(crate) to: u64,
    /// Whether the attack did it.
    pub(crate) attack: bool,
}

/// Returns the outages of a site's assets in a story; one that is taken off again after its
/// return has two.
pub(crate) fn gaps(estate: &Estate, story: &Story, site: &SiteId) -> Vec<Gap> {
    let end = end(story);
    let trial = &story.trace.trial;
    let at_site = |asset: u32| estate.assets.get(asset as usize).is_some_and(|a| &a.site == site);
    let first = |asset: u32| story.returns.iter().find(|r| r.asset == asset && r.again.is_none());
    let down = trial.down.iter().filter(|d| at_site(d.asset)).map(|d| Gap {
        from: d.at.0,
        to: first(d.asset).map_or(end, |r| r.back.0),
        attack: d.cause == DownCause::Attack,
    });
    let attacked = |asset: u32| {
        let mut found = trial.relapse.iter().flat_map(|r| &r.down);
        found.any(|d| d.asset == asset && d.cause == DownCause::Attack)
    };
    let again = story
        .returns
        .iter()
        .filter(|r| at_site(r.asset))
        .filter_map(|r| Some(Gap { from: r.again?.0, to: r.back.0, attack: attacked(r.asset) }));
    down.chain(again).collect()
}

/// Returns when the last asset is back, in milliseconds.
pub(crate) fn end(story: &Story) -> u64 {
    story.returns.iter().map(|r| r.back.0).max().unwrap_or(0).max(story.trace.trial.end.0).max(60_000)
}

/// Returns the steps of one or both causes as a closed path; `floor` is where 0 % lies.
fn steps(gaps: &[Gap], total: usize, both: bool, place: &dyn Fn(u64) -> f64, floor: f64) -> String {
    let times: BTreeSet<u64> = gaps.iter().flat_map(|g| [g.from, g.to]).collect();
    let height = |at: u64| {
        let open = gaps.iter().filter(|g| (both || g.attack) && g.from <= at && at < g.to).count();
        floor - TALL * open as f64 / total.max(1) as f64
    };
    let mut path = String::new();
    let mut before = floor;
    for at in times {
        let (x, y) = (place(at), height(at));
        let lead = if path.is_empty() { 'M' } else { 'L' };
        path.push_str(&format!("{lead}{x:.1} {before:.1}L{x:.1} {y:.1}"));
        before = y;
    }
    path.push('Z');
    path
}

/// Returns the outage of every site over time.
pub(crate) fn outage(
    id: &str,
    class: &str,
    width: f64,
    estate: &Estate,
    story: &Story,
    said: &str,
) -> String {
    let span = end(story);
    let (left, right) = (12.0, width - 12.0);
    let place = |at: u64| left + (right - left) * at as f64 / span as f64;
    let mut drawing = Drawing::new(width);
    let bottom = 6.0 + ROW * estate.sites.len() as f64;
    axis(&mut drawing, (left, right), (6.0, bottom), span);
    for (row, site) in estate.sites.iter().enumerate() {
        let floor = 6.0 + ROW * (row + 1) as f64 - 4.0;
        let own = gaps(estate, story, &site.id);
        let total = estate.assets.iter().filter(|a| a.site == site.id).count();
        if !own.is_empty() {
            drawing.path("c-containment", &steps(&own, total, true, &place, floor));
            if own.iter().any(|g| g.attack) {
                drawing.path("c-attack", &steps(&own, total, false, &place, floor));
            }
        }
        drawing.line("floor", (left, floor), (right, floor));
        let worst =
            own.iter().map(|g| own.iter().filter(|o| o.from <= g.from && g.from < o.to).count()).max();
        let text = match worst {
            Some(worst) => format!("{}: {worst} of {total} systems down", site.name),
            None => format!("{}: stays up", site.name),
        };
        // A bold letter of 12 px may be 8 px wide.
        let text = crate::wrap::cut(&text, ((right - left) / 8.0) as usize);
        drawing.text("lane halo", (left + 2.0, floor - TALL - 7.0), &text);
    }
    drawing.finish(id, class, bottom + 22.0, "What is down, site by site", said)
}
