//! What the kernel has counted since the host's start.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::SystemTime;

/// Bytes of a sector in `/proc/diskstats`, whatever the disk says (Linux, `Documentation/admin-guide/iostats.rst`).
const SECTOR: u64 = 512;
/// Block devices that are not disks, or whose traffic a disk below counts once more.
const NO_DISKS: [&str; 7] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd"];

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Ticks in which a processor worked or would have.
    pub(super) cpu_busy: u64,
    /// Ticks in which it had nothing to do or waited for a disk.
    pub(super) cpu_idle: u64,
    /// Bytes in and out by network interface, without the loopback.
    pub(super) network: BTreeMap<String, u64>,
    /// Bytes that the agent's own questions to the metadata service are among them.
    pub(super) own_network: u64,
    /// Bytes read and written by disk.
    pub(super) disks: BTreeMap<String, u64>,
    /// Terminals and when each was used last.
    pub(super) sessions: BTreeMap<String, SystemTime>,
}

impl Reading {
    /// Reads what is under `root`.
    pub(super) fn take(root: &Path, own_network: u64) -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| named(path, &error));
        let (cpu_busy, cpu_idle) = processors(&read("proc/stat")?).ok_or_else(|| strange("proc/stat"))?;
        let network = interfaces(&read("proc/net/dev")?);
        let is_disk = |name: &str| {
            !NO_DISKS.iter().any(|prefix| name.starts_with(prefix)) && root.join("sys/block").join(name).exists()
        };
        let disks = disks(&read("proc/diskstats")?, is_disk);
        let sessions = terminals(&root.join("dev/pts"))?;
        Ok(Self { cpu_busy, cpu_idle, network, own_network, disks, sessions })
    }
}

fn named(path: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("/{path} cannot be read ({error})"))
}

fn strange(path: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("/{path} is not as expected"))
}

/// Ticks of all processors: busy and idle. Guests' ticks are counted among the users' already.
fn processors(stat: &str) -> Option<(u64, u64)> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<u64> = fields.map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, idle, waiting, rest @ ..] = ticks.as_slice() else { return None };
    let sum = |ticks: &[u64]| ticks.iter().fold(0, |sum: u64, ticks| sum.saturating_add(*ticks));
    let interrupts_and_stolen = sum(rest.get(..3).unwrap_or(rest));
    Some((sum(&[*user, *nice, *system, interrupts_and_stolen]), sum(&[*idle, *waiting])))
}

/// Two head lines, then `NAME: RECEIVED_BYTES seven-more SENT_BYTES …`.
fn interfaces(text: &str) -> BTreeMap<String, u64> {
    let rows = text.lines().skip(2).filter_map(|row| {
        let (name, numbers) = row.split_once(':')?;
        let numbers: Vec<u64> = numbers.split_whitespace().map_while(|number| number.parse().ok()).collect();
        Some((name.trim().to_owned(), numbers.first()?.saturating_add(*numbers.get(8)?)))
    });
    rows.filter(|(name, _)| name != "lo").collect()
}

/// `MAJOR MINOR NAME reads merged SECTORS ms writes merged SECTORS …`.
fn disks(text: &str, is_disk: impl Fn(&str) -> bool) -> BTreeMap<String, u64> {
    let rows = text.lines().filter_map(|row| {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let sectors = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let name = *fields.get(2)?;
        Some((name.to_owned(), sectors(5)?.saturating_add(sectors(9)?).saturating_mul(SECTOR)))
    });
    rows.filter(|(name, _)| is_disk(name)).collect()
}

/// The terminals of people and of their programs. Reading one dates its file, and so does writing to it.
fn terminals(folder: &Path) -> Result<BTreeMap<String, SystemTime>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let numbered = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        name.parse::<u32>().ok()?;
        let found = entry.metadata().ok()?;
        Some((name, found.accessed().ok()?.max(found.modified().ok()?)))
    });
    Ok(numbered.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  106921 149361 25630 110672 1033 0 198 884 50 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";
    const DEV: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 3808421   13307    0    0    0     0          0         0  3808421   13307    0    0    0     0       0          0
  eth0: 276335505   13182    0    0    0     0          0         0   871449    9148    0    0    0     0       0          0
ens5:10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0
";
    const DISKS: &str = "\
 259       0 nvme0n1 10 0 100 5 20 0 300 7 0 9 12
 259       1 nvme0n1p1 9 0 90 5 20 0 300 7 0 9 12
   7       0 loop0 1 0 1000 1 0 0 0 0 0 0 0
 253       0 dm-0 1 0 1000 1 0 0 0 0 0 0 0
";

    /// A root with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_kernels_files_are_read_as_the_kernel_writes_them() {
        let files = [
            ("proc/stat", STAT),
            ("proc/net/dev", DEV),
            ("proc/diskstats", DISKS),
            ("sys/block/nvme0n1/size", ""),
            ("sys/block/loop0/size", ""),
            ("sys/block/dm-0/size", ""),
            ("dev/pts/ptmx", ""),
            ("dev/pts/0", ""),
        ];
        let root = root(&files);
        let reading = Reading::take(root.path(), 7).unwrap();
        let used = std::fs::metadata(root.path().join("dev/pts/0")).unwrap();
        let expected = Reading {
            cpu_busy: 106_921 + 149_361 + 25_630 + 198 + 884,
            cpu_idle: 110_672 + 1_033,
            network: [("eth0".to_owned(), 276_335_505 + 871_449), ("ens5".to_owned(), 30)].into(),
            own_network: 7,
            disks: [("nvme0n1".to_owned(), 400 * 512)].into(),
            sessions: [("0".to_owned(), used.accessed().unwrap().max(used.modified().unwrap()))].into(),
        };
        assert_eq!(reading, expected);
    }

    #[test]
    fn a_host_without_terminals_has_no_sessions() {
        let root = root(&[("proc/stat", STAT), ("proc/net/dev", DEV), ("proc/diskstats", DISKS)]);
        assert_eq!(Reading::take(root.path(), 0).unwrap().sessions, BTreeMap::new());
    }

    #[test]
    fn a_file_that_is_missing_or_strange_is_named() {
        let missing = root(&[("proc/stat", STAT)]);
        let error = Reading::take(missing.path(), 0).unwrap_err().to_string();
        assert_eq!(error, "/proc/net/dev cannot be read (No such file or directory (os error 2))");
        let strange = root(&[("proc/stat", "intr 1 2 3\n")]);
        assert_eq!(Reading::take(strange.path(), 0).unwrap_err().to_string(), "/proc/stat is not as expected");
    }

    #[test]
    fn this_host_can_be_read() {
        let reading = Reading::take(Path::new("/"), 0).unwrap();
        assert!(reading.cpu_idle > 0, "{reading:?}");
    }
}
