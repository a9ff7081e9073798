//! The service map as a table: each node, and below it what it calls.

use std::cmp::Reverse;

use crate::map::{NodeKind, ServiceMap, Stats, service_map};
use crate::ui::cursor::Cursor;
use crate::ui::keys::Action;
use crate::ui::state::follow::next;
use crate::ui::state::loaded::Loaded;

/// What the nodes are sorted by, their greatest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Calls,
    Bad,
    Median,
    P95,
    Name,
}

/// The table of nodes and edges.
#[derive(Debug, Default)]
pub(crate) struct MapTab {
    pub(crate) cursor: Cursor,
    /// Of all traces that the list shows, not of one.
    pub(crate) all: bool,
    pub(crate) order: Order,
    reversed: bool,
    pub(crate) map: ServiceMap,
    pub(crate) lines: Vec<Line>,
    /// Of which traces the map is; none if it has to be made.
    made_of: Option<Vec<usize>>,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A node, by its place in the map.
    Node(usize),
    /// An edge, by its place in the map.
    Edge(usize),
}

impl MapTab {
    /// The traces are others now.
    pub(crate) fn forget(&mut self) {
        self.made_of = None;
    }

    /// Makes the map of the one trace or of all, unless it is made.
    pub(crate) fn arrange(&mut self, loaded: &Loaded, one: Option<usize>, shown: &[usize], page: usize) {
        let of: Vec<usize> = if self.all { shown.to_vec() } else { one.into_iter().collect() };
        if self.made_of.as_ref() == Some(&of) {
            return;
        }
        self.map = service_map(of.iter().filter_map(|trace| loaded.traces.get(*trace)));
        self.made_of = Some(of);
        self.sort(page);
    }

    /// How many traces it is of.
    pub(crate) fn traces(&self) -> usize {
        self.made_of.as_ref().map_or(0, Vec::len)
    }

    pub(crate) fn apply(&mut self, action: Action, page: usize) {
        match action {
            Action::Sort => {
                self.order = self.order.next();
                self.reversed = false;
                self.sort(page);
            }
            Action::Reverse => {
                self.reversed = !self.reversed;
                self.sort(page);
            }
            _ => drop(self.cursor.moved(action, self.lines.len(), page)),
        }
    }

    /// Sorts by this, or by the same the other way round.
    pub(crate) fn sort_by(&mut self, order: Order, page: usize) {
        self.reversed = self.order == order && !self.reversed;
        self.order = order;
        self.sort(page);
    }

    pub(crate) fn keep_in_view(&mut self, page: usize) {
        self.cursor.go(self.cursor.at, self.lines.len(), page);
    }

    /// The service of the chosen line, which traces can be looked for by.
    pub(crate) fn chosen_service(&self) -> Option<&str> {
        let node = match self.lines.get(self.cursor.at)? {
            Line::Node(node) => *node,
            Line::Edge(edge) => self.map.edges[*edge].to,
        };
        let node = &self.map.nodes[node];
        (node.kind == NodeKind::Service).then_some(node.name.as_str())
    }

    pub(crate) fn search(&mut self, text: &str, forward: bool, here: bool, page: usize) -> bool {
        let name = |at: usize| match self.lines[at] {
            Line::Node(node) => &self.map.nodes[node].name,
            Line::Edge(edge) => &self.map.nodes[self.map.edges[edge].to].name,
        };
        let found = next(self.lines.len(), self.cursor.at, forward, here, |at| name(at).to_lowercase().contains(text));
        found.into_iter().for_each(|at| self.cursor.go(at, self.lines.len(), page));
        found.is_some()
    }

    fn sort(&mut self, page: usize) {
        let ServiceMap { nodes, edges, .. } = &self.map;
        let by = |stats: &Stats| match self.order {
            Order::Calls => stats.calls,
            Order::Bad => stats.errors + stats.faults + stats.throttles,
            Order::Median => stats.median,
            Order::P95 => stats.p95,
            Order::Name => 0,
        };
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|node| (Reverse(by(&nodes[*node].stats)), &nodes[*node].name));
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for (at, edge) in edges.iter().enumerate() {
            below[edge.from].push(at);
        }
        if self.reversed {
            order.reverse();
        }
        self.lines.clear();
        for node in order {
            self.lines.push(Line::Node(node));
            below[node].sort_by_key(|edge| (Reverse(by(&edges[*edge].stats)), &nodes[edges[*edge].to].name));
            self.lines.extend(below[node].iter().map(|edge| Line::Edge(*edge)));
        }
        self.cursor.go(self.cursor.at, self.lines.len(), page);
    }
}

impl Order {
    const fn next(self) -> Self {
        match self {
            Self::Calls => Self::Bad,
            Self::Bad => Self::Median,
            Self::Median => Self::P95,
            Self::P95 => Self::Name,
            Self::Name => Self::Calls,
        }
    }
}
