//! Work as it comes: list scheduling (Graham 1966) over the jobs of a shop.
//!
//! Whenever a unit of a resource is free, it takes the first job of the list that may
//! begin. Nobody looks ahead: which job is taken does not depend on how long jobs will
//! take, so the same list is a policy for jobs whose durations are drawn. The layout is
//! made once for a shop and used for many courses of work.
//!
//! What works at first may fall later: its jobs count as done until then and are to be done
//! from then on. Work that waits for them and has not begun waits anew; what has begun goes on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Links, Shop, Span};

/// What there is to do with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Todo {
    /// Nothing: it is done.
    Done,
    /// All of it, which takes so long; without time it takes no resource.
    Work(u64),
    /// It is in progress, holds its resource, and takes so much longer.
    Running(u64),
    /// It counts as done until the first time; from then on all of it is to be done, which
    /// takes the second.
    Falls(u64, u64),
    /// It is a state, which holds for as long as what it waits for is done.
    Holds,
}

/// A shop laid out for courses of work.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    links: Links,
    /// By job: how many waits it has.
    open: Vec<u32>,
    resource: Vec<Option<usize>>,
    capacity: Vec<u32>,
}

/// What comes to a job at a time, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Ends,
    Falls,
    Ready,
}

/// Returns a job behind what is compared first, as one number.
fn queued(first: u32, job: usize) -> u64 {
    u64::from(first) << 32 | job as u64
}

/// Returns the job of what [`queued`] gave.
fn job_of(queued: u64) -> usize {
    queued as u32 as usize
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Waits,
    /// It has all it needs but its resource.
    Queued,
    Begun,
    Done,
}

/// One course of work.
struct Course<'a> {
    shop: &'a Dispatcher,
    todo: &'a [Todo],
    rank: &'a [u32],
    ready: &'a [u64],
    stand: Vec<Stand>,
    /// By wait: how many of its jobs are done.
    done: Vec<u32>,
    /// By job: how many of its waits are not met.
    open: Vec<u32>,
    free: Vec<u32>,
    /// By resource: jobs that may begin, first of the list first; [`queued`] of each.
    may: Vec<BinaryHeap<Reverse<u64>>>,
    /// What comes next: time, then [`queued`] of moment and job.
    moments: BinaryHeap<Reverse<(u64, u64)>>,
    /// Jobs whose needs may be met, to be called; empty between two moments.
    met: Vec<usize>,
    /// Jobs whose fall is still to be handed on; empty between two moments.
    fallen: Vec<usize>,
    spans: Vec<Option<Span>>,
}

impl Dispatcher {
    /// Lays out the jobs, needs and resources of `shop`.
    pub fn new(shop: &Shop) -> Self {
        let links = shop.links();
        Self {
            open: links.open.iter().map(|o| *o as u32).collect(),
            links,
            resource: shop.jobs.iter().map(|j| j.resource).collect(),
            capacity: shop.capacity.iter().map(|c| (*c).max(1)).collect(),
        }
    }

    /// Returns when each job runs if work begins at `from`: `todo` says what is left of
    /// each job, `rank` its place in the list, equals by place in the shop, and `ready` the
    /// time before which it does not begin; where `ready` is shorter, jobs are ready from the
    /// start. Jobs that are done have a span of no length at 0; those that can never begin
    /// have none.
    pub fn run(&self, todo: &[Todo], rank: &[u32], ready: &[u64], from: u64) -> Vec<Option<Span>> {
        let mut course = Course {
            shop: self,
            todo,
            rank,
            ready,
            stand: vec![Stand::Waits; todo.len()],
            done: vec![0; self.links.missing.len()],
            open: self.open.clone(),
            free: self.capacity.clone(),
            may: vec![BinaryHeap::new(); self.capacity.len()],
            moments: BinaryHeap::with_capacity(todo.len()),
            met: Vec::with_capacity(todo.len()),
            fallen: Vec::new(),
            spans: vec![None; todo.len()],
        };
        course.open_gates(from);
        course.start(from);
        while let Some(Reverse((now, first))) = course.moments.pop() {
            course.come(first, now);
            while let Some(Reverse((at, next))) = course.moments.peek().copied()
                && at == now
            {
                course.moments.pop();
                course.come(next, now);
            }
            course.start(now);
        }
        course.spans
    }
}

