//! The blocks of a document as attributes: the exporter's own table, read from the other side.

use serde_json::Value as Json;
use spawn_telemetry::XRayDocuments;

use super::fields::{Fields, PREFIX, Read};

/// The attribute that a field of X-Ray's comes from, by its name of today.
fn attribute(field: &str) -> Option<&'static str> {
    XRayDocuments::fields().find(|(known, _)| *known == field)?.1.first().copied()
}

/// Says what is left of a block, by the table, or under the field's own name.
fn say_rest(block: &mut Fields, path: &str, read: &mut Read) {
    for (key, value) in block.rest() {
        if value.is_null() {
            continue;
        }
        let field = format!("{path}{key}");
        // It tells where another field is from, and is none itself.
        match attribute(&field).filter(|_| key != "x_forwarded_for") {
            Some(attribute) => read.say(attribute, value),
            None => read.say(&format!("{PREFIX}{field}"), value),
        }
    }
}

/// All blocks that calls and requests have in common.
pub(super) fn others(fields: &mut Fields, read: &mut Read) {
    http(fields, read);
    sql(fields, read);
    annotations(fields, read);
    single(fields, read);
}

/// The block `http`.
fn http(fields: &mut Fields, read: &mut Read) {
    let mut block = fields.object("http", "http.", read);
    let mut request = block.object("request", "http.request.", read);
    say_rest(&mut request, "http.request.", read);
    let mut response = block.object("response", "http.response.", read);
    say_rest(&mut response, "http.response.", read);
    block.keep_rest(read);
}

/// The block `sql`.
fn sql(fields: &mut Fields, read: &mut Read) {
    let mut block = fields.object("sql", "sql.", read);
    for key in ["url", "connection_string"] {
        block.text(key, read).into_iter().for_each(|connection| read.say("db.connection_string", connection));
    }
    say_rest(&mut block, "sql.", read);
}

/// The block `aws` of a call to this service.
pub(super) fn aws(block: &mut Fields, service: &str, operation: Option<&str>, read: &mut Read) {
    operation.into_iter().for_each(|operation| read.say("aws.operation", operation));
    if let Some(region) = block.any("region") {
        read.say("aws.region", region.clone());
        read.say("cloud.region", region);
    }
    if let Some(retries) = block.take("retries", read, |value| value.as_i64().ok_or(value)) {
        read.say("aws.attempts", retries.saturating_add(1));
    }
    if let Some(table) = block.any("table_name") {
        read.say("aws.dynamodb.table_names", vec![table]);
    }
    block.any("table_names").into_iter().for_each(|tables| read.say("aws.dynamodb.table_names", tables));
    if let Some(names) = block.any("resource_names") {
        resources(service, names, read);
    }
    say_rest(block, "aws.", read);
}

/// Resources of these services are told by one attribute each.
fn resources(service: &str, names: Json, read: &mut Read) {
    let first = names.get(0).cloned();
    match (service.to_ascii_lowercase().replace(' ', "").as_str(), first) {
        ("lambda", Some(name)) => read.say("aws.lambda.invoked_arn", name),
        ("secretsmanager", Some(name)) => read.say("aws.secretsmanager.secret.arn", name),
        ("sts", Some(name)) => read.say("aws.sts.role_arn", name),
        ("ec2", _) => read.say("aws.ec2.instance_ids", names),
        ("ssm" | "systemsmanager", _) => read.say("aws.ssm.parameter_names", names),
        ("cloudwatchlogs" | "logs", Some(Json::String(first))) => {
            let is_arn = first.starts_with("arn:");
            read.say(if is_arn { "aws.log.group.arns" } else { "aws.log.group.names" }, names);
        }
        _ => read.say("aws.xray.aws.resource_names", names),
    }
}

/// The annotations: those that the exporter makes have their attribute; any other one is an attribute that is annotated.
fn annotations(fields: &mut Fields, read: &mut Read) {
    let mut annotated = Vec::new();
    for (key, value) in fields.object("annotations", "annotations.", read).rest() {
        let known =
            if key == "aws_operation" { Some("aws.operation") } else { attribute(&format!("annotations.{key}")) };
        match known {
            Some(known) => read.say(known, value),
            None => {
                read.say(&key, value);
                annotated.push(key);
            }
        }
    }
    if !annotated.is_empty() {
        read.say("aws.xray.annotations", annotated);
    }
}

/// Fields that are one value.
fn single(fields: &mut Fields, read: &mut Read) {
    fields.text("user", read).into_iter().for_each(|user| read.say("user.id", user));
    fields.any("precursor_ids").into_iter().for_each(|ids| read.say("aws.xray.precursor_ids", ids));
}
