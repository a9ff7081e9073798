//! What a span costs from its end until a back end has it, through the spool on disk and the sender, beside a public agent.
//!
//! `cargo xtask bench` runs it and draws the table. One process each for the end that takes spans, for what is measured and
//! for what makes load, so that no CPU time is counted for another.
//!
//! ```text
//! spawn-bench-delivery end                        takes X-Ray's requests on loopback; prints its URL, then a count for each line read
//! spawn-bench-delivery xray URL SPANS RATE        ours: SPANS spans of ten attributes, RATE a second, 0 for as fast as they go
//! spawn-bench-delivery outage SPANS RATE          the same with nobody at the other end
//! spawn-bench-delivery append SPANS               how long the end of a span takes its caller
//! spawn-bench-delivery load URL SPANS RATE        sends the same spans to an OTLP receiver, in requests of 50
//! ```

mod end;
mod load;
mod ours;
mod spans;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().expect("a number");
    match words.as_slice() {
        ["end"] => end::serve(),
        ["xray", url, spans, rate] => println!("{}", ours::deliver(url, number(spans), number(rate))),
        ["outage", spans, rate] => println!("{}", ours::keep(number(spans), number(rate))),
        ["append", spans] => println!("{}", ours::append(number(spans))),
        ["load", url, spans, rate] => load::send(url, number(spans), number(rate)),
        _ => {
            eprintln!(
                "spawn-bench-delivery end | xray URL SPANS RATE | outage SPANS RATE | append SPANS | load URL SPANS RATE"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
