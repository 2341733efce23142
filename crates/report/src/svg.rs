//! Charts drawn by ourselves as inline SVG: no script, no font, no network.
//!
//! Colours are classes that the style sheet fills, so that dark and light need
//! one drawing. Nothing is told by colour alone: letters, numbers or hatching
//! say the same.

pub(crate) mod bars;
pub(crate) mod map;
pub(crate) mod outage;
pub(crate) mod timeline;

/// Width of a drawing for a wide page, in its own units (CSS pixels at full size).
pub(crate) const WIDE: f64 = 880.0;
/// Width of a drawing for a telephone.
pub(crate) const NARROW: f64 = 336.0;

/// Returns text that may stand in HTML, in attributes too.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A drawing that grows.
pub(crate) struct Drawing {
    width: f64,
    body: String,
}

impl Drawing {
    /// Returns an empty drawing.
    pub(crate) fn new(width: f64) -> Self {
        Self { width, body: String::new() }
    }

    /// Adds a rectangle.
    pub(crate) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        self.body.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>",
            width.max(0.0)
        ));
    }

    /// Adds a straight line.
    pub(crate) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.body.push_str(&format!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// Adds a circle.
    pub(crate) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        self.body
            .push_str(&format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
    }

    /// Begins a group that a script finds by its id.
    pub(crate) fn open(&mut self, id: &str, class: &str) {
        self.body.push_str(&format!("<g id=\"{}\" class=\"{class}\">", escape(id)));
    }

    /// Ends the group.
    pub(crate) fn close(&mut self) {
        self.body.push_str("</g>");
    }

    /// Adds a path.
    pub(crate) fn path(&mut self, class: &str, d: &str) {
        self.body.push_str(&format!("<path class=\"{class}\" d=\"{d}\"/>"));
    }

    /// Adds text; `class` holds `mid` or `end` to move its anchor.
    pub(crate) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        self.body
            .push_str(&format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(text)));
    }

    /// Returns the drawing as an element that carries its title and description.
    pub(crate) fn finish(self, id: &str, class: &str, height: f64, title: &str, desc: &str) -> String {
        let id = escape(&slug(id));
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {:.0} {height:.0}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>{}</svg>",
            self.width,
            escape(title),
            escape(desc),
            self.body
        )
    }
}

/// Returns an id that may stand in an attribute and be linked to.
pub(crate) fn slug(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect()
}

/// Returns about how wide a text of 12 px is in the fonts a reader may have.
pub(crate) fn text_width(text: &str) -> f64 {
    // The mean advance of a sans serif letter lies near 0.56 em.
    text.chars().count() as f64 * 6.9
}

/// Returns round steps of time in milliseconds, so that about `most` fit in `span`.
pub(crate) fn time_step(span: u64, most: usize) -> u64 {
    const MINUTE: u64 = 60_000;
    const STEPS: [u64; 17] =
        [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 5_760, 10_080, 20_160, 43_200];
    let wanted = span / most.max(1) as u64;
    STEPS.iter().map(|m| m * MINUTE).find(|s| *s >= wanted).unwrap_or_else(|| {
        let month = 43_200 * MINUTE;
        wanted.div_ceil(month) * month
    })
}

/// Returns a tick's text in the unit of the step: `0`, `30 min`, `6 h`, `3 d`.
fn tick(at: u64, step: u64) -> String {
    match at {
        0 => "0".to_owned(),
        at if step.is_multiple_of(86_400_000) => format!("{}\u{a0}d", at / 86_400_000),
        at if at.is_multiple_of(3_600_000) => format!("{}\u{a0}h", at / 3_600_000),
        at if at < 3_600_000 => format!("{}\u{a0}min", at / 60_000),
        at => format!("{}:{:02}\u{a0}h", at / 3_600_000, at / 60_000 % 60),
    }
}

/// Draws a time axis with grid lines between `top` and `bottom`.
pub(crate) fn axis(drawing: &mut Drawing, (left, right): (f64, f64), (top, bottom): (f64, f64), span: u64) {
    let most = ((right - left) / 80.0).max(2.0) as usize;
    let step = time_step(span, most).max(1);
    let mut at = 0;
    while at <= span {
        let x = left + (right - left) * at as f64 / span.max(1) as f64;
        drawing.line("grid", (x, top), (x, bottom));
        let class = if at == 0 {
            "tick"
        } else if x > right - 16.0 {
            "tick end"
        } else {
            "tick mid"
        };
        drawing.text(class, (x, bottom + 15.0), &tick(at, step));
        at += step;
    }
}
