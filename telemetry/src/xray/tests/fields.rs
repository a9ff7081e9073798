//! Every attribute of the table arrives in the field that the table says, and `docs/reference/xray.md` shows the table.

use super::check::checked;
use super::*;
use crate::xray::limits::{Cuts, LEVELS};
use crate::xray::table::{PLACES, Slot};

/// A value that the attribute may have, beside attributes without which its field is not there.
fn example(slot: Slot, name: &'static str) -> (Vec<KeyValue>, SpanKind) {
    let list = |item: &'static str| Value::Array(vec![StringValue::from(item)].into());
    let (value, kind) = match slot {
        Slot::System => (Value::from("aws-api"), SpanKind::Client),
        Slot::Error | Slot::Throttled | Slot::ConsistentRead | Slot::ScanForward => {
            (Value::from(true), SpanKind::Client)
        }
        Slot::Traced => (Value::from(true), SpanKind::Client),
        Slot::Attempts | Slot::ContentLength | Slot::ServerPort | Slot::ArrayIndex => {
            (Value::from(7), SpanKind::Client)
        }
        Slot::Status => (Value::from(200), SpanKind::Client),
        Slot::DbSystem => (Value::from("mysql"), SpanKind::Client),
        Slot::DbConnection => (Value::from("mysql://host/db"), SpanKind::Client),
        Slot::User | Slot::LocalService => (Value::from("kim"), SpanKind::Server),
        Slot::Precursors => (list("00000000000000c3"), SpanKind::Client),
        Slot::Annotations => (list("mine"), SpanKind::Client),
        Slot::RpcMethod => (Value::from("DynamoDB/GetItem"), SpanKind::Client),
        _ => (Value::from("text"), SpanKind::Client),
    };
    let mut attributes = vec![KeyValue::new(name, value)];
    let more: &[(&'static str, &'static str)] = match slot {
        Slot::Scheme | Slot::ServerPort => &[("server.address", "host"), ("url.path", "/p"), ("db.system", "mysql")],
        Slot::Path => &[("server.address", "host")],
        Slot::ServerAddress => &[("url.path", "/p"), ("db.system", "mysql")],
        Slot::NetworkPeer => &[("client.address", "10.0.0.1")],
        Slot::DbQuery | Slot::DbUser | Slot::DbConnection => &[("db.system", "mysql")],
        Slot::DbNamespace => &[("db.system", "mysql"), ("server.address", "host")],
        Slot::ErrorType | Slot::ErrorMessage => &[("error", "true")],
        Slot::Throttled => &[("error", "true")],
        Slot::Annotations => &[("mine", "yes")],
        _ => &[],
    };
    attributes.extend(more.iter().map(|(key, value)| KeyValue::new(*key, *value)));
    (attributes, kind)
}

/// The fields of a row; one that says nothing of its own is told by what the namespace is.
fn fields(slot: Slot) -> Vec<String> {
    let place = PLACES[slot as usize];
    match slot {
        // One of its alternatives.
        Slot::DbConnection => vec!["sql.url".to_owned()],
        Slot::Error => vec!["fault".to_owned()],
        _ => place.field.split(", ").map(|field| field.replace("exceptions.", "exceptions.0.")).collect(),
    }
}

#[test]
fn every_attribute_of_the_table_arrives_in_its_field() {
    for place in &PLACES {
        for name in place.names {
            let (attributes, kind) = example(place.slot, name);
            let with = SpanData { attributes: attributes.clone(), ..child("a span", kind.clone()) };
            let without = SpanData { attributes: attributes[1..].to_vec(), ..child("a span", kind) };
            let (with, without) = (checked(&document(&with).1), checked(&document(&without).1));
            for field in fields(place.slot) {
                let path = format!("/{}", field.replace('.', "/"));
                assert_ne!(with.pointer(&path), without.pointer(&path), "{name} does nothing to {field}: {with:#}");
            }
        }
    }
}

fn between<'a>(text: &'a str, what: &str) -> Vec<&'a str> {
    let (_, table) = text.split_once(&format!("<!-- {what}:begin -->\n")).unwrap();
    let (table, _) = table.split_once(&format!("<!-- {what}:end -->")).unwrap();
    table.lines().skip(2).collect()
}

#[test]
fn the_reference_shows_the_table() {
    let reference = include_str!("../../../../docs/reference/xray.md");
    let shown = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rows = PLACES.iter().map(|place| {
        let fields: Vec<&str> = place.field.split(", ").collect();
        format!("| {} | {} | {} |", shown(&place.names[..1]), shown(&place.names[1..]), shown(&fields))
    });
    let rows: Vec<String> = rows.map(|row| row.replace("|  |", "| |")).collect();
    assert_eq!(between(reference, "attributes"), rows, "\n{}", rows.join("\n"));
}

#[test]
fn the_reference_says_what_is_cut_in_the_order_in_which_it_is() {
    let reference = include_str!("../../../../docs/reference/xray.md");
    let words =
        |what| between(reference, what).into_iter().map(|row| row.split('`').nth(1).unwrap()).collect::<Vec<_>>();
    assert_eq!(words("levels"), LEVELS[1..].iter().map(|level| level.word).collect::<Vec<_>>());
    assert_eq!(words("cuts"), Cuts::ALL.map(|(_, word)| word));
}
