//! The script that brings the agent, run as it is, from the user data of a real launch, in a folder of its own.

use crate::fixture::{aws, json, only_instance, spawn};
use crate::user_data::{body, read};
use serde_json::Value;
use spawn_test_support::programs::Output;
use spawn_test_support::{Imds, InstanceFacts, Program};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// All that the script needs of a host. `aws` is not among them: where it is absent, curl does.
const TOOLS: [&str; 8] = ["curl", "sed", "sha256sum", "mktemp", "chmod", "mv", "mkdir", "rm"];

/// A host after cloud-init has written its files.
struct Host {
    root: TempDir,
    script: PathBuf,
    bucket: String,
    key: String,
    agent: Vec<u8>,
    imds: Imds,
}

impl Host {
    /// The host of an instance that was launched in this region, in a bucket of its own. The agent is a script that leaves
    /// a file behind when somebody runs it.
    async fn launched(region: &str, setup: &[&str]) -> Self {
        let root = TempDir::new().unwrap();
        let agent = root.path().join("built");
        // The header makes it acceptable as an agent; nothing in these tests may run it.
        let mut bytes = std::fs::read(crate::fixture::tiny_agent("x86_64")).unwrap();
        bytes.extend_from_slice(b"an agent of many bytes");
        std::fs::write(&agent, &bytes).unwrap();
        let aws = aws().await;
        let there = ["--region", region, "-o", "json"];
        let made = spawn(aws).args(["setup"]).args(setup).args(there).env("SPAWN_AGENT", &agent).run().await.unwrap();
        let made = json(&made);
        let launch = spawn(aws).args(["launch", "--instance-type", "t3.micro"]).args(there).env("SPAWN_AGENT", &agent);
        let id = only_instance(&json(&launch.run().await.unwrap()));
        let message = read(&id, region).await;
        let host = Self {
            script: root.path().join("000-spored"),
            bucket: made["bucket"].as_str().unwrap().to_owned(),
            key: made["agents"][0]["key"].as_str().unwrap().to_owned(),
            agent: bytes,
            imds: Imds::start(InstanceFacts::example()).unwrap(),
            root,
        };
        host.write_files(&message["parts"][0]);
        std::fs::write(&host.script, body(&message["parts"][1])).unwrap();
        host.install_tools();
        host
    }

    /// What cloud-init does with `write_files`.
    fn write_files(&self, part: &Value) {
        let text = String::from_utf8(body(part)).unwrap();
        let config: Value = serde_json::from_str(text.strip_prefix("#cloud-config\n").unwrap()).unwrap();
        for file in config["write_files"].as_array().unwrap() {
            let path = self.path(file["path"].as_str().unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file["content"].as_str().unwrap()).unwrap();
        }
    }

