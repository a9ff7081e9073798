//! The end of the host's time. Time to live, idleness and completion race; the first ends the host, once. Notices of an
//! interruption end nothing: EC2 does that itself, and the agent sees to the rest.

mod age;
mod attribute;
mod carry_out;
mod completion;
mod end;
mod hook;
mod idle;
mod notice;
mod state;
mod ttl;

pub(crate) use completion::{Completion, Outcome};
pub(crate) use state::{LifeReport, LifeState};

use super::boot::Booted;
use super::live::Fixed;
use super::state::Shared;
use age::Age;
use carry_out::After;
use end::Reason;
use opentelemetry::trace::{SpanKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use spawn_config::LifeSettings;
use spawn_telemetry::{Telemetry, propagation};
use std::time::Duration;

/// Spans leave before a step that may leave them no time, within this.
const FLUSH: Duration = Duration::from_secs(2);
/// The same once the agent is told to stop: the end itself has seconds only.
const HASTY_FLUSH: Duration = Duration::from_millis(500);

/// What every part of the life cycle works with.
#[derive(Clone, Copy, Debug)]
struct Life<'a> {
    booted: &'a Booted,
    telemetry: &'a Telemetry,
    shared: &'a Shared,
}

/// Returns when the agent's time is over.
pub(super) async fn until_end(booted: &Booted, telemetry: &Telemetry, shared: &Shared) {
    let life = Life { booted, telemetry, shared };
    tokio::select! {
        () = first_end(life) => {}
        never = notice::watch(life) => match never {},
    }
}

async fn first_end(life: Life<'_>) {
    let age = Age::of(&life.fixed().identity, &life.fixed().imds);
    let mut taken = completion::Taken::default();
    let mut ttl_alone = false;
    loop {
        let cause = tokio::select! {
            biased;
            cause = ttl::over(life, &age) => cause,
            cause = completion::over(life, &mut taken), if !ttl_alone => cause,
            cause = idle::over(life), if !ttl_alone => cause,
        };
        match carry_out::carry_out(life, &age, cause).await {
            After::Over => return,
            After::Stays => ttl_alone = true,
            After::Sleeps => {
                carry_out::woken(life, &age).await;
                ttl_alone = false;
            }
        }
    }
}

impl<'a> Life<'a> {
    fn fixed(&self) -> &'a Fixed {
        self.booted.live.fixed()
    }

    fn state(&self) -> &'a LifeState {
        self.shared.life()
    }

    /// Delivers what waits, within a time that leaves enough for what follows.
    async fn flush(&self) {
        let within = if self.state().is_told_to_stop() { HASTY_FLUSH } else { FLUSH };
        self.telemetry.flush(within).await;
    }

    fn settings(&self) -> LifeSettings {
        self.booted.live.now().settings().life.clone()
    }

    /// The span of a decision, which has ended: what follows from it hangs below it. A trace of its own, linked to that
    /// of the boot, because it may be days later.
    fn decided(&self, reason: Reason, action: &'static str, mut attributes: Vec<KeyValue>) -> Context {
        attributes.push(KeyValue::new(attribute::REASON, reason.as_str()));
        attributes.push(KeyValue::new(attribute::ACTION, action));
        let event = reason.event().map(|event| (event, attributes.clone()));
        let span = self.telemetry.start_span(reason.span(), SpanKind::Internal, &Context::new(), attributes, None);
        if let Some((event, attributes)) = event {
            span.span().add_event(event, attributes);
        }
        let boot = self.booted.record.traceparent.as_deref();
        if let Some(boot) = boot.and_then(|boot| propagation::remote_context(boot, None).ok()) {
            span.span().add_link(boot.span().span_context().clone(), Vec::new());
        }
        span.span().end();
        span
    }
}
