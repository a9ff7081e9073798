//! What is on the host's own disk: the state folder, the unit, files with secrets.

use spawn_cloud::checks::Finding;
use spawn_config::TracingSettings;
use spawn_host::{SpoolState, World};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;

/// Where systemd looks for the agent's unit, the operator's own first.
const UNITS: [&str; 3] =
    ["etc/systemd/system/spored.service", "usr/lib/systemd/system/spored.service", "lib/systemd/system/spored.service"];
/// Directives without which the unit confines nothing.
const HARDENING: [&str; 3] = ["NoNewPrivileges=", "ProtectSystem=", "SystemCallFilter="];

/// Whether the folder for what must outlive the agent takes a file.
pub(super) fn state(world: &World) -> Finding {
    let folder = world.state_folder();
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let shown = folder.display();
    match std::fs::File::create_new(&probe) {
        Ok(_) => match std::fs::remove_file(&probe) {
            Ok(()) => Finding::ok(format!("{shown} can be written")),
            Err(error) => Finding::warn(format!("{} stays: {error}", probe.display()), "remove it"),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Finding::warn(
            format!("{shown} does not exist: overrides and spans do not outlive the agent"),
            "start the agent with its unit (`systemctl start spored`), or make the folder and name it in SPORED_STATE",
        ),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Finding::warn(
            format!("{shown} cannot be written by this user"),
            "look again as the agent's user: `sudo spored doctor`",
        ),
        Err(error) => Finding::fail(format!("{shown}: {error}"), "free space there, or mount it for writing"),
    }
}

/// Whether spans can wait on disk.
pub(super) fn spool(world: &World, tracing: &TracingSettings) -> Finding {
    let folder = tracing.spool.folder.as_ref().map_or_else(|| world.spool(), std::path::PathBuf::from);
    let shown = folder.display();
    match SpoolState::of(&folder) {
        SpoolState::Good { bytes, writers } => Finding::ok(format!(
            "{shown} can be written; {} KiB of {writers} processes are there",
            bytes.div_ceil(1024)
        )),
        SpoolState::Scarce { free } => Finding::warn(
            format!("the disk of {shown} has {} KiB left: spans wait in memory when it is full", free / 1024),
            "free space there, or name another folder in `tracing-spool-folder`",
        ),
        SpoolState::Forbidden => Finding::warn(
            format!("{shown} cannot be written by this user"),
            "look again as the agent's user: `sudo spored doctor`",
        ),
        SpoolState::Broken(error) => Finding::warn(
            format!("{shown}: {error}: spans wait in memory, and those of a crash are lost"),
            "mend the disk, or name another folder in `tracing-spool-folder`",
        ),
    }
}

/// Whether the unit that starts the agent confines it.
pub(super) fn unit(world: &World, is_instance: bool) -> Finding {
    const REMEDY: &str =
        "install the unit that comes with spored (packaging/spored.service) and `systemctl daemon-reload`";
    let found = UNITS.iter().find_map(|unit| {
        let path = world.root.join(unit);
        std::fs::read_to_string(&path).ok().map(|text| (path, text))
    });
    let Some((path, text)) = found else {
        return match is_instance {
            true => Finding::warn("there is no systemd unit: nothing starts the agent again after a crash", REMEDY),
            false => Finding::ok("no systemd unit here: whoever starts the agent confines it"),
        };
    };
    let missing: Vec<&str> = HARDENING
        .into_iter()
        .filter(|directive| !text.lines().any(|line| line.trim().starts_with(directive)))
        .collect();
    match missing[..] {
        [] => Finding::ok(format!("{} confines the agent", path.display())),
        _ => Finding::warn(format!("{} lacks {}", path.display(), missing.join(", ")), REMEDY),
    }
}

/// Whether files with secrets that the settings name can be read by others.
pub(super) fn secrets(tracing: &TracingSettings) -> Finding {
    let named = [&tracing.otlp.token_file, &tracing.otlp.client_key].into_iter().flatten();
    let mut open = Vec::new();
    for file in named {
        match std::fs::metadata(file) {
            Ok(found) if found.mode() & 0o077 != 0 => open.push(file.as_str()),
            Ok(_) => {}
            Err(error) => {
                let remedy = "correct `otlp.token_file` and `otlp.client_key`, or let the agent's user read the file";
                return Finding::fail(format!("{file}: {error}"), remedy);
            }
        }
    }
    match open[..] {
        [] => Finding::ok("no secret of the settings lies open"),
        _ => Finding::warn(
            format!("others may read the secret in {}", open.join(" and ")),
            format!("chmod 600 {}", open.join(" ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::checks::Level;
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    fn world(root: &std::path::Path) -> World {
        let state = ("SPORED_STATE".to_owned(), root.join("state").display().to_string());
        World { environment: BTreeMap::from([state]), root: root.to_owned() }
    }

    #[test]
    fn a_state_folder_is_tried_and_left_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let world = world(root.path());
        assert_eq!(state(&world).level, Level::Warn);
        std::fs::create_dir(root.path().join("state")).unwrap();
        assert_eq!(state(&world).level, Level::Ok);
        assert_eq!(std::fs::read_dir(root.path().join("state")).unwrap().count(), 0);
    }

    #[test]
    fn a_unit_is_looked_at_for_what_confines() {
        let root = tempfile::tempdir().unwrap();
        let world = world(root.path());
        assert_eq!((unit(&world, true).level, unit(&world, false).level), (Level::Warn, Level::Ok));
        let folder = root.path().join("etc/systemd/system");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("spored.service"), "[Service]\nNoNewPrivileges=yes\n").unwrap();
        assert!(
            unit(&world, true).what.ends_with("lacks ProtectSystem=, SystemCallFilter="),
            "{:?}",
            unit(&world, true)
        );
        let whole = "[Service]\nNoNewPrivileges=yes\nProtectSystem=strict\nSystemCallFilter=@system-service\n";
        std::fs::write(folder.join("spored.service"), whole).unwrap();
        assert_eq!(unit(&world, true).level, Level::Ok);
    }

    #[test]
    fn the_unit_that_comes_with_the_agent_passes() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("etc/systemd/system");
        std::fs::create_dir_all(&folder).unwrap();
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/spored.service");
        std::fs::copy(shipped, folder.join("spored.service")).unwrap();
        assert_eq!(unit(&world(root.path()), true).level, Level::Ok);
    }

    #[test]
    fn a_token_that_others_may_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let mut tracing = TracingSettings::default();
        tracing.otlp.token_file = Some(file.display().to_string());
        assert_eq!(secrets(&tracing).level, Level::Fail);
        std::fs::write(&file, "abc").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let found = secrets(&tracing);
        assert_eq!((found.level, found.remedy), (Level::Warn, Some(format!("chmod 600 {}", file.display()))));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secrets(&tracing).level, Level::Ok);
    }
}
