//! An order as it is written down before the first call, so that it can be repeated to the letter. Pure.

use super::array::ArrayOrder;
use serde::{Deserialize, Serialize};
use spawn_cloud::instances::{Instance, LaunchRequest, batches};
use spawn_config::tags;

/// EC2 knows a client token for at least this long ("Ensuring idempotency in Amazon EC2 API requests").
const TOKENS_HOLD: i64 = 24 * 60 * 60;

/// A launch: one request in batches, of one instance type or the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// Sixteen hexadecimal digits.
    pub(super) id: String,
    /// Account that it is for.
    pub(super) account: String,
    /// Region that it is for.
    pub(super) region: String,
    /// When it may no longer be repeated, in epoch seconds.
    pub(super) until: i64,
    /// What each batch asks for; type, number, token and the launch's tag are the batch's own.
    pub(super) request: LaunchRequest,
    /// Instance types in the order of preference.
    pub(super) types: Vec<String>,
    pub(super) batches: Vec<Batch>,
    /// The job array that the instances are for.
    #[serde(default)]
    pub(super) array: Option<ArrayOrder>,
}

/// A part of the order that is launched as a whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Batch {
    pub(super) count: u16,
    /// Which of the types is asked for.
    pub(super) choice: usize,
    /// Ids of its instances, once it is launched.
    pub(super) launched: Option<Vec<String>>,
}

impl Order {
    /// A new order, at `now` (epoch seconds). One whose agent comes by a link ends with the link.
    pub(super) fn new(
        id: String,
        place: (String, String),
        request: LaunchRequest,
        types: Vec<String>,
        now: i64,
        link_holds: Option<i64>,
    ) -> Self {
        let (account, region) = place;
        let batch = |count| Batch { count, choice: 0, launched: None };
        let batches = batches(request.count).into_iter().map(batch).collect();
        Self {
            id,
            account,
            region,
            until: now + link_holds.unwrap_or(TOKENS_HOLD),
            request,
            types,
            batches,
            array: None,
        }
    }

    /// What the batch asks for now. The same batch and type is the same request with the same token, whoever sends it.
    pub(super) fn request(&self, index: usize) -> LaunchRequest {
        let batch = &self.batches[index];
        let mut request = self.request.clone();
        request.instance_type.clone_from(&self.types[batch.choice]);
        request.count = batch.count;
        request.tags.insert(tags::LAUNCH_ID.to_owned(), self.tag(index));
        let sizes = || self.batches.iter().map(|batch| u32::from(batch.count));
        if let size @ 2.. = sizes().sum() {
            let first = sizes().take(index).sum();
            request.tags.insert(tags::FLEET.to_owned(), tags::show_fleet(size, first));
        }
        request.client_token = format!("spawn-{}-{}", self.tag(index), batch.choice + 1);
        request
    }

    /// The tag of the batch's instances.
    pub(super) fn tag(&self, index: usize) -> String {
        format!("{}-{}", self.id, index + 1)
    }

    /// Every batch's tag.
    pub(super) fn tags(&self) -> Vec<String> {
        (0..self.batches.len()).map(|index| self.tag(index)).collect()
    }

    /// Notes what EC2 says there is of this launch: a batch with an instance is launched.
    pub(super) fn found(&mut self, instances: &[Instance]) {
        for index in 0..self.batches.len() {
            let tag = self.tag(index);
            let ids: Vec<String> = instances
                .iter()
                .filter(|instance| instance.tags.get(tags::LAUNCH_ID) == Some(&tag))
                .map(|instance| instance.instance_id.clone())
                .collect();
            if !ids.is_empty() {
                self.batches[index].launched = Some(ids);
            }
        }
    }

    /// The first batch that is not known to be launched.
    pub(super) fn next(&self) -> Option<usize> {
        self.batches.iter().position(|batch| batch.launched.is_none())
    }

    /// Asks for the next type, in this batch and those behind it; `false` when there is none.
    pub(super) fn next_type(&mut self, index: usize) -> bool {
        let choice = self.batches[index].choice + 1;
        if choice == self.types.len() {
            return false;
        }
        self.batches[index..].iter_mut().for_each(|batch| batch.choice = choice);
        true
    }

