//! The service map that X-Ray would draw from segment documents: which services there are, and who calls whom.
//!
//! No emulator draws it, so this is worked out by X-Ray's rules. Where they come from:
//!
//! | rule | source |
//! |---|---|
//! | a segment is a node: its `name`, and its `origin` as the type | developer guide, "segment documents": `name`, `origin` |
//! | a subsegment with `namespace` `aws` or `remote` stands for a service that sends no segments: a node inferred from it | developer guide, "concepts" (segments, service graph) |
//! | where the callee does send a segment whose `parent_id` is that subsegment's id, its node takes the place of the inferred one; the edge keeps the numbers of the subsegment | the same |
//! | a DynamoDB table is a node of the type `AWS::DynamoDB::Table` with the table's name; without a table the type is `AWS::DynamoDB` | developer guide, example of GetServiceGraph; API reference, `Service.Type` |
//! | an SNS topic is a node of the type `AWS::SNS` | developer guide, example of BatchGetTraces |
//! | another downstream service has the type `remote` | API reference, `Service.Type` |
//! | queues, buckets and functions are nodes with their own names, and other AWS services have the type `AWS::` and their name | by analogy; the guide shows none |
//! | `fault`, `throttle` and `error` are counted in this order, and a call has one of them | developer guide, "concepts" (errors, faults, exceptions) |
//! | of two documents with one id the later counts | developer guide, "segment documents": `in_progress` |
//!
//! Left out: the node for the users in front of a service that nobody calls, and edges from a service to itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A circle on the map.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// `spored`, or the name of a table.
    pub name: String,
    /// `AWS::EC2::Instance`, `AWS::DynamoDB::Table`, `remote`; empty for a service that says nothing of where it runs.
    pub kind: String,
}

/// How calls along an edge went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that succeeded.
    pub ok: u64,
    /// Those that were the caller's fault, without those that were throttled.
    pub errors: u64,
    /// Those that were throttled.
    pub throttled: u64,
    /// Those that were the callee's fault.
    pub faults: u64,
}

/// Nodes and edges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceMap {
    /// All services and resources.
    pub nodes: BTreeSet<Node>,
    /// Who calls whom.
    pub edges: BTreeMap<(Node, Node), Calls>,
}

impl Node {
    /// A node of this name and type.
    pub fn new(name: &str, kind: &str) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned() }
    }

    fn of_segment(segment: &Value) -> Self {
        Self::new(text(segment, "name"), text(segment, "origin"))
    }

    /// The node of a service that sends no segments, from the call to it.
    fn inferred(call: &Value) -> Self {
        let name = text(call, "name");
        if text(call, "namespace") == "remote" {
            return Self::new(name, "remote");
        }
        let resource = |field: &str| call["aws"][field].as_str().map(|it| it.rsplit(['/', ':']).next().unwrap_or(it));
        let known = match name {
            "DynamoDB" => resource("table_name").map(|table| Self::new(table, "AWS::DynamoDB::Table")),
            "SQS" => resource("queue_url").map(|queue| Self::new(queue, "AWS::SQS::Queue")),
            "SNS" => resource("topic_arn").map(|topic| Self::new(topic, "AWS::SNS")),
            "S3" => resource("bucket_name").map(|bucket| Self::new(bucket, "AWS::S3::Bucket")),
            "Lambda" => resource("function_name").map(|function| Self::new(function, "AWS::Lambda::Function")),
            _ => None,
        };
        known.unwrap_or_else(|| Self::new(name, &format!("AWS::{}", name.replace(' ', ""))))
    }
}

impl Calls {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.ok + self.errors + self.throttled + self.faults
    }

    fn count(&mut self, call: &Value) {
        let is = |flag: &str| call[flag] == true;
        let counter = match (is("fault"), is("throttle"), is("error")) {
            (true, ..) => &mut self.faults,
            (_, true, _) => &mut self.throttled,
            (_, _, true) => &mut self.errors,
            _ => &mut self.ok,
        };
        *counter += 1;
    }
}

