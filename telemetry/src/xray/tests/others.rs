//! Spans of other SDKs and conventions: remote services, databases, requests served, annotations and metadata that are asked
//! for, and places of X-Ray's that a span of ours does not have.

use super::check::checked;
use super::*;

fn of(kind: SpanKind, attributes: &[(&'static str, &'static str)]) -> Json {
    let attributes = attributes.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect();
    checked(&document(&SpanData { attributes, ..child("GET /a", kind) }).1)
}

#[test]
fn a_call_of_something_else_is_a_remote_node_named_for_it() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("peer.service", "auth"), ("server.address", "h")], "auth"),
        (&[("aws.remote.service", "billing"), ("peer.service", "auth")], "billing"),
        (&[("rpc.system", "grpc"), ("rpc.service", "pkg.Service"), ("net.peer.name", "h")], "pkg.Service"),
        (&[("net.peer.name", "api.example.com")], "api.example.com"),
        (&[("http.url", "https://kim:x@api.example.com/a?b")], "api.example.com"),
        (&[], "GET /a"),
    ];
    for (attributes, name) in cases {
        let read = of(SpanKind::Client, attributes);
        assert_eq!((&read["name"], &read["namespace"]), (&json!(name), &json!("remote")), "{attributes:?}");
    }
}

#[test]
fn a_query_is_told_without_values_and_passwords() {
    let parts = [
        ("db.system.name", "postgresql"),
        ("db.namespace", "shop"),
        ("server.address", "db.example.com"),
        ("db.query.text", "SELECT * FROM a WHERE b = 'c'"),
        ("db.user", "kim"),
    ];
    let expected = json!({
        "url": "postgresql://db.example.com/shop",
        "sanitized_query": "SELECT * FROM a WHERE b = ?",
        "database_type": "postgresql",
        "user": "kim",
    });
    let read = of(SpanKind::Client, &parts);
    assert_eq!(json!([read["name"], read["sql"]]), json!(["shop", expected]));
    let old = [("db.system", "mysql"), ("db.connection_string", "mysql://kim:x@h/shop"), ("db.statement", "SELECT 1")];
    let expected = json!({"url": "mysql://h/shop", "sanitized_query": "SELECT ?", "database_type": "mysql"});
    assert_eq!(of(SpanKind::Client, &old)["sql"], expected);
    assert_eq!(of(SpanKind::Client, &[("db.system", "redis"), ("db.statement", "GET a")]).get("sql"), None);
}

#[test]
fn a_request_that_was_served_is_a_segment_with_its_url_put_together() {
    let new = [
        ("url.scheme", "https"),
        ("server.address", "h"),
        ("server.port", "8443"),
        ("url.path", "/a"),
        ("client.address", "1.2.3.4"),
        ("network.peer.address", "10.0.0.1"),
        ("http.request.method", "GET"),
        ("user.id", "kim"),
    ];
    let old = [
        ("http.scheme", "https"),
        ("http.host", "h:8443"),
        ("http.target", "/a?token=x"),
        ("http.client_ip", "1.2.3.4"),
        ("net.peer.ip", "10.0.0.1"),
        ("http.method", "GET"),
        ("enduser.id", "kim"),
    ];
    let request = json!({"method": "GET", "url": "https://h:8443/a", "client_ip": "1.2.3.4", "x_forwarded_for": true});
    for attributes in [&new[..], &old] {
        let read = of(SpanKind::Server, attributes);
        assert_eq!(
            json!([read["name"], read.get("type"), read["parent_id"], read["http"]["request"], read["user"]]),
            json!(["spored", null, "00000000000000a1", request, "kim"])
        );
    }
}

#[test]
fn annotations_that_are_asked_for_come_after_those_that_always_are() {
    let mut call = get_item(200);
    call.attributes.extend([
        KeyValue::new("team.name", "genomics"),
        KeyValue::new("cost", 1.5),
        KeyValue::new("aws.xray.annotations", Value::Array(vec![StringValue::from("cost")].into())),
    ]);
    let resource = Resource::builder_empty().build();
    let mut translator = Translator::new(&resource, Filter::default(), &["team.*".to_owned(), "aws.region".to_owned()]);
    let mut text = String::new();
    let mut asked = Vec::new();
    let mut grant = |key: &str, value: &str| {
        asked.push(format!("{key}={value}"));
        asked.len() != 2
    };
    translator.document(&call, &Place::of(&call), &mut grant, &mut text);
    assert_eq!(
        asked,
        [
            "spawn_instance_id=i-0abc",
            "aws_operation=GetItem",
            "aws_service=dynamodb",
            "aws_region=eu-central-1",
            "team_name=genomics",
            "cost=1.5",
        ]
    );
    let read = checked(&text);
    assert_eq!(
        read["annotations"],
        json!({
            "spawn_instance_id": "i-0abc",
            "aws_service": "dynamodb",
            "aws_region": "eu-central-1",
            "team_name": "genomics",
            "cost": 1.5,
        })
    );
    assert_eq!(read["aws"]["region"], "eu-central-1");
    assert_eq!(read["metadata"]["spawn"], json!({"spawn.provider": "ec2", "db.system.name": "aws.dynamodb"}));
}

