//! Where a Chromium is: the machine's own, or Debian's packages unpacked under the build's target folder.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::python::{Environments, checked, tell};

/// Names under which systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const WHAT_TO_DO: &str = "install Chromium (on Debian `apt install chromium`) or name one in the variable CHROMIUM";

/// A Chromium that can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chromium {
    /// The program.
    pub(super) program: PathBuf,
    /// Folders in which its libraries are, as `LD_LIBRARY_PATH` has them; none for one that is installed.
    pub(super) libraries: Option<OsString>,
}

/// The one that the variable `CHROMIUM` names, or one in `PATH`, or Debian's, which is unpacked once. Blocks.
///
/// # Errors
/// When there is none and Debian's cannot be had; the error says what to do.
pub(super) fn chromium(environments: &Environments) -> Result<Chromium> {
    if let Some(program) = env::var_os("CHROMIUM").filter(|name| !name.is_empty()).map(PathBuf::from) {
        ensure!(program.is_file(), "CHROMIUM names {}, which is no file", program.display());
        return Ok(Chromium { program, libraries: None });
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    if let Some(program) = installed.into_iter().find(|program| program.is_file()) {
        return Ok(Chromium { program, libraries: None });
    }
    unpacked(&environments.beside("chromium")).context(WHAT_TO_DO)
}

fn unpacked(home: &Path) -> Result<Chromium> {
    let root = home.join("root");
    let (program, done) = (root.join("usr/lib/chromium/chromium"), home.join("unpacked.txt"));
    if !done.exists() {
        fs::create_dir_all(home).with_context(|| format!("make {}", home.display()))?;
        let lock = File::create(home.join("lock"))?;
        lock.lock().context("wait for another process that unpacks Chromium")?;
        if !done.exists() {
            tell(&format!("unpacking Debian's Chromium in {} (once, 400 MB)", home.display()));
            unpack(home, &root).or_else(|_| {
                // The index of packages may be missing or out of date; who is not root finds that out below.
                Command::new("apt-get").args(["-qq", "update"]).output().context("run apt-get update")?;
                unpack(home, &root)
            })?;
            fs::write(&done, "")?;
        }
    }
    ensure!(program.is_file(), "Debian's package has no {}", program.display());
    Ok(Chromium { program, libraries: Some(libraries(&root.join("usr/lib"))?) })
}

/// Gets the package and those of its dependencies that the machine has not, and unpacks them side by side.
fn unpack(home: &Path, root: &Path) -> Result<()> {
    let packages = home.join("packages");
    for folder in [&packages, root] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
    }
    let plan = checked(
        Command::new("apt-get").args(["install", "--simulate", "--no-install-recommends", "chromium"]),
        "ask apt which packages Chromium needs",
    )?;
    let plan = String::from_utf8_lossy(&plan).into_owned();
    let names: Vec<&str> = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next()).collect();
    checked(Command::new("apt-get").args(["-q", "download"]).args(&names).current_dir(&packages), "download Chromium")?;
    for package in fs::read_dir(&packages)? {
        checked(Command::new("dpkg").arg("-x").arg(package?.path()).arg(root), "unpack a package of Chromium")?;
    }
    fs::remove_dir_all(&packages)?;
    Ok(())
}

/// The folders of libraries: the architecture's, and those in it that a library keeps for itself.
fn libraries(lib: &Path) -> Result<OsString> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(lib)? {
        let folder = entry?.path();
        if folder.to_string_lossy().ends_with("-linux-gnu") {
            folders.push(folder.clone());
            folders.push(folder.join("pulseaudio"));
        }
    }
    if folders.is_empty() {
        bail!("no libraries in {}", lib.display());
    }
    Ok(env::join_paths(folders)?)
}