impl Course<'_> {
    /// Books what is done and in progress, then calls what may begin.
    fn open_gates(&mut self, from: u64) {
        for (job, todo) in self.todo.iter().enumerate() {
            match *todo {
                Todo::Done => {
                    self.spans[job] = Some(Span::default());
                    self.stand[job] = Stand::Done;
                }
                Todo::Running(left) => {
                    if let Some(resource) = self.shop.resource[job] {
                        self.free[resource] = self.free[resource].saturating_sub(1);
                    }
                    self.begin(job, from, left);
                }
                Todo::Falls(at, _) if at > from => {
                    self.stand[job] = Stand::Done;
                    self.moments.push(Reverse((at, queued(Moment::Falls as u32, job))));
                }
                Todo::Work(_) | Todo::Falls(..) | Todo::Holds => {}
            }
        }
        for job in 0..self.todo.len() {
            match self.stand[job] {
                Stand::Done => self.count(job),
                Stand::Waits if self.shop.links.open[job] == 0 => self.met.push(job),
                Stand::Waits | Stand::Queued | Stand::Begun => {}
            }
        }
        self.call(from);
    }

    fn come(&mut self, next: u64, now: u64) {
        let (moment, job) = (next >> 32, job_of(next));
        if moment == Moment::Ends as u64 {
            self.finish(job, now);
            return;
        }
        if moment == Moment::Falls as u64 {
            self.stand[job] = Stand::Waits;
            self.fall(job);
        }
        self.met.push(job);
        self.call(now);
    }

    fn begin(&mut self, job: usize, now: u64, duration: u64) {
        let end = now.saturating_add(duration);
        self.stand[job] = Stand::Begun;
        self.spans[job] = Some(Span { begin: now, end });
        self.moments.push(Reverse((end, queued(Moment::Ends as u32, job))));
    }

    /// Handles the end of a job that took time.
    fn finish(&mut self, job: usize, now: u64) {
        if let Some(resource) = self.shop.resource[job] {
            self.free[resource] += 1;
        }
        self.stand[job] = Stand::Done;
        self.count(job);
        self.call(now);
    }

    /// Counts a job that is done for those that wait for it.
    fn count(&mut self, job: usize) {
        let shop = self.shop;
        for &(next, wait) in &shop.links.of[job] {
            self.done[wait] += 1;
            if self.done[wait] as usize == shop.links.missing[wait] {
                self.open[next] -= 1;
                if self.open[next] == 0 {
                    self.met.push(next);
                }
            }
        }
    }

    /// Takes back that a job is done, and the states that rest on it.
    fn fall(&mut self, job: usize) {
        let shop = self.shop;
        self.fallen.push(job);
        while let Some(job) = self.fallen.pop() {
            for &(next, wait) in &shop.links.of[job] {
                if self.done[wait] as usize == shop.links.missing[wait] {
                    self.open[next] += 1;
                    if self.stand[next] == Stand::Done && self.todo[next] == Todo::Holds {
                        self.stand[next] = Stand::Waits;
                        self.fallen.push(next);
                    }
                }
                self.done[wait] -= 1;
            }
        }
    }

    /// Lets jobs begin or queue whose needs are met; what takes no time is done at once.
    fn call(&mut self, now: u64) {
        while let Some(job) = self.met.pop() {
            if self.stand[job] != Stand::Waits || self.open[job] > 0 {
                continue;
            }
            if let Some(ready) = self.ready.get(job).filter(|ready| **ready > now) {
                self.moments.push(Reverse((*ready, queued(Moment::Ready as u32, job))));
                continue;
            }
            let duration = self.duration(job);
            match self.shop.resource[job] {
                _ if duration == 0 => {
                    self.stand[job] = Stand::Done;
                    self.spans[job] = Some(Span { begin: now, end: now });
                    self.count(job);
                }
                Some(resource) => {
                    self.stand[job] = Stand::Queued;
                    self.may[resource].push(Reverse(queued(self.rank[job], job)));
                }
                None => self.begin(job, now, duration),
            }
        }
    }

    fn duration(&self, job: usize) -> u64 {
        match self.todo[job] {
            Todo::Work(duration) | Todo::Falls(_, duration) => duration,
            Todo::Done | Todo::Running(_) | Todo::Holds => 0,
        }
    }

    /// Gives every free unit the first job that may begin.
    fn start(&mut self, now: u64) {
        for resource in 0..self.free.len() {
            while self.free[resource] > 0
                && let Some(Reverse(first)) = self.may[resource].pop()
            {
                let job = job_of(first);
                if self.open[job] > 0 {
                    self.stand[job] = Stand::Waits;
                    continue;
                }
                self.free[resource] -= 1;
                self.begin(job, now, self.duration(job));
            }
        }
    }
}
