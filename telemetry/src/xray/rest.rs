//! What becomes of attributes that X-Ray has a field for, where this document does not have it: they are metadata.

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use super::facts::{Facts, Known, last_part, whole};
use super::scratch::Scratch;
use super::shape::{Form, Shape};
use super::sql::is_sql;
use super::table::{PLACES, SEARCHED, Slot, bits};
use super::verdict::Verdict;

/// Slots whose fields take nothing but a text.
const TEXTS: u128 = bits(&[
    Slot::Operation,
    Slot::AwsRegion,
    Slot::Method,
    Slot::Url,
    Slot::UserAgent,
    Slot::ClientIp,
    Slot::User,
    Slot::RpcService,
    Slot::RpcMethod,
]);
/// Slots whose fields take nothing but a number.
const NUMBERS: u128 = bits(&[Slot::Attempts, Slot::Status, Slot::ContentLength]);

/// Keeps in the metadata what no field shows.
pub(super) fn settle(scratch: &mut Scratch, known: Known, shape: Shape, verdict: Verdict, span: &SpanData) {
    let mut kept = 0_u128;
    let mut keep = |slot: Slot, when: bool| kept |= u128::from(when) << slot as u8;
    let facts = Facts::new(known, &span.attributes, scratch);
    let has = |slot| facts.get(slot).is_some();
    for place in facts.filled(TEXTS) {
        keep(place.slot, facts.text(place.slot).is_none());
    }
    for place in facts.filled(NUMBERS) {
        keep(place.slot, facts.get(place.slot).and_then(whole).is_none());
    }
    keep(Slot::System, !known.is_aws);
    keep(Slot::Error, known.error.is_none());
    keep(Slot::RpcService, !(known.is_aws && shape.is_call));
    let method = facts.text(Slot::RpcMethod).map(last_part);
    keep(Slot::RpcMethod, !known.is_aws || method != facts.operation());
    keep(Slot::CloudRegion, has(Slot::AwsRegion) && facts.get(Slot::AwsRegion) != facts.get(Slot::CloudRegion));
    keep(Slot::User, shape.form == Form::Subsegment);
    keep(Slot::Traced, shape.form == Form::Segment);
    keep(Slot::Precursors, shape.form == Form::Segment);
    let is_sql = is_sql(facts.text(Slot::DbSystem));
    for slot in [Slot::DbSystem, Slot::DbQuery, Slot::DbConnection, Slot::DbUser] {
        keep(slot, !is_sql);
    }
    let is_said = match &span.status {
        Status::Error { description } if !description.is_empty() => {
            facts.text(Slot::ErrorMessage) == Some(description.as_ref())
        }
        _ => true,
    };
    keep(Slot::ErrorMessage, !verdict.failed() || !is_said);
    for (slot, granted) in SEARCHED.into_iter().zip(scratch.searched) {
        let is_told = match slot {
            Slot::Operation => true,
            Slot::ErrorType => verdict.failed(),
            _ => false,
        };
        keep(slot, !granted && !is_told);
    }
    kept &= scratch.filled_bits();
    while kept != 0 {
        let place = kept.trailing_zeros();
        kept &= kept - 1;
        scratch.keep(PLACES[place as usize].slot);
    }
}
