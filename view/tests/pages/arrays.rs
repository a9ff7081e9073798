//! The heat map of a job array: a row for each task, what is remarkable first.

use spawn_view::arrays;

use crate::{Look, Opened, sample};

#[test]
fn tasks_and_their_cells_are_those_of_the_model() {
    let traces = sample::array(24);
    let page = Opened::at(&traces, "#/arrays", Look::default());
    let expected: Vec<Vec<String>> = arrays(&traces)[0]
        .tasks
        .iter()
        .map(|task| {
            let sign = if task.failed {
                "✖ "
            } else if task.straggler {
                "▲ "
            } else {
                ""
            };
            let said = if task.straggler { " straggler" } else { "" };
            vec![task.index.to_string(), task.attempts.len().to_string(), format!("{sign}{}{said}", task.outcome)]
        })
        .collect();
    let shown: Vec<Vec<String>> = serde_json::from_value(page.get(
        "[...document.querySelectorAll('.task:not([hidden])')].sort((a, b) => a.place - b.place).map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent))",
    ))
    .unwrap();
    assert_eq!(shown, expected);
    assert_eq!(shown[0][0], "9", "the one that failed is first");
    page.is_quiet();
}

#[test]
fn a_cell_has_the_time_of_its_phase_and_the_longest_the_strongest_colour() {
    let traces = sample::array(24);
    let page = Opened::at(&traces, "#/arrays", Look::default());
    let heads = page.texts(".task-head > div");
    assert_eq!(heads[4..9], ["claim", "stage in", "run", "stage out", "complete"]);
    let runs: Vec<(String, f64)> = serde_json::from_value(page.get(
        "[...document.querySelectorAll('.task:not([hidden])')].map((row) => row.children[6]).map((cell) => [cell.textContent, Number(cell.style.getPropertyValue('--part'))])",
    ))
    .unwrap();
    let strongest = runs.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(strongest.0, "10.9 s");
}

#[test]
fn a_task_leads_to_its_span_by_mouse_and_by_keys() {
    let traces = sample::array(24);
    let page = Opened::at(&traces, "#/arrays", Look::default());
    page.press(&["ArrowDown", "Enter"]);
    page.wait("document.querySelector('#details h2')?.textContent === 'task align[12]'");
    page.press(&["4"]);
    page.wait("document.getElementById('tasks') !== null");
    page.click("#task-0 .outcome");
    page.wait("document.querySelector('#details h2')?.textContent === 'task align[9]'");
    assert!(page.text("document.querySelector('.cause').textContent").contains("out of memory"));
}

#[test]
fn hosts_on_which_tasks_failed_or_took_long_are_told() {
    let page = Opened::at(&sample::array(24), "#/arrays", Look::default());
    let told = ["i-0a1b2c3d4e5f60718 of 24 attempts ✖ 1 failed ▲ 2 stragglers", "i-0f00dfeed of 1 attempt ✖ 1 failed"];
    assert_eq!(page.texts(".hosts > li"), told);
    page.is_quiet();
}

#[test]
fn rows_are_there_down_to_the_end_of_a_narrow_window_wherever_it_is_scrolled() {
    let narrow = Look { width: 360, height: 800, ..Look::default() };
    let page = Opened::at(&sample::array(1_000), "#/arrays", narrow);
    for from in [0, 9_000] {
        page.get(&format!("document.getElementById('tasks').scrollTop = {from}"));
        page.drawn();
        let last = page.get("document.elementFromPoint(40, innerHeight - 20).closest('.task') !== null");
        assert_eq!(last, true, "scrolled by {from}");
    }
}
