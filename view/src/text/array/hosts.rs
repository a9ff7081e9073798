//! On which hosts tasks failed or took long: a bad one has more than its share.

use crate::array::ArrayView;
use crate::text::line::wrapped;
use crate::text::paper::{Paint, Paper};
use crate::text::units::count;

/// Hosts that are told.
const TOLD: usize = 5;

/// Writes the hosts with something remarkable, where there are several to compare.
pub(super) fn hosts(array: &ArrayView, paper: &Paper, to: &mut String) {
    let remarkable: Vec<_> = array.hosts.iter().filter(|host| host.failed + host.stragglers > 0).collect();
    if array.hosts.len() < 2 || remarkable.is_empty() {
        return;
    }
    for host in remarkable.iter().take(TOLD) {
        let attempts = count(host.attempts as u64, "attempt", "attempts");
        let mut facts = Vec::new();
        if host.failed > 0 {
            facts.push(format!("{} of {attempts} failed", host.failed));
        }
        if host.stragglers > 0 {
            let of = if host.failed > 0 { String::new() } else { format!(" in {attempts}") };
            facts.push(format!("{}{of}", count(host.stragglers as u64, "straggler", "stragglers")));
        }
        wrapped(paper, "", Paint::Plain, &format!("on {}: {}", host.instance, facts.join(", ")), 4, to);
    }
    let others = array.hosts.len() - remarkable.len().min(TOLD);
    if others > 0 {
        let (others, more) = (count(others as u64, "other host", "other hosts"), remarkable.len() > TOLD);
        let text = if more { format!("and on {others}") } else { format!("nothing of it on {others}") };
        wrapped(paper, "", Paint::Dim, &text, 1, to);
    }
}
