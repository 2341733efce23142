//! The order of a directed graph, and the cycles that stand against it.

/// How many members of a cycle are named in a message.
const NAMED: usize = 8;

/// A depth-first walk over a graph.
pub(crate) struct Order {
    /// Every node once; without the closing edges, successors come later.
    pub(crate) sorted: Vec<usize>,
    /// The edges that close a cycle.
    pub(crate) cycles: Vec<Cycle>,
}

/// An edge that leads back to a node from which its start was reached.
pub(crate) struct Cycle {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The first nodes of the cycle, beginning at `to`.
    pub(crate) path: Vec<usize>,
}

/// Returns the order of the graph whose node `n` leads to `next[n]`, walked from
/// `first` and then from every other node. Edges to nodes that do not exist are
/// passed over.
///
/// The walk keeps its own stack, because the depth of a graph from outside is not
/// bounded by ours.
pub(crate) fn order(next: &[Vec<usize>], first: &[usize]) -> Order {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Unseen,
        Open,
        Done,
    }
    let mut marks = vec![Mark::Unseen; next.len()];
    let mut finished = Vec::with_capacity(next.len());
    let mut cycles = Vec::new();
    for root in first.iter().copied().chain(0..next.len()) {
        if marks.get(root) != Some(&Mark::Unseen) {
            continue;
        }
        marks[root] = Mark::Open;
        let mut stack = vec![(root, 0)];
        while let Some((node, edge)) = stack.last_mut() {
            let node = *node;
            let Some(to) = next[node].get(*edge).copied() else {
                marks[node] = Mark::Done;
                finished.push(node);
                stack.pop();
                continue;
            };
            *edge += 1;
            match marks.get(to) {
                Some(Mark::Unseen) => {
                    marks[to] = Mark::Open;
                    stack.push((to, 0));
                }
                Some(Mark::Open) => {
                    let path = stack.iter().map(|(n, _)| *n).skip_while(|n| *n != to).take(NAMED).collect();
                    cycles.push(Cycle { from: node, to, path });
                }
                Some(Mark::Done) | None => {}
            }
        }
    }
    finished.reverse();
    Order { sorted: finished, cycles }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successors_come_later_and_cycles_are_found() {
        let found = order(&[vec![1, 2], vec![2], vec![0, 3], vec![]], &[0]);
        assert_eq!(found.sorted, [0, 1, 2, 3]);
        let closing: Vec<_> = found.cycles.iter().map(|c| (c.from, c.to, c.path.clone())).collect();
        assert_eq!(closing, [(2, 0, vec![0, 1, 2])]);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_does_not_end_the_stack() {
        let next: Vec<_> = (1..=100_000).map(|n| vec![n]).collect();
        assert_eq!(order(&next, &[0]).sorted.len(), 100_000);
    }
}
