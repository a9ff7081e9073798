//! Counts the instructions of one call with callgrind, the caller's thread apart from all others.

use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Two runs with so many calls: their difference is free of everything that happens once.
const CALLS: [i64; 2] = [200, 1_200];

/// The median of so many counts is taken: hash seeds and the state of the heap differ from run to run.
const RUNS: usize = 5;

/// Instructions of one call.
pub(super) struct PerCall {
    /// On the thread that makes the call.
    pub(super) caller: i64,
    /// On all other threads.
    pub(super) others: i64,
}

pub(super) fn ensure_installed() -> Result<()> {
    match Command::new("valgrind").arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("valgrind does not work here: `valgrind --version` ended with {status}"),
        Err(error) => {
            bail!("failed to run valgrind ({error}): install it, for example with `apt-get install valgrind`")
        }
    }
}

/// Counts a mode of the benchmark; callgrind's own files of the last run stay in `folder`.
pub(super) fn per_call(program: &Path, mode: &str, folder: &Path) -> Result<PerCall> {
    let calls = CALLS[1] - CALLS[0];
    let once = || {
        let few = count(program, mode, CALLS[0], folder)?;
        let many = count(program, mode, CALLS[1], folder)?;
        Ok(PerCall { caller: (many.caller - few.caller) / calls, others: (many.others - few.others) / calls })
    };
    let counts = (0..RUNS).map(|_| once()).collect::<Result<Vec<PerCall>>>()?;
    let median = |part: fn(&PerCall) -> i64| {
        let mut parts: Vec<i64> = counts.iter().map(part).collect();
        parts.sort_unstable();
        parts[RUNS / 2]
    };
    Ok(PerCall { caller: median(|count| count.caller), others: median(|count| count.others) })
}

fn count(program: &Path, mode: &str, calls: i64, folder: &Path) -> Result<PerCall> {
    let folder = folder.join(format!("{mode}-{calls}"));
    empty(&folder)?;
    let file = folder.join("callgrind");
    let output = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--separate-threads=yes"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(program)
        .args([mode, &calls.to_string()])
        .output()
        .context("failed to run valgrind")?;
    ensure!(output.status.success(), "callgrind failed on `{mode}`: {}", String::from_utf8_lossy(&output.stderr));
    let first = instructions(&thread_file(&file, 1))?;
    let mut others = 0;
    for thread in 2.. {
        let file = thread_file(&file, thread);
        if !file.exists() {
            break;
        }
        others += instructions(&file)?;
    }
    Ok(PerCall { caller: first, others })
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))
}

/// Callgrind numbers the threads from 1, the main one.
fn thread_file(file: &Path, thread: u32) -> PathBuf {
    PathBuf::from(format!("{}-{thread:02}", file.display()))
}

fn instructions(file: &Path) -> Result<i64> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    total(&text).with_context(|| format!("failed to find the total in {}", file.display()))
}

fn total(text: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_thread_is_read_from_its_file() {
        let text = "# callgrind format\nthread: 2\nevents: Ir\nsummary: 406594\n\nfn=(1) main\n1 3\n\ntotals: 406594\n";
        assert_eq!(total(text), Some(406_594));
        assert_eq!(total("# callgrind format\n"), None);
    }

    #[test]
    fn each_thread_has_a_file_of_its_own() {
        assert_eq!(thread_file(Path::new("/x/callgrind"), 2), Path::new("/x/callgrind-02"));
    }
}
