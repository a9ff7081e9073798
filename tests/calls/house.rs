//! Rules of the house that no compiler knows: every client that could be made untraced is banned outside the factory.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

#[test]
fn every_service_of_the_workspace_is_banned_outside_the_factory() {
    let manifest = file("Cargo.toml");
    let services: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("aws-sdk-")?.split_once(" = { version").map(|(service, _)| service))
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
    assert_eq!(excepted, ["cloud/src/clients.rs", "telemetry/src/export/xray/api.rs"]);
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

/// Every crate of the workspace's tree with its features, with or without what only tests depend on.
fn features(edges: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--workspace", "--prefix", "none", "--format", "{p} [{f}]"])
        .args(edges)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap().lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

#[test]
fn building_and_testing_agree_on_features_so_that_the_sdk_is_compiled_once() {
    let (built, tested) = (features(&["--edges", "no-dev"]), features(&[]));
    let only_built: Vec<&String> = built.difference(&tested).collect();
    assert!(
        !built.is_empty() && only_built.is_empty(),
        "give tests/support these with the features of tests: {only_built:#?}"
    );
}
