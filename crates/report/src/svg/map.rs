//! The provider as a map: sites with their zones and assets, and what goes down.

use model::estate::{Asset, Estate};
use model::scorecard::Story;
use model::trial::DownCause;

use super::{Drawing, escape, text_width};

const CHIP: f64 = 26.0;
const HEAD: f64 = 34.0;
const ZONE: f64 = 22.0;
const GAP: f64 = 14.0;
const HUB: f64 = 58.0;

/// What happens to an asset in a story.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    Attacked,
    SwitchedOff,
}

impl State {
    /// Returns the class, the mark and the word.
    pub(crate) fn show(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Up => ("s-up", "", "stays up"),
            Self::Attacked => ("s-attack", "✕", "unusable by the attack"),
            Self::SwitchedOff => ("s-off", "○", "switched off by the response"),
        }
    }
}

/// Returns what happens to the asset at `place` of the estate.
pub(crate) fn state(story: &Story, place: usize) -> State {
    let down = story.trace.trial.down.iter().find(|d| d.asset as usize == place);
    down.map_or(State::Up, |down| cause(down.cause))
}

/// Returns the state that a cause leads to.
pub(crate) fn cause(cause: DownCause) -> State {
    match cause {
        DownCause::Attack => State::Attacked,
        DownCause::Containment => State::SwitchedOff,
    }
}

/// How the assets of a map are drawn, by their place in the estate.
#[derive(Clone, Copy)]
struct Look<'a> {
    state: &'a dyn Fn(usize) -> State,
    /// The id of an asset's element, where a script changes it.
    id: Option<&'a dyn Fn(usize) -> String>,
}

/// Returns a site's assets by zone, in the order of the estate.
fn zones<'a>(estate: &'a Estate, site: &model::id::SiteId) -> Vec<(&'a str, Vec<(usize, &'a Asset)>)> {
    let own = |zone: &model::estate::Zone| -> Vec<(usize, &Asset)> {
        estate.assets.iter().enumerate().filter(|(_, a)| &a.site == site && a.zone == zone.id).collect()
    };
    estate.zones.iter().map(|z| (z.name.as_str(), own(z))).filter(|(_, assets)| !assets.is_empty()).collect()
}

fn shortened(text: &str, width: f64) -> String {
    let room = (width / 7.5).max(4.0) as usize;
    crate::wrap::cut(text, room)
}

fn site_box(
    drawing: &mut Drawing,
    estate: &Estate,
    look: Look<'_>,
    index: usize,
    at: (f64, f64),
    size: (f64, f64),
) {
    let site = &estate.sites[index];
    drawing.rect("site", at, size, 6.0);
    drawing.text("site-name", (at.0 + 12.0, at.1 + 22.0), &shortened(&site.name, size.0 - 24.0));
    let mut y = at.1 + HEAD;
    for (zone, assets) in zones(estate, &site.id) {
        drawing.text("zone", (at.0 + 12.0, y + 14.0), &shortened(zone, size.0 - 24.0));
        y += ZONE;
        for (place, asset) in assets {
            let (class, mark, _) = (look.state)(place).show();
            if let Some(id) = look.id {
                drawing.open(&id(place), "live");
            }
            drawing.rect(&format!("asset {class}"), (at.0 + 10.0, y), (size.0 - 20.0, CHIP - 4.0), 3.0);
            drawing.text(&format!("mark {class}-ink mid"), (at.0 + 22.0, y + 15.5), mark);
            let number = format!("×{}", crate::number::count(asset.count.into()));
            let room = size.0 - 62.0 - text_width(&number);
            drawing.text(
                &format!("chip {class}-ink"),
                (at.0 + 34.0, y + 15.5),
                &shortened(&asset.name, room),
            );
            drawing.text(&format!("chip {class}-ink end"), (at.0 + size.0 - 17.0, y + 15.5), &number);
            if look.id.is_some() {
                drawing.close();
            }
            y += CHIP;
        }
    }
}

fn tall(estate: &Estate, site: &model::id::SiteId) -> f64 {
    let rows: f64 = zones(estate, site).iter().map(|(_, assets)| ZONE + CHIP * assets.len() as f64).sum();
    HEAD + rows + 10.0
}

