//! What is said of the whole trace, above and below its spans.

use std::collections::{BTreeMap, BTreeSet};

use crate::critical::Stretch;
use crate::id;
use crate::text::line::{Line, wrapped};
use crate::text::paper::{Paint, Paper};
use crate::text::units::{count, duration, instant, share};
use crate::trace::Trace;

/// Names of the critical path that are told; the others are added up.
const TOLD: usize = 4;

/// The trace's id, its beginning and length, and what is in it.
pub(super) fn head(trace: &Trace, paper: &Paper, to: &mut String) {
    let spans = trace.spans();
    let failed = spans.iter().filter(|span| span.failed()).count() as u64;
    let open = spans.iter().filter(|span| span.end.is_none()).count() as u64;
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service()).filter(|name| !name.is_empty()).collect();
    let services: Vec<&str> = services.into_iter().collect();
    let mut line = Line::new(paper);
    line.own(Paint::Strong, &id::xray_form(trace.id()));
    let other = trace.id().to_string();
    // An id in two halves can be neither copied nor searched.
    if line.left() > other.len() + 2 {
        line.own(Paint::Plain, "  ").own(Paint::Dim, &other);
    }
    line.end(to);
    let mut facts = vec![
        instant(trace.start(), true),
        duration(trace.end().saturating_sub(trace.start())),
        count(spans.len() as u64, "span", "spans"),
    ];
    if failed > 0 {
        facts.push(format!("{failed} failed"));
    }
    if open > 0 {
        facts.push(format!("{open} under way"));
    }
    facts.push(services.join(", "));
    wrapped(paper, "", Paint::Plain, &facts.join("  "), 3, to);
}

/// What the signs mean that are there, and which spans the time is made of.
pub(super) fn foot(trace: &Trace, critical: &[Stretch], paper: &Paper, to: &mut String) {
    let signs = paper.signs();
    let spans = trace.spans();
    let mut legend = vec![format!("{} critical path", signs.critical), format!("{} other time", signs.bar)];
    if spans.iter().any(|span| span.failed()) {
        legend.push("! failed".to_owned());
    }
    if spans.iter().any(|span| span.end.is_none()) {
        legend.push(format!("{} under way", signs.open));
    }
    let mut line = Line::new(paper);
    line.own(Paint::Dim, &legend.join("   ")).end(to);
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for stretch in critical {
        *times.entry(spans[stretch.span].name.as_str()).or_default() += stretch.to.saturating_sub(stretch.from);
    }
    let whole: u64 = times.values().sum();
    let mut times: Vec<(&str, u64)> = times.into_iter().filter(|(_, time)| *time > 0).collect();
    times.sort_by_key(|(name, time)| (std::cmp::Reverse(*time), *name));
    if times.len() < 2 {
        return;
    }
    let rest = times.get(TOLD..).unwrap_or_default().iter().map(|(_, time)| time).sum::<u64>();
    let told = times.iter().take(TOLD).map(|(name, time)| (*name, *time));
    let told = told.chain((rest > 0).then_some(("others", rest)));
    let told: Vec<String> =
        told.map(|(name, time)| format!("{name} {} ({})", duration(time), share(time, whole))).collect();
    wrapped(paper, "", Paint::Dim, &format!("critical path: {}", told.join(", ")), 3, to);
}
