//! How the values of single keys are read, where their type alone does not say what is allowed.

use std::net::SocketAddr;
use std::time::Duration;

use super::field::{Field, Raw};
use crate::{Settings, ValueError};

/// Attributes of a stronger source join those of the weaker, as OpenTelemetry merges resources.
pub(super) fn join_attributes(settings: &mut Settings, raw: &Raw) -> Result<(), ValueError> {
    Field::read(raw).map(|attributes: std::collections::BTreeMap<_, _>| settings.tracing.attributes.extend(attributes))
}

/// A region becomes a part of host names, so its form matters.
pub(super) fn read_region(raw: &Raw) -> Result<Option<String>, ValueError> {
    let region = Option::<String>::read(raw)?;
    let label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match region.as_ref().is_some_and(|region| !region.bytes().all(label)) {
        true => Err(ValueError::expected("a region such as eu-central-1, or `auto`")),
        false => Ok(region),
    }
}

pub(super) fn read_address(raw: &Raw) -> Result<Option<String>, ValueError> {
    let address = Option::<String>::read(raw)?;
    match address.as_ref().is_some_and(|address| address.parse::<std::net::IpAddr>().is_err()) {
        true => Err(ValueError::expected("an IP address, or `auto`")),
        false => Ok(address),
    }
}

/// Less would not hold what one request carries, and some.
const SMALLEST_SPOOL: u64 = 1024 * 1024;

pub(super) fn read_spool_size(raw: &Raw) -> Result<u64, ValueError> {
    u64::read(raw)
        .ok()
        .filter(|bytes| *bytes >= SMALLEST_SPOOL)
        .ok_or_else(|| ValueError::expected("a whole number of bytes from 1048576 (1 MiB)"))
}

/// As any other span of time, and 0.
pub(super) fn read_sync(raw: &Raw) -> Result<Duration, ValueError> {
    match raw {
        Raw::Text(text) if matches!(text.as_str(), "0" | "0s" | "0ms") => Ok(Duration::ZERO),
        raw => Duration::read(raw),
    }
}

pub(super) fn read_quota(raw: &Raw) -> Result<u64, ValueError> {
    let quota = u64::read(raw).ok().filter(|quota| *quota > 0);
    quota.ok_or_else(|| ValueError::expected("a whole number of documents a second from 1"))
}

/// Counters are nobody's business but the host's own.
pub(super) fn read_loopback(raw: &Raw) -> Result<Option<String>, ValueError> {
    let address = Option::<String>::read(raw)?;
    let is_loopback = |text: &String| text.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    match address.as_ref().is_none_or(is_loopback) {
        true => Ok(address),
        false => Err(ValueError::expected("an address and a port of this host alone, such as 127.0.0.1:9464")),
    }
}
