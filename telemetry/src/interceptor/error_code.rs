//! Finds AWS's error code and message in a response, in any of AWS's protocols.
//!
//! The SDK knows both, but only inside an error type that differs for every operation; the response is the same for all.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Deserialize;

/// What a response says about its error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorCode {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// Reads code and message of an error response.
pub(super) fn read(response: &HttpResponse) -> ErrorCode {
    let header = |name| response.headers().get(name);
    let body = response.body().bytes().unwrap_or_default();
    let in_body = match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => from_json(body),
        Some(b'<') => from_xml(body),
        _ => ErrorCode::default(),
    };
    // SQS speaks JSON now and says in a header what it said in the query protocol, which the conventions still show.
    let code = header("x-amzn-query-error")
        .and_then(|value| value.split(';').next())
        .or_else(|| header("x-amzn-errortype"))
        .map(bare)
        .filter(|code| !code.is_empty())
        .or(in_body.code);
    let message = in_body.message.or_else(|| header("x-amzn-error-message").map(str::to_owned));
    ErrorCode { code, message }
}

/// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…` without what is around the code.
fn bare(code: &str) -> String {
    let code = code.rsplit_once('#').map_or(code, |(_, code)| code);
    code.split(':').next().unwrap_or(code).trim().to_owned()
}

/// The names that AWS's JSON protocols give to code and message.
#[derive(Default, Deserialize)]
struct JsonError {
    #[serde(rename = "__type")]
    kind: Option<serde_json::Value>,
    code: Option<serde_json::Value>,
    #[serde(rename = "Code")]
    capital_code: Option<serde_json::Value>,
    message: Option<serde_json::Value>,
    #[serde(rename = "Message")]
    capital_message: Option<serde_json::Value>,
    #[serde(rename = "errorMessage")]
    error_message: Option<serde_json::Value>,
}

fn from_json(body: &[u8]) -> ErrorCode {
    // A member of another type says nothing; it must not hide the others.
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    let JsonError { kind, code, capital_code, message, capital_message, error_message } =
        serde_json::from_slice(body).unwrap_or_default();
    ErrorCode {
        code: text(kind).or_else(|| text(code)).or_else(|| text(capital_code)).map(|code| bare(&code)),
        message: text(message).or_else(|| text(capital_message)).or_else(|| text(error_message)),
    }
}

fn from_xml(body: &[u8]) -> ErrorCode {
    ErrorCode { code: element(body, "Code"), message: element(body, "Message") }
}

/// Request id in the body of the XML protocols, for servers that send it nowhere else.
pub(super) fn request_id_in_body(response: &HttpResponse) -> Option<String> {
    let body = response.body().bytes()?;
    if !body.starts_with(b"<") {
        return None;
    }
    ["requestId", "RequestId", "RequestID"].into_iter().find_map(|name| element(body, name))
}

/// Text of the first element of this name. AWS's error documents are flat and use no CDATA; what is not text stays out.
pub(super) fn element(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let start = body.find(&format!("<{name}>"))? + name.len() + 2;
    let text = body.get(start..)?.split_once("</")?.0;
    (!text.contains('<')).then(|| unescape(text.trim()))
}

fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::*;

    fn error(headers: &[(&'static str, &'static str)], body: &str) -> (Option<String>, Option<String>) {
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        let ErrorCode { code, message } = read(&response);
        (code, message)
    }

    fn some(code: &str, message: &str) -> (Option<String>, Option<String>) {
        (Some(code.to_owned()), Some(message.to_owned()))
    }

    #[test]
    fn the_code_is_found_in_every_protocol() {
        let json = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}"#;
        assert_eq!(error(&[], json), some("ResourceNotFoundException", "no table"));
        let typed = [("x-amzn-errortype", "InvalidRequestException:http://internal.amazon.com/coral/")];
        assert_eq!(error(&typed, r#"{"Message":"no segments"}"#), some("InvalidRequestException", "no segments"));
        let ec2 = "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code>\
                   <Message>The instance &apos;i-1&apos; does not exist</Message></Error></Errors></Response>";
        assert_eq!(error(&[], ec2), some("InvalidInstanceID.NotFound", "The instance 'i-1' does not exist"));
    }

    #[test]
    fn sqs_shows_the_code_of_its_query_protocol() {
        let headers = [("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")];
        let json = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}"#;
        assert_eq!(error(&headers, json), some("AWS.SimpleQueueService.NonExistentQueue", "no queue"));
    }

    #[test]
    fn a_body_without_a_code_says_none() {
        for body in ["", "{", "[]", "<html><body>Bad Gateway</body></html>", "<Code>", "{\"code\":503}", "plain"] {
            assert_eq!(error(&[], body), (None, None), "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(<Code>|</|\\{\"|__type|:|.){0,40}") {
            error(&[], &body);
        }
    }
}
