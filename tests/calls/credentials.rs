//! Calls that have to wait for credentials: the lookup and each of its requests are below the call that asked.

use crate::world::{aws, config, identity};
use aws_config::credential_process::CredentialProcessProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::client::Client;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use opentelemetry::context::FutureExt;
use opentelemetry::trace::SpanKind;
use opentelemetry::{KeyValue, Value};
use spawn_cloud::Clients;
use spawn_cloud::describe::AwsCalls;
use spawn_config::SamplingRate;
use spawn_telemetry::testing::{self, Spans};
use spawn_telemetry::{CredentialRequests, propagation};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const ROLE: &str = "a-role-that-nobody-needs-to-know";
const PATIENCE: Duration = Duration::from_secs(60);

/// What no span may tell.
const SECRETS: [&str; 8] = [
    ROLE,
    "AKIAIOSFODNN7EXAMPLE",
    "ASIA",
    "wJalrXUtnFEMI",
    "a-session-token-of-no-worth",
    "AQAEAtest-token",
    "printed-by-a-process",
    "said-by-a-process",
];

/// Clients whose credentials come from this provider, and the spans of their calls.
async fn clients(provider: impl ProvideCredentials + 'static, rate: SamplingRate) -> (Clients, Spans) {
    let (telemetry, spans) = testing::recording(rate);
    let config = config(aws().await.moto_url(), PATIENCE)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .identity_cache(IdentityCache::lazy().load_timeout(PATIENCE).build())
        .build();
    (Clients::new(&config, telemetry.interceptor(Arc::new(AwsCalls), identity())), spans)
}

/// The role's credentials of an instance with this metadata.
fn role(imds: &Imds) -> ImdsCredentialsProvider {
    let http = CredentialRequests::to_metadata(aws_smithy_http_client::Builder::new().build_http());
    let plain = ProviderConfig::without_region().with_http_client(http);
    let client = Client::builder().configure(&plain).endpoint(imds.endpoint()).unwrap().build();
    ImdsCredentialsProvider::builder().imds_client(client).build()
}

fn imds() -> Imds {
    Imds::start(InstanceFacts { role: Some(ROLE.to_owned()), ..InstanceFacts::example() }).unwrap()
}

/// A role that the user's credentials are exchanged for, at this STS.
async fn assumed(sts: &str) -> AssumeRoleProvider {
    let http = CredentialRequests::to_services(aws_smithy_http_client::Builder::new().build_http());
    let config = config(sts, PATIENCE)
        .into_builder()
        .http_client(http)
        .time_source(SystemTimeSource::new())
        .sleep_impl(TokioSleep::new())
        .build();
    let user = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "test");
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    AssumeRoleProvider::builder(role).session_name("test").configure(&config).build_from_provider(user).await
}

async fn call(clients: &Clients) -> Result<(), spawn_cloud::Error> {
    spawn_cloud::caller(clients.sts()).await.map(|_| ())
}

#[derive(Debug)]
struct Said {
    name: String,
    kind: SpanKind,
    attributes: BTreeMap<String, Value>,
}

impl Said {
    fn get(&self, key: &str) -> String {
        self.attributes.get(key).map_or_else(|| "-".to_owned(), |value| value.as_str().into_owned())
    }

    fn error(&self) -> (String, String) {
        (self.get("error.type"), self.get("error.message"))
    }
}

