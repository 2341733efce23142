//! Work in an order: the resource-constrained scheduling kernel.
//!
//! A [`Shop`] holds jobs with a duration, the crews they take and the jobs that must
//! be done first, "at least k of these" included. [`Shop::serial`] is the serial
//! schedule generation scheme (Kelley 1963): jobs are taken in the order of a list,
//! each at the earliest time at which what it needs is done and its crews are free.
//! For every regular measure (one that never gets better by finishing later) some
//! list gives an optimal schedule when all needs are "all of these" (Kolisch 1996),
//! so the search looks only at lists.

mod dispatch;
mod search;
mod timeline;

pub use dispatch::{Dispatcher, Todo};
pub use search::{Effort, Found};

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use timeline::Timeline;

/// At least `k` of these jobs must be done first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// How many; 0 is met from the start.
    pub k: usize,
    /// Places of the jobs in the shop.
    pub of: Vec<usize>,
}

/// One piece of work that is not interrupted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Job {
    /// How long it takes; zero for a milestone. Without a resource it is a delay that nobody works on.
    pub duration: u64,
    /// It may not begin earlier.
    pub ready: u64,
    /// Which resource it takes one unit of; `None` for a milestone or a delay.
    pub resource: Option<usize>,
    /// All of these must hold.
    pub waits: Vec<Wait>,
}

/// Jobs and the resources they share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shop {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Units of each resource.
    pub capacity: Vec<u32>,
}

/// When a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// When it begins.
    pub begin: u64,
    /// When it is done.
    pub end: u64,
}

impl Shop {
    /// Returns when each job runs if jobs are taken in the order of `list`, which
    /// names every job that takes time once. A job whose needs are not yet planned
    /// waits for its turn; milestones take no turn. Jobs that can never begin
    /// (needs in a circle) are `None`.
    pub fn serial(&self, list: &[usize]) -> Vec<Option<Span>> {
        self.serial_with(list, &self.links())
    }

    fn serial_with(&self, list: &[usize], links: &Links) -> Vec<Option<Span>> {
        let mut course = Course::new(self, links, list);
        while let Some(Reverse((_, job))) = course.may.pop() {
            course.place(job);
        }
        course.spans
    }

    /// Returns which waits each job counts for, so that a schedule only counts.
    fn links(&self) -> Links {
        let mut links = Links { of: vec![Vec::new(); self.jobs.len()], ..Links::default() };
        for (j, job) in self.jobs.iter().enumerate() {
            links.open.push(job.waits.iter().filter(|w| w.k > 0).count());
            for wait in &job.waits {
                for &before in &wait.of {
                    links.of[before].push((j, links.missing.len()));
                }
                links.missing.push(wait.k);
            }
        }
        links
    }

    /// Returns who waits for each job, milestones included.
    fn followers(&self) -> Vec<Vec<usize>> {
        let mut followers = vec![Vec::new(); self.jobs.len()];
        for (j, job) in self.jobs.iter().enumerate() {
            for &before in job.waits.iter().flat_map(|w| &w.of) {
                followers[before].push(j);
            }
        }
        for list in &mut followers {
            // Jobs are looked at in order, so equal ones stand together.
            list.dedup();
        }
        followers
    }

    /// Returns whether nobody works on a job: it marks that others are done, or lets time pass.
    fn milestone(&self, job: usize) -> bool {
        self.jobs[job].resource.is_none()
    }

    /// Returns the jobs that take a resource, by place.
    pub fn work(&self) -> Vec<usize> {
        (0..self.jobs.len()).filter(|&j| !self.milestone(j)).collect()
    }

    /// Returns which jobs can never begin, because they wait in a circle or for one that does.
    pub(crate) fn stuck(&self) -> Vec<bool> {
        let spans = Dispatcher::new(self).run(
            &vec![Todo::Work(0); self.jobs.len()],
            &vec![0; self.jobs.len()],
            &[],
            0,
        );
        spans.iter().map(Option::is_none).collect()
    }

    /// Returns the longest time from the begin of each job to the end of all, crews
    /// without limit; for jobs in a circle only their own duration counts.
    pub(crate) fn tails(&self) -> Vec<u64> {
        let followers = self.followers();
        let mut tails: Vec<u64> = self.jobs.iter().map(|j| j.duration).collect();
        let mut open: Vec<usize> = followers.iter().map(Vec::len).collect();
        let mut ready: Vec<usize> = (0..self.jobs.len()).filter(|&j| open[j] == 0).collect();
        while let Some(job) = ready.pop() {
            let mut before: Vec<usize> = self.jobs[job].waits.iter().flat_map(|w| &w.of).copied().collect();
            before.sort_unstable();
            before.dedup();
            for b in before {
                tails[b] = tails[b].max(self.jobs[b].duration.saturating_add(tails[job]));
                open[b] -= 1;
                if open[b] == 0 {
                    ready.push(b);
                }
            }
        }
        tails
    }
}

