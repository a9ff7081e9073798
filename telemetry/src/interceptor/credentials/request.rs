//! One request of a provider of credentials: which one it is, and its span.

use std::sync::Arc;
use std::time::Instant;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use opentelemetry::trace::Status;
use opentelemetry_semantic_conventions::attribute::URL_PATH;

use super::answer;
use super::asking::Asking;
use super::requests::Asked;
use crate::attribute;
use crate::describe::Attributes;
use crate::interceptor::attempt::Answer;
use crate::interceptor::failure::Failure;
use crate::interceptor::kind::CallKind;
use crate::interceptor::server::{self, Server};
use crate::recorder::{SpanEnd, SpanStart};

/// Below it, the instance's role has its name, and the credentials are.
const ROLE: &str = "/iam/security-credentials";

/// Services whose errors have a code and a message; whoever else answers may say anything.
const AWS: [&str; 4] = ["STS", "SSO", "SSO OIDC", "Signin"];
const METADATA: &str = "IMDS";
const CONTAINER: &str = "Container credentials";

/// A request under way.
#[derive(Debug)]
pub(super) struct Request {
    asking: Arc<Asking>,
    start: SpanStart,
    began: Instant,
    kind: Arc<CallKind>,
    attributes: Attributes,
    is_over: bool,
}

impl Request {
    pub(super) fn begin(asking: Arc<Asking>, asked: Asked, request: &HttpRequest) -> Self {
        let (service, operation) = match asked {
            Asked::Metadata if request.method() == "PUT" => (METADATA, "GetToken"),
            Asked::Metadata => (METADATA, "GetMetadata"),
            Asked::Services => operation(request),
        };
        let uri = request.uri();
        let kind = asking.shared.kind_named(service, operation, region(uri).unwrap_or_default());
        let mut attributes = kind.begin_attributes();
        if let Some(method) = server::method(request.method()) {
            attributes.add(attribute::HTTP_REQUEST_METHOD, method);
        }
        if let Some(Server { host, port, .. }) = kind.server(uri).as_deref() {
            attributes.add(attribute::SERVER_ADDRESS, host.clone());
            attributes.add(attribute::SERVER_PORT, i64::from(*port));
        }
        if matches!(asked, Asked::Metadata) {
            attributes.add(URL_PATH, without_role(path(uri)).to_owned());
        }
        Self { start: asking.request(), asking, began: Instant::now(), kind, attributes, is_over: false }
    }

    /// The answer's headers are here, or there is none. An error of a service tells its code in the body, as it is read.
    pub(super) fn end(mut self, answer: Result<HttpResponse, ConnectorError>) -> Result<HttpResponse, ConnectorError> {
        match answer {
            Ok(answer) if answer.status().is_success() => {
                Answer::of(&answer).describe(&mut self.attributes);
                self.write(None);
                Ok(answer)
            }
            Ok(answer) => {
                Answer::of(&answer).describe(&mut self.attributes);
                Ok(answer::follow(answer, self))
            }
            Err(error) => {
                self.write(Some(Failure::of_request(&error)));
                Err(error)
            }
        }
    }

    /// The answer was an error; `response` holds as much of it as is read.
    pub(super) fn refused(mut self, response: &HttpResponse) {
        self.write(Some(Failure::of_status(response)));
    }

    /// Whether code and message of an error may be told.
    pub(super) fn speaks_as_aws(&self) -> bool {
        AWS.contains(&self.kind.name().service)
    }

    fn write(&mut self, failure: Option<Failure>) {
        self.is_over = true;
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.add(attribute::ERROR, failure.is_some());
        let status = match failure {
            None => Status::Unset,
            Some(failure) => {
                failure.describe(&mut attributes);
                let status = Status::error(failure.message.clone());
                self.asking.failed(failure);
                status
            }
        };
        let (name, kind) = (self.kind.span_name.clone().into(), self.kind.span_kind.clone());
        let (attributes, elapsed) = (attributes.into_vec(), self.began.elapsed());
        self.asking.shared.recorder.end(&self.start, SpanEnd { name, kind, attributes, status, elapsed });
    }
}

