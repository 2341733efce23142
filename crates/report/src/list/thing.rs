//! One actor or technique of the matrix, told for people.

use std::fmt::Write as _;

use model::attack::{Actor, Matrix};
use model::id::TechniqueId;

use crate::number;
use crate::wrap::wrap;

const WIDTH: usize = 80;

/// Returns an actor with the techniques it uses, heaviest first.
pub fn actor(actor: &Actor, matrix: &Matrix) -> String {
    let mut text = format!("{} {}\n", actor.id, actor.name);
    if !actor.aliases.is_empty() {
        let _ = writeln!(text, "also known as {}", actor.aliases.join(", "));
    }
    let _ =
        writeln!(text, "\n{} techniques (ATT&CK {}, {})\n", actor.uses.len(), matrix.version, matrix.source);
    let mut uses: Vec<_> = actor.uses.iter().collect();
    uses.sort_by(|a, b| {
        b.weight.get().total_cmp(&a.weight.get()).then_with(|| a.technique.cmp(&b.technique))
    });
    for used in uses {
        let head = format!("  {:<10} {:>5}  ", used.technique, number::percent(used.weight.get()));
        let line = format!("{} (from {})", matrix.name(&used.technique), used.sources.join(", "));
        for part in wrap(&head, &line, WIDTH) {
            let _ = writeln!(text, "{part}");
        }
    }
    text
}

/// Returns a technique with its tactics, who uses it, and what could detect it.
pub fn technique(id: &TechniqueId, matrix: &Matrix) -> String {
    let mut text = format!("{id} {}\n", matrix.name(id));
    if let Some(technique) = matrix.techniques.get(id) {
        let tactic = |t: &model::id::TacticId| {
            matrix
                .tactics
                .iter()
                .find(|known| known.id == *t)
                .map_or_else(|| t.to_string(), |k| k.name.clone())
        };
        let tactics: Vec<String> = technique.tactics.iter().map(tactic).collect();
        let _ = writeln!(text, "tactics    {}", tactics.join(", "));
        if !technique.platforms.is_empty() {
            let _ = writeln!(text, "platforms  {}", technique.platforms.join(", "));
        }
    }
    let users = matrix.actors.values().filter(|a| a.uses.iter().any(|u| u.technique == *id));
    let users: Vec<String> = users.map(|a| format!("{} {}", a.id, a.name)).collect();
    for (head, items) in [
        ("used by    ", users),
        ("mitigated  ", matrix.mitigations.get(id).cloned().unwrap_or_default()),
        ("logs       ", logs(id, matrix)),
    ] {
        if !items.is_empty() {
            for line in wrap(head, &items.join(", "), WIDTH) {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    let _ = writeln!(text, "source     ATT&CK {}, {}", matrix.version, matrix.source);
    text
}

fn logs(id: &TechniqueId, matrix: &Matrix) -> Vec<String> {
    let analytics = matrix.analytics.get(id).into_iter().flatten();
    let mut logs: Vec<String> = analytics.flat_map(|a| a.sources.iter().map(|s| s.log.clone())).collect();
    logs.sort();
    logs.dedup();
    logs
}
