//! Which path shows what, and the session token that every read needs.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use std::time::SystemTime;

use super::credentials::http_date;

use super::{InstanceFacts, State, status};

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

/// The longest that AWS lets a token live: six hours.
const LONGEST_TTL: u32 = 21_600;

pub(super) fn respond(state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path();
    match (request.method(), path) {
        (&Method::PUT, "/latest/api/token") => issue_token(state, request.headers()),
        (&Method::GET, _) if !token_is_ours(state, request.headers()) => status(StatusCode::UNAUTHORIZED),
        (&Method::GET, _) => match credentials(state, path).or_else(|| show(state, path)) {
            Some(text) => Response::new(Bytes::from(text)),
            None => status(StatusCode::NOT_FOUND),
        },
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn issue_token(state: &mut State, headers: &HeaderMap) -> Response<Bytes> {
    // A request that a proxy has passed on gets no token: that is what protects against open proxies.
    if headers.contains_key("x-forwarded-for") {
        return status(StatusCode::FORBIDDEN);
    }
    let ttl = headers.get(TTL).and_then(|ttl| ttl.to_str().ok()).and_then(|ttl| ttl.parse::<u32>().ok());
    let Some(ttl) = ttl.filter(|ttl| (1..=LONGEST_TTL).contains(ttl)) else {
        return status(StatusCode::BAD_REQUEST);
    };
    state.tokens += 1;
    let mut response = Response::new(Bytes::from(token(state.tokens)));
    response.headers_mut().insert(TTL, ttl.into());
    response
}

fn token_is_ours(state: &State, headers: &HeaderMap) -> bool {
    let given = headers.get(TOKEN).and_then(|given| given.to_str().ok());
    given.is_some_and(|given| (1..=state.tokens).any(|serial| given == token(serial)))
}

fn token(serial: u64) -> String {
    format!("AQAEAtest-token-{serial}==")
}

fn show(state: &State, path: &str) -> Option<String> {
    let path = path.strip_prefix("/latest/")?.trim_end_matches('/');
    match path {
        "dynamic/instance-identity/document" => Some(identity_document(&state.facts)),
        "user-data" => state.facts.user_data.clone(),
        _ => metadata(state, path.strip_prefix("meta-data")?.trim_start_matches('/')),
    }
}

fn metadata(state: &State, path: &str) -> Option<String> {
    let facts = &state.facts;
    if let Some(key) = path.strip_prefix("tags/instance/") {
        return facts.tags.as_ref()?.get(&percent_decoded(key)).cloned();
    }
    let text = match path {
        "" => {
            "ami-id\nevents/\nhostname\niam/\ninstance-id\ninstance-life-cycle\ninstance-type\nlocal-hostname\nlocal-ipv4\nplacement/\ntags/"
        }
        "ami-id" => &facts.image_id,
        "ami-launch-index" => return facts.launch_index.map(|index| index.to_string()),
        "hostname" | "local-hostname" => return Some(host_name(facts)),
        "iam/security-credentials" => facts.role.as_ref()?,
        "instance-id" => &facts.instance_id,
        "instance-life-cycle" => &facts.life_cycle,
        "instance-type" => &facts.instance_type,
        "local-ipv4" => &facts.private_ip,
        "placement" => "availability-zone\nregion",
        "placement/availability-zone" => &facts.availability_zone,
        "placement/region" => &facts.region,
        "events/recommendations/rebalance" => state.rebalance.as_ref()?,
        "spot/instance-action" => state.spot_action.as_ref()?,
        "tags/instance" => {
            return Some(facts.tags.as_ref()?.keys().cloned().collect::<Vec<_>>().join("\n"));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn identity_document(facts: &InstanceFacts) -> String {
    let document = json!({
        "accountId": facts.account_id,
        "architecture": "x86_64",
        "availabilityZone": facts.availability_zone,
        "billingProducts": null,
        "devpayProductCodes": null,
        "marketplaceProductCodes": null,
        "imageId": facts.image_id,
        "instanceId": facts.instance_id,
        "instanceType": facts.instance_type,
        "kernelId": null,
        "pendingTime": facts.launched_at,
        "privateIp": facts.private_ip,
        "ramdiskId": null,
        "region": facts.region,
        "version": "2017-09-30",
    });
    format!("{document:#}")
}

/// The credentials of the instance's role, if they are asked for.
fn credentials(state: &mut State, path: &str) -> Option<String> {
    let wanted = path.strip_prefix("/latest/meta-data/iam/security-credentials/").filter(|role| !role.is_empty())?;
    let role = state.facts.role.as_deref().filter(|role| *role == wanted);
    role.map(|_| state.credentials.next(now(state.clock_offset)))
}

/// Seconds since 1970 by the service's clock.
fn now(clock_offset: i64) -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX).saturating_add(clock_offset)
}

/// The service's time as a header.
pub(super) fn date(clock_offset: i64) -> HeaderValue {
    let text = http_date(now(clock_offset));
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

fn host_name(facts: &InstanceFacts) -> String {
    let domain = if facts.region == "us-east-1" { "ec2.internal" } else { "compute.internal" };
    format!("ip-{}.{domain}", facts.private_ip.replace('.', "-"))
}

/// Clients differ in whether they escape the colon of `spawn:ttl`.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn escapes_in_a_tag_key_are_undone_and_anything_else_is_kept() {
        assert_eq!(percent_decoded("spawn%3Attl"), "spawn:ttl");
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%zz%C3%A4"), "%zzä");
    }
}
