//! Circles of a directed graph, found without recursion: code may call itself around thousands of corners.

/// A graph over numbers from 0 on.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By node, the nodes that it leads to.
    pub(crate) edges: Vec<Vec<usize>>,
}

/// What Tarjan's algorithm keeps of a node.
#[derive(Clone, Copy, Default)]
struct State {
    /// Its number in the order of visits, from 1 on; 0 before.
    order: usize,
    /// The lowest order that it reaches.
    low: usize,
    /// Whether its circle is still open.
    open: bool,
}

impl Graph {
    /// The nodes in groups that reach each other, each group sorted; a node by itself is a group of one. A group comes after all
    /// groups that it leads to.
    pub(crate) fn circles(&self) -> Vec<Vec<usize>> {
        let mut search = Search {
            states: vec![State::default(); self.edges.len()],
            ..Search::default()
        };
        for node in 0..self.edges.len() {
            if search.state(node).order == 0 {
                search.from(&self.edges, node);
            }
        }
        search.found
    }
}

#[derive(Default)]
struct Search {
    states: Vec<State>,
    visits: usize,
    open: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Search {
    fn state(&self, node: usize) -> State {
        self.states.get(node).copied().unwrap_or_default()
    }

    fn lower(&mut self, node: usize, low: usize) {
        if let Some(state) = self.states.get_mut(node) {
            state.low = state.low.min(low);
        }
    }

    fn visit(&mut self, node: usize) {
        self.visits += 1;
        let order = self.visits;
        if let Some(state) = self.states.get_mut(node) {
            *state = State {
                order,
                low: order,
                open: true,
            };
        }
        self.open.push(node);
    }

    fn from(&mut self, edges: &[Vec<usize>], root: usize) {
        self.visit(root);
        // The way to the node at hand, each with the edge that is looked at next.
        let mut way: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, next)) = way.last_mut() {
            let node = *node;
            let target = edges.get(node).and_then(|edges| edges.get(*next)).copied();
            *next += 1;
            match target {
                Some(target) => {
                    let state = self.state(target);
                    if state.order == 0 {
                        self.visit(target);
                        way.push((target, 0));
                    } else if state.open {
                        self.lower(node, state.order);
                    }
                }
                None => {
                    way.pop();
                    let state = self.state(node);
                    if let Some((before, _)) = way.last() {
                        self.lower(*before, state.low);
                    }
                    if state.low == state.order {
                        self.close(node);
                    }
                }
            }
        }
    }

    /// Everything opened since a node is its circle.
    fn close(&mut self, node: usize) {
        let start = self.open.iter().rposition(|open| *open == node);
        let mut circle = self.open.split_off(start.unwrap_or(0));
        for &member in &circle {
            if let Some(state) = self.states.get_mut(member) {
                state.open = false;
            }
        }
        circle.sort_unstable();
        self.found.push(circle);
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;

    #[test]
    fn circles_come_after_what_they_lead_to() {
        let graph = Graph {
            edges: vec![vec![1], vec![2], vec![1, 3], vec![], vec![0, 4]],
        };
        assert_eq!(graph.circles(), [vec![3], vec![1, 2], vec![0], vec![4]]);
    }

    #[test]
    fn a_chain_of_any_length_needs_no_stack() {
        let last = 1_000_000;
        let edges = (0..=last).map(|at| if at < last { vec![at + 1] } else { vec![] });
        let graph = Graph {
            edges: edges.collect(),
        };
        assert_eq!(graph.circles().len(), last + 1);
    }
}
