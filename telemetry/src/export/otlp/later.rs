//! How long a receiver that is busy asks to be left alone.

use std::time::{Duration, SystemTime};

use ::http::{HeaderMap, header};
use aws_smithy_types::date_time::{DateTime, Format};
use prost::Message;

/// `Retry-After`: seconds, or an instant.
pub(super) fn by_header(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = SystemTime::try_from(DateTime::from_str(text, Format::HttpDate).ok()?).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

/// `google.rpc.RetryInfo` among the details of a gRPC status.
pub(super) fn by_details(details: &[u8]) -> Option<Duration> {
    let details = Details::decode(details).ok()?.details;
    let info = details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(&*info.value).ok()?.retry_delay?;
    Some(Duration::new(delay.seconds.try_into().ok()?, delay.nanos.try_into().unwrap_or(0)))
}

/// `google.rpc.Status`, as far as it is read.
#[derive(Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn header(value: &str) -> Option<Duration> {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_236_024);
        by_header(&HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]), now)
    }

    #[test]
    fn seconds_and_instants_are_read() {
        assert_eq!(header("30"), Some(Duration::from_secs(30)));
        assert_eq!(header("Sat, 21 Nov 2026 04:40:34 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(header("Sat, 21 Nov 2026 04:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!((header("soon"), header("-1")), (None, None));
    }

    #[test]
    fn the_retry_info_of_a_grpc_status_is_read() {
        let info = RetryInfo { retry_delay: Some(Delay { seconds: 2, nanos: 500_000_000 }) };
        let any = |name: &str, value| Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value };
        let details = vec![any("DebugInfo", vec![0xff]), any("RetryInfo", info.encode_to_vec())];
        assert_eq!(by_details(&Details { details }.encode_to_vec()), Some(Duration::from_millis(2_500)));
        assert_eq!((by_details(b""), by_details(b"\xff")), (None, None));
    }
}