/// Who waits for whom, laid out for counting.
#[derive(Debug, Clone, Default)]
struct Links {
    /// By job: who waits for it, and the place of that wait among all.
    of: Vec<Vec<(usize, usize)>>,
    /// By wait: how many of its jobs must be planned.
    missing: Vec<usize>,
    /// By job: how many of its waits are not met at first.
    open: Vec<usize>,
}

/// A schedule while it is being made.
struct Course<'a> {
    shop: &'a Shop,
    links: &'a Links,
    /// By wait and by job, what is left of [`Links::missing`] and [`Links::open`].
    missing: Vec<usize>,
    open: Vec<usize>,
    /// Place of each job in the list.
    rank: Vec<usize>,
    /// Jobs that may begin, first of the list first.
    may: BinaryHeap<Reverse<(usize, usize)>>,
    called: Vec<bool>,
    spans: Vec<Option<Span>>,
    lines: Vec<Timeline>,
}

impl<'a> Course<'a> {
    fn new(shop: &'a Shop, links: &'a Links, list: &[usize]) -> Self {
        let mut rank = vec![usize::MAX; shop.jobs.len()];
        for (place, &job) in list.iter().enumerate() {
            rank[job] = place;
        }
        let mut course = Self {
            shop,
            links,
            missing: links.missing.clone(),
            open: links.open.clone(),
            rank,
            may: BinaryHeap::new(),
            called: vec![false; shop.jobs.len()],
            spans: vec![None; shop.jobs.len()],
            lines: shop.capacity.iter().map(|c| Timeline::new(*c)).collect(),
        };
        course.settle((0..shop.jobs.len()).collect());
        course
    }

    /// Returns when the needs of a job are met by what is planned, `None` if they are not.
    fn earliest(&self, job: usize) -> Option<u64> {
        let job = &self.shop.jobs[job];
        let mut time = job.ready;
        for wait in job.waits.iter().filter(|w| w.k > 0) {
            let mut ends: Vec<u64> = wait.of.iter().filter_map(|&j| self.spans[j]).map(|s| s.end).collect();
            if ends.len() < wait.k {
                return None;
            }
            let (_, kth, _) = ends.select_nth_unstable(wait.k - 1);
            time = time.max(*kth);
        }
        Some(time)
    }

    fn place(&mut self, at: usize) {
        let job = &self.shop.jobs[at];
        let (Some(from), Some(resource)) = (self.earliest(at), job.resource) else { return };
        let begin = self.lines[resource].book(from, job.duration);
        self.spans[at] = Some(Span { begin, end: begin.saturating_add(job.duration) });
        let met = self.count(at);
        self.settle(met);
    }

    /// Counts a job that has been planned, and returns who may have all it waits for.
    fn count(&mut self, at: usize) -> Vec<usize> {
        let links = self.links;
        let mut met = Vec::new();
        for &(job, wait) in &links.of[at] {
            if self.missing[wait] > 0 {
                self.missing[wait] -= 1;
                self.open[job] -= usize::from(self.missing[wait] == 0);
            }
            if self.open[job] == 0 && met.last() != Some(&job) {
                met.push(job);
            }
        }
        met
    }

    /// Dates milestones whose needs are met, and calls work that may begin.
    fn settle(&mut self, mut open: Vec<usize>) {
        while let Some(job) = open.pop() {
            if self.open[job] > 0 {
                continue;
            }
            if !self.shop.milestone(job) {
                if self.rank[job] != usize::MAX && !std::mem::replace(&mut self.called[job], true) {
                    self.may.push(Reverse((self.rank[job], job)));
                }
                continue;
            }
            let Some(time) = self.earliest(job) else { continue };
            let before = self.spans[job];
            if before.is_none_or(|s| time < s.begin) {
                let end = time.saturating_add(self.shop.jobs[job].duration);
                self.spans[job] = Some(Span { begin: time, end });
                if before.is_none() {
                    open.extend(self.count(job));
                } else {
                    open.extend(self.links.of[job].iter().map(|(follower, _)| *follower));
                }
            }
        }
    }
}
