//! What is known of a trace when it begins, and the terms that a rule sets.

use std::borrow::Cow;
use std::collections::BTreeMap;

use opentelemetry::KeyValue;

use crate::sampler::glob::fits;

/// The service whose traces these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Served {
    /// Its name in the service map.
    pub(crate) name: String,
    /// Its type there, `AWS::EC2::Instance`; empty where it is none of AWS's.
    pub(crate) kind: &'static str,
}

/// The first span of a trace as it begins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts<'a> {
    /// The attributes that it begins with.
    pub(crate) attributes: &'a [KeyValue],
}

/// Which traces a rule is for: patterns, each of which must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) service_name: String,
    pub(super) service_type: String,
    pub(super) resource_arn: String,
    pub(super) host: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) attributes: BTreeMap<String, String>,
}

/// Names of the host in the current and in older conventions.
const HOST: [&str; 3] = ["server.address", "http.host", "net.host.name"];
/// Names of the method.
const METHOD: [&str; 2] = ["http.request.method", "http.method"];
/// Names of the path.
const PATH: [&str; 2] = ["url.path", "http.target"];
/// Names of the whole address.
const URL: [&str; 2] = ["url.full", "http.url"];

impl Terms {
    /// Whether the rule can be for any trace of this service at all.
    pub(super) fn concern(&self, service: &Served) -> bool {
        // This host's ARN is not known, so it must not matter.
        fits(&self.service_name, &service.name)
            && fits(&self.service_type, service.kind)
            && fits(&self.resource_arn, "")
    }

    /// Whether the rule is for this trace of a service that it concerns.
    pub(super) fn fit(&self, facts: &Facts<'_>) -> bool {
        // Most rules set no such term, and then nothing is looked for.
        (self.host == "*" || fits(&self.host, &facts.first(&HOST)))
            && (self.method == "*" || fits(&self.method, &facts.first(&METHOD)))
            && (self.path == "*" || fits(&self.path, &facts.path()))
            && self.attributes.iter().all(|(key, pattern)| facts.get(key).is_some_and(|value| fits(pattern, &value)))
    }
}

impl Facts<'_> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.attributes.iter().find(|attribute| attribute.key.as_str() == key).map(|found| found.value.as_str())
    }

    /// The first of these attributes that there is; nothing is known otherwise, and only `*` fits that.
    fn first(&self, keys: &[&str]) -> Cow<'_, str> {
        keys.iter().find_map(|key| self.get(key)).unwrap_or_default()
    }

    fn path(&self) -> Cow<'_, str> {
        let path = self.first(&PATH);
        if !path.is_empty() {
            return path;
        }
        let url = self.first(&URL);
        let behind_host = url.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        behind_host.unwrap_or_default().to_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any() -> Terms {
        let any = || "*".to_owned();
        Terms {
            service_name: any(),
            service_type: any(),
            resource_arn: any(),
            host: any(),
            method: any(),
            path: any(),
            attributes: BTreeMap::new(),
        }
    }

    fn served(kind: &'static str) -> Served {
        Served { name: "spored".to_owned(), kind }
    }

    const EC2: &str = "AWS::EC2::Instance";

    #[test]
    fn a_service_is_known_by_name_and_type_whatever_their_case() {
        for (name, kind, of, expected) in [
            ("*", "*", EC2, true),
            ("SPORED", "aws::ec2::*", EC2, true),
            ("spor?d", "AWS::EC2::Instance", EC2, true),
            ("spor", "*", EC2, false),
            ("spored", "AWS::EC2::Instance", "", false),
            ("spored", "", "", true),
            ("spored", "AWS::Lambda::Function", EC2, false),
        ] {
            let terms = Terms { service_name: name.to_owned(), service_type: kind.to_owned(), ..any() };
            assert_eq!(terms.concern(&served(of)), expected, "{name} {kind} {of}");
        }
    }

    #[test]
    fn the_reference_tells_what_is_compared_with_what() {
        let reference = include_str!("../../../../docs/reference/sampling.md");
        let table = reference.split_once("<!-- terms:begin -->").unwrap().1;
        let table = table.split_once("<!-- terms:end -->").unwrap().0;
        let row = |term: &str| table.lines().find(|row| row.starts_with(&format!("| {term} |"))).unwrap();
        for (term, names) in [("host", &HOST[..]), ("HTTP method", &METHOD), ("URL path", &PATH), ("URL path", &URL)] {
            for name in names {
                assert!(row(term).contains(&format!("`{name}`")), "{term}: {name}");
            }
        }
        assert_eq!(table.lines().filter(|row| row.starts_with("| ")).count(), 1 + 7, "and the heading");
    }

    #[test]
    fn a_rule_for_one_resource_is_not_for_us() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/*".to_owned();
        assert!(!Terms { resource_arn: arn, ..any() }.concern(&served(EC2)));
    }

    #[test]
    fn a_request_is_known_by_its_attributes_in_old_and_new_words() {
        let terms =
            Terms { host: "*.example.com".to_owned(), method: "get".to_owned(), path: "/orders/*".to_owned(), ..any() };
        let pairs = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect::<Vec<_>>()
        };
        let new =
            pairs(&[("server.address", "shop.example.com"), ("http.request.method", "GET"), ("url.path", "/orders/7")]);
        let old = pairs(&[
            ("http.host", "shop.example.com"),
            ("http.method", "GET"),
            ("http.url", "https://shop.example.com/orders/7"),
        ]);
        let other = pairs(&[("server.address", "shop.example.com"), ("http.request.method", "GET")]);
        assert!(terms.fit(&Facts { attributes: &new }));
        assert!(terms.fit(&Facts { attributes: &old }));
        assert!(!terms.fit(&Facts { attributes: &other }), "a path that is not known is none that was asked for");
        assert!(any().fit(&Facts::default()));
        let root = Terms { path: "/".to_owned(), ..any() };
        assert!(root.fit(&Facts { attributes: &pairs(&[("url.full", "https://shop.example.com")]) }));
    }

    #[test]
    fn each_attribute_of_a_rule_must_be_there_and_fit() {
        let wanted = [("aws.operation", "Get*"), ("spawn.job_array_index", "4?")];
        let wanted = wanted.map(|(key, pattern)| (key.to_owned(), pattern.to_owned()));
        let terms = Terms { attributes: wanted.into(), ..any() };
        let operation = KeyValue::new("aws.operation", "getitem");
        let number = |number: i64| KeyValue::new("spawn.job_array_index", number);
        assert!(terms.fit(&Facts { attributes: &[operation.clone(), number(42)] }));
        assert!(!terms.fit(&Facts { attributes: &[operation.clone(), number(7)] }));
        assert!(!terms.fit(&Facts { attributes: &[operation] }));
    }
}
