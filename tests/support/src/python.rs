//! Python virtual environments with pinned requirements, made once under the build's target folder.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// A set of pinned Python packages in an environment of its own, so that nobody waits for packages they do not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirements {
    /// EC2, STS, IAM, SSM and X-Ray, and boto3 to check from outside.
    Moto,
    /// DynamoDB, S3, SQS and Lambda.
    Ministack,
    /// The OTLP receiver.
    Otlp,
    /// OpenTelemetry's own SDK, for programs that join our traces.
    Sdk,
    /// OpenTelemetry's own SDK with each of its OTLP exporters, for programs that send us their spans.
    Exporters,
    /// A collector that others wrote.
    Rotel,
    /// Prometheus' own parser.
    Prometheus,
    /// What drives a browser.
    Browser,
    /// A terminal emulator that others wrote.
    Terminal,
}

impl Requirements {
    const fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
            Self::Otlp => "otlp",
            Self::Sdk => "sdk",
            Self::Exporters => "exporters",
            Self::Rotel => "rotel",
            Self::Prometheus => "prometheus",
            Self::Browser => "browser",
            Self::Terminal => "terminal",
        }
    }

    const fn purpose(self) -> &'static str {
        match self {
            Self::Moto => "the emulator of EC2, STS, IAM and X-Ray",
            Self::Ministack => "the emulator of DynamoDB, S3, SQS and Lambda",
            Self::Otlp => "the OTLP receiver",
            Self::Sdk => "OpenTelemetry's SDK",
            Self::Exporters => "OpenTelemetry's exporters",
            Self::Rotel => "the collector rotel",
            Self::Prometheus => "Prometheus' parser",
            Self::Browser => "what drives the browser",
            Self::Terminal => "the terminal emulator",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Moto => include_str!("../python/moto.txt"),
            Self::Ministack => include_str!("../python/ministack.txt"),
            Self::Otlp => include_str!("../python/otlp.txt"),
            Self::Sdk => include_str!("../python/sdk.txt"),
            Self::Exporters => include_str!("../python/exporters.txt"),
            Self::Rotel => include_str!("../python/rotel.txt"),
            Self::Prometheus => include_str!("../python/prometheus.txt"),
            Self::Browser => include_str!("../python/browser.txt"),
            Self::Terminal => include_str!("../python/terminal.txt"),
        }
    }
}

/// The folder that holds the environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environments {
    folder: PathBuf,
}

impl Environments {
    /// Environments in `folder`, which is made when absent.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// `test-env` in the target folder of the build that runs now: `CARGO_TARGET_DIR` or the workspace's `target`.
    pub fn of_this_build() -> Self {
        Self::of_target(std::env::var_os("CARGO_TARGET_DIR").as_deref())
    }

    fn of_target(chosen: Option<&OsStr>) -> Self {
        Self::at(target(chosen).join("test-env"))
    }

    /// A folder beside the environments, for what is no Python.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The Python of the environment for `requirements`, which is made first if it is absent or out of date.
    ///
    /// Blocks, for about ten seconds when something has to be installed. Processes that ask at the same time wait for the
    /// one that installs.
    ///
    /// # Errors
    /// When Python 3 or its `venv` module is missing, or a package cannot be installed.
    pub fn python(&self, requirements: Requirements) -> anyhow::Result<PathBuf> {
        let home = self.folder.join(requirements.name());
        let python = home.join("bin/python");
        let marker = home.join("installed.txt");
        let ready = || python.exists() && fs::read_to_string(&marker).is_ok_and(|text| text == requirements.text());
        if ready() {
            return Ok(python);
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("make {}", self.folder.display()))?;
        let lock = File::create(self.folder.join(format!("{}.lock", requirements.name())))?;
        lock.lock().context("wait for another process that sets up the same environment")?;
        if !ready() {
            install(requirements, &home, &python)?;
            fs::write(&marker, requirements.text())?;
        }
        Ok(python)
    }
}

/// The path of a script in this crate's `python` folder.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name)
}

fn install(requirements: Requirements, home: &Path, python: &Path) -> anyhow::Result<()> {
    tell(&format!("setting up {} in {} (once)", requirements.purpose(), home.display()));
    if home.exists() {
        fs::remove_dir_all(home)?;
    }
    checked(
        Command::new("python3").args(["-m", "venv"]).arg(home),
        "make a virtual environment (install Python 3.10 or newer with its venv module, on Debian `apt install python3-venv`)",
    )?;
    let list = home.join("requirements.txt");
    fs::write(&list, requirements.text())?;
    checked(
        Command::new(python)
            .args(["-m", "pip", "install", "--no-compile", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(list),
        "install the pinned Python packages (check the network and pip's index settings)",
    )
    .map(drop)
}

pub(crate) fn checked(command: &mut Command, what: &str) -> anyhow::Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{what}: {command:?}"))?;
    ensure!(
        output.status.success(),
        "{what}: {command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// Says on standard error why the caller is waiting; a closed standard error is no reason to fail.
pub(crate) fn tell(message: &str) {
    drop(writeln!(std::io::stderr(), "{message}"));
}

/// The target folder of the build that runs now, for what `CARGO_TARGET_DIR` says.
pub(crate) fn target(chosen: Option<&OsStr>) -> PathBuf {
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let chosen = chosen.filter(|folder| !folder.is_empty()).unwrap_or(OsStr::new("target"));
    // An absolute `CARGO_TARGET_DIR` replaces the workspace; a relative one is taken from it, as cargo does there.
    workspace.join(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_kept_in_the_target_folder_that_cargo_uses() {
        let in_workspace = Environments::at(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-env"));
        assert_eq!(Environments::of_target(None), in_workspace);
        assert_eq!(Environments::of_target(Some(OsStr::new(""))), in_workspace);
        assert_eq!(Environments::of_target(Some(OsStr::new("/elsewhere"))), Environments::at("/elsewhere/test-env"));
    }

    #[test]
    fn every_requirement_is_pinned_to_one_version() {
        use Requirements::{Browser, Exporters, Ministack, Moto, Otlp, Prometheus, Rotel, Sdk, Terminal};
        for requirements in [Moto, Ministack, Otlp, Sdk, Exporters, Rotel, Prometheus, Browser, Terminal] {
            let loose: Vec<&str> = requirements
                .text()
                .lines()
                .filter(|line| !line.starts_with('#') && line.split("==").count() != 2)
                .collect();
            assert_eq!(loose, Vec::<&str>::new(), "{requirements:?}");
        }
    }
}
