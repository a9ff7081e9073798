//! Whether spans reach their back end: the doctor's own trace is the proof.
//!
//! A request without spans would prove less: X-Ray refuses an empty list before or after it looks at the rights, and
//! which is not documented. A real trace proves rights, network and endpoint at once, and is what tracing is for.

use crate::session::Session;
use spawn_cloud::checks::Finding;
use spawn_host::{SpoolState, World};
use std::path::PathBuf;

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

/// Whether spans that a command could not deliver can wait on disk for the next one.
pub(super) fn spool(world: &World) -> Finding {
    let own = world.settings().ok().and_then(|layers| layers.resolve().settings.tracing.spool.folder);
    let Some(folder) = own.map(PathBuf::from).or_else(|| world.user_spool()) else {
        return Finding::warn("there is no folder where spans could wait", "set HOME or XDG_STATE_HOME");
    };
    let shown = folder.display();
    match SpoolState::of(&folder) {
        SpoolState::Good { bytes: 0, .. } => Finding::ok(format!("nothing waits in {shown}")),
        SpoolState::Good { bytes, writers } => Finding::ok(format!(
            "{} KiB of {writers} commands are in {shown}: the next command delivers what waits, or `spawn trace flush`",
            bytes.div_ceil(1024)
        )),
        SpoolState::Scarce { free } => Finding::warn(
            format!("the disk of {shown} has {} KiB left", free / 1024),
            "free space there, or name another folder in `tracing-spool-folder`",
        ),
        SpoolState::Forbidden => {
            Finding::warn(format!("{shown} cannot be written by this user"), format!("chown or remove {shown}"))
        }
        SpoolState::Broken(error) => Finding::warn(
            format!("{shown}: {error}: what is not delivered when a command ends is lost"),
            "mend the disk, or name another folder in `tracing-spool-folder`",
        ),
    }
}
