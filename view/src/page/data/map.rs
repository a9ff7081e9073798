//! A service map as JSON.

use serde::Serialize;

use super::micros;
use crate::map::{Edge, Node, NodeKind, ServiceMap, Stats};

/// The services of one trace or of many, and who calls whom.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MapData {
    /// Who takes part.
    pub nodes: Vec<NodeData>,
    /// Who calls whom.
    pub edges: Vec<EdgeData>,
}

/// One who takes part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeData {
    /// Its name.
    pub name: String,
    /// `service`, `aws`, `remote` or `client`.
    pub kind: &'static str,
    /// Its own work, or the calls of it.
    pub stats: StatsData,
}

/// The calls of one by another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EdgeData {
    /// The place among `nodes` of who calls.
    pub from: usize,
    /// The place of who is called.
    pub to: usize,
    /// How the calls went.
    pub stats: StatsData,
}

/// How calls went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StatsData {
    /// How many there were.
    pub calls: u64,
    /// Those that the caller is to blame for: a status of 4xx, or an error without a status.
    pub errors: u64,
    /// Those that the callee is to blame for: a status of 5xx.
    pub faults: u64,
    /// Those that were too many: 429, or AWS said so.
    pub throttles: u64,
    /// Those that are under way.
    pub open: u64,
    /// Microseconds that those that ended took together.
    pub total_us: f64,
    /// Microseconds within which half of them ended.
    pub median_us: f64,
    /// Microseconds within which 95 in a hundred of them ended.
    pub p95_us: f64,
    /// Microseconds of the longest.
    pub longest_us: f64,
}

/// A service map as JSON.
#[must_use]
pub fn map_data(map: &ServiceMap) -> MapData {
    MapData { nodes: map.nodes.iter().map(node).collect(), edges: map.edges.iter().map(edge).collect() }
}

fn node(node: &Node) -> NodeData {
    let kind = match node.kind {
        NodeKind::Service => "service",
        NodeKind::Aws => "aws",
        NodeKind::Remote => "remote",
        NodeKind::Client => "client",
    };
    NodeData { name: node.name.clone(), kind, stats: stats(&node.stats) }
}

fn edge(edge: &Edge) -> EdgeData {
    EdgeData { from: edge.from, to: edge.to, stats: stats(&edge.stats) }
}

fn stats(stats: &Stats) -> StatsData {
    StatsData {
        calls: stats.calls,
        errors: stats.errors,
        faults: stats.faults,
        throttles: stats.throttles,
        open: stats.open,
        total_us: micros(stats.total),
        median_us: micros(stats.median),
        p95_us: micros(stats.p95),
        longest_us: micros(stats.longest),
    }
}
