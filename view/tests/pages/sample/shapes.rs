//! Traces of any size: many spans, many services, many levels.

use spawn_view::{SpanKind, Trace};

use super::pen::{Pen, origin};

/// So many spans, in requests of twenty below one root.
pub(crate) fn large(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(3);
    let services: Vec<_> = (0..8).map(|i| origin(&format!("service-{i}"), &format!("host-{i}"))).collect();
    let root = pen.span(&services[0], None, "batch", SpanKind::Internal, 0, size as u64 * 2);
    let mut parent = root;
    for i in 1..size {
        let from = i as u64 * 2;
        let of = &services[i / 20 % 8];
        if i % 20 == 1 {
            parent = pen.span(of, Some(root), &format!("request {}", i / 20), SpanKind::Server, from, 60);
            continue;
        }
        let call = pen.span(of, Some(parent), &format!("step {}", i % 20), SpanKind::Internal, from, 3 + i as u64 % 17);
        pen.says(call, "item", i64::try_from(i).unwrap()).says(call, "note", "as an instrumented program says it");
        if i % 997 == 0 {
            pen.fails(call, "it did not work");
        }
    }
    Trace::gather(pen.done())
}

/// So many services, each called once by the first.
pub(crate) fn crowd(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(5);
    let caller = origin("caller", "host");
    let root = pen.span(&caller, None, "root", SpanKind::Internal, 0, size as u64);
    for i in 0..size {
        let call = pen.span(&caller, Some(root), "call", SpanKind::Client, i as u64, 1);
        pen.says(call, "server.address", format!("service-{i}.example"));
    }
    Trace::gather(pen.done())
}

/// So many spans, each below the one before.
pub(crate) fn deep(size: usize) -> Vec<Trace> {
    let mut pen = Pen::new(6);
    let of = origin("diver", "host");
    let mut parent = None;
    for i in 0..size as u64 {
        parent = Some(pen.span(&of, parent, &format!("level {i}"), SpanKind::Internal, i, 2 * size as u64 - 2 * i));
    }
    Trace::gather(pen.done())
}
