//! Asks the back end whether it would take spans, for the doctors: the same client, names, certificates and credentials.

use std::time::Duration;

use jiff::Timestamp;

use super::{ExportPlan, MakeExporter, Memory, Trouble};
use crate::health::Problem;

impl ExportPlan {
    /// Sends a request without spans, and waits for the answer within `patience`. Blocks, so not to be called where a
    /// runtime waits for its turn.
    ///
    /// # Errors
    /// What would keep spans from being delivered, with the remedy.
    pub fn probe(&self, patience: Duration) -> Result<(), Problem> {
        if !self.exports() {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| problem(silent(&error.to_string())))?;
        let trouble = runtime.block_on(async {
            let mut exporter = match self.exporter(&Memory::default(), None) {
                Ok(exporter) => exporter,
                Err(trouble) => return Some(trouble),
            };
            // A refusal of the request itself is as good as an answer: names, TLS and credentials were fine.
            match tokio::time::timeout(patience, exporter.deliver(&[])).await {
                Ok(outcome) => outcome.trouble,
                Err(_) => Some(silent(&format!("no answer within {} s", patience.as_secs()))),
            }
        });
        // A look-up that hangs must not hold the caller.
        runtime.shutdown_background();
        trouble.map_or(Ok(()), |trouble| Err(problem(trouble)))
    }
}

fn silent(what: &str) -> Trouble {
    Trouble {
        lasting: false,
        after: None,
        what: format!("the back end cannot be asked: {what}"),
        remedy: "check the network, security groups and `tracing-endpoint`".to_owned(),
    }
}

fn problem(Trouble { what, remedy, .. }: Trouble) -> Problem {
    Problem { what, remedy, since: Timestamp::now(), count: 1 }
}

#[cfg(test)]
mod tests {
    use spawn_config::{ExporterKind, Identity, Provider, TracingSettings};

    use super::*;
    use crate::resource::Program;

    fn probe(settings: &TracingSettings) -> Result<(), Problem> {
        let program = Program { name: "spored", version: "1.2.3" };
        let identity = Identity::new(Provider::Local, "local-desk");
        ExportPlan::new(settings, &identity, program, 1, None).probe(Duration::from_secs(30))
    }

    #[test]
    fn a_receiver_that_is_not_there_is_a_problem_with_a_remedy() {
        for (protocol, endpoint) in [("grpc", "http://127.0.0.1:1"), ("http", "http://127.0.0.1:1/v1/traces")] {
            let mut settings = TracingSettings { exporter: ExporterKind::Otlp, ..TracingSettings::default() };
            settings.endpoint = Some(endpoint.parse().unwrap());
            settings.otlp.protocol =
                if protocol == "grpc" { spawn_config::OtlpProtocol::Grpc } else { spawn_config::OtlpProtocol::Http };
            let problem = probe(&settings).unwrap_err();
            assert!(problem.what.contains("refused") && !problem.remedy.is_empty(), "{protocol}: {problem:?}");
        }
    }

    #[test]
    fn without_an_exporter_or_a_back_end_there_is_nothing_to_ask() {
        let settings = TracingSettings { exporter: ExporterKind::None, ..TracingSettings::default() };
        assert_eq!(probe(&settings), Ok(()));
        let stderr = TracingSettings { exporter: ExporterKind::Stdout, ..TracingSettings::default() };
        assert_eq!(probe(&stderr), Ok(()));
    }

    #[test]
    fn x_ray_without_credentials_says_what_is_missing() {
        let problem = probe(&TracingSettings::default()).unwrap_err();
        assert_eq!(problem.what, "X-Ray needs a region and credentials, and there are none");
    }
}
