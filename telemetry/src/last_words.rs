//! What is told when a program panics: its spans leave all the same.

use std::time::Duration;

use crate::telemetry::Telemetry;

/// Delivers what waits if it is dropped by a panic, within its time; what does not leave then stays on disk, where there is
/// one. In good order it does nothing.
#[derive(Debug)]
#[must_use = "it speaks when it is dropped by a panic"]
pub struct LastWords {
    telemetry: Telemetry,
    within: Duration,
}

impl Telemetry {
    /// To be held as long as the program's work goes on.
    pub fn last_words(&self, within: Duration) -> LastWords {
        LastWords { telemetry: self.clone(), within }
    }
}

impl Drop for LastWords {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.telemetry.shutdown(self.within);
        }
    }
}

#[cfg(test)]
mod tests {
    use spawn_config::{ExporterKind, Identity, Provider, TracingSettings};

    use super::*;
    use crate::plan::Plan;
    use crate::resource::Program;

    #[test]
    fn a_panic_within_a_runtime_delivers_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spans.jsonl");
        let settings = TracingSettings {
            enabled: true,
            exporter: ExporterKind::Stdout,
            exporter_file: Some(path.to_str().unwrap().to_owned()),
            sampling: spawn_config::SamplingRate::ALWAYS,
            ..TracingSettings::default()
        };
        let program = Program { name: "spored", version: "1.2.3" };
        let identity = Identity::new(Provider::Local, "local-desk");
        let plan = Plan::new(&settings, &identity, program, None, jiff::Timestamp::now());
        let work = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let telemetry = Telemetry::start(program);
                let _last_words = telemetry.last_words(Duration::from_secs(30));
                telemetry.configure(plan);
                let work = async { Err::<(), _>("no luck") };
                telemetry.in_span("the last work", Vec::new(), work).await.unwrap_err();
                panic!("a defect");
            });
        });
        assert!(work.join().is_err());
        let told = std::fs::read_to_string(path).unwrap();
        assert!(told.contains("the last work"), "{told}");
    }
}
