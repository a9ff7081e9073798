//! Values that an operator gave the running agent with `spored config set`, and the file that outlives it.

use anyhow::{Context, Result, ensure};
use spawn_config::{ConfigError, Grammar, Key, Layers, UnknownKey};
use spawn_host::World;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tokio::sync::OwnedMutexGuard;

/// Name of the file in the agent's state folder: a JSON object of keys and values.
const FILE: &str = "overrides.json";
/// Largest file that is read: every key with a long value, and room.
const MOST_READ: u64 = 64 * 1024;

/// Keys and values, each of which its key took when it was set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides(BTreeMap<String, String>);

impl Overrides {
    /// Those that an agent before this one was given. A file that is of no use is left where it is, with a warning.
    pub(crate) fn of(world: &World) -> Self {
        let path = path(world);
        match read(&path) {
            Ok(overrides) => overrides,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "overrides are not in force; set them anew with `spored config set`");
                Self::default()
            }
        }
    }

    /// As [`Overrides::of`], or none where this user may not read them.
    pub(crate) fn as_far_as_readable(world: &World) -> Self {
        read(&path(world)).unwrap_or_default()
    }

    /// The same with one more, or one less where there is no value.
    ///
    /// # Errors
    /// If there is no such key or it does not take the value.
    pub(super) fn with(&self, key: &str, value: Option<&str>) -> Result<Self> {
        let mut overrides = self.0.clone();
        match value {
            Some(value) => {
                check(key, value)?;
                overrides.insert(key.to_owned(), value.to_owned());
            }
            // What an older agent knew may be taken away, too.
            None if overrides.remove(key).is_some() => {}
            None => drop(Key::named(key)?),
        }
        Ok(Self(overrides))
    }

    /// Lays them over the rest; those that this version of the agent does not take are left out and told.
    pub(crate) fn over(&self, mut layers: Layers) -> (Layers, Vec<String>) {
        let mut refused = Vec::new();
        for (key, value) in &self.0 {
            match layers.clone().overriding(key, value) {
                Ok(with) => layers = with,
                Err(error) => refused.push(error.to_string()),
            }
        }
        (layers, refused)
    }

    /// Keys and values as they may be shown.
    pub(super) fn shown(&self) -> BTreeMap<String, String> {
        let shown = |(key, value): (&String, &String)| {
            let secret = Key::named(key).is_ok_and(|key| key.grammar == Grammar::Secrets);
            (key.clone(), if secret { "[redacted]".to_owned() } else { value.clone() })
        };
        self.0.iter().map(shown).collect()
    }

    /// Writes them down, and holds the turn until that is done: a new file takes the place of the old one, so that a crash
    /// leaves one or the other.
    pub(super) async fn save(&self, world: &World, turn: OwnedMutexGuard<()>) -> Result<()> {
        let (path, overrides) = (path(world), self.clone());
        let written = tokio::task::spawn_blocking(move || {
            let written = overrides.write(&path);
            drop(turn);
            written
        });
        written.await.context("the writing of the overrides has panicked")?
    }

    fn write(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("the agent's state folder has no name")?;
        let hint = || format!("cannot keep overrides in {}: the agent must be able to write there", folder.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(hint)?;
        let new = folder.join(format!("{FILE}.new"));
        let write = || -> std::io::Result<()> {
            // One that a crash left behind may belong to somebody else's idea of a mode.
            fs::remove_file(&new)
                .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(serde_json::to_string_pretty(&self.0)?.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)?;
            File::open(folder)?.sync_all()
        };
        write().with_context(hint)
    }
}

/// Whether the key takes the value as an override.
///
/// # Errors
/// If not; the message says what would do.
pub(crate) fn check(key: &str, value: &str) -> Result<(), CheckError> {
    Key::named(key)?;
    Layers::new().overriding(key, value)?;
    Ok(())
}

/// Why a value is no override.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    #[error(transparent)]
    Key(#[from] UnknownKey),
    #[error(transparent)]
    Value(#[from] ConfigError),
}

fn path(world: &World) -> PathBuf {
    world.state_folder().join(FILE)
}

fn read(path: &Path) -> Result<Overrides> {
    let named = || path.display().to_string();
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Overrides::default()),
        Err(error) => return Err(error).with_context(named),
    };
    ensure!(found.is_file(), "{} is not a file: remove it", path.display());
    ensure!(found.mode() & 0o022 == 0, "{} can be written by others: chmod 600 it", path.display());
    let mut text = String::new();
    File::open(path).with_context(named)?.take(MOST_READ).read_to_string(&mut text).with_context(named)?;
    Ok(Overrides(serde_json::from_str(&text).with_context(named)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn world(folder: &Path) -> World {
        let state = folder.join("state").display().to_string();
        World { environment: [("SPORED_STATE".to_owned(), state)].into(), root: PathBuf::from("/") }
    }

    async fn turn() -> OwnedMutexGuard<()> {
        std::sync::Arc::<tokio::sync::Mutex<()>>::default().lock_owned().await
    }

    #[tokio::test]
    async fn what_is_saved_is_read_again_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        assert_eq!(Overrides::of(&world), Overrides::default());
        let overrides = Overrides::default().with("tracing-sampling", Some("0.5")).unwrap();
        let overrides = overrides.with("name", Some("a \"name\"")).unwrap();
        overrides.save(&world, turn().await).await.unwrap();
        assert_eq!(Overrides::of(&world), overrides);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&world.state_folder()), mode(&path(&world))), (0o700, 0o600));
        let fewer = overrides.with("name", None).unwrap();
        fewer.save(&world, turn().await).await.unwrap();
        assert_eq!(Overrides::of(&world), Overrides::default().with("tracing-sampling", Some("0.5")).unwrap());
        assert_eq!(fs::read_dir(world.state_folder()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_of_no_use_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        fs::create_dir(world.state_folder()).unwrap();
        for (text, mode) in [("{", 0o600), ("[]", 0o600), ("{\"name\": 1}", 0o600), ("{\"name\": \"x\"}", 0o666)] {
            fs::write(path(&world), text).unwrap();
            fs::set_permissions(path(&world), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Overrides::of(&world), Overrides::default(), "{text}");
            assert_eq!(fs::read_to_string(path(&world)).unwrap(), text);
        }
        fs::remove_file(path(&world)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path(&world)).unwrap();
        assert_eq!(Overrides::of(&world), Overrides::default());
    }

    #[test]
    fn a_key_of_another_version_is_left_out_and_told_and_can_be_taken_away() {
        let overrides = Overrides([("no-such-key".to_owned(), "1".to_owned())].into());
        assert_eq!(overrides.over(Layers::new()).1, ["override: unknown key no-such-key"]);
        assert_eq!(overrides.with("no-such-key", None).unwrap(), Overrides::default());
        assert!(Overrides::default().with("no-such-key", None).is_err());
    }

    #[test]
    fn a_secret_is_not_shown() {
        let overrides = Overrides::default().with("tracing-otlp-headers", Some("authorization=hush")).unwrap();
        assert_eq!(overrides.shown(), [("tracing-otlp-headers".to_owned(), "[redacted]".to_owned())].into());
    }
}
