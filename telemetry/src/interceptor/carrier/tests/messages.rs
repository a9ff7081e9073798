//! Messages of SQS: what each is given, by what it has.

use proptest::prelude::*;

use super::*;

fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// SendMessage with these attributes and this body.
fn message(text: &str, attributes: &Value, system: &Value) -> String {
    json!({ "QueueUrl": "q", "MessageBody": text, "MessageAttributes": attributes, "MessageSystemAttributes": system })
        .to_string()
}

fn many(count: usize) -> serde_json::Map<String, Value> {
    (0..count).map(|number| (format!("a{number}"), text("x"))).collect()
}

#[test]
fn a_message_gets_both_forms() {
    let sent = put(Carrier::SqsMessage, Some(&own(Some("v=\"\\"))), r#"{"QueueUrl": "q","MessageBody":"a\u0041"}"#);
    let expected = format!(
        r#"{{"QueueUrl": "q","MessageBody":"a\u0041","MessageSystemAttributes":{{"AWSTraceHeader":{{"StringValue":"{HEADER}","DataType":"String"}}}},"MessageAttributes":{{"traceparent":{{"StringValue":"{TRACEPARENT}","DataType":"String"}},"tracestate":{{"StringValue":"v=\"\\","DataType":"String"}}}}}}"#
    );
    assert_eq!(sent, expected);
}

#[test]
fn each_message_of_a_batch_gets_its_own() {
    let body = json!({ "Entries": [
        { "Id": "1", "MessageBody": "a" },
        { "Id": "2", "MessageBody": "b", "MessageAttributes": many(9) },
        { "Id": "3", "MessageBody": "c", "MessageAttributes": many(10), "MessageSystemAttributes": {} },
    ]});
    let sent = value(&put(Carrier::SqsBatch, Some(&own(Some("v=1"))), &body.to_string()));
    let mut expected = body;
    let whole = json!({ "traceparent": text(TRACEPARENT), "tracestate": text("v=1") });
    expected["Entries"][0]["MessageAttributes"] = whole;
    expected["Entries"][1]["MessageAttributes"]["traceparent"] = text(TRACEPARENT);
    for entry in 0..3 {
        expected["Entries"][entry]["MessageSystemAttributes"]["AWSTraceHeader"] = text(HEADER);
    }
    assert_eq!(sent, expected);
}

#[test]
fn what_has_no_room_is_left_out_and_awss_form_goes_alone() {
    // By the eleventh attribute, and by the size of the message and of the batch.
    let header = json!({ "AWSTraceHeader": text(HEADER) });
    let sent = value(&put(Carrier::SqsMessage, Some(&own(None)), &message("a", &many(10).into(), &json!({}))));
    assert_eq!((&sent["MessageAttributes"], &sent["MessageSystemAttributes"]), (&many(10).into(), &header));
    let full = "ä".repeat(524_288 - 35);
    let sent = value(&put(Carrier::SqsMessage, Some(&own(None)), &message(&full, &json!({}), &json!({}))));
    assert_eq!((&sent["MessageAttributes"], &sent["MessageSystemAttributes"]), (&json!({}), &header));
    let room_for_one = "a".repeat(1_048_576 - 72 * 2 + 1 - "bc".len());
    let body = json!({ "Entries": [{ "MessageBody": room_for_one }, { "MessageBody": "bc" }]}).to_string();
    let sent = value(&put(Carrier::SqsBatch, Some(&own(None)), &body));
    assert_eq!(sent["Entries"][0]["MessageAttributes"], json!({ "traceparent": text(TRACEPARENT) }));
    assert_eq!(sent["Entries"][1]["MessageAttributes"], Value::Null);
    assert_eq!(sent["Entries"][1]["MessageSystemAttributes"], header);
}

#[test]
fn a_message_that_fills_its_queue_to_the_last_byte_is_not_refused_for_the_trace() {
    // 256 KiB was the limit of every queue, and queues of that time have it still.
    for (spare, given) in [(72, 1), (71, 0)] {
        let binary =
            json!({ "b": { "BinaryValue": aws_smithy_types::base64::encode([0; 1_000]), "DataType": "Binary" } });
        let body = "a".repeat(262_144 - spare - 1_000 - "b".len() - "Binary".len());
        let sent = value(&put(Carrier::SqsMessage, Some(&own(None)), &message(&body, &binary, &json!({}))));
        assert_eq!(sent["MessageAttributes"].as_object().unwrap().len(), 1 + given, "{spare}");
    }
}

#[test]
fn a_message_that_is_full_gets_nothing_though_its_batch_has_room() {
    let body = json!({ "Entries": [{ "MessageBody": "a".repeat(262_144 - 71) }, { "MessageBody": "b".repeat(1_000) }]});
    let sent = value(&put(Carrier::SqsBatch, Some(&own(None)), &body.to_string()));
    assert_eq!(sent["Entries"][0]["MessageAttributes"], Value::Null);
    assert_eq!(sent["Entries"][1]["MessageAttributes"], json!({ "traceparent": text(TRACEPARENT) }));
}

#[test]
fn a_context_that_the_sender_set_stays_and_is_told_in_the_other_form_too() {
    let theirs = "00-11111111111111111111111111111111-2222222222222222-00";
    let header = "Root=1-11111111-111111111111111111111111;Parent=2222222222222222;Sampled=0";
    for (attributes, system) in [
        (json!({ "traceparent": text(theirs) }), json!({})),
        (json!({}), json!({ "AWSTraceHeader": text(header) })),
        (json!({ "traceparent": text(theirs) }), json!({ "AWSTraceHeader": text(header) })),
    ] {
        let sent = put(Carrier::SqsMessage, Some(&own(Some("v=1"))), &message("a", &attributes, &system));
        assert_eq!(["AWSTraceHeader", "traceparent"].map(|name| sent.matches(name).count()), [1, 1]);
        let sent = value(&sent);
        assert_eq!(sent["MessageAttributes"], json!({ "traceparent": text(theirs) }));
        assert_eq!(sent["MessageSystemAttributes"], json!({ "AWSTraceHeader": text(header) }));
    }
}

#[test]
fn a_context_that_the_sender_set_and_nobody_can_read_is_the_senders_affair() {
    for (attributes, system) in [
        (json!({ "traceparent": text("00-1") }), json!({})),
        (json!({ "traceparent": { "BinaryValue": "AA==", "DataType": "Binary" } }), json!({})),
        (json!({}), json!({ "AWSTraceHeader": text("Root=1") })),
        (json!({}), json!({ "AWSTraceHeader": text(&HEADER.replace("Sampled=1", "Sampled=?")) })),
    ] {
        let body = message("a", &attributes, &system);
        assert_eq!(put(Carrier::SqsMessage, Some(&own(None)), &body), body);
    }
}

#[test]
fn a_tracestate_of_the_sender_gets_no_traceparent_of_ours() {
    let attributes = json!({ "tracestate": text("v=2") });
    let sent = value(&put(Carrier::SqsMessage, Some(&own(None)), &message("a", &attributes, &json!({}))));
    assert_eq!(sent["MessageAttributes"], attributes);
}

/// An attribute as a sender may set it.
fn attribute() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,40}".prop_map(|it| text(&it)),
        proptest::collection::vec(any::<u8>(), 0..40)
            .prop_map(|it| json!({ "BinaryValue": aws_smithy_types::base64::encode(it), "DataType": "Binary" })),
    ]
}

