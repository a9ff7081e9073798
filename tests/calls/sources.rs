//! Which operations of AWS the sources call, found by reading them: the SDKs' own lists of operations tell a call of
//! AWS from any other method.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One operation, and a file that calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    /// As errors name it: `EC2 RunInstances`.
    pub(crate) call: String,
    file: PathBuf,
}

/// The services, as their crates and our errors name them.
const SERVICES: [(&str, &str); 8] = [
    ("ec2", "EC2"),
    ("dynamodb", "DynamoDB"),
    ("s3", "S3"),
    ("sqs", "SQS"),
    ("lambda", "Lambda"),
    ("iam", "IAM"),
    ("sts", "STS"),
    ("xray", "X-Ray"),
];

/// Every operation that the product's sources call.
pub(crate) fn operations() -> BTreeSet<Operation> {
    let known = known_operations();
    let mut found = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for room in ["cloud/src", "telemetry/src"] {
        read(&root.join(room), &mut |path, text| {
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            // A file in a folder speaks of the service that the module above it names.
            let above = path.parent().map(|folder| folder.with_extension("rs")).map(std::fs::read_to_string);
            let above = above.and_then(Result::ok).unwrap_or_default();
            let about = if services(text).is_empty() { services(&above) } else { services(text) };
            let of_file: Vec<Operation> = calls(text, &about, &known)
                .into_iter()
                .map(|call| Operation { call, file: path.strip_prefix(&root).unwrap().to_owned() })
                .collect();
            // A request that leaves without an operation that was found would be one that this reading missed.
            let sent = text.matches(".send().await").count() + text.matches(".presigned(").count();
            assert!(sent <= of_file.len() || text.contains("mpsc"), "{}: {sent} requests, {of_file:?}", path.display());
            found.extend(of_file);
        });
    }
    found
}

/// The services that a text speaks of.
fn services(text: &str) -> Vec<(&'static str, &'static str)> {
    let speaks_of = |(service, _): &(&str, &str)| {
        text.contains(&format!("aws_sdk_{service}")) || text.contains(&format!(".{service}()"))
    };
    SERVICES.into_iter().filter(speaks_of).collect()
}

/// The calls in a text: `.run_instances()` of a service that it speaks of.
fn calls(text: &str, about: &[(&str, &str)], known: &BTreeMap<&str, BTreeSet<String>>) -> Vec<String> {
    let mut calls = Vec::new();
    for (service, name) in about {
        for operation in &known[service] {
            let times = text.matches(&format!(".{operation}()")).count();
            calls.extend(vec![format!("{name} {}", camel(operation)); times]);
        }
    }
    calls
}

/// `run_instances` is `RunInstances`.
fn camel(snake: &str) -> String {
    snake
        .split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}

/// The operations of each service, from the sources of its SDK.
fn known_operations() -> BTreeMap<&'static str, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).args(["version", "--verbose"]).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Of this platform only: what other platforms need was never downloaded.
    let metadata = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    SERVICES
        .map(|(service, _)| {
            let name = format!("aws-sdk-{service}");
            let package = packages.iter().find(|package| package["name"] == name.as_str()).unwrap();
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            let folder = manifest.with_file_name("src").join("operation");
            let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let names = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
            (service, names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect())
        })
        .into()
}

fn read(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // Tests in a folder of their own call what they like.
            if !path.ends_with("tests") {
                read(&path, look);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            look(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}
