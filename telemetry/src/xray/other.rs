//! The name of the other side of a call, which becomes a node of the service map.

use super::facts::text;
use super::name::is_plain;
use super::segment::Parts;
use super::table::Slot;

/// The name of the service that is called; `None` where the span's own name has to do.
pub(super) fn service<'a>(parts: &Parts<'a>) -> Option<&'a str> {
    if !parts.shape.is_call {
        return None;
    }
    let facts = &parts.facts;
    if facts.known.is_aws {
        return facts.service().or_else(|| facts.text(Slot::RemoteService).map(without_prefix));
    }
    let named = [Slot::RemoteService, Slot::Peer, Slot::DbNamespace, Slot::RpcService, Slot::ServerAddress];
    named.into_iter().find_map(|slot| facts.text(slot)).or_else(|| host(text(facts.get(Slot::Url)?)?))
}

/// The span's name, where it cannot be told from the document otherwise.
pub(super) fn hidden_name<'a>(parts: &Parts<'a>, other: Option<&str>) -> Option<&'a str> {
    let name = parts.name;
    let is_told = match other {
        None => is_plain(name),
        Some(other) if parts.facts.known.is_aws => {
            let rest = name.strip_prefix(other).and_then(|rest| rest.strip_prefix('.'));
            rest.is_some() && rest == parts.facts.operation()
        }
        Some(other) => name == other,
    };
    (!is_told).then_some(name)
}

fn without_prefix(name: &str) -> &str {
    name.strip_prefix("AWS.SDK.").or_else(|| name.strip_prefix("AWS::")).unwrap_or(name)
}

/// The host of a URL.
pub(super) fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}
