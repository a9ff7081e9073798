//! The allow list: whose attributes are shown without being asked for.
//!
//! They are those that spawn sets and those that OpenTelemetry's conventions name, but for the ones that hold what users
//! send: bodies, statements, headers. What else an attribute may be called, `tracing-filter-allow` lets through.

/// Beginnings of names: of spawn's own attributes, and of the namespaces of the conventions, old ones included.
pub(super) const NAMESPACES: [&str; 51] = [
    "spawn.",
    "aws.",
    "rpc.",
    "http.",
    "url.",
    "server.",
    "client.",
    "network.",
    "net.",
    "source.",
    "destination.",
    "messaging.",
    "db.",
    "faas.",
    "cloud.",
    "cloudevents.",
    "host.",
    "service.",
    "deployment.",
    "process.",
    "container.",
    "k8s.",
    "os.",
    "error.",
    "exception.",
    "code.",
    "thread.",
    "telemetry.",
    "otel.",
    "enduser.",
    "user_agent.",
    "peer.",
    "dns.",
    "tls.",
    "file.",
    "disk.",
    "system.",
    "feature_flag.",
    "cicd.",
    "vcs.",
    "test.",
    "webengine.",
    "heroku.",
    "azure.",
    "gcp.",
    "oci.",
    "gen_ai.request.",
    "gen_ai.response.",
    "gen_ai.usage.",
    "gen_ai.operation.",
    "graphql.operation.",
];

/// Names without a namespace, and single ones of a namespace that is not shown as a whole.
pub(super) const NAMES: [&str; 4] = ["error", "task_id", "gen_ai.system", "gen_ai.provider.name"];

/// Names, and beginnings of names where they end in a full stop, that hold what users send, whatever their namespace.
pub(super) const PAYLOADS: [&str; 22] = [
    "db.query.text",
    "db.query.parameter.",
    "db.operation.parameter.",
    "db.statement",
    "db.statement.parameters",
    "messaging.message.body",
    "messaging.message.payload",
    "messaging.header.",
    "http.request.header.",
    "http.response.header.",
    "http.request.body",
    "http.response.body",
    "http.request.body.content",
    "http.response.body.content",
    "rpc.request.metadata.",
    "rpc.response.metadata.",
    "rpc.grpc.request.metadata.",
    "rpc.grpc.response.metadata.",
    "rpc.connect_rpc.request.metadata.",
    "rpc.connect_rpc.response.metadata.",
    "url.query",
    "process.command_line",
];

/// Whether the attribute is shown without being asked for.
pub(super) fn is_known(name: &str) -> bool {
    let begins = |beginning: &&str| name.starts_with(*beginning);
    let is_payload =
        PAYLOADS.iter().any(|payload| if payload.ends_with('.') { begins(payload) } else { name == *payload });
    !is_payload && (NAMES.contains(&name) || NAMESPACES.iter().any(begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names between the marks of a list in the reference.
    fn listed(list: &str) -> Vec<&'static str> {
        let reference = include_str!("../../../docs/reference/security.md");
        let table = reference.split_once(&format!("<!-- {list}:begin -->")).unwrap().1;
        let table = table.split_once(&format!("<!-- {list}:end -->")).unwrap().0;
        table.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('*')).collect()
    }

    #[test]
    fn the_reference_lists_what_is_shown_and_what_is_not() {
        assert_eq!(listed("shown"), [&NAMESPACES[..], &NAMES[..]].concat());
        assert_eq!(listed("payloads"), PAYLOADS);
    }

    #[test]
    fn every_attribute_of_the_span_reference_is_shown() {
        for name in crate::attribute::ALL {
            assert!(is_known(name), "{name}");
        }
    }

    #[test]
    fn what_users_send_is_not_shown_and_its_size_is() {
        for name in ["db.query.text", "http.request.header.authorization", "db.query.parameter.0", "url.query"] {
            assert!(!is_known(name), "{name}");
        }
        for name in ["messaging.message.body.size", "http.request.body.size", "db.query.summary", "url.path"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["", "errors", "awsome", "user.name", "gen_ai.prompt", "graphql.document", "app.customer"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
