//! The environment of a task: the host's, the array's, the task's own, and what spawn says; later ones win.

use super::left_over::{INPUT, MARK};
use opentelemetry::Context;
use spawn_cloud::arrays::ArrayRecord;
use spawn_telemetry::propagation;
use std::collections::BTreeMap;
use std::path::Path;

/// What is between the agent and its service manager, or steers the agent's own tracing: no task's business. A name
/// that ends in `_` stands for all that begin so.
const AGENTS_OWN: [&str; 27] = [
    "BAGGAGE",
    "CACHE_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "FDSTORE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LISTEN_",
    "LOGS_DIRECTORY",
    "MAINPID",
    "MALLOC_ARENA_MAX",
    "MEMORY_PRESSURE_",
    "NOTIFY_SOCKET",
    "OLDPWD",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "PWD",
    "RUNTIME_DIRECTORY",
    "SPAWN_CONFIG",
    "SPORED_",
    "STATE_DIRECTORY",
    "SYSTEMD_",
    "TRACEPARENT",
    "TRACESTATE",
    "TRACING_ENABLED",
    "WATCHDOG_",
    "_X_AMZN_TRACE_ID",
];
/// Where programs are looked for if the agent was started without a `PATH`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the environment of an attempt is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TaskEnvironment<'a> {
    /// The agent's own.
    pub(crate) own: &'a BTreeMap<String, String>,
    pub(crate) array: &'a ArrayRecord,
    /// The task's parameters.
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) index: u32,
    pub(crate) attempt: u32,
    /// The working directory, with the inputs in it.
    pub(crate) folder: &'a Path,
    /// Where the task leaves its results.
    pub(crate) output: &'a Path,
    /// Context of the span that the command runs in.
    pub(crate) span: &'a Context,
}

/// The whole environment of an attempt's command.
pub(crate) fn environment_of_task(task: TaskEnvironment<'_>) -> BTreeMap<String, String> {
    let TaskEnvironment { own, array, parameters, index, attempt, folder, output, span } = task;
    let owned = |(name, value): (&String, &String)| (name.clone(), value.clone());
    let mut environment = BTreeMap::from([("PATH".to_owned(), PATH.to_owned())]);
    environment.extend(own.iter().filter(|(name, _)| !is_agents_own(name)).map(owned));
    environment.extend(array.env.iter().map(owned));
    environment.extend(parameters.iter().map(owned));
    // An old context in a parameter would put the command's spans into a trace of long ago.
    environment.retain(|name, _| !["TRACEPARENT", "TRACESTATE", "_X_AMZN_TRACE_ID"].contains(&name.as_str()));
    let id = array.id.as_str();
    let told = [
        ("JOB_ARRAY_ID", id.to_owned()),
        ("JOB_ARRAY_NAME", array.id.name().to_owned()),
        ("JOB_ARRAY_SIZE", array.size.to_string()),
        ("JOB_ARRAY_INDEX", index.to_string()),
        ("JOB_ATTEMPT", attempt.to_string()),
        (MARK, format!("{id}/{index}/{attempt}")),
        (INPUT, folder.display().to_string()),
        ("SPAWN_OUTPUT", output.display().to_string()),
    ];
    let context = propagation::to_environment(span);
    environment.extend(told.into_iter().chain(context).map(|(name, value)| (name.to_owned(), value)));
    environment
}

