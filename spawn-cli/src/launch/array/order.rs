//! An array as its launch writes it down before the first call, so that it can be written again to the letter. Pure.

use super::params::Params;
use super::plan::NewArray;
use serde::{Deserialize, Serialize};
use spawn_cloud::arrays::{ArrayId, ArrayRecord, HookState, Millis};
use spawn_config::{ExporterKind, Topology, TracingSettings};
use std::collections::BTreeMap;
use std::time::Duration;

/// Tasks up to which an array's spans are one trace: of ten spans each, eight tasks are some 60 KB, and X-Ray cuts a
/// trace that trickles in at 100 KB.
const MOST_JOINED_XRAY: u32 = 8;
/// Other back ends have no such limit, but no eye follows more.
const MOST_JOINED: u32 = 64;

/// The array that the instances are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct ArrayOrder {
    pub(in super::super) id: String,
    pub(in super::super) size: u32,
    /// Where results go.
    pub(in super::super) output: String,
    /// Known when the queue is there.
    pub(in super::super) queue_url: Option<String>,
    /// What is still to be written; none once all of it is there.
    pub(in super::super) unwritten: Option<Box<Unwritten>>,
}

/// What the array's records say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct Unwritten {
    command: Vec<String>,
    shell: bool,
    input: Option<String>,
    hook: Option<String>,
    env: BTreeMap<String, String>,
    pub(super) params: Vec<Params>,
    joined: bool,
    timeout_seconds: Option<u64>,
    retries: u32,
    created_at: Millis,
    pub(super) traceparent: Option<String>,
    pub(super) tracestate: Option<String>,
    launch_traceparent: Option<String>,
}

/// What the moment of the launch gives an array.
#[derive(Clone, Debug)]
pub(in super::super) struct Birth {
    pub(in super::super) id: ArrayId,
    /// Where results go unless something else was said.
    pub(in super::super) bucket: String,
    pub(in super::super) now: Millis,
    pub(in super::super) topology: Topology,
    /// Context of the array's own span, planned below the launch's.
    pub(in super::super) traceparent: Option<String>,
    pub(in super::super) tracestate: Option<String>,
    pub(in super::super) launch_traceparent: Option<String>,
}

impl ArrayOrder {
    pub(in super::super) fn new(array: NewArray, birth: Birth) -> Self {
        let NewArray { name: _, size, command, shell, input, output, hook, env, params, timeout, retries } = array;
        let Birth { id, bucket, now, topology, traceparent, tracestate, launch_traceparent } = birth;
        let unwritten = Unwritten {
            command,
            shell,
            input,
            hook,
            env,
            params,
            joined: topology == Topology::Joined,
            timeout_seconds: timeout.map(|time| time.as_secs()),
            retries,
            created_at: now,
            traceparent,
            tracestate,
            launch_traceparent,
        };
        Self {
            output: output.unwrap_or_else(|| format!("s3://{bucket}/arrays/{id}/")),
            id: id.as_str().to_owned(),
            size,
            queue_url: None,
            unwritten: Some(Box::new(unwritten)),
        }
    }

    /// An array that is there already.
    pub(in super::super) fn joined(array: &ArrayRecord) -> Self {
        Self {
            id: array.id.as_str().to_owned(),
            size: array.size,
            output: array.output.clone(),
            queue_url: Some(array.queue_url.clone()),
            unwritten: None,
        }
    }

    /// Its number of tasks, in words.
    pub(in super::super) fn tasks(&self) -> String {
        format!("{} {}", self.size, if self.size == 1 { "task" } else { "tasks" })
    }

    /// The name in its id.
    pub(in super::super) fn name(&self) -> &str {
        self.id.rsplit_once('-').map_or(&self.id, |(name, _)| name)
    }

    /// All of it is there; what was still to be written is not needed any more.
    pub(super) fn written(&mut self, queue_url: String) {
        self.queue_url = Some(queue_url);
        self.unwritten = None;
    }
}

impl Unwritten {
    /// The record, on which nobody works yet.
    pub(super) fn record(&self, id: ArrayId, size: u32, output: String, queue_url: String) -> ArrayRecord {
        let Self { command, shell, input, hook, env, params, joined, .. } = self.clone();
        ArrayRecord {
            id,
            size,
            command,
            shell,
            input,
            output,
            hook,
            env,
            has_params: !params.is_empty(),
            topology: if joined { Topology::Joined } else { Topology::Linked },
            timeout: self.timeout_seconds.map(Duration::from_secs),
            retries: self.retries,
            created_at: self.created_at,
            traceparent: self.traceparent.clone(),
            tracestate: self.tracestate.clone(),
            launch_traceparent: self.launch_traceparent.clone(),
            queue_url,
            round: 1,
            ready: false,
            cancelled_at: None,
            ended_at: None,
            hook_state: HookState::Waiting,
        }
    }
}

/// How the tasks of an array of this size hang together: never `Auto`.
pub(in super::super) fn topology(settings: &TracingSettings, size: u32) -> Topology {
    let most = if settings.exporter == ExporterKind::XRay { MOST_JOINED_XRAY } else { MOST_JOINED };
    match settings.topology {
        Topology::Auto if size <= most => Topology::Joined,
        Topology::Auto => Topology::Linked,
        decided => decided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_arrays_are_one_trace_and_large_ones_are_linked() {
        let settings = |exporter, topology| TracingSettings { exporter, topology, ..TracingSettings::default() };
        let (xray, otlp) = (ExporterKind::XRay, ExporterKind::Otlp);
        for (exporter, asked, size, expected) in [
            (xray, Topology::Auto, 8, Topology::Joined),
            (xray, Topology::Auto, 9, Topology::Linked),
            (otlp, Topology::Auto, 64, Topology::Joined),
            (otlp, Topology::Auto, 65, Topology::Linked),
            (xray, Topology::Joined, 10_000, Topology::Joined),
            (otlp, Topology::Linked, 1, Topology::Linked),
        ] {
            assert_eq!(topology(&settings(exporter, asked), size), expected, "{exporter} {asked} {size}");
        }
    }
}