impl ServiceMap {
    /// Draws the map of these documents, given in the order in which they arrived.
    pub fn of(documents: &[Value]) -> Self {
        let parts = Parts::of(documents);
        let mut map = Self::default();
        for part in parts.0.values() {
            if part.is_segment {
                map.nodes.insert(Node::of_segment(part.document));
                // Called by something that is no call: work that was handed on, such as a task to an agent.
                if let Some(caller) = parts.parent(part).filter(|parent| !parent.is_call()) {
                    map.draw(parts.node_of(caller), Node::of_segment(part.document), part.document);
                }
            } else if part.is_call() {
                let called = parts.callee(part).map_or_else(|| Node::inferred(part.document), Node::of_segment);
                map.nodes.insert(called.clone());
                map.draw(parts.node_of(part), called, part.document);
            }
        }
        map
    }

    /// The types of the nodes to which there is an edge from a service.
    pub fn called_by(&self, name: &str) -> BTreeSet<&str> {
        let from = self.edges.keys().filter(|(from, _)| from.name == name);
        from.map(|(_, to)| to.kind.as_str()).collect()
    }

    fn draw(&mut self, from: Option<Node>, to: Node, call: &Value) {
        if let Some(from) = from.filter(|from| *from != to) {
            self.edges.entry((from, to)).or_default().count(call);
        }
    }
}

/// A segment or subsegment, wherever its document was.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    document: &'a Value,
    trace: &'a str,
    parent: &'a str,
    is_segment: bool,
}

impl Part<'_> {
    fn is_call(&self) -> bool {
        !self.is_segment && matches!(text(self.document, "namespace"), "aws" | "remote")
    }
}

/// Everything by trace and id.
#[derive(Debug, Default)]
struct Parts<'a>(BTreeMap<(&'a str, &'a str), Part<'a>>);

impl<'a> Parts<'a> {
    fn of(documents: &'a [Value]) -> Self {
        let mut parts = Self::default();
        for document in documents {
            let is_segment = text(document, "type") != "subsegment";
            let (trace, parent) = (text(document, "trace_id"), text(document, "parent_id"));
            parts.add(Part { document, trace, parent, is_segment });
        }
        parts
    }

    fn add(&mut self, part: Part<'a>) {
        let id = text(part.document, "id");
        self.0.insert((part.trace, id), part);
        for nested in part.document["subsegments"].as_array().into_iter().flatten() {
            self.add(Part { document: nested, trace: part.trace, parent: id, is_segment: false });
        }
    }

