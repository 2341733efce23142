//! From a workflow to actions with an order.

use std::collections::{BTreeMap, BTreeSet};

use model::diagnostic::Diagnostic;
use model::playbook::{Action, Repeat};
use serde_json::{Map, Value};

use super::{text, timing};

/// Branches inside branches are followed this deep; a real playbook needs a handful.
const MAX_DEPTH: usize = 64;

/// A walk through a workflow.
pub(super) struct Flow<'a> {
    file: &'a str,
    workflow: &'a Map<String, Value>,
    found: &'a mut Vec<Diagnostic>,
    actions: Vec<Action>,
    /// The action on whose failure the branch walked hangs.
    if_failed: Option<String>,
    /// The action on whose success it hangs.
    if_worked: Option<String>,
    /// The loops the branch walked lies in.
    loops: Vec<&'a str>,
    /// Steps come across, actions with their place in `actions`.
    met: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        file: &'a str,
        workflow: &'a Map<String, Value>,
        found: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            file,
            workflow,
            found,
            actions: Vec::new(),
            if_failed: None,
            if_worked: None,
            loops: Vec::new(),
            met: BTreeMap::new(),
        }
    }

    /// Returns the actions reached from `start`, in the order they are come across.
    pub(super) fn walk(mut self, start: &'a str) -> Vec<Action> {
        self.branch(start, BTreeSet::new(), 0);
        let missed = self.workflow.keys().filter(|id| !self.met.contains_key(id.as_str())).count();
        if missed > 0 {
            let message = format!(
                "{missed} of {} workflow steps are not reached on the branches that respond",
                self.workflow.len()
            );
            self.found.push(Diagnostic::note(self.file, "playbook.not-reached", message));
        }
        self.actions
    }

    /// Follows one branch from `id` to its end; returns the actions after which what
    /// comes behind the branch may start.
    fn branch(&mut self, id: &'a str, mut after: BTreeSet<String>, depth: usize) -> BTreeSet<String> {
        let mut next = Some(id);
        while let Some(id) = next {
            let Some(step) = self.step(id) else { break };
            if let Some(action) = self.met.get(id).copied() {
                return self.join(id, action, after);
            }
            self.met.insert(id, None);
            let kind = text(step, "type").unwrap_or_default();
            match kind {
                "start" => {}
                "end" => break,
                "action" | "playbook-action" => after = self.action(id, step, after),
                "parallel" | "if-condition" | "while-condition" | "switch-condition" => {
                    if depth >= MAX_DEPTH {
                        let message =
                            format!("the branches inside {id:?} are nested too deep; they are left out");
                        self.warn("playbook.too-deep", message);
                    } else {
                        after = self.inside(id, kind, step, after, depth);
                    }
                }
                _ => {
                    let message = format!("step {id:?} is of the unknown type {kind:?}; it is passed over");
                    self.warn("playbook.unknown-type", message);
                }
            }
            let failure = text(step, "on_failure").filter(|_| matches!(kind, "action" | "playbook-action"));
            if let Some(failure) = failure {
                return self.fork(id, step, failure, after, depth);
            }
            next = text(step, "on_completion").or_else(|| text(step, "on_success"));
        }
        after
    }

    /// Follows both ends of an action that may fail: what comes on success is done only
    /// where it worked, what comes on failure only where it failed.
    fn fork(
        &mut self,
        id: &str,
        step: &'a Map<String, Value>,
        failure: &'a str,
        after: BTreeSet<String>,
        depth: usize,
    ) -> BTreeSet<String> {
        if depth >= MAX_DEPTH {
            self.warn(
                "playbook.too-deep",
                format!("the branches of {id:?} are nested too deep; they are left out"),
            );
            return after;
        }
        let outer = (self.if_failed.take(), self.if_worked.take());
        let mut ends = BTreeSet::new();
        self.if_failed = Some(id.to_owned());
        ends.extend(self.branch(failure, after.clone(), depth + 1));
        self.if_failed = None;
        self.if_worked = Some(id.to_owned());
        match text(step, "on_success").or_else(|| text(step, "on_completion")) {
            Some(success) => ends.extend(self.branch(success, after, depth + 1)),
            None => ends.extend(after),
        }
        (self.if_failed, self.if_worked) = outer;
        ends
    }

    fn step(&mut self, id: &str) -> Option<&'a Map<String, Value>> {
        let message = match self.workflow.get(id) {
            Some(Value::Object(step)) => return Some(step),
            Some(_) => format!("step {id:?} is not a JSON object; the branch ends there"),
            None => format!("step {id:?} is referred to but does not exist; the branch ends there"),
        };
        self.found.push(
            Diagnostic::error(self.file, "playbook.unknown-step", message)
                .help("name a step of the workflow"),
        );
        None
    }

    fn action(
        &mut self,
        id: &'a str,
        step: &Map<String, Value>,
        after: BTreeSet<String>,
    ) -> BTreeSet<String> {
        let timing = timing(self.file, id, step, self.found);
        self.met.insert(id, Some(self.actions.len()));
        self.actions.push(Action {
            id: id.to_owned(),
            name: text(step, "name").unwrap_or(id).to_owned(),
            after: after.into_iter().collect(),
            cut: timing.cut,
            decide: timing.decide,
            carry_out: timing.carry_out,
            success: timing.success,
            timeout: timing.timeout,
            if_failed: self.if_failed.iter().cloned().collect(),
            if_worked: self.if_worked.iter().cloned().collect(),
            by_others: timing.by_others,
            repeat: if self.loops.is_empty() { Repeat::Once } else { Repeat::WhileOpen },
        });
        BTreeSet::from([id.to_owned()])
    }

    /// Comes to a step that was met before: two branches join there, or the workflow runs in a circle.
    fn join(&mut self, id: &str, action: Option<usize>, after: BTreeSet<String>) -> BTreeSet<String> {
        let Some(place) = action else {
            // Back at the head of its own loop: that is what a loop says.
            if self.loops.contains(&id) {
                return after;
            }
            if text(self.workflow[id].as_object().unwrap_or(&Map::new()), "type") != Some("end") {
                let message = format!("the workflow comes back to step {id:?}; it is followed only once");
                self.warn("playbook.comes-back", message);
            }
            return after;
        };
        if after.iter().any(|a| self.comes_after(a, id)) {
            let message =
                format!("the workflow runs in a circle through step {id:?}; it is followed only once");
            self.warn("playbook.cycle", message);
            return after;
        }
        self.unless_both_lead_here(place);
        for before in after {
            if !self.actions[place].after.contains(&before) {
                self.actions[place].after.push(before);
            }
        }
        BTreeSet::from([id.to_owned()])
    }

    /// Takes the condition off an action, and off what hangs on the same one behind it,
    /// when a branch under another condition leads there as well.
    fn unless_both_lead_here(&mut self, place: usize) {
        let met = (self.actions[place].if_failed.clone(), self.actions[place].if_worked.clone());
        let here = (self.if_failed.iter().cloned().collect(), self.if_worked.iter().cloned().collect());
        if met == here {
            return;
        }
        let id = self.actions[place].id.clone();
        for other in 0..self.actions.len() {
            let same = self.actions[other].if_failed == met.0 && self.actions[other].if_worked == met.1;
            if same && self.comes_after(&self.actions[other].id, &id) {
                self.actions[other].if_failed = here.0.clone();
                self.actions[other].if_worked = here.1.clone();
                if met.0 == here.1 || met.1 == here.0 {
                    self.actions[other].if_failed.clear();
                    self.actions[other].if_worked.clear();
                }
            }
        }
    }

    /// Returns whether `later` is `earlier` or comes after it.
    fn comes_after(&self, later: &str, earlier: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![later];
        while let Some(id) = open.pop() {
            if id == earlier {
                return true;
            }
            if let Some(Some(place)) = self.met.get(id).filter(|_| seen.insert(id)) {
                open.extend(self.actions[*place].after.iter().map(String::as_str));
            }
        }
        false
    }

    /// Follows the branches inside a parallel or conditional step.
    fn inside(
        &mut self,
        id: &'a str,
        kind: &str,
        step: &'a Map<String, Value>,
        after: BTreeSet<String>,
        depth: usize,
    ) -> BTreeSet<String> {
        let branches = match kind {
            "parallel" => self.next_steps(id, step),
            "switch-condition" => self.case(id, step).into_iter().collect(),
            "while-condition" => {
                let message = format!(
                    "the condition of step {id:?} is taken as \"while the incident is open\": its true branch \
                     is done in its turn, and again for each later escalated alert outside what is cut off"
                );
                self.found.push(Diagnostic::note(self.file, "playbook.condition", message));
                self.missing_unless(text(step, "on_true"), id, "on_true").into_iter().collect()
            }
            _ => {
                let message =
                    format!("the condition of step {id:?} is taken as met; its true branch is followed");
                self.found.push(Diagnostic::note(self.file, "playbook.condition", message));
                self.missing_unless(text(step, "on_true"), id, "on_true").into_iter().collect()
            }
        };
        let mut ends = BTreeSet::new();
        let looped = kind == "while-condition";
        if looped {
            self.loops.push(id);
        }
        for branch in &branches {
            ends.extend(self.branch(branch, after.clone(), depth + 1));
        }
        if looped {
            self.loops.pop();
        }
        if branches.is_empty() { after } else { ends }
    }

    fn next_steps(&mut self, id: &str, step: &'a Map<String, Value>) -> Vec<&'a str> {
        let list = step.get("next_steps").and_then(Value::as_array);
        let named: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
        if list.is_none_or(|l| l.len() != named.len()) {
            self.missing_unless(None, id, "next_steps");
        }
        named
    }

    /// Returns the branch of a switch that is followed: its default, else its first case by name.
    fn case(&mut self, id: &str, step: &'a Map<String, Value>) -> Option<&'a str> {
        let cases = step.get("cases").and_then(Value::as_object);
        let chosen = cases.and_then(|c| {
            c.get_key_value("default").or_else(|| c.iter().next()).and_then(|(k, v)| Some((k, v.as_str()?)))
        });
        if let Some((name, _)) = chosen {
            let message = format!("of the cases of step {id:?} the one called {name:?} is followed");
            self.found.push(Diagnostic::note(self.file, "playbook.condition", message));
        }
        self.missing_unless(chosen.map(|(_, branch)| branch), id, "cases")
    }

    fn missing_unless(&mut self, found: Option<&'a str>, id: &str, field: &str) -> Option<&'a str> {
        if found.is_none() {
            let message = format!("step {id:?} has no usable {field:?}; its branch is left out");
            self.found.push(Diagnostic::error(self.file, "playbook.missing-field", message));
        }
        found
    }

    fn warn(&mut self, code: &str, message: String) {
        self.found.push(Diagnostic::warning(self.file, code, message));
    }
}
