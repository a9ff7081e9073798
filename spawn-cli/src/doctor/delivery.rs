//! Whether spans reach their back end: the doctor's own trace is the proof.
//!
//! A request without spans would prove less: X-Ray refuses an empty list before or after it looks at the rights, and
//! which is not documented. A real trace proves rights, network and endpoint at once, and is what tracing is for.

use crate::session::Session;
use spawn_cloud::checks::Finding;

pub(super) async fn delivery(session: &Session) -> Finding {
    let (left, health) = session.deliver().await;
    let Some(exporter) = health.exporter else {
        return Finding::ok("tracing is off on this machine: nothing is sent");
    };
    if let Some(problem) = health.problem {
        return Finding::fail(problem.what, problem.remedy);
    }
    if let Some(refusal) = health.last_refusal {
        return Finding::fail(
            format!("{exporter} refuses spans: {refusal}"),
            "check that `tracing-endpoint` is what `tracing-exporter` says",
        );
    }
    if left > 0 {
        return Finding::warn(
            format!("{left} spans of this check have not reached {exporter} in time"),
            "check the network, `tracing-endpoint` and the proxy between here and there",
        );
    }
    Finding::ok(format!("spans of this check have reached {exporter}"))
}
