//! Whether memory ran out while a program ran: the kernel counts what it kills then, for the control group and for the host.

use super::Ended;
use super::group::KILLED;
use std::fs;
use std::path::{Path, PathBuf};

/// The counter's name, in both files.
const COUNTER: &str = "oom_kill";
/// Who is meant by the counter of the agent's own group, and by that of the whole host.
const GROUP: &str = "the agent's control group";
const HOST: &str = "this host";

/// Looks at what the kernel has killed for want of memory, from before a program's start to its end.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    /// Where it is counted, who is meant, and how many they were before; nothing where that is not to be had.
    counter: Option<(PathBuf, &'static str, u64)>,
}

impl MemoryWatch {
    /// Begins, with `/proc` and `/sys` below this folder.
    pub(crate) fn begin(root: &Path) -> Self {
        // What the agent starts is in the agent's own group, whose counter tells of kills by any limit.
        let group = group(root).map(|file| (file, GROUP));
        let host = Some((root.join("proc/vmstat"), HOST));
        let mut counters = [group, host].into_iter().flatten();
        Self { counter: counters.find_map(|(file, whose)| count(&file).map(|before| (file, whose, before))) }
    }

    /// What went wrong with the program, as [`Ended::problem`], and whether memory had a part in it.
    pub(crate) fn problem(&self, ended: &Ended) -> Option<String> {
        let problem = ended.problem()?;
        let by_itself = matches!(ended, Ended::Code(_) | Ended::Signal(_));
        let killed = matches!(ended, Ended::Code(KILLED) | Ended::Signal(9));
        Some(match self.kills() {
            // On a host anybody may have been killed, which is no cause for a program that ended otherwise.
            Some((kills @ 1.., whose)) if killed || (by_itself && whose == GROUP) => {
                let processes = if kills == 1 { "a process" } else { "processes" };
                format!("{problem}: memory ran out, and the kernel has meanwhile killed {processes} of {whose}")
            }
            // Nothing says whether it did.
            None if killed => format!("{problem}, which is what the kernel sends when memory runs out"),
            _ => problem,
        })
    }

    /// How many processes it has killed since, and whose.
    fn kills(&self) -> Option<(u64, &'static str)> {
        let (file, whose, before) = self.counter.as_ref()?;
        Some((count(file)?.saturating_sub(*before), whose))
    }
}

/// The file in which the kernel counts for the agent's control group, of version 2.
fn group(root: &Path) -> Option<PathBuf> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(root.join("sys/fs/cgroup").join(own).join("memory.events"))
}

/// What the counter stands at.
fn count(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(COUNTER)?.strip_prefix(' ')?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "sys/fs/cgroup/system.slice/spored.service";

    /// A host whose kernel counts so many kills, in the agent's group and in all.
    fn counts(root: &Path, group: Option<u64>, host: Option<u64>) {
        fs::create_dir_all(root.join("proc/self")).unwrap();
        fs::create_dir_all(root.join(FOLDER)).unwrap();
        fs::write(root.join("proc/self/cgroup"), "1:cpu:/\n0::/system.slice/spored.service\n").unwrap();
        let events = |count| format!("low 0\nhigh 0\nmax 9\noom 5\noom_kill {count}\noom_group_kill 0\n");
        let stat = |count| format!("nr_free_pages 1\noom_kill {count}\npgfault 7\n");
        if let Some(count) = group {
            fs::write(root.join(FOLDER).join("memory.events"), events(count)).unwrap();
        }
        if let Some(count) = host {
            fs::write(root.join("proc/vmstat"), stat(count)).unwrap();
        }
    }

    type Counts = (Option<u64>, Option<u64>);

    fn told(before: Counts, after: Counts, ended: &Ended) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        counts(root.path(), before.0, before.1);
        let watch = MemoryWatch::begin(root.path());
        counts(root.path(), after.0, after.1);
        watch.problem(ended)
    }

    #[test]
    fn what_the_kernel_has_counted_is_told_as_a_fact() {
        let group = told((Some(2), Some(7)), (Some(3), Some(8)), &Ended::Signal(9)).unwrap();
        let killed = "signal 9 (SIGKILL) ended it: memory ran out, and the kernel has meanwhile killed";
        assert_eq!(group, format!("{killed} a process of the agent's control group"));
        let host = told((None, Some(7)), (None, Some(9)), &Ended::Signal(9)).unwrap();
        assert_eq!(host, format!("{killed} processes of this host"));
        // A program may outlive the process that it lost, and fail for it.
        let failed = told((Some(0), None), (Some(1), None), &Ended::Code(1)).unwrap();
        assert!(failed.starts_with("it ended with exit code 1: memory ran out, "), "{failed}");
    }

    #[test]
    fn what_had_another_cause_is_not_put_down_to_memory() {
        let enough = (Some(4), Some(9));
        for (ended, problem) in [
            (Ended::Signal(9), Some("signal 9 (SIGKILL) ended it")),
            (Ended::Code(137), Some("it ended with exit code 137, as of a command that signal 9 (SIGKILL) has ended")),
            (Ended::Code(0), None),
        ] {
            assert_eq!(told(enough, enough, &ended).as_deref(), problem);
        }
        // Somebody else's memory ran out, and this program's time.
        let more = (Some(5), Some(10));
        assert_eq!(told(enough, more, &Ended::TimedOut).unwrap(), "its time was over, and it was killed");
        assert_eq!(told(enough, more, &Ended::Code(0)), None);
        let of_the_host = ((None, Some(9)), (None, Some(10)));
        assert_eq!(told(of_the_host.0, of_the_host.1, &Ended::Code(1)).unwrap(), "it ended with exit code 1");
    }

    #[test]
    fn where_nothing_is_counted_a_kill_is_told_as_what_memory_may_have_done() {
        let unknown = (None, None);
        let may_be = ", which is what the kernel sends when memory runs out";
        let signal = told(unknown, unknown, &Ended::Signal(9)).unwrap();
        assert_eq!(signal, format!("signal 9 (SIGKILL) ended it{may_be}"));
        assert!(told(unknown, unknown, &Ended::Code(137)).unwrap().ends_with(may_be));
        assert_eq!(told(unknown, unknown, &Ended::Signal(15)).unwrap(), "signal 15 ended it");
    }
}