fn attributes() -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let name = prop_oneof![8 => "[a-zA-Z0-9_.-]{1,12}", 1 => Just("traceparent".to_owned()), 1 => Just("tracestate".to_owned())];
    proptest::collection::btree_map(name, attribute(), 0..=10).prop_map(|all| all.into_iter().collect())
}

/// A body that is short, or ends close to a limit.
fn body() -> impl Strategy<Value = String> {
    let near = |limit: usize| (limit - 700..=limit).prop_map(|length| "b".repeat(length));
    prop_oneof![6 => ".{1,60}", 1 => near(262_144), 1 => near(1_048_576)]
}

fn weight(entry: &Value) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    let attributes = entry["MessageAttributes"].as_object().into_iter().flatten();
    let weights = attributes.map(|(name, value)| {
        let binary = value["BinaryValue"].as_str().map_or(0, |it| aws_smithy_types::base64::decode(it).unwrap().len());
        name.len() + text(&value["DataType"]) + text(&value["StringValue"]) + binary
    });
    text(&entry["MessageBody"]) + weights.sum::<usize>()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_batch_goes_over_a_limit_or_loses_anything(
        messages in proptest::collection::vec((body(), proptest::option::of(attributes())), 1..=10),
        state in proptest::option::of("[a-z]{1,9}=[ -+\\--<>-~]{0,200}[a-z\"\\\\]"),
    ) {
        let entries: Vec<_> = messages.iter().map(|(body, attributes)| match attributes {
            Some(attributes) => json!({ "Id": "1", "MessageBody": body, "MessageAttributes": attributes }),
            None => json!({ "MessageBody": body, "DelaySeconds": 0 }),
        }).collect();
        let before = json!({ "QueueUrl": "q", "Entries": entries });
        let text = before.to_string();
        let own = own(state.as_deref());
        let sent = put(Carrier::SqsBatch, Some(&own), &text);
        prop_assert_eq!(&put(Carrier::SqsBatch, Some(&own), &sent), &sent, "a second time changes nothing");

        let after = value(&sent);
        let was_whole: usize = entries.iter().map(weight).sum();
        let whole: usize = after["Entries"].as_array().unwrap().iter().map(weight).sum();
        prop_assert!(whole <= was_whole.max(1_048_576));
        let mut taken_out = after.clone();
        for (index, entry) in entries.iter().enumerate() {
            let sent = &after["Entries"][index];
            let attributes = sent["MessageAttributes"].as_object().map_or(0, serde_json::Map::len);
            prop_assert!(attributes <= 10, "{attributes} attributes");
            prop_assert!(weight(sent) <= weight(entry) || weight(sent) <= 1_048_576);
            prop_assert!(weight(entry) > 262_144 || weight(sent) <= 262_144);
            // Without what was added, it is what it was, member by member and in the same order.
            let ours = taken_out["Entries"][index].as_object_mut().unwrap();
            ours.shift_remove("MessageSystemAttributes");
            if entry.get("MessageAttributes").is_none() {
                ours.shift_remove("MessageAttributes");
            } else if let Some(all) = ours["MessageAttributes"].as_object_mut() {
                let theirs = entry["MessageAttributes"].as_object().unwrap();
                all.retain(|name, _| theirs.contains_key(name));
            }
        }
        prop_assert_eq!(taken_out.to_string(), text);
    }

    #[test]
    fn no_text_makes_it_panic(body in ".{0,200}", json in "[{}\\[\\]\":,A-Za-z0-9 \\\\]{0,80}") {
        for body in [body, json] {
            for carrier in [Carrier::SqsMessage, Carrier::SqsBatch, Carrier::SqsReceive, Carrier::SnsMessage, Carrier::SnsBatch, Carrier::Events, Carrier::Execution] {
                let sent = put(carrier, Some(&own(None)), &body);
                prop_assert!(sent.len() >= body.len());
            }
        }
    }
}
