//! Reads what X-Ray says about single documents in an answer with status 200.

use aws_sdk_xray::types::UnprocessedTraceSegment;

use super::super::split::Sent;
use super::super::words::brief;
use super::super::{Fate, Outcome, Refusal, Trouble};
use super::Document;
use crate::counters::DropReason;

/// Words in the codes of what may go better the next time.
const PASSING: [&str; 9] = [
    "Throttl",
    "LimitExceeded",
    "Internal",
    "Unavailable",
    "Timeout",
    "TimedOut",
    "TooManyRequests",
    "RateExceeded",
    "ServiceFailure",
];
/// Words in the codes of a document that is too large.
const TOO_LARGE: [&str; 5] = ["TooLarge", "TooBig", "SizeLimit", "SizeExceeded", "TooLong"];

/// What X-Ray says of one document.
struct Said {
    fate: Fate,
    reason: DropReason,
    code: String,
    words: String,
}

/// What became of each document. One that is not named in the list was taken.
pub(super) fn read(documents: &[&Document], unprocessed: &[UnprocessedTraceSegment]) -> Sent {
    let mut outcome = Outcome::delivered(documents.len());
    let mut named = vec![false; documents.len()];
    let mut nameless = Vec::new();
    for refused in unprocessed {
        let said = Said::of(refused);
        let id = refused.id().unwrap_or_default();
        // A span that was moved leaves a short document with its own id where it was awaited: both are meant.
        let places: Vec<usize> = (0..documents.len())
            .filter(|place| documents[*place].id.to_string().eq_ignore_ascii_case(id) && !named[*place])
            .collect();
        if places.is_empty() {
            nameless.push(said);
            continue;
        }
        for place in places {
            named[place] = true;
            said.book(place, &mut outcome);
        }
    }
    let unnamed: Vec<usize> = (0..documents.len()).filter(|place| !named[*place]).collect();
    settle_nameless(outcome, unnamed, nameless)
}

/// Nobody knows which documents are meant by what names none of them.
fn settle_nameless(mut outcome: Outcome, unnamed: Vec<usize>, nameless: Vec<Said>) -> Sent {
    let Some(first_final) = nameless.iter().position(|said| said.fate != Fate::Again) else {
        // Those that were taken may be sent once more: an id counts once.
        if let Some(said) = nameless.last() {
            unnamed.into_iter().for_each(|place| said.book(place, &mut outcome));
        }
        return Sent::Answered(outcome);
    };
    let is_one_kind = nameless.iter().all(|said| said.fate == nameless[first_final].fate);
    if is_one_kind && nameless.len() >= unnamed.len() {
        unnamed.into_iter().zip(&nameless).for_each(|(place, said)| said.book(place, &mut outcome));
        return Sent::Answered(outcome);
    }
    Sent::Some { answer: outcome, among: unnamed, refusal: nameless[first_final].refusal() }
}

impl Said {
    fn of(refused: &UnprocessedTraceSegment) -> Self {
        let code = brief(refused.error_code().unwrap_or_default());
        let words = match (code.as_str(), refused.message().map(brief).unwrap_or_default().as_str()) {
            ("", "") => "no error code".to_owned(),
            ("", words) => format!("no error code: {words}"),
            (code, "") => code.to_owned(),
            (code, words) => format!("{code}: {words}"),
        };
        let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
        let reason = if any(&TOO_LARGE) { DropReason::TooLarge } else { DropReason::Rejected };
        let passes = reason != DropReason::TooLarge && any(&PASSING);
        Self { fate: if passes { Fate::Again } else { Fate::Refused(reason) }, reason, code, words }
    }

    fn refusal(&self) -> Refusal {
        let what = format!("X-Ray has refused a document: {}", self.words);
        Refusal { reason: self.reason, code: self.code.clone(), what }
    }

    fn book(&self, place: usize, outcome: &mut Outcome) {
        match self.fate {
            Fate::Again => {
                outcome.fates[place] = Fate::Again;
                outcome.trouble = Some(passing(&self.words));
            }
            _ => outcome.refuse(place, self.refusal()),
        }
    }
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
