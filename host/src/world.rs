//! The outside world as a value: environment and files come in here and nowhere else.

use crate::local_file::{self, LocalFileError, Named};
use spawn_config::{ConfigError, Layers};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What the process finds around itself.
#[derive(Clone, Debug)]
pub struct World {
    /// The environment, read once; variables that are not UTF-8 are of no use to us and left out.
    pub environment: BTreeMap<String, String>,
    /// Folder under which `/sys` and `/proc` are looked for: `/`, or a test's own.
    pub root: PathBuf,
}

/// Why the settings of this host cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file was not read.
    #[error(transparent)]
    File(#[from] LocalFileError),
    /// The file or the environment says something that no setting can be.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl World {
    /// The world of this process, taken once at its start.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        let environment =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { environment: environment.collect(), root: PathBuf::from("/") }
    }

    /// The variable's value; an empty one is an unset one.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Name of this machine.
    pub fn hostname(&self) -> Option<String> {
        let read = |path: &str| std::fs::read_to_string(self.root.join(path)).ok();
        let name = read("proc/sys/kernel/hostname").or_else(|| read("etc/hostname"))?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// The settings of this host before any tag or flag: defaults, `/etc/spawn/local.yaml` (or the file that
    /// `SPAWN_CONFIG` names), the environment.
    pub fn settings(&self) -> Result<Layers, SettingsError> {
        let (path, named) = match self.variable("SPAWN_CONFIG") {
            Some(path) => (Path::new(path), Some(Named::ByVariable)),
            None => (Path::new("/etc/spawn/local.yaml"), None),
        };
        let text = local_file::read(path, named)?.unwrap_or_default();
        Ok(Layers::new().local_yaml_bytes(&path.display().to_string(), &text)?.environment(self.environment.clone())?)
    }

    /// Reads a settings file that the user named, and nothing else.
    pub fn settings_file(&self, path: &Path) -> Result<Layers, SettingsError> {
        let text = local_file::read(path, Some(Named::ByArgument))?.unwrap_or_default();
        Ok(Layers::new().local_yaml_bytes(&path.display().to_string(), &text)?)
    }

    /// The name that an on-premises host goes by where nobody gave it one.
    pub fn local_instance_id(&self) -> String {
        format!("local-{}", self.hostname().as_deref().unwrap_or("unknown"))
    }

    /// Folder in which the agent keeps what must outlive it: systemd's `STATE_DIRECTORY` (the first, if there are
    /// several), `SPORED_STATE`, or `/var/lib/spored`.
    pub fn state_folder(&self) -> PathBuf {
        let of_systemd = self.variable("STATE_DIRECTORY").and_then(|folders| folders.split(':').next());
        PathBuf::from(of_systemd.or_else(|| self.variable("SPORED_STATE")).unwrap_or("/var/lib/spored"))
    }

    /// Folder in which the agent keeps spans on their way.
    pub fn spool(&self) -> PathBuf {
        self.state_folder().join("spool")
    }

    /// Folder in which this user's commands keep spans on their way.
    pub fn user_spool(&self) -> Option<PathBuf> {
        Some(self.user_state()?.join("spool"))
    }

    /// Folder in which a command of the agent's keeps spans on their way: with those of the agent, which delivers what is left of
    /// them, where that folder is this user's; else with those of the user's other commands.
    pub fn command_spool(&self) -> Option<PathBuf> {
        let user = rustix::process::geteuid().as_raw();
        let agents = Some(self.spool()).filter(|spool| std::fs::metadata(spool).is_ok_and(|about| about.uid() == user));
        agents.or_else(|| self.user_spool())
    }

    /// Another program of ours, in the folder that this one runs from.
    pub fn beside(&self, program: &str) -> Option<PathBuf> {
        let own = std::env::current_exe().ok()?;
        Some(own.with_file_name(program)).filter(|path| path.is_file())
    }

    /// Folder for what this user's commands must remember: `$XDG_STATE_HOME/spawn`, else `~/.local/state/spawn`.
    pub fn user_state(&self) -> Option<PathBuf> {
        let of_xdg = self.variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = of_xdg.or_else(|| Some(Path::new(self.variable("HOME")?).join(".local/state")))?;
        Some(folder.join("spawn"))
    }

    /// Where the agent's control socket may be, the usual place first.
    pub fn sockets(&self) -> Vec<PathBuf> {
        if let Some(path) = self.variable("SPORED_SOCKET") {
            return vec![PathBuf::from(path)];
        }
        let of_user = self.variable("XDG_RUNTIME_DIR").map(|folder| Path::new(folder).join("spored/control.sock"));
        [Some(PathBuf::from("/run/spored/control.sock")), of_user].into_iter().flatten().collect()
    }
}