    /// The tools, and in place of what would change this machine, programs that write down how they were called.
    fn install_tools(&self) {
        let folder = self.path("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for tool in TOOLS {
            let found = std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.is_file());
            std::os::unix::fs::symlink(found.unwrap_or_else(|| panic!("{tool} is not installed")), folder.join(tool))
                .unwrap();
        }
        for fake in ["systemctl", "sleep", "logger"] {
            self.install(fake, "");
        }
        let curl = std::fs::read_link(folder.join("curl")).unwrap();
        std::fs::remove_file(folder.join("curl")).unwrap();
        self.install("curl", &format!("exec {} \"$@\"\n", curl.display()));
    }

    /// A program that writes down how it was called, and then does this.
    fn install(&self, name: &str, then: &str) {
        let text = format!("#!/bin/sh\necho \"{name} $*\" >>{}\n{then}", self.path("called").display());
        std::fs::write(self.path("bin").join(name), text).unwrap();
        std::fs::set_permissions(self.path("bin").join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }

    async fn run(&self) -> Output {
        Program::new("/bin/sh")
            .arg(&self.script)
            .env("PATH", self.path("bin"))
            .env("SPORED_INSTALL_ROOT", self.root.path())
            .env("AWS_ENDPOINT_URL_S3", aws().await.ministack_url())
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", self.imds.endpoint())
            // A proxy that nobody serves: the metadata service is never asked through one.
            .env("http_proxy", "http://127.0.0.1:9")
            .env("no_proxy", "127.0.0.1")
            .run()
            .await
            .unwrap()
    }

    /// Replaces the agent in the bucket behind spawn's back.
    async fn tamper(&self, bytes: &str) {
        let code = format!(
            "boto3.client('s3').put_object(Bucket='{}', Key='{}', Body=b'{bytes}')['ResponseMetadata']['HTTPStatusCode']",
            self.bucket, self.key
        );
        assert_eq!(aws().await.boto3(&code).await.unwrap(), 200);
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path.trim_start_matches('/'))
    }

    /// Arguments of each call of this program.
    fn called(&self, program: &str) -> Vec<String> {
        let called = std::fs::read_to_string(self.path("called")).unwrap_or_default();
        let mine = |line: &str| line.strip_prefix(program)?.strip_prefix(' ').map(str::to_owned);
        called.lines().filter_map(mine).collect()
    }

    /// Calls of systemctl.
    fn started(&self) -> Vec<String> {
        self.called("systemctl")
    }

    /// What is where programs are installed.
    fn installed(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.path("usr/local/bin")).into_iter().flatten().flatten();
        names.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    fn credentials_read(&self) -> bool {
        self.imds.requests().iter().any(|request| request.contains("security-credentials"))
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_agent_is_fetched_with_the_roles_credentials_verified_and_started() {
    let host = Host::launched("us-east-2", &[]).await;
    let output = host.run().await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    let program = host.path("usr/local/bin/spored");
    assert_eq!((std::fs::read(&program).unwrap(), mode(&program)), (host.agent.clone(), 0o755));
    assert_eq!(host.installed(), ["spored"]);
    let expected = ["daemon-reload", "enable --now spored.service", "enable --now spored-poweroff.path"];
    assert_eq!(host.started(), expected);
    assert!(host.credentials_read());
    // Every user of the host may read command lines.
    let command_lines = host.called("curl").join("\n");
    assert!(command_lines.contains("--aws-sigv4") && command_lines.contains("--noproxy *"), "{command_lines}");
    for secret in ["ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "a-session-token-of-no-worth", "AQAEAtest-token"] {
        assert!(!command_lines.contains(secret), "{command_lines}");
    }
    // A second boot brings it again without harm.
    assert_eq!(host.run().await.status, 0);
}

#[tokio::test]
async fn an_instance_without_a_role_fetches_its_agent_by_link() {
    let host = Host::launched("us-west-1", &["--no-iam"]).await;
    let output = host.run().await;
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert_eq!((host.installed(), host.credentials_read()), (vec!["spored".to_owned()], false));
}

#[tokio::test]
async fn the_aws_command_is_used_where_there_is_one_and_curl_where_that_fails() {
    let host = Host::launched("eu-west-2", &[]).await;
    let last = "for last; do :; done\n";
    host.install("aws", &format!("{last}cat {} >\"$last\"\n", host.path("built").display()));
    std::os::unix::fs::symlink("/bin/cat", host.path("bin/cat")).unwrap();
    let output = host.run().await;
    assert_eq!((output.status, host.installed(), host.called("curl")), (0, vec!["spored".to_owned()], vec![]));
    let (bucket, key) = (&host.bucket, &host.key);
    let expected = format!(
        "s3api get-object --region eu-west-2 --bucket {bucket} --key {key} --expected-bucket-owner 123456789012 "
    );
    assert!(host.called("aws")[0].starts_with(&expected), "{:?}", host.called("aws"));
    host.install("aws", "exit 1\n");
    assert_eq!((host.run().await.status, host.called("curl").is_empty()), (0, false));
}

#[tokio::test]
async fn a_tampered_agent_is_neither_installed_nor_started() {
    let host = Host::launched("ca-west-1", &[]).await;
    host.tamper("something else").await;
    let output = host.run().await;
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("is not the agent that spawn pinned"), "{}", output.stderr);
    assert_eq!((host.installed(), host.started()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn credentials_that_do_not_come_end_the_script_after_a_bounded_time() {
    let host = Host::launched("sa-east-1", &[]).await;
    host.imds.misbehave(spawn_test_support::imds::ImdsFault::Unauthorized);
    let output = host.run().await;
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("was not fetched in 12 attempts"), "{}", output.stderr);
    assert_eq!(host.called("sleep"), ["2", "4", "8", "16", "20", "20", "20", "20", "20", "20", "20"]);
    assert_eq!((host.installed(), host.started()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn parameters_that_spawn_would_not_write_are_refused_and_never_evaluated() {
    let host = Host::launched("eu-west-3", &[]).await;
    let parameters = host.path("etc/spawn/agent.env");
    let sound = std::fs::read_to_string(&parameters).unwrap();
    for (name, value) in
        [("bucket", "x\"\noutput = \"/tmp/x"), ("key", "$(touch pwned)"), ("url", "https://x/`id`"), ("region", "")]
    {
        let lines = sound.lines().map(|line| match line.split_once('=') {
            Some((key, _)) if key == name => format!("{key}={value}\n"),
            _ => format!("{line}\n"),
        });
        std::fs::write(&parameters, lines.collect::<String>()).unwrap();
        let output = host.run().await;
        assert_eq!(output.status, 1, "{name}: {}", output.stderr);
        assert!(
            output.stderr.contains(&format!("{name} in ")) && output.stderr.contains("not as spawn writes it"),
            "{}",
            output.stderr
        );
        assert_eq!((host.installed(), host.started()), (Vec::new(), Vec::new()));
    }
}
