//! The defenders of a trial, whatever the attacker walks on: alerts are looked at, an
//! incident is declared, the playbook is carried out, and the incident is closed.
//!
//! Analysts go on looking at alerts after the declaration. An alert that is escalated on
//! an asset not cut off yet lets the playbook's repeated actions begin another round; one
//! that comes while a round is on begins another at its end, if what it tells of is still
//! not cut off. An incident is closed once nothing has been escalated or done for the
//! estate's quiet time; the next escalated alert declares another, and the playbook begins
//! from the start.

use model::quantity::Millis;

use crate::chance::{Chance, Entity, Purpose};
use crate::desk::Desk;
use crate::response::{Move, Plan, Response};

/// What does not change between trials.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'c> {
    pub(crate) desk: &'c Desk,
    pub(crate) plan: &'c Plan,
    /// An incident is closed after this time without anything new.
    pub(crate) quiet: Millis,
}

/// What became of an alert that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It was taken for a false one.
    Dismissed,
    /// It was escalated, and more assets must agree.
    Unconfirmed,
    /// It was escalated, and an incident is declared.
    Declared,
    /// It was escalated in an incident that is open.
    Escalated,
}

/// What comes next in an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// An action of the playbook is decided.
    Decided(usize),
    /// An action of the playbook is over.
    Acted(usize),
    /// The quiet time may have passed.
    Quiet,
}

/// The defenders' state in one trial; an asset is known as an `A`.
#[derive(Debug, Clone)]
pub(crate) struct Defence<A> {
    response: Response,
    /// Assets whose alerts were escalated in this incident.
    suspects: Vec<A>,
    /// The asset whose alert declared it.
    source: Option<A>,
    /// By group of repeated actions: assets with an alert escalated since its round began.
    later: Vec<Vec<A>>,
    is_open: bool,
    /// When something was last escalated or done.
    last: Millis,
    /// A look at the quiet time is due.
    watched: bool,
    /// When the first incident was declared.
    pub(crate) declared: Option<Millis>,
    /// When all own actions had been done for the first time.
    pub(crate) contained: Option<Millis>,
    /// When the last own action so far was over.
    pub(crate) acted: Option<Millis>,
    /// When the last incident was closed.
    closed: Option<Millis>,
}

impl<A: Copy + PartialEq> Defence<A> {
    /// Returns defenders before a first trial.
    pub(crate) fn new() -> Self {
        Self {
            response: Response::default(),
            suspects: Vec::new(),
            source: None,
            later: Vec::new(),
            is_open: false,
            last: Millis(0),
            watched: false,
            declared: None,
            contained: None,
            acted: None,
            closed: None,
        }
    }

    /// Makes everything as before a trial.
    pub(crate) fn reset(&mut self, rules: Rules<'_>) {
        self.response.reset(rules.plan);
        self.forget();
        self.later.resize_with(rules.plan.groups(), Vec::new);
        (self.is_open, self.last, self.watched) = (false, Millis(0), false);
        (self.declared, self.contained, self.acted, self.closed) = (None, None, None, None);
    }

    fn forget(&mut self) {
        self.suspects.clear();
        self.source = None;
        self.later.iter_mut().for_each(Vec::clear);
    }

    /// Handles the end of a look at `alert` on `asset`; `is_off` says whether that is cut off.
    pub(crate) fn looked(
        &mut self,
        rules: Rules<'_>,
        chance: Chance,
        alert: Entity,
        (asset, is_off): (A, bool),
        at: Millis,
    ) -> Finding {
        if chance.uniform(alert, Purpose::Escalate, 0) >= rules.desk.escalation {
            return Finding::Dismissed;
        }
        self.escalate(rules, chance, (asset, is_off), usize::from(rules.desk.agree), at)
    }

    /// Handles what nobody can overlook on `asset`: it needs no second asset to agree.
    pub(crate) fn noticed(
        &mut self,
        rules: Rules<'_>,
        chance: Chance,
        asset: (A, bool),
        at: Millis,
    ) -> Finding {
        self.escalate(rules, chance, asset, 0, at)
    }

