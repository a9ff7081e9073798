//! The heat strip: a line for each phase, a column for some of the tasks, in the order of their index.

use super::{level, mark};
use crate::array::{ArrayView, TaskRow};
use crate::text::escape::{cut, escape, width};
use crate::text::line::{Line, wrapped};
use crate::text::paper::{Paint, Paper};
use crate::text::units::{count, duration};

/// Columns of a phase's name at most.
const NAME: usize = 14;
/// Columns of a phase's median.
const MEDIAN: usize = 9;

/// Writes the strip: what became of the tasks, then how long each phase took them.
pub(super) fn strip(array: &ArrayView, medians: &[u64], paper: &Paper, to: &mut String) {
    let names: Vec<String> =
        array.phases.iter().map(|phase| cut(&escape(phase), NAME, paper.signs().cut).into()).collect();
    let name = names.iter().map(|name| width(name)).chain(["outcome".len()]).max().unwrap_or_default();
    let start = name + 1 + MEDIAN + 1;
    let last = array.tasks.iter().map(|task| task.index).max().unwrap_or_default() as usize;
    let columns = (paper.columns() - start).min(last + 1);
    // A column stands for equally many indices, whether all of them are here or not.
    let each = (last + 1).div_ceil(columns);
    let mut buckets: Vec<Vec<&TaskRow>> = vec![Vec::new(); (last + 1).div_ceil(each)];
    array.tasks.iter().for_each(|task| buckets[task.index as usize / each].push(task));

    let mut axis = Line::new(paper);
    axis.own(Paint::Dim, "index").to(start).own(Paint::Dim, "0");
    axis.right(start + buckets.len(), Paint::Dim, &last.to_string()).end(to);
    let mut line = Line::new(paper);
    line.own(Paint::Plain, "outcome").to(start);
    for bucket in &buckets {
        let worst = bucket.iter().min_by_key(|task| (!task.failed, !task.straggler, task.outcome != "running"));
        let (sign, paint) = match worst {
            None => (" ", Paint::Plain),
            Some(task) if task.failed || task.straggler => mark(task),
            Some(task) if task.outcome == "running" => (">", Paint::Open),
            Some(_) => (".", Paint::Dim),
        };
        line.own(paint, sign);
    }
    line.end(to);
    for (phase, name) in names.iter().enumerate() {
        let median = medians.get(phase).copied().unwrap_or_default();
        let mut line = Line::new(paper);
        line.own(Paint::Plain, name).right(start - 1, Paint::Dim, &duration(median)).to(start);
        for bucket in &buckets {
            let times = bucket.iter().filter_map(|task| task.phases.get(phase).copied().flatten());
            let (shade, paint) = match times.max() {
                None => (' ', Paint::Plain),
                Some(time) => {
                    let level = level(time, median);
                    (paper.signs().shades[level], super::PAINTS[level])
                }
            };
            line.own(paint, shade.encode_utf8(&mut [0; 4]));
        }
        line.end(to);
    }
    legend(each, paper, to);
}

fn legend(each: usize, paper: &Paper, to: &mut String) {
    let [a, b, c, d, e] = paper.signs().shades;
    let column = if each > 1 {
        format!("a column is {}, the worst counts; ", count(each as u64, "task", "tasks"))
    } else {
        String::new()
    };
    let text = format!(
        "{column}! failed, * straggler, > under way; by the phase's median: {a} up to half of it, {b} up to it, {c} up to 1.5 times, {d} up to 3 times, {e} more"
    );
    wrapped(paper, "", Paint::Dim, &text, 4, to);
}
