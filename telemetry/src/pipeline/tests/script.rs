//! An exporter that does as it is told, and what tests ask of a pipeline.

use super::*;

/// What a scripted exporter does with one batch. When the script is over, it delivers.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Answer(Outcome),
    Hang,
    Panic,
    /// Blocks the worker's thread until the test lets it go on.
    Block(Arc<(Mutex<bool>, Condvar)>),
}

/// A plan of exporters that share one script and one list of what was delivered.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(pub(super) Arc<Mutex<Played>>);

#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) acts: VecDeque<Act>,
    pub(super) broken: Option<Trouble>,
    pub(super) names: Vec<String>,
    pub(super) spans: Vec<SpanData>,
    pub(super) announced: Vec<String>,
    pub(super) deaf: bool,
    pub(super) remarks: Remarks,
    pub(super) exporters: usize,
    /// The resource that spans are kept under; none keeps them in memory alone.
    pub(super) header: Option<Vec<u8>>,
    /// The resources that exporters were asked for.
    pub(super) resources: Vec<Vec<u8>>,
}

impl Script {
    pub(super) fn of(acts: impl IntoIterator<Item = Act>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().acts.extend(acts);
        script
    }

    pub(super) fn announced(&self) -> Vec<String> {
        self.0.lock().unwrap().announced.clone()
    }

    pub(super) fn delivered(&self) -> Vec<String> {
        self.0.lock().unwrap().names.clone()
    }
}

impl MakeExporter for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn header(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap().header.clone()
    }

    fn exporter(&self, _: &Memory, of: Option<&[u8]>) -> Result<Box<dyn Exporter>, Trouble> {
        let mut played = self.0.lock().unwrap();
        played.resources.extend(of.map(<[u8]>::to_vec));
        played.exporters += 1;
        match &played.broken {
            Some(trouble) => Err(trouble.clone()),
            None => Ok(Box::new(self.clone())),
        }
    }
}

impl Exporter for Script {
    fn limits(&self) -> BatchLimits {
        BatchLimits { spans: 100, bytes: 1024 * 1024, patience: None }
    }

    fn announce<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, bool> {
        let mut played = self.0.lock().unwrap();
        played.announced.extend(spans.iter().map(|span| span.name.to_string()));
        Box::pin(std::future::ready(!played.deaf))
    }

    fn remarks(&mut self) -> Remarks {
        std::mem::take(&mut self.0.lock().unwrap().remarks)
    }

    fn deliver<'a>(&'a mut self, spans: &'a [SpanData]) -> Delivering<'a, Outcome> {
        Box::pin(async {
            assert!(opentelemetry::Context::is_current_telemetry_suppressed(), "an export makes no spans");
            let act = self.0.lock().unwrap().acts.pop_front();
            let outcome = match act {
                None => Outcome::delivered(spans.len()),
                Some(Act::Answer(outcome)) => outcome,
                Some(Act::Hang) => pending().await,
                Some(Act::Panic) => panic!("told to"),
                Some(Act::Block(gate)) => {
                    let (open, opened) = &*gate;
                    drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
                    Outcome::delivered(spans.len())
                }
            };
            let taken = spans.iter().zip(&outcome.fates).filter(|(_, fate)| **fate == Fate::Delivered);
            let mut played = self.0.lock().unwrap();
            for (span, _) in taken {
                played.names.push(span.name.to_string());
                played.spans.push(span.clone());
            }
            drop(played);
            outcome
        })
    }
}

pub(super) const LONG: Duration = Duration::from_secs(30);

pub(super) fn pace() -> Pace {
    Pace {
        linger: Duration::ZERO,
        patience: Duration::from_millis(20),
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(4),
        disk_rest: Duration::from_millis(2),
        ..Pace::default()
    }
}

pub(super) fn exporting(script: &Script) -> Pipeline {
    let pipeline = Pipeline::with_pace(pace());
    pipeline.export_with(Arc::new(script.clone()), &|_| true);
    pipeline
}

pub(super) fn trouble(lasting: bool) -> Trouble {
    Trouble { lasting, after: None, what: "refused".to_owned(), remedy: "ask".to_owned() }
}

pub(super) fn counters(created: u64, exported: u64, queued: u64, dropped: &[(DropReason, u64)]) -> Counters {
    let dropped = dropped.iter().copied().collect::<BTreeMap<_, _>>();
    Counters { created, exported, queued, dropped, ..Counters::default() }
}

pub(super) fn is_conserved(counters: &Counters) -> bool {
    counters.created + counters.recovered == counters.exported + counters.queued + counters.dropped_in_all()
}
