//! Which service needs which, without regard to sites: order, cycles, levels.

use std::collections::BTreeMap;

use model::estate::{Component, Estate};
use model::id::ServiceId;

/// The graph of services; an edge goes from a service to one it needs.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    /// Services that each service needs directly, sorted and distinct.
    pub(crate) needs: Vec<Vec<usize>>,
    /// All services in groups, needed groups first: one service, or those that need each other.
    pub(crate) groups: Vec<Group>,
    /// Longest chain of needed services below each service, a cycle counted as one.
    pub(crate) level: Vec<usize>,
    /// By service: its place among the groups.
    pub(crate) group_of: Vec<usize>,
    /// By service: members of its own group that need it.
    pub(crate) users: Vec<Vec<usize>>,
}

/// Services that need each other, or a single one.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Its services, sorted.
    pub(crate) members: Vec<usize>,
    /// Whether a member needs itself through others, or directly.
    pub(crate) cyclic: bool,
}

impl Graph {
    /// Returns the graph of `estate`; needs of unknown services are left out.
    pub(crate) fn new(estate: &Estate) -> Self {
        let place: BTreeMap<&ServiceId, usize> =
            estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let needs: Vec<Vec<usize>> = estate
            .services
            .iter()
            .map(|service| {
                let mut found: Vec<usize> = service
                    .needs
                    .iter()
                    .flat_map(|need| &need.of)
                    .filter_map(|component| match component {
                        Component::Service(id) => place.get(id).copied(),
                        Component::Role { .. } => None,
                    })
                    .collect();
                found.sort_unstable();
                found.dedup();
                found
            })
            .collect();
        Self::from_needs(needs)
    }

    fn from_needs(needs: Vec<Vec<usize>>) -> Self {
        let order = finish_order(&needs, 0..needs.len());
        let groups = groups(&needs, &order);
        let mut group_of = vec![0; needs.len()];
        for (g, members) in groups.iter().enumerate() {
            for &m in members {
                group_of[m] = g;
            }
        }
        // Groups come with the needed ones first, so one pass settles the levels.
        let mut group_level = vec![0; groups.len()];
        for (g, members) in groups.iter().enumerate() {
            group_level[g] = members
                .iter()
                .flat_map(|&m| &needs[m])
                .filter(|&&n| group_of[n] != g)
                .map(|&n| group_level[group_of[n]] + 1)
                .max()
                .unwrap_or(0);
        }
        let level = group_of.iter().map(|&g| group_level[g]).collect();
        let groups = groups
            .into_iter()
            .map(|members| {
                let cyclic = members.len() > 1 || members.iter().any(|&m| needs[m].contains(&m));
                Group { members, cyclic }
            })
            .collect();
        let mut users = vec![Vec::new(); needs.len()];
        for (service, list) in needs.iter().enumerate() {
            for &needed in list.iter().filter(|n| group_of[**n] == group_of[service]) {
                users[needed].push(service);
            }
        }
        Self { needs, groups, level, group_of, users }
    }

    /// Returns the services that those of `from` need, directly or through others, and themselves.
    pub(crate) fn closure(&self, from: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut found = finish_order(&self.needs, from.into_iter());
        found.sort_unstable();
        found
    }

    /// Returns the groups of services that need each other.
    pub(crate) fn cycles(&self) -> impl Iterator<Item = &[usize]> {
        self.groups.iter().filter(|g| g.cyclic).map(|g| g.members.as_slice())
    }

    /// Returns one round trip through a group of [`Graph::cycles`], first service repeated at the end.
    pub(crate) fn round_trip(&self, cycle: &[usize]) -> Vec<usize> {
        cycle.first().map_or_else(Vec::new, |&start| self.round_trip_from(start, cycle))
    }

    /// Returns a shortest round trip from `start` through the services `within`, which are sorted.
    pub(crate) fn round_trip_from(&self, start: usize, within: &[usize]) -> Vec<usize> {
        let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for &next in self.needs[at].iter().filter(|n| within.binary_search(n).is_ok()) {
                if next == start {
                    let mut path = vec![start, at];
                    while let Some(&before) = path.last().and_then(|p| came_from.get(p)) {
                        path.push(before);
                    }
                    path.reverse();
                    return path;
                }
                came_from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    at
                });
            }
        }
        vec![start]
    }
}

/// Returns the nodes reachable from `starts` in the order in which a depth-first
/// search leaves them. It keeps its own stack, because the depth is the user's.
fn finish_order(edges: &[Vec<usize>], starts: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut seen = vec![false; edges.len()];
    let mut order = Vec::new();
    for start in starts {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some(top) = stack.last_mut() {
            let (node, next) = *top;
            if let Some(&child) = edges[node].get(next) {
                top.1 += 1;
                if !std::mem::replace(&mut seen[child], true) {
                    stack.push((child, 0));
                }
            } else {
                order.push(node);
                stack.pop();
            }
        }
    }
    order
}

/// Returns the strongly connected groups, needed groups first (Kosaraju's two passes).
fn groups(needs: &[Vec<usize>], order: &[usize]) -> Vec<Vec<usize>> {
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (from, list) in needs.iter().enumerate() {
        for &to in list {
            needed_by[to].push(from);
        }
    }
    let mut taken = vec![false; needs.len()];
    let mut found = Vec::new();
    for &start in order.iter().rev() {
        if std::mem::replace(&mut taken[start], true) {
            continue;
        }
        let (mut group, mut stack) = (vec![start], vec![start]);
        while let Some(node) = stack.pop() {
            for &before in &needed_by[node] {
                if !std::mem::replace(&mut taken[before], true) {
                    group.push(before);
                    stack.push(before);
                }
            }
        }
        group.sort_unstable();
        found.push(group);
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_cycles_and_order_of_a_small_graph() {
        // 0 needs 1 and 2; 1 and 2 need each other; 2 needs 3; 4 needs itself.
        let graph = Graph::from_needs(vec![vec![1, 2], vec![2], vec![1, 3], vec![], vec![4]]);
        assert_eq!(graph.level, [2, 1, 1, 0, 0]);
        let mut cycles: Vec<&[usize]> = graph.cycles().collect();
        cycles.sort_unstable();
        assert_eq!(cycles, [&[1, 2][..], &[4]]);
        assert_eq!(graph.round_trip(&[1, 2]), [1, 2, 1]);
        assert_eq!(graph.round_trip(&[4]), [4, 4]);
        assert_eq!(graph.closure([1]), [1, 2, 3]);
        assert_eq!(graph.closure([3, 4]), [3, 4]);
        let place = |s: usize| graph.groups.iter().position(|g| g.members.contains(&s));
        assert!(place(3) < place(0) && place(1) < place(0));
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_does_not_end_the_stack() {
        let n = 100_000;
        let graph = Graph::from_needs((0..n).map(|i| if i + 1 < n { vec![i + 1] } else { vec![] }).collect());
        assert_eq!(graph.level[0], n - 1);
        assert_eq!(graph.cycles().count(), 0);
    }
}
