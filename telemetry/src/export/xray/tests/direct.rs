//! Requests that go the way of one that the SDK has sent, as a receiver sees them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use aws_credential_types::provider::{self, ProvideCredentials, future};

use super::answers::speaking_to;
use super::wire::{Asked, Wire, answer};
use super::*;

/// The SDK numbers what it sends itself.
fn is_by_the_sdk(asked: &Asked) -> bool {
    asked.header("amz-sdk-request").is_some()
}

fn taking_all() -> Wire {
    Wire::start(|_: &Asked| answer(200, "", "{}"))
}

/// The id of the key that has signed.
fn key(asked: &Asked) -> String {
    let authorization = asked.header("authorization").unwrap();
    authorization.split(['=', '/']).nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_sdk_shows_the_way_and_shows_it_again_when_a_request_has_failed() {
    let mut requests = 0;
    let wire = Wire::start(move |_: &Asked| {
        requests += 1;
        answer(if requests == 3 { 503 } else { 200 }, "", "{}")
    });
    let mut exporter = speaking_to(&wire);
    for _ in 0..5 {
        exporter.send(&spans(2)).await;
    }
    let asked = wire.asked();
    assert_eq!(asked.iter().map(is_by_the_sdk).collect::<Vec<_>>(), [true, false, false, true, false]);
    let head = |asked: &Asked| {
        let names = ["content-type", "content-length", "host", "user-agent", "x-amz-user-agent"];
        (asked.head.lines().next().map(str::to_owned), names.map(|name| asked.header(name)))
    };
    assert_eq!(head(&asked[0]), head(&asked[1]));
    assert_eq!(asked[0].body, asked[1].body);
    let signature = |asked: &Asked| asked.header("authorization").unwrap().split(", Signature=").count();
    assert!(asked.iter().all(|asked| signature(asked) == 2 && asked.header("x-amz-date").is_some()));
}

/// Hands out another key each time, with a token, for so long.
#[derive(Debug)]
struct Rotating(Arc<AtomicUsize>, Option<Duration>);

impl ProvideCredentials for Rotating {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let end = self.1.map(|lasts| SystemTime::now() + lasts);
        let of = Credentials::new(format!("KEY{number}"), "secret", Some(format!("token {number}")), end, "test");
        future::ProvideCredentials::ready(provider::Result::Ok(of))
    }
}

/// An exporter with such credentials, and how often they were asked for.
fn rotating(wire: &Wire, lasts: Option<Duration>) -> (XRay, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::default());
    let credentials = SharedCredentialsProvider::new(Rotating(Arc::clone(&asked), lasts));
    let config = speaking_to(wire).api.client.config().to_builder().credentials_provider(credentials).build();
    (exporter(config, Filter::default()), asked)
}

#[tokio::test]
async fn credentials_that_end_are_asked_for_again_and_others_are_not() {
    let wire = taking_all();
    let (mut exporter, asked) = rotating(&wire, None);
    for _ in 0..3 {
        exporter.send(&spans(1)).await;
    }
    assert_eq!(
        (asked.load(Ordering::Relaxed), wire.asked().iter().map(key).collect::<Vec<_>>()),
        (1, vec!["KEY0".to_owned(); 3])
    );
    let wire = taking_all();
    // They are renewed a little before their end.
    let (mut exporter, _) = rotating(&wire, Some(Duration::from_secs(5)));
    for _ in 0..3 {
        exporter.send(&spans(1)).await;
    }
    let requests = wire.asked();
    assert_eq!(requests.iter().map(key).collect::<Vec<_>>(), ["KEY0", "KEY1", "KEY2"]);
    assert_eq!(requests[2].header("x-amz-security-token").as_deref(), Some("token 2"));
    assert_eq!(requests.iter().map(is_by_the_sdk).collect::<Vec<_>>(), [true, false, false]);
}

#[tokio::test]
async fn credentials_that_are_refused_under_way_are_renewed_and_nothing_is_lost() {
    let wire = Wire::start({
        let mut requests = 0;
        move |asked: &Asked| {
            requests += 1;
            let ended = requests > 1 && key(asked) == "KEY0";
            let body = if ended { r#"{"__type": "ExpiredTokenException", "message": "ended"}"# } else { "{}" };
            answer(if ended { 403 } else { 200 }, "", body)
        }
    });
    let (mut exporter, _) = rotating(&wire, None);
    for _ in 0..3 {
        assert_eq!(exporter.send(&spans(1)).await, Outcome::delivered(1));
    }
    // The second is refused once, and goes with another key then.
    assert_eq!(wire.asked().iter().map(key).collect::<Vec<_>>(), ["KEY0", "KEY0", "KEY1", "KEY1"]);
}

#[tokio::test]
async fn a_clock_that_jumps_under_way_is_learned_anew() {
    let mut ahead = 0;
    let wire = Wire::start(move |asked: &Asked| {
        use aws_smithy_types::date_time::{DateTime, Format};
        ahead += 1;
        // From the second request on it is another day for AWS.
        let now = DateTime::from(SystemTime::now()).secs() + if ahead > 1 { 86_400 } else { 0 };
        let today = DateTime::from_secs(now).fmt(Format::DateTime).unwrap().replace('-', "");
        let date = format!("date: {}\r\n", DateTime::from_secs(now).fmt(Format::HttpDate).unwrap());
        match asked.header("x-amz-date").unwrap()[..8] == today[..8] {
            true => answer(200, &date, "{}"),
            false => answer(403, &date, r#"{"__type": "RequestExpired", "message": "old"}"#),
        }
    });
    let mut exporter = speaking_to(&wire);
    for _ in 0..3 {
        assert_eq!(exporter.send(&spans(1)).await, Outcome::delivered(1));
    }
    assert_eq!(wire.asked().iter().map(is_by_the_sdk).collect::<Vec<_>>(), [true, false, true, true, false]);
    let skew = exporter.remarks().skew.unwrap();
    assert!((skew - 86_400).abs() < 60, "{skew}");
}
