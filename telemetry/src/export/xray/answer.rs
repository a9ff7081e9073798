//! Reads what X-Ray says about single documents in an answer with status 200.

use aws_sdk_xray::types::UnprocessedTraceSegment;

use super::super::split::Sent;
use super::super::{Fate, Outcome, Trouble};
use super::Document;
use crate::counters::DropReason;

/// Words in the codes of what may go better the next time.
const PASSING: [&str; 6] = ["Throttl", "LimitExceeded", "Internal", "Unavailable", "Timeout", "TooManyRequests"];
/// Words in the codes of a document that is too large.
const TOO_LARGE: [&str; 3] = ["TooLarge", "SizeLimit", "TooLong"];

/// What became of each document. One that is not named in the list was taken.
pub(super) fn read(documents: &[Document], unprocessed: &[UnprocessedTraceSegment]) -> Sent {
    let mut outcome = Outcome { fates: vec![Fate::Delivered; documents.len()], ..Outcome::default() };
    for refused in unprocessed {
        let code = refused.error_code().unwrap_or("no error code");
        let said = match refused.message() {
            Some(message) if !message.is_empty() => format!("{code}: {message}"),
            _ => code.to_owned(),
        };
        let (fate, reason) = fate(code);
        let named = documents.iter().position(|document| Some(document.id.to_string().as_str()) == refused.id());
        match named.or_else(|| (documents.len() == 1).then_some(0)) {
            Some(place) => outcome.fates[place] = fate,
            // Nobody knows which document is meant. Those that were taken may be sent again: an id counts once.
            None if fate == Fate::Again => outcome.fates.fill(Fate::Again),
            None => return Sent::Refused { reason, refusal: said },
        }
        match fate {
            Fate::Again => outcome.trouble = Some(passing(&said)),
            _ => outcome.refusal = Some(format!("X-Ray has refused a document: {said}")),
        }
    }
    Sent::Answered(outcome)
}

fn fate(code: &str) -> (Fate, DropReason) {
    let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let reason = if any(&TOO_LARGE) { DropReason::TooLarge } else { DropReason::Rejected };
    (if any(&PASSING) { Fate::Again } else { Fate::Refused(reason) }, reason)
}

fn passing(said: &str) -> Trouble {
    Trouble {
        lasting: false,
        // Mostly they were throttled.
        after: Some(std::time::Duration::ZERO),
        what: format!("X-Ray has not processed some documents: {said}"),
        remedy: "they are sent again; if this stays, lower the sampling rate".to_owned(),
    }
}