/// The spans from the root down, each with its depth; none tells a secret.
fn tree(spans: &Spans) -> Vec<(usize, Said)> {
    let spans = spans.take();
    let all = format!("{spans:#?}");
    for secret in SECRETS {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    let mut shown = Vec::new();
    let mut next: Vec<_> =
        spans.iter().filter(|span| span.parent_span_id.to_string() == "0".repeat(16)).map(|it| (0, it)).collect();
    while let Some((depth, span)) = next.pop() {
        let mut below: Vec<_> = spans.iter().filter(|it| it.parent_span_id == span.span_context.span_id()).collect();
        below.sort_by_key(|it| std::cmp::Reverse(it.start_time));
        for child in &below {
            assert_eq!(child.span_context.trace_id(), span.span_context.trace_id());
            assert!(child.start_time >= span.start_time && child.end_time <= span.end_time, "{child:#?} {span:#?}");
        }
        next.extend(below.into_iter().map(|it| (depth + 1, it)));
        let attributes = span.attributes.iter().map(|KeyValue { key, value, .. }| (key.to_string(), value.clone()));
        let attributes = attributes.collect();
        shown.push((depth, Said { name: span.name.to_string(), kind: span.span_kind.clone(), attributes }));
    }
    assert_eq!(shown.len(), spans.len(), "{all}");
    shown
}

fn names(tree: &[(usize, Said)]) -> Vec<(usize, &str)> {
    tree.iter().map(|(depth, said)| (*depth, said.name.as_str())).collect()
}

const CALL: (usize, &str) = (0, "STS.GetCallerIdentity");
const LOOKUP: (usize, &str) = (1, "credentials");

#[tokio::test]
async fn the_first_call_on_an_instance_shows_the_metadata_that_it_waited_for_and_the_next_does_not() {
    let imds = imds();
    let (clients, spans) = clients(role(&imds), SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap();
    let tree = self::tree(&spans);
    let metadata = (2, "IMDS.GetMetadata");
    assert_eq!(names(&tree), [CALL, LOOKUP, (2, "IMDS.GetToken"), metadata, metadata]);
    let lookup = &tree[1].1;
    assert_eq!(
        (lookup.kind.clone(), lookup.get("aws.credentials.source")),
        (SpanKind::Internal, "instance-metadata".into())
    );
    assert!(lookup.get("aws.credentials.lifetime_seconds").parse::<i64>().unwrap() > 0);
    assert_eq!(lookup.get("spawn.instance_id"), tree[0].1.get("spawn.instance_id"));
    let folder = "/latest/meta-data/iam/security-credentials";
    for ((_, request), (method, path)) in
        tree[2..].iter().zip([("PUT", "/latest/api/token"), ("GET", folder), ("GET", folder)])
    {
        assert_eq!(request.kind, SpanKind::Client);
        let told = ["aws.service", "http.request.method", "url.path", "http.response.status_code", "error"];
        assert_eq!(told.map(|key| request.get(key)), ["imds", method, path, "200", "false"]);
        assert_eq!(format!("http://{}:{}", request.get("server.address"), request.get("server.port")), imds.endpoint());
    }
    call(&clients).await.unwrap();
    assert_eq!(names(&self::tree(&spans)), [CALL]);
}

#[tokio::test]
async fn credentials_that_have_expired_are_asked_for_below_the_later_call() {
    let imds = imds();
    imds.rotate_credentials(Duration::from_secs(5));
    let (clients, spans) = clients(role(&imds), SamplingRate::ALWAYS).await;
    for token in [true, false] {
        call(&clients).await.unwrap();
        let tree = self::tree(&spans);
        let asked = names(&tree).into_iter().filter(|(_, name)| *name == "IMDS.GetToken").count();
        assert_eq!((names(&tree)[1], asked), (LOOKUP, usize::from(token)), "{tree:#?}");
    }
    assert_eq!(imds.credential_reads(), 2);
}

#[tokio::test]
async fn of_many_calls_that_wait_the_one_that_asks_has_the_children() {
    let imds = imds();
    let (clients, spans) = clients(role(&imds), SamplingRate::ALWAYS).await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let clients = clients.clone();
                async move { call(&clients).await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let tree = self::tree(&spans);
    let count = |name| names(&tree).iter().filter(|it| **it == name).count();
    assert_eq!((count(CALL), count(LOOKUP), count((2, "IMDS.GetToken"))), (8, 1, 1), "{tree:#?}");
}

#[tokio::test]
async fn a_role_that_is_assumed_shows_the_call_of_sts() {
    let (clients, spans) = clients(assumed(aws().await.moto_url()).await, SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap();
    let tree = self::tree(&spans);
    assert_eq!(names(&tree), [CALL, LOOKUP, (2, "STS.AssumeRole")]);
    assert_eq!(tree[1].1.get("aws.credentials.source"), "assume-role");
    let told = ["aws.service", "aws.operation", "rpc.system", "rpc.service", "http.request.method", "error"];
    assert_eq!(told.map(|key| tree[2].1.get(key)), ["sts", "AssumeRole", "aws-api", "STS", "POST", "false"]);
    assert_ne!(tree[2].1.get("aws.request_id"), "-");
}

#[tokio::test]
async fn a_refusal_of_sts_is_told_with_its_code_up_to_the_lookup() {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    let body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";
    proxy.script([Rule::new(Action::respond(403, &[("content-type", "text/xml")], body)).form_action("AssumeRole")]);
    let (clients, spans) = clients(assumed(&proxy.url()).await, SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap_err();
    let tree = self::tree(&spans);
    assert_eq!(names(&tree)[..3], [CALL, LOOKUP, (2, "STS.AssumeRole")]);
    let denied = ("AccessDenied".to_owned(), "not authorized".to_owned());
    assert_eq!((tree[1].1.error(), tree[2].1.error()), (denied.clone(), denied));
    assert_eq!(tree[2].1.get("http.response.status_code"), "403");
}

#[tokio::test]
async fn an_sts_that_cannot_be_reached_is_told_for_each_try() {
    let proxy = FaultProxy::start(aws().await.moto_url()).unwrap();
    proxy.script([Rule::new(Action::Reset).form_action("AssumeRole").once()]);
    let (clients, spans) = clients(assumed(&proxy.url()).await, SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap();
    let tree = self::tree(&spans);
    assert_eq!(names(&tree), [CALL, LOOKUP, (2, "STS.AssumeRole"), (2, "STS.AssumeRole")]);
    assert_eq!([2, 3].map(|at| tree[at].1.get("error.type")), ["connection", "-"]);
    assert_eq!(tree[1].1.get("error"), "-");
}

#[tokio::test]
async fn a_process_that_gives_credentials_has_a_span_and_keeps_its_words() {
    let printed =
        r#"echo '{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "printed-by-a-process"}'"#;
    let (clients, spans) = clients(CredentialProcessProvider::new(printed.to_owned()), SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap();
    let tree = self::tree(&spans);
    assert_eq!(names(&tree), [CALL, LOOKUP, (2, "credentials process")]);
    assert_eq!(tree[1].1.get("aws.credentials.source"), "process");
}

#[tokio::test]
async fn a_process_that_fails_is_told_without_what_it_said() {
    let failing = "echo said-by-a-process >&2; exit 3";
    let (clients, spans) = clients(CredentialProcessProvider::new(failing.to_owned()), SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap_err();
    let tree = self::tree(&spans);
    let process = (2, "credentials process");
    assert_eq!(names(&tree)[..3], [CALL, LOOKUP, process]);
    assert_eq!(tree[1].1.error(), ("_OTHER".to_owned(), "an error occurred while loading credentials".to_owned()));
    assert!(tree[0].1.get("error.message").contains("exit status: 3"), "{tree:#?}");
}

#[tokio::test]
async fn a_call_that_is_not_recorded_leaves_no_span_of_its_lookup() {
    let imds = imds();
    let (clients, spans) = clients(role(&imds), SamplingRate::ALWAYS).await;
    let unsampled =
        propagation::remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-00", None).unwrap();
    call(&clients).with_context(unsampled).await.unwrap();
    assert_eq!(spans.take(), []);
    call(&clients).await.unwrap();
    assert_eq!((names(&tree(&spans)), imds.credential_reads()), (vec![CALL], 1));
}

#[tokio::test]
async fn metadata_that_is_broken_fails_the_call_as_before_and_says_why() {
    let imds = imds();
    imds.misbehave(spawn_test_support::imds::ImdsFault::Broken);
    let (clients, spans) = clients(role(&imds), SamplingRate::ALWAYS).await;
    call(&clients).await.unwrap_err();
    let tree = self::tree(&spans);
    assert_eq!(names(&tree)[..3], [CALL, LOOKUP, (2, "IMDS.GetToken")]);
    assert_eq!((tree[1].1.get("error.type"), tree[2].1.get("error.type")), ("500".to_owned(), "500".to_owned()));
}
