//! What keeps an OTLP receiver from taking spans, in words for its user.

use std::time::Duration;

use super::super::Trouble;
use super::super::words::{brief, chain};
use super::tls;

/// What kept a request from being answered.
pub(super) fn broken(error: &(dyn std::error::Error + 'static)) -> Trouble {
    if !tls::is_distrust(error) {
        return unreachable(&chain(error));
    }
    Trouble {
        lasting: true,
        after: None,
        what: format!("TLS with the OTLP receiver fails: {}", brief(&chain(error))),
        remedy: "`ca_file` under `otlp` must hold the authority of the receiver's certificate, `client_cert` and \
                 `client_key` what it asks for; the host in `tracing-endpoint` must be one that the certificate names"
            .to_owned(),
    }
}

pub(super) fn unreachable(why: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("the OTLP receiver cannot be reached: {}", brief(why)),
        remedy:
            "check that it runs, `tracing-endpoint`, `tracing-otlp-protocol`, the network between, and whether it asks \
                 for a certificate (`client_cert` under `otlp`)"
                .to_owned(),
    }
}

pub(super) fn refusing(said: &str) -> Trouble {
    Trouble {
        lasting: true,
        after: None,
        what: format!("the OTLP receiver refuses the spans: {}", brief(said)),
        remedy: "check the endpoint, the protocol, and the headers or token that it asks for".to_owned(),
    }
}

pub(super) fn busy(said: &str, after: Option<Duration>) -> Trouble {
    Trouble {
        lasting: false,
        after,
        what: format!("the OTLP receiver cannot take the spans now: {}", brief(said)),
        remedy: "they are sent again; if this stays, look at the receiver's log".to_owned(),
    }
}