    fn escalate(
        &mut self,
        rules: Rules<'_>,
        chance: Chance,
        (asset, is_off): (A, bool),
        agree: usize,
        at: Millis,
    ) -> Finding {
        if !self.suspects.contains(&asset) {
            self.suspects.push(asset);
        }
        if self.is_open {
            self.last = at;
            if !is_off {
                self.later.iter_mut().filter(|l| !l.contains(&asset)).for_each(|l| l.push(asset));
                self.go_on(rules, chance, at, |_| false);
            }
            return Finding::Escalated;
        }
        if self.suspects.len() < agree {
            return Finding::Unconfirmed;
        }
        self.is_open = true;
        self.last = at;
        self.source = Some(asset);
        self.declared.get_or_insert(at);
        self.closed = None;
        self.response.declare(rules.plan, chance, at);
        Finding::Declared
    }

    /// Gives a decided action to a crew.
    pub(crate) fn decided(&mut self, rules: Rules<'_>, chance: Chance, action: usize, at: Millis) {
        self.response.decided(rules.plan, chance, action, at);
    }

    /// Ends an action and returns whether it worked. [`Self::go_on`] must follow once its
    /// cut has taken effect.
    pub(crate) fn acted(&mut self, rules: Rules<'_>, chance: Chance, action: usize, at: Millis) -> bool {
        let worked = self.response.acted(rules.plan, chance, action, at);
        self.last = at;
        if rules.plan.replies.get(action).is_some_and(|r| r.own) {
            self.acted = Some(at);
        }
        if self.response.is_over() {
            self.contained.get_or_insert(at);
        }
        worked
    }

    /// Begins another round of every group whose round is over and that has heard of an
    /// asset not cut off since it began.
    pub(crate) fn go_on(&mut self, rules: Rules<'_>, chance: Chance, at: Millis, is_off: impl Fn(A) -> bool) {
        for group in 0..self.later.len() {
            if self.response.round_is_over(group) && !self.later[group].is_empty() {
                let heard = std::mem::take(&mut self.later[group]);
                if heard.iter().any(|asset| !is_off(*asset)) {
                    self.response.repeat(rules.plan, chance, group, at);
                }
            }
        }
    }

    /// Returns the assets whose own alerts an action answers: that of the declaration, or
    /// in a repeated action all that were escalated.
    pub(crate) fn answered(&self, repeated: bool) -> Vec<A> {
        if repeated { self.suspects.clone() } else { self.source.into_iter().collect() }
    }

    /// Returns whether nothing is decided or carried out at the moment.
    pub(crate) fn is_idle(&self) -> bool {
        self.response.is_idle()
    }

    /// Hands over what comes next and when.
    pub(crate) fn take_due(&mut self, rules: Rules<'_>, mut queue: impl FnMut(Millis, Due)) {
        for (at, next, action) in self.response.due.drain(..) {
            queue(at, if next == Move::Decided { Due::Decided(action) } else { Due::Acted(action) });
        }
        if self.is_open && !self.watched && self.response.is_idle() {
            self.watched = true;
            queue(self.last.saturating_add(rules.quiet), Due::Quiet);
        }
    }

    /// Looks whether the quiet time has passed, and closes the incident if so.
    pub(crate) fn quiet(&mut self, rules: Rules<'_>, at: Millis) -> bool {
        self.watched = false;
        let over = self.is_open && self.response.is_idle() && at >= self.last.saturating_add(rules.quiet);
        if over {
            self.is_open = false;
            self.closed = Some(at);
            self.forget();
        }
        over
    }

    /// Returns when the last incident is closed if nothing more comes; `None`: there was
    /// none, or the playbook is still being carried out.
    pub(crate) fn closed(&self, rules: Rules<'_>) -> Option<Millis> {
        match self.is_open {
            true => self.response.is_idle().then(|| self.last.saturating_add(rules.quiet)),
            false => self.closed,
        }
    }
}
