//! The guide to seeing traces while developing: each of its blocks is run as it is written, but for the ports.

use crate::fixture::bare;
use crate::serving::{PATIENCE, Serving, started};
use serde_json::{Value, json};
use spawn_test_support::otlp::sdk_export;
use spawn_test_support::{Program, wait_until};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const GUIDE: &str = include_str!("../../docs/how-to/see-traces-while-developing.md");

/// What stands in fences, in its order: the language, and the text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fences = GUIDE.split("```").skip(1).step_by(2);
    fences.filter_map(|block| block.split_once('\n')).collect()
}

/// The ports that the servers of this test have in place of those of the guide.
#[derive(Debug)]
struct Ports(Vec<(&'static str, String)>);

impl Ports {
    /// OTLP's two and that of the pages.
    fn of(serving: &Serving) -> Self {
        let said = serving.process.stdout();
        let receivers = said.lines().find(|line| line.starts_with("OTLP")).unwrap();
        let ports = receivers.split("127.0.0.1:").skip(1).map(|rest| rest.chars().take_while(char::is_ascii_digit));
        let mut ports: Vec<String> = ports.map(Iterator::collect).collect();
        ports.push(serving.pages.trim_end_matches('/').rsplit(':').next().unwrap().to_owned());
        Self(["4317", "4318", "4319"].into_iter().zip(ports).collect())
    }

    fn put(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (written, port)| text.replace(written, port))
    }
}

/// A person's folder and shell.
struct Desk {
    folder: TempDir,
    path: std::ffi::OsString,
    exported: String,
}

impl Desk {
    /// With `spawn` and a virtual environment in the path, and a program to build.
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_spawn"), folder.path().join("spawn")).unwrap();
        std::fs::write(folder.path().join("Makefile"), "all:\n\t@echo built\n").unwrap();
        let [python, _] = sdk_export().await.unwrap();
        let environment = python.parent().map(Path::to_owned);
        let own: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
        let path = std::env::join_paths(environment.into_iter().chain([folder.path().to_owned()]).chain(own)).unwrap();
        Self { folder, path, exported: String::new() }
    }

    /// Runs a block as the person's shell would that has run the blocks before; what it printed.
    async fn run(&mut self, block: &str) -> String {
        let shell = Program::new("/bin/sh")
            .args(["-euc", &format!("{}{block}", self.exported)])
            .env("PATH", &self.path)
            .env("HOME", self.folder.path())
            .env("SPAWN_CONFIG", Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/empty.yaml"))
            // What the virtual environment has already is not looked for elsewhere.
            .envs([("PIP_NO_INDEX", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1")])
            .current_dir(self.folder.path());
        let output = shell.run().await.unwrap();
        assert_eq!(output.status, 0, "{block}: {}", output.stderr);
        self.exported.extend(block.lines().filter(|line| line.starts_with("export ")).flat_map(|line| [line, "\n"]));
        output.stdout
    }

    /// Starts the server that a line asks for, on ports that are free.
    async fn serve(&self, line: &str) -> Serving {
        let words = line.split_whitespace().skip(1).flat_map(|word| match word {
            "--otlp" => vec!["--otlp=0", "--otlp=0"],
            other => vec![other],
        });
        started(bare().args(words.collect::<Vec<_>>()).arg("--listen=0").current_dir(self.folder.path())).await
    }
}

/// The names of the traces that a server has, as soon as there are so many.
async fn names(serving: &Serving, count: usize) -> Vec<String> {
    let names = || {
        let traces = serving.get("/api/traces")["traces"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> = traces.iter().map(|trace| trace["name"].as_str().unwrap().to_owned()).collect();
        (names.len() >= count).then_some(names)
    };
    wait_until("traces", PATIENCE, names).await.unwrap()
}

#[tokio::test]
async fn the_blocks_of_the_guide_run_in_its_order() {
    let mut desk = Desk::new().await;
    let (mut servers, mut answers): (Vec<Serving>, Vec<String>) = (Vec::new(), Vec::new());
    for (language, text) in blocks() {
        match (language, servers.first().map(Ports::of)) {
            ("sh", _) if text.starts_with("spawn trace serve") => servers.push(desk.serve(text).await),
            ("sh", Some(ports)) => answers.push(desk.run(&ports.put(text)).await),
            ("text", Some(ports)) => {
                let said = servers[0].process.stdout();
                // Not every machine has IPv6.
                let heard = if said.contains("[::1]") { text.to_owned() } else { without_ipv6(text) };
                assert_eq!(said, ports.put(&heard));
            }
            ("python", Some(_)) => std::fs::write(desk.folder.path().join("order.py"), text).unwrap(),
            other => panic!("nobody runs {other:?}"),
        }
    }
    let [served, followed] = servers.try_into().unwrap_or_else(|_| panic!("two servers are in the guide"));
    assert_eq!(names(&served, 2).await, ["nightly build", "checkout"]);
    assert_eq!(names(&followed, 1).await, ["morning build"]);
    let found: Value = serde_json::from_str(answers.last().unwrap()).unwrap();
    let found = &found["traces"][0];
    assert_eq!((&found["name"], &found["span_count"], &found["errors"]), (&json!("checkout"), &json!(2), &json!(2)));
    assert_eq!(followed.end("INT").await, "spawn: 1 spans were shown\n");
    assert_eq!(served.end("INT").await, "spawn: 3 spans were shown\n");
}

fn without_ipv6(text: &str) -> String {
    text.replace(", [::1]:4317", "").replace(", [::1]:4318", "")
}