#[test]
fn an_annotation_that_the_trace_has_no_room_for_is_metadata() {
    let mut text = String::new();
    let call = failing(400, "ValidationException", "m");
    translator().document(&call, &Place::of(&call), &mut |_, _| false, &mut text);
    let read = checked(&text);
    assert_eq!(read.get("annotations"), None);
    assert_eq!(
        read["metadata"]["spawn"],
        json!({
            "spawn.provider": "ec2",
            "db.system.name": "aws.dynamodb",
            "aws.service": "dynamodb",
            "spawn.instance_id": "i-0abc",
        })
    );
    assert_eq!(read["cause"]["exceptions"][0]["type"], "ValidationException");
}

#[test]
fn metadata_of_another_sdk_has_its_namespace() {
    let read = of(
        SpanKind::Internal,
        &[("aws.xray.metadata.billing", "{\"cents\": [1]}"), ("aws.xray.metadata.bad", "{"), ("name", "n")],
    );
    let expected = json!({
        "spawn": {"aws.xray.metadata.bad": "{", "attribute.name": "n"},
        "billing": {"cents": [1]},
    });
    assert_eq!(read["metadata"], expected);
}

#[test]
fn under_way_there_is_no_end_yet() {
    let boot = span("boot");
    let mut text = String::new();
    let place = Place { under_way: true, ..Place::of(&boot) };
    translator().document(&boot, &place, &mut |_, _| true, &mut text);
    let read = checked(&text);
    assert_eq!((&read["in_progress"], read.get("end_time")), (&json!(true), None));
}

#[test]
fn apart_from_its_parent_a_span_is_a_segment_that_links_to_it() {
    let part = child("part", SpanKind::Internal);
    let tie = |trace: u8, id: &str, what: &str| json!({"trace_id": format!("1-00000000-{trace:024x}"), "id": id, "attributes": {"spawn.trace.link": what}});
    let ties = Ties {
        parent: Some(6.into()),
        continued: Some((8.into(), 0xb2.into())),
        continues: Some((9.into(), 0xc3.into())),
    };
    let place = Place { trace_id: 7.into(), under_way: false, ties };
    let mut text = String::new();
    translator().document(&part, &place, &mut |_, _| true, &mut text);
    let read = checked(&text);
    assert_eq!(
        json!([read["trace_id"], read.get("parent_id"), read.get("type"), read["links"]]),
        json!([
            "1-00000000-000000000000000000000007",
            null,
            null,
            [
                tie(6, "00000000000000a1", "parent"),
                tie(8, "00000000000000b2", "continued"),
                tie(9, "00000000000000c3", "continues"),
            ],
        ])
    );
}

#[test]
fn what_ties_the_parts_of_a_trace_is_neither_cut_nor_filtered_out() {
    let settings = spawn_config::FilterSettings { drop: vec!["*".to_owned()], ..Default::default() };
    let mut translator = Translator::new(&Resource::builder_empty().build(), Filter::new(&settings), &[]);
    translator.set_room(1);
    let mut part = child("part", SpanKind::Internal);
    part.links.links = vec![Link::new(context(0xc3), vec![KeyValue::new("why", "retry")], 0); 200];
    let ties = Ties { parent: Some(6.into()), ..Ties::default() };
    let place = Place { ties, ..Place::of(&part) };
    let mut text = String::new();
    translator.document(&part, &place, &mut |_, _| true, &mut text);
    let links = &checked(&text)["links"];
    assert_eq!((&links[0]["attributes"], links[1].get("attributes")), (&json!({"spawn.trace.link": "parent"}), None));
}

#[test]
fn what_the_filter_hides_is_nowhere_and_what_the_translation_goes_by_stays() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let settings = spawn_config::FilterSettings {
        drop: names(&["http.response.status_code", "exception.message"]),
        redact: names(&["aws.dynamodb.*", "error.message"]),
        ..spawn_config::FilterSettings::default()
    };
    let mut translator = Translator::new(&Resource::builder_empty().build(), Filter::new(&settings), &[]);
    let mut call = failing(429, "Whatever", "hunter2");
    call.name = "https://kim:hunter2@host".into();
    let attributes = vec![KeyValue::new("exception.message", "hunter2"), KeyValue::new("exception.type", "E")];
    call.events.events = vec![Event::new("exception", at(1), attributes, 0)];
    let mut text = String::new();
    translator.document(&call, &Place::of(&call), &mut |_, _| true, &mut text);
    let read = checked(&text);
    assert!(!text.contains("hunter2") && !text.contains("jobs") && read.get("http").is_none(), "{text}");
    assert_eq!(read["metadata"]["spawn"]["dropped"], json!({"attributes": 1}));
    assert_eq!((&read["throttle"], &read["aws"]["table_name"]), (&json!(true), &json!("[redacted]")));
}
