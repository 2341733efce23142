//! What a procedure would touch, before it runs.

use model::exercise::Effects;
use model::id::TechniqueId;

use crate::wrap::{joined, wrap};

/// Columns of a plan.
const WIDTH: usize = 80;

/// Returns `text` wrapped to 80 columns; the first line begins with `first`, later
/// ones with as many blanks.
pub fn paragraph(first: &str, text: &str) -> String {
    joined(&wrap(first, text, WIDTH))
}

/// Returns what a procedure would touch, at most 80 columns wide: its name and
/// techniques, then each kind of object. `effects` is `None` when the procedure
/// declares none, as an imported test.
pub fn planned(id: &str, name: &str, techniques: &[TechniqueId], effects: Option<&Effects>) -> String {
    let techniques: Vec<&str> = techniques.iter().map(TechniqueId::as_str).collect();
    let mut lines = wrap("  ", &format!("{id}  {}", techniques.join(", ")), WIDTH);
    lines.extend(wrap("      ", name, WIDTH));
    match effects {
        None => lines.extend(wrap(
            "      ",
            "declares no effects: whatever the sandbox lets it touch, and nothing outside",
            WIDTH,
        )),
        Some(effects) if effects.is_empty() => lines.push("      touches nothing".to_owned()),
        Some(effects) => {
            for (kind, objects) in effects.kinds().into_iter().filter(|(_, list)| !list.is_empty()) {
                lines.extend(wrap(&format!("      {kind:<11} "), &objects.join(", "), WIDTH));
            }
        }
    }
    joined(&lines)
}
