//! An instance that EC2 knows, with instance metadata and an agent that the test starts itself.

use crate::fixture::{Host, aws};
use serde_json::Value;
use spawn_test_support::{Aws, Imds, InstanceFacts};

/// The instance and what surrounds its agent.
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) imds: Imds,
    pub(crate) host: Host,
}

impl Instance {
    /// Launched now, with these tags in its metadata, and with all its spans on stderr.
    pub(crate) async fn launch(tags: &[(&str, &str)]) -> Self {
        let aws = aws().await;
        let id = run_instances(aws, "").await;
        let mut facts = InstanceFacts { instance_id: id.clone(), launched_at: now(), ..InstanceFacts::example() };
        let traced = [
            ("spawn:tracing-enabled", "true"),
            ("spawn:tracing-exporter", "stdout"),
            ("spawn:tracing-sampling", "1.0"),
        ];
        for (key, value) in traced.iter().chain(tags) {
            facts = facts.tag(key, value);
        }
        let imds = Imds::start(facts).unwrap();
        let host = Host::with("")
            .aws(aws)
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.endpoint())
            .env("AWS_EC2_METADATA_DISABLED", "false");
        let file = host.path("complete").display().to_string();
        let host = host.env("SPAWN_COMPLETION_FILE", file);
        Self { id, imds, host }
    }

    /// The same with a variable in the agent's environment.
    pub(crate) fn env(self, name: &str, value: impl Into<String>) -> Self {
        Self { host: self.host.env(name, value), ..self }
    }

    /// EC2's word for its state.
    pub(crate) async fn state(&self) -> String {
        state(aws().await, &self.id).await
    }
}

/// The present second, as instance metadata writes a launch time.
pub(crate) fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}

/// Launches an instance by Python's boto3, with `more` arguments in Python, and answers its id.
pub(crate) async fn run_instances(aws: &Aws, more: &str) -> String {
    let code = "boto3.client('ec2').run_instances(ImageId='ami-12c6146b', InstanceType='t3.micro', MinCount=1, MaxCount=1, \
                MORE)['Instances'][0]['InstanceId']";
    aws.boto3(&code.replace("MORE", more)).await.unwrap().as_str().unwrap().to_owned()
}

/// EC2's word for the state of an instance.
pub(crate) async fn state(aws: &Aws, id: &str) -> String {
    let code = format!(
        "boto3.client('ec2').describe_instances(InstanceIds=['{id}'])['Reservations'][0]['Instances'][0]['State']['Name']"
    );
    aws.boto3(&code).await.unwrap().as_str().unwrap().to_owned()
}

/// The spans below this one, by their names.
pub(crate) fn children<'a>(spans: &'a [Value], parent: &Value) -> Vec<&'a str> {
    let below = |span: &&Value| span["parentSpanId"] == parent["spanId"] && span["traceId"] == parent["traceId"];
    spans.iter().filter(below).filter_map(|span| span["name"].as_str()).collect()
}
