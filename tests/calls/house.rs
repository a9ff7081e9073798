//! Rules of the house that no compiler knows: every client that could be made untraced is banned outside the factory.

use std::path::Path;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

#[test]
fn every_service_of_the_workspace_is_banned_outside_the_factory() {
    let manifest = file("Cargo.toml");
    let services: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("aws-sdk-")?.split_once(" = ").map(|(service, _)| service))
        .collect();
    assert!(services.contains(&"ec2") && services.contains(&"xray"), "{services:?}");
    let bans = file("clippy.toml");
    for service in services {
        for maker in ["new", "from_conf"] {
            let ban = format!("path = \"aws_sdk_{}::Client::{maker}\"", service.replace('-', "_"));
            assert!(bans.contains(&ban), "clippy.toml lacks {ban}");
        }
    }
    assert!(manifest.contains("disallowed_methods = \"deny\""));
}

#[test]
fn only_the_factory_and_the_exporter_are_excepted_from_the_ban() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut excepted = Vec::new();
    for room in ["config", "host", "telemetry", "cloud", "spored", "spawn-cli"] {
        sources(&root.join(room).join("src"), &mut |path, text| {
            if text.contains("clippy::disallowed_methods") {
                excepted.push(path.strip_prefix(&root).unwrap().display().to_string());
            }
        });
    }
    excepted.sort();
    assert_eq!(excepted, ["cloud/src/clients.rs", "telemetry/src/export/xray.rs"]);
}

fn sources(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            look(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