/// Returns the map of a story; its twin is the list of assets that go down.
pub(crate) fn map(id: &str, class: &str, width: f64, estate: &Estate, story: &Story, said: &str) -> String {
    let look = Look { state: &|place| state(story, place), id: None };
    drawn((id, class), width, estate, look, ("The provider in this trial", said))
}

/// Returns a map with every asset up, in which a script finds each asset by its id.
pub(crate) fn live(id: &str, width: f64, estate: &Estate, ids: &dyn Fn(usize) -> String) -> String {
    let look = Look { state: &|_| State::Up, id: Some(ids) };
    let said =
        "Assets by site and zone; a cross is unusable by the attack, a ring is switched off by the response";
    drawn((id, "chart"), width, estate, look, ("The provider at this moment", said))
}

fn drawn(
    (id, class): (&str, &str),
    width: f64,
    estate: &Estate,
    look: Look<'_>,
    (title, said): (&str, &str),
) -> String {
    let mut drawing = Drawing::new(width);
    // Boxes narrower than this cannot show a name.
    let columns = ((width + GAP) / (230.0 + GAP)).floor().max(1.0) as usize;
    let columns = columns.min(estate.sites.len().max(1));
    let hub: Vec<usize> =
        estate.assets.iter().enumerate().filter(|(_, a)| a.role == "hub-link").map(|(n, _)| n).collect();
    // Sites below each other are linked by a rail at their left.
    let rail = if columns == 1 && !hub.is_empty() { 16.0 } else { 0.0 };
    let wide = (width - rail - GAP * (columns - 1) as f64 - 2.0) / columns as f64;
    let mut y = if hub.is_empty() { 1.0 } else { HUB };
    let mut tops = Vec::new();
    for row in (0..estate.sites.len()).collect::<Vec<_>>().chunks(columns) {
        let height = row.iter().map(|n| tall(estate, &estate.sites[*n].id)).fold(0.0, f64::max);
        for (column, n) in row.iter().enumerate() {
            let x = 1.0 + rail + (wide + GAP) * column as f64;
            tops.push(if rail > 0.0 { (x, y + 20.0) } else { (x + wide / 2.0, y) });
            site_box(&mut drawing, estate, look, *n, (x, y), (wide, height));
        }
        y += height + GAP;
    }
    if !hub.is_empty() {
        links(&mut drawing, estate, look, &hub, &tops, (width, columns));
    }
    drawing.finish(id, class, y - GAP + 2.0, title, said)
}

/// Draws the hub above the sites and a link to every site that has one.
fn links(
    drawing: &mut Drawing,
    estate: &Estate,
    look: Look<'_>,
    hub: &[usize],
    tops: &[(f64, f64)],
    (width, columns): (f64, usize),
) {
    let middle = width / 2.0;
    for (n, top) in tops.iter().enumerate() {
        let own = hub.iter().find(|place| estate.assets[**place].site == estate.sites[n].id);
        let Some(place) = own else { continue };
        let class = if (look.state)(*place) == State::Up { "link" } else { "link link-cut" };
        let path = if columns == 1 {
            format!("M{middle:.1} 30V44H6V{:.1}H{:.1}", top.1, top.0)
        } else {
            format!("M{middle:.1} 30V44H{:.1}V{:.1}", top.0, top.1)
        };
        drawing.path(class, &path);
    }
    drawing.rect("hub", (middle - 110.0, 4.0), (220.0, 28.0), 14.0);
    drawing.text("site-name mid", (middle, 23.0), "Hub outside the provider");
}

/// Returns the same as a list for readers without the drawing.
pub(crate) fn twin(estate: &Estate, story: &Story) -> String {
    let mut out = String::from("<ul class=\"plain\">");
    for site in &estate.sites {
        let mut parts: Vec<String> = Vec::new();
        for which in [State::Attacked, State::SwitchedOff, State::Up] {
            let names: Vec<&str> = estate
                .assets
                .iter()
                .enumerate()
                .filter(|(place, a)| a.site == site.id && state(story, *place) == which)
                .map(|(_, a)| a.name.as_str())
                .collect();
            if !names.is_empty() {
                parts.push(format!("{}: {}", which.show().2, names.join(", ")));
            }
        }
        out.push_str(&format!("<li><b>{}</b> – {}</li>", escape(&site.name), escape(&parts.join("; "))));
    }
    out + "</ul>"
}
