//! The calls that the sources make are the actions that the policies give: no more, no less.

use crate::sources::{Operation, operations};
use spawn_cloud::permissions::{Feature, NO_OPERATION, NO_PERMISSION, Role, Scope, actions_of, grants, policy, trust};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn actions_of_the_table() -> BTreeSet<String> {
    grants().flat_map(|grant| grant.actions).map(|action| (*action).to_owned()).collect()
}

#[test]
fn every_operation_in_the_sources_is_granted() {
    let granted = actions_of_the_table();
    let found = operations();
    assert!(found.len() > 10, "the sources are read: {found:?}");
    let lacking: Vec<&Operation> = found
        .iter()
        .filter(|operation| {
            let lacks = |action: &String| !granted.contains(action) && !NO_PERMISSION.contains(&action.as_str());
            actions_of(&operation.call).iter().any(lacks)
        })
        .collect();
    assert!(lacking.is_empty(), "add these to cloud/src/permissions/table: {lacking:#?}");
}

#[test]
fn every_action_that_is_granted_is_an_operation_in_the_sources_or_has_a_reason() {
    let made: BTreeSet<String> = operations().iter().flat_map(|operation| actions_of(&operation.call)).collect();
    let reasons: BTreeMap<&str, &str> = NO_OPERATION.into();
    let needless: Vec<String> = actions_of_the_table()
        .into_iter()
        .filter(|action| !made.contains(action) && !reasons.contains_key(action.as_str()))
        .collect();
    assert!(needless.is_empty(), "nothing calls these: {needless:?}");
    let idle: Vec<&&str> = reasons.keys().filter(|action| !actions_of_the_table().contains(**action)).collect();
    assert!(idle.is_empty(), "these have a reason and no grant: {idle:?}");
}

#[test]
fn the_files_of_the_iam_folder_are_the_table() {
    let scope = Scope::default();
    let of = |role: Role| policy(role, &Feature::all_of(role), &scope).pretty();
    let trust = serde_json::to_string_pretty(&trust(&scope)).unwrap() + "\n";
    let xray = policy(Role::Agent, &[Feature::Xray], &scope).pretty();
    let sampling = policy(Role::Agent, &[Feature::Sampling], &scope).pretty();
    let files = [
        ("operator.json", of(Role::Operator), "spawn iam policy --tracing off"),
        ("agent.json", of(Role::Agent), "spawn iam policy --role agent --tracing off"),
        ("agent-trust.json", trust, "spawn iam policy --trust"),
        ("xray-write.json", xray, "the X-Ray statement of spawn iam policy"),
        ("xray-sampling.json", sampling, "the sampling statement of spawn iam policy --sampler xray"),
    ];
    for (name, expected, command) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../iam").join(name);
        let file = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(file, expected, "iam/{name} is the output of `{command}`: write it again");
    }
}

#[test]
fn the_readme_of_the_iam_folder_names_each_action_with_its_feature() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../iam/README.md")).unwrap();
    let rows: BTreeSet<&str> =
        readme.lines().filter(|line| line.starts_with("| operator |") || line.starts_with("| agent |")).collect();
    let expected: Vec<String> = grants()
        .map(|grant| {
            let actions: Vec<String> = grant.actions.iter().map(|action| format!("`{action}`")).collect();
            format!("| {} | {} | {} |", grant.role.name(), grant.feature.name(), actions.join(" "))
        })
        .collect();
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(rows, expected, "the rows are:\n{}", expected.iter().copied().collect::<Vec<_>>().join("\n"));
}
