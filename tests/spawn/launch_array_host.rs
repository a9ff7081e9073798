//! What a host gets that works on tasks: room that the agent's unit alone does not leave, by user data or by hand.

use crate::fixture::{aws, json, only_instance, spawn};
use crate::user_data::{body, read};
use serde_json::Value;
use spawn_test_support::Program;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const DROP_IN: &str = "/etc/systemd/system/spored.service.d/tasks.conf";

fn packaging(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(file)
}

/// Content of the drop-in in the user data of a launch with these flags.
async fn drop_in(flags: &[&str]) -> Option<String> {
    let line = ["launch", "--instance-type", "t3.micro", "-o", "json"];
    let id = only_instance(&json(&spawn(aws().await).args(line).args(flags).run().await.unwrap()));
    let message = read(&id, "us-east-1").await;
    let text = String::from_utf8(body(&message["parts"][0])).unwrap();
    let config: Value = serde_json::from_str(text.strip_prefix("#cloud-config\n").unwrap()).unwrap();
    let files = config["write_files"].as_array().unwrap();
    let found = files.iter().find(|file| file["path"] == DROP_IN)?;
    assert_eq!(found["permissions"], "0644");
    found["content"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn instances_of_an_array_leave_room_for_its_tasks_and_others_do_not() {
    let text = std::fs::read_to_string(packaging("spored-tasks.conf")).unwrap();
    assert_eq!(drop_in(&["--", "./x"]).await.as_ref(), Some(&text));
    assert_eq!(drop_in(&["--tag", "spawn:array-id=x-00000000"]).await.as_ref(), Some(&text));
    assert_eq!(drop_in(&[]).await, None);
}

#[tokio::test]
async fn a_host_of_ones_own_gets_the_room_by_the_script() {
    let root = TempDir::new().unwrap();
    let bin = root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let systemctl = format!("#!/bin/sh\necho \"$*\" >>{}\n", root.path().join("called").display());
    for (name, text) in [("systemctl", systemctl.as_str()), ("logger", "#!/bin/sh\n")] {
        std::fs::write(bin.join(name), text).unwrap();
        std::fs::set_permissions(bin.join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let script = |argument: &str| {
        let program = Program::new("/bin/sh").arg(packaging("install-spored.sh")).arg(argument).env("PATH", &path);
        program.env("SPORED_INSTALL_ROOT", root.path()).run()
    };
    let output = script("--tasks").await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let installed = root.path().join(DROP_IN.trim_start_matches('/'));
    let text = std::fs::read(packaging("spored-tasks.conf")).unwrap();
    assert_eq!(std::fs::read(&installed).unwrap(), text);
    assert_eq!(installed.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    let called = std::fs::read_to_string(root.path().join("called")).unwrap();
    assert_eq!(called, "daemon-reload\ntry-restart spored.service\n");
    let output = script("--taks").await.unwrap();
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("there is no argument --taks: only --tasks"), "{}", output.stderr);
}

#[test]
fn what_the_room_lifts_is_no_right_of_roots() {
    let text = std::fs::read_to_string(packaging("spored-tasks.conf")).unwrap();
    let settings: Vec<&str> = text.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty()).collect();
    let names: Vec<&str> = settings.iter().filter_map(|line| line.split('=').next()).collect();
    for kept in
        ["User", "DynamicUser", "NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "ProtectSystem"]
    {
        assert!(!names.contains(&kept), "{kept}");
    }
    // Every setting stands below the reason for it.
    for (above, line) in text.lines().zip(text.lines().skip(1)) {
        assert!(!settings.contains(&line) || above.starts_with('#'), "{line} has no reason above it");
    }
}
