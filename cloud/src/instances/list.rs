//! DescribeInstances, page after page.

use super::Instance;
use crate::error::{Error, Result};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::describe_instances::paginator::DescribeInstancesPaginator;
use aws_sdk_ec2::types::Filter as Ec2Filter;
use spawn_config::tags;

/// The most that EC2 puts on a page. The pages of a region come one after the other, so few of them are soon done.
const PAGE: i32 = 1000;

/// Which instances to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those that spawn launched.
    Managed,
    /// These, whoever launched them.
    Ids(Vec<String>),
    /// Those that spawn launched and that are as described.
    Matching(Criteria),
}

/// What instances must be like; what is empty is not asked for, and of several values one must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Names, in which `*` stands for any characters and `?` for any one.
    pub names: Vec<String>,
    /// Ids of job arrays.
    pub arrays: Vec<String>,
    /// Tags: the key, and the value if that matters. All of them must hold.
    pub tags: Vec<(String, Option<String>)>,
    /// EC2's state names.
    pub states: Vec<String>,
    /// Instance types.
    pub types: Vec<String>,
}

/// Lists the instances of the client's region that the filter names.
pub async fn list(client: &Client, filter: &Filter) -> Result<Vec<Instance>> {
    let call = client.describe_instances();
    let pages = match filter {
        // EC2 takes ids or a page's size, and answers for all ids at once.
        Filter::Ids(ids) => call.set_instance_ids(Some(ids.clone())).into_paginator(),
        Filter::Managed => call.set_filters(Some(Criteria::default().filters())).into_paginator().page_size(PAGE),
        Filter::Matching(criteria) => call.set_filters(Some(criteria.filters())).into_paginator().page_size(PAGE),
    };
    every(pages).await
}

/// The instances of every page.
pub(super) async fn every(pages: DescribeInstancesPaginator) -> Result<Vec<Instance>> {
    let mut pages = pages.send();
    let mut instances = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| Error::of("EC2 DescribeInstances", error))?;
        let reservations = page.reservations.unwrap_or_default().into_iter();
        let found = reservations.flat_map(|reservation| reservation.instances.unwrap_or_default());
        instances.extend(found.map(Instance::from_sdk));
    }
    Ok(instances)
}

impl Criteria {
    fn filters(&self) -> Vec<Ec2Filter> {
        let any_of =
            |name: String, values: Vec<String>| Ec2Filter::builder().name(name).set_values(Some(values)).build();
        let tag = |key: &str| format!("tag:{key}");
        let literal = |values: &[String]| values.iter().map(|value| escaped(value, true)).collect();
        let patterns = |values: &[String]| values.iter().map(|value| escaped(value, false)).collect();
        let lists = [
            ("tag:Name".to_owned(), patterns(&self.names)),
            (tag(tags::ARRAY_ID), literal(&self.arrays)),
            ("instance-state-name".to_owned(), literal(&self.states)),
            ("instance-type".to_owned(), literal(&self.types)),
        ];
        let asked = lists.into_iter().filter(|(_, values): &(String, Vec<String>)| !values.is_empty());
        let by_tag = self.tags.iter().map(|(key, value)| match value {
            Some(value) => any_of(tag(key), vec![escaped(value, true)]),
            None => any_of("tag-key".to_owned(), vec![escaped(key, true)]),
        });
        let managed = any_of(tag(tags::MANAGED), vec!["true".to_owned()]);
        std::iter::once(managed).chain(asked.map(|(name, values)| any_of(name, values))).chain(by_tag).collect()
    }
}

/// The value of a filter: EC2 reads `*` and `?` in it as patterns, and `\` before a character that means itself.
fn escaped(value: &str, literal: bool) -> String {
    let means_itself = |c: char| c == '\\' || (literal && matches!(c, '*' | '?'));
    value.chars().flat_map(|c| means_itself(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_no_filter_and_stars_are_patterns_in_names_only() {
        let criteria = Criteria {
            names: vec!["web-*".to_owned()],
            tags: vec![("team".to_owned(), Some("a*b".to_owned())), ("owner".to_owned(), None)],
            ..Criteria::default()
        };
        let shown: Vec<String> = criteria
            .filters()
            .iter()
            .map(|filter| format!("{}={}", filter.name().unwrap(), filter.values().join(",")))
            .collect();
        assert_eq!(shown, ["tag:spawn:managed=true", "tag:Name=web-*", r"tag:team=a\*b", "tag-key=owner"]);
    }
}
