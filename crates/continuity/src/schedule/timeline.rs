//! One resource over time: how many of its units are taken.

/// Units taken, as steps: from each time on until the next.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    capacity: u32,
    /// Times at which the number of taken units changes, ascending, with that number; the first is 0.
    steps: Vec<(u64, u32)>,
    /// The first step with a free unit; units are only ever taken, so it only moves on.
    first_free: usize,
}

impl Timeline {
    /// Returns a resource with `capacity` units, all free; at least one.
    pub(super) fn new(capacity: u32) -> Self {
        Self { capacity: capacity.max(1), steps: vec![(0, 0)], first_free: 0 }
    }

    /// Takes one unit for `duration` at the earliest time from `from` on, and returns that time.
    pub(super) fn book(&mut self, from: u64, duration: u64) -> u64 {
        let begin = self.gap(from, duration);
        if duration > 0 {
            let first = self.cut(begin);
            let last = self.cut(begin.saturating_add(duration));
            for step in &mut self.steps[first..last] {
                step.1 += 1;
            }
            while self.steps[self.first_free].1 >= self.capacity {
                self.first_free += 1;
            }
        }
        begin
    }

    /// Returns the earliest time from `from` on at which a unit is free for `duration`.
    fn gap(&self, from: u64, duration: u64) -> u64 {
        let mut begin = from.max(self.steps[self.first_free].0);
        let mut at = self.steps.partition_point(|s| s.0 <= begin) - 1;
        loop {
            if self.steps[at].1 >= self.capacity {
                // The last step is always free: every booking ends somewhere.
                at += 1;
                begin = self.steps[at].0;
                continue;
            }
            let end = begin.saturating_add(duration.max(1));
            let full =
                self.steps[at + 1..].iter().take_while(|s| s.0 < end).position(|s| s.1 >= self.capacity);
            match full {
                None => return begin,
                Some(skip) => at += 1 + skip,
            }
        }
    }

    /// Returns the place of the step that begins at `time`, made if there is none.
    fn cut(&mut self, time: u64) -> usize {
        let after = self.steps.partition_point(|s| s.0 <= time);
        let (begin, taken) = self.steps[after - 1];
        if begin == time {
            return after - 1;
        }
        self.steps.insert(after, (time, taken));
        after
    }
}

#[cfg(test)]
mod tests {
    use super::Timeline;

    #[test]
    fn a_short_job_fits_into_a_gap_and_a_long_one_waits() {
        let mut line = Timeline::new(1);
        assert_eq!(line.book(0, 5), 0);
        assert_eq!(line.book(8, 4), 8);
        assert_eq!(line.book(0, 3), 5, "the gap from 5 to 8 is taken whole");
        assert_eq!(line.book(0, 1), 12);
    }

    #[test]
    fn as_many_run_at_once_as_there_are_units() {
        let mut line = Timeline::new(2);
        let begins: Vec<u64> = [4, 4, 4, 4].into_iter().map(|d| line.book(0, d)).collect();
        assert_eq!(begins, [0, 0, 4, 4]);
    }
}
