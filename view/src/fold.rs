//! The rows of a waterfall: the tree from the top down, with repetitions folded into one row.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::span::SpanKind;
use crate::trace::Trace;

/// A row of a waterfall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A span.
    Span {
        /// Which.
        span: usize,
        /// How many spans it hangs below.
        depth: usize,
    },
    /// Siblings that are alike, in the order in which they began. What is below them is folded with them.
    Folded {
        /// Which.
        spans: Vec<usize>,
        /// How many spans they hang below.
        depth: usize,
    },
}

/// The rows of a trace, parents before their children, siblings in the order in which they began.
///
/// More than so many siblings that are alike are one row, at the place of the first: of one service, name and kind, all ended
/// and none failed, nor anything below them. Names that differ by a number in brackets or behind `#` alone are one name.
/// `usize::MAX` folds nothing.
#[must_use]
pub fn rows(trace: &Trace, more_than: usize) -> Vec<Row> {
    let quiet = if more_than == usize::MAX { Vec::new() } else { quiet(trace) };
    let mut rows = Vec::new();
    let mut open: Vec<Row> = folded(trace, trace.roots(), 0, more_than, &quiet);
    open.reverse();
    while let Some(row) = open.pop() {
        if let Row::Span { span, depth } = row {
            let children = folded(trace, trace.children(span), depth + 1, more_than, &quiet);
            open.extend(children.into_iter().rev());
        }
        rows.push(row);
    }
    rows
}

/// The name without what counts it: `task align[7]` is `task align[*]`, and `attempt align[7]#2` is `attempt align[*]#*`.
#[must_use]
pub fn uncounted(name: &str) -> Cow<'_, str> {
    let bytes = name.as_bytes();
    let is_counted = |at: usize| at > 0 && matches!(bytes[at - 1], b'[' | b'#') && bytes[at].is_ascii_digit();
    if !(1..bytes.len()).any(is_counted) {
        return Cow::Borrowed(name);
    }
    let (mut kept, mut at) = (String::with_capacity(name.len()), 0);
    let mut from = 0;
    while at < bytes.len() {
        if !is_counted(at) {
            at += 1;
            continue;
        }
        let end = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if bytes[at - 1] == b'#' || bytes.get(end) == Some(&b']') {
            kept.push_str(&name[from..at]);
            kept.push('*');
            from = end;
        }
        at = end;
    }
    kept.push_str(&name[from..]);
    Cow::Owned(kept)
}

/// Of each span, whether it and all below it have ended without a failure.
fn quiet(trace: &Trace) -> Vec<bool> {
    let mut quiet: Vec<bool> = trace.spans().iter().map(|span| !span.failed() && span.end.is_some()).collect();
    for span in trace.top_down().into_iter().rev() {
        if let Some(parent) = trace.parent(span) {
            quiet[parent] &= quiet[span];
        }
    }
    quiet
}

fn folded(trace: &Trace, siblings: &[usize], depth: usize, more_than: usize, quiet: &[bool]) -> Vec<Row> {
    if siblings.len() <= more_than {
        return siblings.iter().map(|&span| Row::Span { span, depth }).collect();
    }
    type Alike<'a> = (&'a str, Cow<'a, str>, SpanKind);
    let alike = |at: usize| -> Alike<'_> {
        let span = &trace.spans()[at];
        (span.service(), uncounted(&span.name), span.kind)
    };
    let mut groups: HashMap<Alike<'_>, Vec<usize>> = HashMap::new();
    for &span in siblings.iter().filter(|&&span| quiet[span]) {
        groups.entry(alike(span)).or_default().push(span);
    }
    groups.retain(|_, spans| spans.len() > more_than);
    let mut rows = Vec::new();
    for &span in siblings {
        match groups.get_mut(&alike(span)).filter(|_| quiet[span]) {
            None => rows.push(Row::Span { span, depth }),
            Some(spans) if spans.first() == Some(&span) => {
                rows.push(Row::Folded { spans: std::mem::take(spans), depth })
            }
            Some(_) => {}
        }
    }
    rows
}
