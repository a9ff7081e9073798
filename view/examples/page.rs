//! Writes a page: of files (`cargo run -p spawn-view --example page -- FILE… >trace.html`), or of a trace of so many spans
//! that is made up (`--spans 10000`), to see how a large one feels.

use std::io::Write as _;
use std::path::Path;

use spawn_view::page::{ConsoleLinks, page};
use spawn_view::{Trace, read_path};

#[path = "../tests/pages/sample.rs"]
#[expect(clippy::unwrap_used, reason = "numbers of spans are small")]
mod sample;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let traces = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--spans", size] => sample::large(size.parse().map_err(std::io::Error::other)?),
        ["--array", size] => sample::array(size.parse().map_err(std::io::Error::other)?),
        ["--shop"] => sample::shop(),
        ["--hostile"] => sample::hostile(),
        ["--endless"] => sample::endless(),
        ["--deep", size] => sample::deep(size.parse().map_err(std::io::Error::other)?),
        ["--crowd", size] => sample::crowd(size.parse().map_err(std::io::Error::other)?),
        files => {
            let mut spans = Vec::new();
            for file in files {
                let gathered = read_path(Path::new(file))?;
                gathered.problems.iter().try_for_each(|problem| writeln!(std::io::stderr(), "{problem}"))?;
                spans.extend(gathered.spans);
            }
            Trace::gather(spans)
        }
    };
    std::io::stdout().write_all(page(&traces, "spawn trace", &ConsoleLinks::none()).as_bytes())
}
