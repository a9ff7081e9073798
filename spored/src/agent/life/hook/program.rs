//! Which program runs before the end.

use spawn_host::World;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;

/// The usual file, used where the settings name no program.
const USUAL: &str = "etc/spawn/pre-stop";

/// Why the usual file is not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("/{USUAL} is no file")]
    NoFile,
    #[error("/{USUAL} is not executable: chmod 755 /{USUAL}, or remove it")]
    NotExecutable,
    #[error("/{USUAL} may be changed by others than root: chown root /{USUAL}; chmod 755 /{USUAL}")]
    Open,
    #[error("/{USUAL} cannot be looked at")]
    Unreadable(#[source] std::io::Error),
}

/// The program with its arguments: what the settings name, or the usual file if there is one that only root can change.
pub(super) fn find(world: &World, named: &[String]) -> Result<Option<Vec<String>>, Unfit> {
    if !named.is_empty() {
        return Ok(Some(named.to_vec()));
    }
    let path = world.root.join(USUAL);
    let found = match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.map_err(Unfit::Unreadable)?,
    };
    let own = rustix::process::geteuid().as_raw();
    if !found.is_file() {
        Err(Unfit::NoFile)
    } else if found.mode() & 0o111 == 0 {
        Err(Unfit::NotExecutable)
    } else if found.mode() & 0o022 != 0 || ![0, own].contains(&found.uid()) {
        // What the agent's own user may change is no less to be trusted than the agent.
        Err(Unfit::Open)
    } else {
        Ok(Some(vec![path.display().to_string()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    fn world(mode: Option<u32>) -> (tempfile::TempDir, World) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(USUAL);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(mode) = mode {
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let world = World { environment: BTreeMap::new(), root: root.path().to_owned() };
        (root, world)
    }

    #[test]
    fn the_usual_file_runs_if_only_root_can_change_it() {
        let (root, fit) = world(Some(0o755));
        assert_eq!(find(&fit, &[]).unwrap(), Some(vec![root.path().join(USUAL).display().to_string()]));
        assert_eq!(find(&world(None).1, &[]).unwrap(), None);
        for (mode, said) in [(0o775, "may be changed by others"), (0o757, "may be changed"), (0o644, "chmod 755")] {
            let (_root, unfit) = world(Some(mode));
            let error = find(&unfit, &[]).unwrap_err().to_string();
            assert!(error.contains(said), "{mode:o}: {error}");
        }
    }

    #[test]
    fn a_link_in_its_place_does_not_run() {
        let (root, world) = world(None);
        std::os::unix::fs::symlink("/bin/sh", root.path().join(USUAL)).unwrap();
        assert!(matches!(find(&world, &[]), Err(Unfit::NoFile)));
    }

    #[test]
    fn a_program_that_is_named_goes_first() {
        let named = ["/bin/true".to_owned(), "x".to_owned()];
        assert_eq!(find(&world(Some(0o755)).1, &named).unwrap(), Some(named.to_vec()));
    }
}
