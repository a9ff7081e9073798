//! How far one body was read, and the span that waits for its end.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_semantic_conventions::attribute::HTTP_RESPONSE_BODY_SIZE;

use super::super::failure::Failure;
use crate::attribute;
use crate::describe::Attributes;
use crate::recorder::{Keep, Recorder, SpanEnd, SpanStart};

/// Longest time from the start of a call until its span is written, however long its body lives. Lambda's streams end
/// by then, and those of other services as a rule.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How far a body was read. Times count from the start of the call.
#[derive(Debug)]
pub(crate) struct Reading {
    clock: Instant,
    /// Bytes that the headers promised.
    announced: Option<u64>,
    bytes: AtomicU64,
    /// Microseconds until the first and the last bytes so far; 0 before there are any.
    first: AtomicU64,
    last: AtomicU64,
    state: Mutex<State>,
    /// Whether the body as the caller gets it is watched too, and knows the end.
    ends_outermost: AtomicBool,
}

#[derive(Debug)]
enum State {
    /// It is being read, and the call is not done.
    Unclaimed,
    /// It is being read, and the call has left its span here.
    Claimed(Box<FinishedCall>),
    /// Reading is over, and the call is not done.
    Over(End, Duration),
    /// There is nothing left to do.
    Written,
}

/// How reading ended.
#[derive(Debug)]
enum End {
    Complete,
    /// The caller has lost interest, or the time was up.
    Incomplete,
    Failed(Failure),
}

/// A span of a call that is done but for its body.
#[derive(Debug)]
pub(in crate::interceptor) struct FinishedCall {
    pub(in crate::interceptor) recorder: Recorder,
    pub(in crate::interceptor) start: SpanStart,
    pub(in crate::interceptor) name: String,
    pub(in crate::interceptor) kind: SpanKind,
    pub(in crate::interceptor) attributes: Attributes,
}

impl Reading {
    pub(super) fn new(clock: Instant, announced: Option<u64>) -> Self {
        let [bytes, first, last] = [const { AtomicU64::new(0) }; 3];
        Self {
            clock,
            announced,
            bytes,
            first,
            last,
            state: Mutex::new(State::Unclaimed),
            ends_outermost: AtomicBool::new(false),
        }
    }

    /// From now on the outermost of two bodies knows the end.
    pub(super) fn ends_outermost(&self) {
        self.ends_outermost.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ended_outermost(&self) -> bool {
        self.ends_outermost.load(Ordering::Relaxed)
    }

    /// So many bytes more were read.
    pub(super) fn progress(&self, bytes: usize) {
        let elapsed = self.clock.elapsed();
        let now = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last.store(now, Ordering::Relaxed);
        if self.first.load(Ordering::Relaxed) == 0 {
            self.first.store(now, Ordering::Relaxed);
        }
        if elapsed > LONGEST {
            self.settle();
        }
    }

    pub(super) fn complete(&self) {
        self.end(End::Complete);
    }

    pub(super) fn fail(&self, error: &(dyn Error + 'static)) {
        self.end(End::Failed(Failure::of_body(error)));
    }

    /// The body is dropped, and knows itself whether more would have come.
    pub(super) fn let_go(&self, at_its_end: bool) {
        let all = at_its_end || self.announced == Some(self.bytes.load(Ordering::Relaxed));
        self.end(if all { End::Complete } else { End::Incomplete });
    }

    /// Writes the span as far as the body was read, if it waits.
    pub(super) fn settle(&self) {
        if self.waits() {
            self.end(End::Incomplete);
        }
    }

    /// Whether a span waits here.
    pub(super) fn waits(&self) -> bool {
        matches!(*self.lock(), State::Claimed(_))
    }

    /// Whether it takes longer than a span may wait.
    pub(super) fn is_overdue(&self) -> bool {
        self.clock.elapsed() > LONGEST
    }

    /// Takes over the span of the call.
    pub(in crate::interceptor) fn claim(&self, call: FinishedCall) {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Written) {
            State::Unclaimed => *state = State::Claimed(Box::new(call)),
            State::Over(end, at) => {
                drop(state);
                self.write(call, end, at);
            }
            State::Claimed(_) | State::Written => {}
        }
    }

    fn end(&self, end: End) {
        let at = self.clock.elapsed();
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Written) {
            State::Unclaimed => *state = State::Over(end, at),
            State::Claimed(call) => {
                drop(state);
                self.write(*call, end, at);
            }
            over @ State::Over(..) => *state = over,
            State::Written => {}
        }
    }

    /// What was read to its end ended with its last byte; what was not, when that was given up.
    fn write(&self, call: FinishedCall, end: End, at: Duration) {
        let FinishedCall { recorder, start, name, kind, mut attributes } = call;
        if matches!(start.keep, Keep::IfFailed(_)) && !matches!(end, End::Failed(_)) {
            return;
        }
        let [bytes, first, last] = [&self.bytes, &self.first, &self.last].map(|it| it.load(Ordering::Relaxed));
        let is_complete = matches!(end, End::Complete);
        attributes.set(HTTP_RESPONSE_BODY_SIZE, whole(bytes));
        if first > 0 {
            attributes.add(attribute::AWS_RESPONSE_FIRST_BYTE_MS, whole(first / 1000));
            attributes.add(attribute::AWS_RESPONSE_LAST_BYTE_MS, whole(last / 1000));
        }
        attributes.add(attribute::AWS_RESPONSE_COMPLETE, is_complete);
        let elapsed = if is_complete && last > 0 { Duration::from_micros(last) } else { at };
        let status = match end {
            End::Complete | End::Incomplete => Status::Unset,
            End::Failed(failure) => {
                attributes.set(attribute::ERROR, true);
                failure.describe(&mut attributes);
                Status::error(failure.message)
            }
        };
        recorder.end(&start, SpanEnd { name: name.into(), kind, attributes: attributes.into_vec(), status, elapsed });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
