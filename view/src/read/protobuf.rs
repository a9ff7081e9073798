//! OTLP's protobuf: one message, or many with their lengths before them. Spans of one resource are read at a time.

use std::io::{self, BufRead, Read};

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};
use prost::Message as _;

use super::Draft;

/// Most bytes that are read at once: what claims to be longer is something else.
const LONGEST: u64 = 1 << 30;

/// Reads messages until one is none.
pub(super) fn read(name: &str, bytes: &mut dyn BufRead, into: &mut Draft<'_>) -> io::Result<()> {
    let has_lengths = bytes.fill_buf()?.first() == Some(&0);
    let mut number = 0_u64;
    while !bytes.fill_buf()?.is_empty() {
        number += 1;
        let read = if has_lengths { with_length(bytes)? } else { field(bytes)? };
        match read {
            Ok(messages) => into.take(&format!("{name}, message {number}"), messages),
            Err(why) => {
                let rest = if into.count == 0 { "nothing was read" } else { "what came before was read" };
                into.problem(format!("{name} is neither JSON nor OTLP's protobuf: message {number} {why}; {rest}"));
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Messages, or why they are none.
type Messages = Result<Vec<ResourceSpans>, String>;

/// A message with its length in four bytes before it, as the file exporter of the OpenTelemetry collector writes them.
fn with_length(bytes: &mut dyn BufRead) -> io::Result<Messages> {
    let mut length = Vec::new();
    bytes.take(4).read_to_end(&mut length)?;
    let Ok(length) = <[u8; 4]>::try_from(&*length) else { return Ok(Err("was cut off".to_owned())) };
    Ok(match exact(bytes, u64::from(u32::from_be_bytes(length)))? {
        Ok(message) => TracesData::decode(&*message).map(|data| data.resource_spans).map_err(|error| error.to_string()),
        Err(why) => Err(why),
    })
}

/// One field of a message: the spans of one resource.
fn field(bytes: &mut dyn BufRead) -> io::Result<Messages> {
    let mut tag = [0];
    bytes.read_exact(&mut tag)?;
    if tag != [0x0a] {
        return Ok(Err("has other fields".to_owned()));
    }
    let mut length = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        if bytes.read(&mut byte)? == 0 {
            return Ok(Err("was cut off".to_owned()));
        }
        length |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] < 0x80 {
            break;
        }
    }
    Ok(match exact(bytes, length)? {
        Ok(message) => ResourceSpans::decode(&*message).map(|message| vec![message]).map_err(|error| error.to_string()),
        Err(why) => Err(why),
    })
}

fn exact(bytes: &mut dyn BufRead, length: u64) -> io::Result<Result<Vec<u8>, String>> {
    if length > LONGEST {
        return Ok(Err(format!("would have {length} bytes")));
    }
    let mut message = Vec::new();
    bytes.take(length).read_to_end(&mut message)?;
    Ok(if message.len() as u64 == length { Ok(message) } else { Err("was cut off".to_owned()) })
}