    /// Sizes of the batches still to launch.
    pub(super) fn open(&self) -> Vec<u16> {
        self.batches.iter().filter(|batch| batch.launched.is_none()).map(|batch| batch.count).collect()
    }

    /// Number of instances that are launched.
    pub(super) fn launched(&self) -> usize {
        self.batches.iter().filter_map(|batch| batch.launched.as_ref()).map(Vec::len).sum()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use spawn_cloud::instances::Market;
    use std::collections::BTreeMap;

    pub(in super::super) fn order(count: u16) -> Order {
        let request = LaunchRequest {
            instance_type: "t3.micro".to_owned(),
            image: "resolve:ssm:/x".to_owned(),
            count,
            market: Market::OnDemand,
            tags: BTreeMap::from([("Name".to_owned(), "web".to_owned())]),
            instance_profile: None,
            subnet: None,
            security_groups: Vec::new(),
            key_pair: None,
            user_data: None,
            volumes: Vec::new(),
            hibernation: false,
            client_token: String::new(),
            dry_run: false,
        };
        let types = vec!["t3.micro".to_owned(), "t3a.micro".to_owned()];
        let place = ("123456789012".to_owned(), "us-east-1".to_owned());
        Order::new("0123456789abcdef".to_owned(), place, request, types, 1_000, None)
    }

    fn instance(tag: &str, id: &str) -> Instance {
        Instance {
            instance_id: id.to_owned(),
            state: "terminated".to_owned(),
            instance_type: "t3.micro".to_owned(),
            platform: None,
            image_id: None,
            availability_zone: None,
            public_ip: None,
            private_ip: None,
            launched_at: None,
            spot: false,
            tags: BTreeMap::from([(tags::LAUNCH_ID.to_owned(), tag.to_owned())]),
        }
    }

    #[test]
    fn each_batch_and_type_has_a_token_of_its_own_and_always_the_same() {
        let mut order = order(250);
        let token = |order: &Order, index| order.request(index).client_token;
        assert_eq!(token(&order, 0), "spawn-0123456789abcdef-1-1");
        assert_eq!(token(&order, 2), "spawn-0123456789abcdef-3-1");
        assert_eq!(order.request(2), order.request(2));
        assert!(order.next_type(1));
        assert_eq!(token(&order, 0), "spawn-0123456789abcdef-1-1");
        assert_eq!(token(&order, 2), "spawn-0123456789abcdef-3-2");
        let request = order.request(2);
        assert_eq!((request.instance_type.as_str(), request.count), ("t3a.micro", 50));
        assert_eq!(request.tags[tags::LAUNCH_ID], "0123456789abcdef-3");
        assert_eq!(request.tags[tags::FLEET], "250/200");
        assert!(!order.next_type(1), "there are two types only");
    }

    #[test]
    fn a_batch_with_an_instance_is_not_ordered_again_even_when_that_has_ended() {
        let mut order = order(250);
        order.found(&[instance("0123456789abcdef-1", "i-1"), instance("0123456789abcdef-3", "i-3")]);
        assert_eq!((order.next(), order.open(), order.launched()), (Some(1), vec![100], 2));
        order.found(&[instance("0123456789abcdef-2", "i-2"), instance("another-2", "i-9")]);
        assert_eq!((order.next(), order.launched()), (None, 3));
    }

    #[test]
    fn an_order_can_be_repeated_as_long_as_its_tokens_hold_or_its_link() {
        assert_eq!(order(1).until, 1_000 + 24 * 60 * 60);
        let Order { id, account, region, request, types, .. } = order(1);
        assert_eq!(Order::new(id, (account, region), request, types, 1_000, Some(3_600)).until, 4_600);
    }

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let mut order = order(250);
        order.found(&[instance("0123456789abcdef-1", "i-1")]);
        assert_eq!(serde_json::from_str::<Order>(&serde_json::to_string(&order).unwrap()).unwrap(), order);
    }
}
