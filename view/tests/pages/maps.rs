//! The service map: nodes and edges are those of the model.

use serde_json::{Value, json};
use spawn_view::{NodeKind, Trace, service_map};

use crate::{Look, Opened, sample};

/// What a map says, for whoever listens to it: `[node…]`, and `[from, to, calls]` of the edges.
fn expected(traces: &[Trace]) -> (Vec<Value>, Vec<Value>) {
    let map = service_map(traces);
    let kind = |kind| match kind {
        NodeKind::Service => "service",
        NodeKind::Aws => "aws",
        NodeKind::Remote => "remote",
        NodeKind::Client => "client",
    };
    let bad = |errors: u64, faults: u64| errors + faults > 0;
    let nodes = map
        .nodes
        .iter()
        .map(|node| json!([node.name, kind(node.kind), node.stats.calls, bad(node.stats.errors, node.stats.faults)]));
    let edges = map
        .edges
        .iter()
        .map(|edge| json!([edge.from, edge.to, edge.stats.calls, bad(edge.stats.errors, edge.stats.faults)]));
    (nodes.collect(), edges.collect())
}

const NODES: &str = "[...document.querySelectorAll('#map .node')].map((node) => [node.querySelector('.called').textContent, \
    node.classList[1], Number(/: ([\\d,]+) call/.exec(node.getAttribute('aria-label'))[1].replace(',', '')), node.classList.contains('bad')])";
const EDGES: &str = "[...document.querySelectorAll('#map .edge')].map((edge) => [Number(edge.dataset.from), Number(edge.dataset.to), \
    Number(edge.querySelector('text').textContent.split(' ')[0].replace(',', '')), edge.classList.contains('bad')])";

#[test]
fn nodes_and_edges_are_those_of_the_model() {
    for traces in [sample::shop(), sample::array(24), [sample::shop(), sample::array(4)].concat()] {
        let page = Opened::at(&traces, "#/map", Look::default());
        let (nodes, edges) = expected(&traces);
        assert_eq!(page.get(NODES), Value::Array(nodes));
        assert_eq!(page.get(EDGES), Value::Array(edges));
        page.is_quiet();
    }
}

#[test]
fn no_node_lies_on_another_and_every_edge_touches_its_nodes() {
    for traces in [sample::shop(), sample::array(24), sample::crowd(7), sample::crowd(40)] {
        for look in [Look::default(), Look { width: 400, height: 1000, ..Look::default() }] {
            assert_drawn_apart(&Opened::at(&traces, "#/map", look));
        }
    }
}

#[test]
fn forty_services_that_one_calls_can_be_read() {
    let page = Opened::at(&sample::crowd(40), "#/map", Look::default());
    let width = page.get("document.querySelector('#map .node .body').getBoundingClientRect().width").as_f64().unwrap();
    assert!(width > 100.0, "{width}");
}

fn assert_drawn_apart(page: &Opened) {
    let overlaps = page.get(
        "(() => { const boxes = [...document.querySelectorAll('#map .node .body')].map((one) => one.getBoundingClientRect()); \
         return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length; })()",
    );
    assert_eq!(overlaps, 0);
    let apart = page.get(
        "(() => { const box = (at) => document.querySelector(`[data-node=\"${at}\"] .body`).getBoundingClientRect(); \
         const near = (point, { left, right, top, bottom }) => point.x > left - 4 && point.x < right + 4 && point.y > top - 4 && point.y < bottom + 4; \
         return [...document.querySelectorAll('#map .edge')].filter((edge) => { const path = edge.querySelector('path'); const matrix = path.getScreenCTM(); \
         const at = (length) => path.getPointAtLength(length).matrixTransform(matrix); \
         return !near(at(0), box(edge.dataset.from)) || !near(at(path.getTotalLength()), box(edge.dataset.to)); }).length; })()",
    );
    assert_eq!(apart, 0);
}

#[test]
fn a_node_leads_to_its_spans() {
    let traces = sample::shop();
    let page = Opened::at(&traces, "#/map", Look::default());
    page.get(
        "[...document.querySelectorAll('#map .node')].find((node) => node.textContent.includes('payments')).focus()",
    );
    page.press(&["Enter"]);
    page.wait("document.getElementById('found')?.textContent === '2 found'");
    let rows: Vec<String> = page.rows().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(rows.last().map(String::as_str), Some("payments POST bank"));
}

#[test]
fn of_very_many_nodes_the_busiest_are_drawn_and_the_page_says_so() {
    let traces = sample::crowd(1_000);
    let page = Opened::at(&traces, "#/map", Look::default());
    assert_eq!(page.texts("#map .node").len(), 150);
    assert!(
        page.text("document.querySelector('.facts').textContent").contains("drawn are the 150 with the most calls")
    );
    page.is_quiet();
}

#[test]
fn the_map_is_there_in_words_too() {
    let traces = sample::shop();
    let page = Opened::at(&traces, "#/map", Look::default());
    page.click(".map-table summary");
    let map = service_map(&traces);
    assert_eq!(page.texts(".map-table tbody tr").len(), map.nodes.len() + map.edges.len());
}