impl Drop for Request {
    /// Nobody waits for the answer any more.
    fn drop(&mut self) {
        if !self.is_over {
            self.write(Some(Failure::cancelled()));
        }
    }
}

/// Which operation of which service it is. The services are those that the SDK's providers ask; each is known by what
/// no other sends. Of the body, only the name of the operation is read.
fn operation(request: &HttpRequest) -> (&'static str, &str) {
    let form = request.body().bytes().and_then(|body| body.strip_prefix(b"Action="));
    let named = form.and_then(|form| form.split(|byte| *byte == b'&').next());
    let named = named.and_then(|name| std::str::from_utf8(name).ok());
    let is_name = |name: &&str| (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    match (named.filter(is_name), path(request.uri())) {
        (Some(name), _) => ("STS", name),
        (None, "/federation/credentials") => ("SSO", "GetRoleCredentials"),
        (None, "/token") if request.method() == "POST" => ("SSO OIDC", "CreateToken"),
        (None, "/v1/token") if request.method() == "POST" => ("Signin", "CreateOAuth2Token"),
        // The path is left out: it may be what entitles to the credentials.
        (None, _) => (CONTAINER, "GetCredentials"),
    }
}

/// The region in the name of an AWS host: `sts.eu-west-1.amazonaws.com`.
fn region(uri: &str) -> Option<&str> {
    let host = uri.split_once("://")?.1.split(['/', ':', '?']).next()?;
    let names = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let region = names.rsplit('.').next()?;
    (names.contains('.') && region.bytes().filter(|byte| *byte == b'-').count() >= 2).then_some(region)
}

fn path(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The path, up to where the name of the instance's role begins.
fn without_role(path: &str) -> &str {
    match path.find(ROLE) {
        Some(at) => &path[..at + ROLE.len()],
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn named(method: &str, uri: &str, body: &'static str) -> (String, String) {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).unwrap();
        request.set_uri(uri).unwrap();
        let (service, operation) = operation(&request);
        (service.to_owned(), operation.to_owned())
    }

    #[test]
    fn the_reference_lists_every_service() {
        let reference = include_str!("../../../../docs/reference/spans.md");
        let table = reference.split_once("<!-- requests:begin -->").unwrap().1;
        let table = table.split_once("<!-- requests:end -->").unwrap().0;
        let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
        assert_eq!(listed, [&AWS[..], &[METADATA, CONTAINER]].concat());
    }

    #[test]
    fn each_service_is_known_by_what_no_other_sends() {
        for (method, uri, body, service, operation) in [
            ("POST", "https://sts.eu-west-1.amazonaws.com/", "Action=AssumeRole&Version=x", "STS", "AssumeRole"),
            (
                "GET",
                "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=r",
                "",
                "SSO",
                "GetRoleCredentials",
            ),
            ("POST", "https://oidc.eu-west-1.amazonaws.com/token", "{}", "SSO OIDC", "CreateToken"),
            ("GET", "http://169.254.170.2/v2/credentials/7a1b", "", "Container credentials", "GetCredentials"),
            ("POST", "http://127.0.0.1/", "Action=%3Cscript%3E", "Container credentials", "GetCredentials"),
        ] {
            assert_eq!(named(method, uri, body), (service.to_owned(), operation.to_owned()), "{uri}");
        }
    }

    #[test]
    fn the_region_is_in_the_name_of_the_host() {
        assert_eq!(region("https://sts.eu-west-1.amazonaws.com/"), Some("eu-west-1"));
        assert_eq!(region("https://sts.cn-north-1.amazonaws.com.cn/"), Some("cn-north-1"));
        for uri in ["https://sts.amazonaws.com/", "http://127.0.0.1:80/", "", "https://eu-west-1.amazonaws.com/"] {
            assert_eq!(region(uri), None, "{uri}");
        }
    }

    #[test]
    fn the_name_of_the_role_is_left_out() {
        let folder = "/latest/meta-data/iam/security-credentials";
        assert_eq!(without_role(path(&format!("http://169.254.169.254{folder}/my-role?x"))), folder);
        assert_eq!(without_role(path("http://[fd00:ec2::254]/latest/api/token")), "/latest/api/token");
    }
}