    fn parent(&self, part: &Part<'a>) -> Option<&Part<'a>> {
        self.0.get(&(part.trace, part.parent))
    }

    /// The service whose segment this is in.
    fn node_of(&self, part: &Part<'a>) -> Option<Node> {
        let mut part = part;
        // A trace that names parents in a circle has no segment on top.
        for _ in 0..self.0.len() {
            if part.is_segment {
                return Some(Node::of_segment(part.document));
            }
            part = self.parent(part)?;
        }
        None
    }

    /// The segment that the callee has sent of a call.
    fn callee(&self, call: &Part<'a>) -> Option<&'a Value> {
        let id = text(call.document, "id");
        let below = self.0.values().find(|part| part.is_segment && part.trace == call.trace && part.parent == id);
        below.map(|part| part.document)
    }
}

fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A segment of a service on EC2, with this parent.
    fn segment(id: &str, name: &str, parent: Option<&str>) -> Value {
        json!({"trace_id": "1-0-1", "id": id, "name": name, "origin": "AWS::EC2::Instance", "parent_id": parent})
    }

    fn call(id: &str, name: &str, parent: &str, aws: Value) -> Value {
        json!({"trace_id": "1-0-1", "id": id, "name": name, "parent_id": parent, "type": "subsegment",
               "namespace": "aws", "aws": aws})
    }

    fn agent() -> Node {
        Node::new("spored", "AWS::EC2::Instance")
    }

    #[test]
    fn a_resource_is_a_node_and_a_call_without_one_is_its_services() {
        let cases = [
            ("DynamoDB", json!({"table_name": "jobs"}), Node::new("jobs", "AWS::DynamoDB::Table")),
            ("DynamoDB", json!({"operation": "ListTables"}), Node::new("DynamoDB", "AWS::DynamoDB")),
            ("SQS", json!({"queue_url": "https://sqs/123/work"}), Node::new("work", "AWS::SQS::Queue")),
            ("SNS", json!({"topic_arn": "arn:aws:sns:us-east-1:123:done"}), Node::new("done", "AWS::SNS")),
            ("S3", json!({"bucket_name": "results"}), Node::new("results", "AWS::S3::Bucket")),
            ("Lambda", json!({"function_name": "merge"}), Node::new("merge", "AWS::Lambda::Function")),
            ("EC2", json!({"operation": "RunInstances"}), Node::new("EC2", "AWS::EC2")),
            ("Secrets Manager", json!({}), Node::new("Secrets Manager", "AWS::SecretsManager")),
        ];
        for (name, aws, node) in cases {
            let documents = [segment("a", "spored", None), call("b", name, "a", aws)];
            let map = ServiceMap::of(&documents);
            assert_eq!(map.nodes, BTreeSet::from([agent(), node.clone()]));
            assert_eq!(map.edges, BTreeMap::from([((agent(), node), Calls { ok: 1, ..Calls::default() })]));
        }
    }

    #[test]
    fn calls_are_counted_by_how_they_went_once_each() {
        let mut documents = vec![segment("a", "spored", None)];
        let flags =
            [json!({}), json!({"error": true}), json!({"error": true, "throttle": true}), json!({"fault": true})];
        for (id, flags) in ["b", "c", "d", "e"].iter().zip(flags) {
            let mut call = call(id, "EC2", "a", json!({}));
            call.as_object_mut().unwrap().extend(flags.as_object().unwrap().clone());
            documents.push(call);
        }
        let map = ServiceMap::of(&documents);
        let calls = map.edges[&(agent(), Node::new("EC2", "AWS::EC2"))];
        assert_eq!(calls, Calls { ok: 1, errors: 1, throttled: 1, faults: 1 });
        assert_eq!(calls.total(), 4);
    }

    #[test]
    fn a_call_deep_within_work_is_its_services_and_a_nested_one_too() {
        let mut step = call("b", "stage in", "a", json!({}));
        step.as_object_mut().unwrap().remove("namespace");
        let mut root = segment("a", "spored", None);
        root["subsegments"] = json!([{"id": "d", "name": "EC2", "namespace": "aws"}]);
        let map = ServiceMap::of(&[call("c", "S3", "b", json!({"bucket_name": "reads"})), step, root]);
        assert_eq!(map.called_by("spored"), BTreeSet::from(["AWS::EC2", "AWS::S3::Bucket"]));
    }

    #[test]
    fn who_sends_a_segment_of_a_call_takes_the_place_of_what_was_inferred() {
        let invoke = call("b", "Lambda", "a", json!({"function_name": "merge"}));
        let map = ServiceMap::of(&[segment("a", "spored", None), invoke, segment("c", "merge", Some("b"))]);
        let merge = Node::new("merge", "AWS::EC2::Instance");
        assert_eq!(map.nodes, BTreeSet::from([agent(), merge.clone()]));
        assert_eq!(map.edges.keys().collect::<Vec<_>>(), [&(agent(), merge)]);
    }

    #[test]
    fn work_that_is_handed_on_is_an_edge_and_a_service_has_none_to_itself() {
        let map = ServiceMap::of(&[
            segment("a", "spawn", None),
            segment("b", "spored", Some("a")),
            segment("c", "spored", Some("b")),
        ]);
        let spawn = Node::new("spawn", "AWS::EC2::Instance");
        assert_eq!(map.edges.keys().collect::<Vec<_>>(), [&(spawn, agent())]);
    }

    #[test]
    fn the_later_of_two_documents_counts_and_a_circle_harms_nothing() {
        let mut failed = call("b", "EC2", "a", json!({}));
        failed["fault"] = json!(true);
        let map = ServiceMap::of(&[segment("a", "spored", None), call("b", "EC2", "a", json!({})), failed]);
        assert_eq!(map.edges.values().collect::<Vec<_>>(), [&Calls { faults: 1, ..Calls::default() }]);
        let circle = [call("a", "EC2", "b", json!({})), call("b", "EC2", "a", json!({}))];
        assert_eq!(ServiceMap::of(&circle).edges, BTreeMap::new());
    }
}
