//! Which requests a script means, and what it does to them.

use std::time::Duration;

use bytes::Bytes;

use super::Recorded;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes to the server and the answer comes back.
    Pass,
    /// The proxy answers by itself.
    Respond {
        /// The status, 100 to 999.
        status: u16,
        /// Headers of the answer.
        headers: Vec<(String, String)>,
        /// Its body.
        body: Bytes,
    },
    /// It passes, but only after so long.
    Delay(Duration),
    /// It is never answered.
    Hang,
    /// The connection is reset before the server sees the request.
    Reset,
    /// The server gets the request, its answer is lost and the connection reset.
    TakeAndReset,
    /// The answer ends after so many bytes of its body.
    Truncate(usize),
}

impl Action {
    /// An answer of the proxy with a status and a body.
    pub fn respond(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self::Respond { status, headers, body: body.into() }
    }

    /// An error as AWS's JSON protocols answer it.
    pub fn json_error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message }).to_string();
        let headers = [("content-type", "application/x-amz-json-1.0"), ("x-amzn-errortype", code)];
        Self::respond(status, &headers, body)
    }

    /// An error as EC2's query protocol answers it.
    pub fn ec2_error(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>fault-proxy</RequestID></Response>"
        );
        Self::respond(status, &[("content-type", "text/xml")], body)
    }
}

/// An action and the requests that it is for: all of them, until a condition is added. All conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    action: Action,
    method: Option<String>,
    path_prefix: Option<String>,
    target: Option<String>,
    form_action: Option<String>,
    skip: usize,
    left: Option<usize>,
}

impl Rule {
    /// Does `action` to every request.
    pub const fn new(action: Action) -> Self {
        Self { action, method: None, path_prefix: None, target: None, form_action: None, skip: 0, left: None }
    }

    /// Only requests of this method.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path starts so.
    pub fn path(mut self, prefix: &str) -> Self {
        self.path_prefix = Some(prefix.to_owned());
        self
    }

    /// Only requests of this operation of a JSON protocol: the part of `X-Amz-Target` behind the dot.
    pub fn target(mut self, operation: &str) -> Self {
        self.target = Some(operation.to_owned());
        self
    }

    /// Only requests of this operation of a query protocol: the form's `Action`.
    pub fn form_action(mut self, operation: &str) -> Self {
        self.form_action = Some(operation.to_owned());
        self
    }

    /// Lets the first `count` requests that match go by.
    pub const fn after(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Acts on `count` requests, then no more.
    pub const fn times(mut self, count: usize) -> Self {
        self.left = Some(count);
        self
    }

    /// Acts on the first request that matches.
    pub const fn once(self) -> Self {
        self.times(1)
    }

    /// The action, if this rule is for `request`; counts it.
    pub(super) fn applies_to(&mut self, request: &Recorded) -> Option<Action> {
        if self.left == Some(0) || !self.means(request) {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.action.clone())
    }

    fn means(&self, request: &Recorded) -> bool {
        let target = || request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
        let form_action = |wanted: &str| {
            let body = request.text();
            body.split('&').any(|pair| pair.strip_prefix("Action=") == Some(wanted))
        };
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path_prefix.as_ref().is_none_or(|prefix| request.path.starts_with(prefix.as_str()))
            && self.target.as_ref().is_none_or(|operation| target() == Some(operation))
            && self.form_action.as_ref().is_none_or(|operation| form_action(operation))
    }
}
