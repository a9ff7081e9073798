//! Credentials that AWS takes no more are asked for again by the exporter, at once: no span is lost, nothing is restarted.

use crate::world::{aws, config};
use aws_config::credential_process::CredentialProcessProvider;
use aws_config::imds::client::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use spawn_telemetry::{Counters, Telemetry};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// The keys that three batches were signed with, the second of which was refused at first.
async fn keys(provider: impl ProvideCredentials + 'static) -> Vec<String> {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let config = config(&proxy.url(), PATIENCE).into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(provider)).build();
    let telemetry = Telemetry::of("renewed").to_xray(&config);
    for (batch, refused) in [(0, false), (1, true), (2, false)] {
        let refusal = Action::json_error(403, "ExpiredTokenException", "The security token included is expired");
        proxy.script(refused.then(|| Rule::new(refusal).path("/TraceSegments").once()));
        telemetry.in_span("work", vec![], async { Ok::<_, String>(()) }).await.unwrap();
        let flushed = telemetry.flush(PATIENCE).await;
        assert_eq!((flushed.delivered, flushed.left), (1, 0), "batch {batch}: {:?}", telemetry.health());
    }
    let expected = Counters { created: 3, exported: 3, ..Counters::default() };
    assert_eq!((telemetry.counters(), telemetry.health().problem), (expected, None));
    let signed = proxy.requests().into_iter().filter(|request| request.path == "/TraceSegments");
    let key = |header: &str| header.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned();
    signed.map(|request| key(request.header("authorization").unwrap())).collect()
}

/// The same key until the refusal, another one from then on.
fn renewed(keys: &[String]) {
    let [first, refused, again, after] = keys else { panic!("{keys:?}") };
    assert!(first == refused && again != refused && after == again, "{keys:?}");
}

#[tokio::test]
async fn a_role_of_the_instance_is_asked_of_its_metadata_again() {
    let imds = Imds::start(InstanceFacts { role: Some("role".to_owned()), ..InstanceFacts::example() }).unwrap();
    imds.rotate_credentials(Duration::from_secs(6 * 3_600));
    let client = Client::builder().endpoint(imds.endpoint()).unwrap().build();
    renewed(&keys(ImdsCredentialsProvider::builder().imds_client(client).build()).await);
    assert_eq!(imds.credential_reads(), 2);
}

#[tokio::test]
async fn a_process_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let printed = r#"{"Version": 1, "AccessKeyId": "AKIARUN%s", "SecretAccessKey": "secret"}"#;
    let command = format!("echo run >> {runs}; printf '{printed}' $(wc -l < {runs})", runs = runs.display());
    let keys = keys(CredentialProcessProvider::new(command)).await;
    renewed(&keys);
    assert_eq!((keys[0].as_str(), keys[3].as_str()), ("AKIARUN1", "AKIARUN2"));
}
