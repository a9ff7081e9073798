//! The lines at the left that say which span hangs below which.

use crate::fold::Row;
use crate::text::paper::Signs;

/// What stands before each row's name.
#[derive(Debug)]
pub(super) struct Branch {
    /// Before the row's own line.
    pub(super) own: String,
    /// Before further lines of the row.
    pub(super) further: String,
}

/// What stands before each row, and before what is said below it. No deeper than `levels`: what hangs deeper says how deep.
pub(super) fn branches(rows: &[Row], levels: usize, signs: &Signs) -> Vec<Branch> {
    // Whether a row of this depth follows below the one at hand, with no row between that hangs less deep.
    let mut follows: Vec<bool> = Vec::new();
    let mut branches: Vec<Branch> = Vec::with_capacity(rows.len());
    let mut below = 0;
    for row in rows.iter().rev() {
        let depth = depth(row);
        let has_children = below > depth;
        let shown = depth.min(levels);
        let mut stem = String::new();
        for level in 1..shown {
            stem.push_str(if follows.get(level).copied().unwrap_or(false) { signs.pipe } else { "   " });
        }
        let follows_here = follows.get(depth).copied().unwrap_or(false);
        let (mut own, mut further) = (stem.clone(), stem);
        if shown > 0 {
            own.push_str(if follows_here { signs.tee } else { signs.corner });
            further.push_str(if follows_here { signs.pipe } else { "   " });
        }
        if depth > levels {
            own.push_str(&format!("({depth}) "));
        }
        further.push_str(if has_children && depth < levels { signs.pipe } else { "   " });
        branches.push(Branch { own, further });
        follows.resize(depth + 1, false);
        follows[depth] = true;
        below = depth;
    }
    branches.reverse();
    branches
}

/// How many spans a row hangs below.
pub(super) const fn depth(row: &Row) -> usize {
    match row {
        Row::Span { depth, .. } | Row::Folded { depth, .. } => *depth,
    }
}