fn is_agents_own(name: &str) -> bool {
    AGENTS_OWN.iter().any(|own| if own.ends_with('_') { name.starts_with(own) } else { name == *own })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::arrays::{ArrayId, HookState};
    use spawn_config::Topology;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn array(env: &[(&str, &str)]) -> ArrayRecord {
        ArrayRecord {
            id: "align-1a2b3c4d".parse::<ArrayId>().unwrap(),
            size: 100,
            command: vec!["true".to_owned()],
            shell: false,
            input: None,
            output: "s3://bucket/align/".to_owned(),
            hook: None,
            env: map(env),
            has_params: true,
            topology: Topology::Joined,
            timeout: None,
            retries: 0,
            created_at: 0,
            traceparent: None,
            tracestate: None,
            launch_traceparent: None,
            queue_url: String::new(),
            round: 1,
            ready: true,
            cancelled_at: None,
            ended_at: None,
            hook_state: HookState::Waiting,
        }
    }

    fn environment(own: &[(&str, &str)], array: &ArrayRecord, parameters: &[(&str, &str)]) -> BTreeMap<String, String> {
        let span = propagation::remote_context("00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01", Some("v=1"));
        environment_of_task(TaskEnvironment {
            own: &map(own),
            array,
            parameters: &map(parameters),
            index: 42,
            attempt: 3,
            folder: Path::new("/state/task"),
            output: Path::new("/state/task/output"),
            span: &span.unwrap(),
        })
    }

    #[test]
    fn a_task_is_told_what_it_is_and_in_which_trace() {
        let told = environment(&[], &array(&[]), &[]);
        let expected = map(&[
            ("JOB_ARRAY_ID", "align-1a2b3c4d"),
            ("JOB_ARRAY_INDEX", "42"),
            ("JOB_ARRAY_NAME", "align"),
            ("JOB_ARRAY_SIZE", "100"),
            ("JOB_ATTEMPT", "3"),
            ("JOB_ATTEMPT_ID", "align-1a2b3c4d/42/3"),
            ("PATH", PATH),
            ("SPAWN_INPUT", "/state/task"),
            ("SPAWN_OUTPUT", "/state/task/output"),
            ("TRACEPARENT", "00-58406520a006649127e371903a2de979-53995c3f42cd8ad8-01"),
            ("TRACESTATE", "v=1"),
            ("_X_AMZN_TRACE_ID", "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1"),
        ]);
        assert_eq!(told, expected);
    }

    #[test]
    fn what_comes_later_wins() {
        let own = [("PATH", "/own"), ("A", "own"), ("B", "own"), ("C", "own"), ("JOB_ATTEMPT", "own")];
        let array = array(&[("B", "array"), ("C", "array"), ("JOB_ARRAY_INDEX", "array")]);
        let told = environment(&own, &array, &[("C", "task"), ("SPAWN_OUTPUT", "task"), ("TRACEPARENT", "task")]);
        for (name, value) in [
            ("PATH", "/own"),
            ("A", "own"),
            ("B", "array"),
            ("C", "task"),
            ("JOB_ATTEMPT", "3"),
            ("JOB_ARRAY_INDEX", "42"),
            ("SPAWN_OUTPUT", "/state/task/output"),
        ] {
            assert_eq!(told[name], value, "{name}");
        }
        assert!(told["TRACEPARENT"].starts_with("00-5840"), "{told:#?}");
    }

    #[test]
    fn what_is_the_agents_stays_with_the_agent() {
        let kept = [("AWS_REGION", "x"), ("HOME", "/"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "x"), ("SPAWN_TABLE", "t")];
        let dropped = AGENTS_OWN.map(|name| if name.ends_with('_') { format!("{name}X") } else { name.to_owned() });
        let dropped: Vec<(&str, &str)> = dropped.iter().map(|name| (name.as_str(), "agent")).collect();
        let told = environment(&[&kept[..], &dropped[..]].concat(), &array(&[]), &[]);
        for (name, value) in kept {
            assert_eq!(told[name], value, "{name}");
        }
        assert_eq!(told.iter().find(|(_, value)| *value == "agent"), None);
        // What the user says of the same is the user's.
        let asked = environment(&[], &array(&[("OTEL_SERVICE_NAME", "align")]), &[("BAGGAGE", "a=b")]);
        assert_eq!((asked["OTEL_SERVICE_NAME"].as_str(), asked["BAGGAGE"].as_str()), ("align", "a=b"));
    }

    #[test]
    fn an_old_context_in_a_parameter_goes_nowhere_even_without_a_new_one() {
        let (array, parameters) = (array(&[]), map(&[("TRACESTATE", "old=1"), ("TRACEPARENT", "old")]));
        let told = environment_of_task(TaskEnvironment {
            own: &BTreeMap::new(),
            array: &array,
            parameters: &parameters,
            index: 0,
            attempt: 1,
            folder: Path::new("/"),
            output: Path::new("/"),
            span: &Context::new(),
        });
        assert!(!told.contains_key("TRACEPARENT") && !told.contains_key("TRACESTATE"), "{told:#?}");
    }
}
