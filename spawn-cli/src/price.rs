//! What an instance costs by its list price: an hour, and so far. Both are estimates, and say from when the list is.

use crate::exit::UsageError;
use anyhow::Result;
use jiff::Timestamp;
use spawn_cloud::instances::Instance;
use spawn_cloud::prices::{PriceTableError, Prices, Usd};
use spawn_host::World;
use std::time::Duration;

/// The variable that names a price table of the user's own: other regions, or what was agreed with AWS.
const OWN_TABLE: &str = "SPAWN_PRICES";

/// The prices to reckon with.
pub(crate) fn table(world: &World) -> Result<Prices> {
    let Some(path) = world.variable(OWN_TABLE) else { return Ok(Prices::embedded()) };
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError::Other(format!("the price table {path} that {OWN_TABLE} names cannot be read: {error}"))
    })?;
    let refused =
        |error: PriceTableError| UsageError::Other(format!("the price table {path} that {OWN_TABLE} names: {error}"));
    Ok(Prices::read(&text).map_err(refused)?)
}

/// What is known of an instance's cost; `None` is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// An hour, as things are now.
    pub(crate) per_hour: Option<Usd>,
    /// Since the last start.
    pub(crate) so_far: Option<Usd>,
    /// A spot instance costs at most this.
    pub(crate) at_most: bool,
}

impl Cost {
    /// The cost of an instance in this region at this instant.
    pub(crate) fn of(instance: &Instance, region: &str, prices: &Prices, now: Timestamp) -> Self {
        let at_most = instance.spot;
        if !is_billed(instance) {
            // A stopped one costs no computing, but what it cost before it was stopped is not known.
            return Self { per_hour: Some(Usd::default()), so_far: None, at_most };
        }
        let hour = listed(instance, region, prices);
        Self { per_hour: hour, so_far: hour.zip(age(instance, now)).map(|(hour, age)| hour.over(age)), at_most }
    }
}

/// How long ago the instance was last started.
pub(crate) fn age(instance: &Instance, now: Timestamp) -> Option<Duration> {
    let launched: Timestamp = instance.launched_at.as_deref()?.parse().ok()?;
    Some(Duration::try_from(now.duration_since(launched)).unwrap_or_default())
}

fn is_billed(instance: &Instance) -> bool {
    ["pending", "running", "stopping", "shutting-down"].contains(&instance.state.as_str())
}

/// The list is of Linux in the region's own zones: local zones and other systems have prices of their own.
fn listed(instance: &Instance, region: &str, prices: &Prices) -> Option<Usd> {
    let linux = instance.platform.as_deref().is_none_or(|platform| platform == "Linux/UNIX");
    let own_zone = instance
        .availability_zone
        .as_deref()
        .is_none_or(|zone| zone.strip_prefix(region).is_some_and(|letter| letter.len() == 1));
    prices.hour(region, &instance.instance_type).filter(|_| linux && own_zone)
}

/// Dollars for people: cents, and more decimals below a dollar, where they matter.
pub(crate) fn dollars(amount: Usd) -> String {
    format!("${}", number(amount))
}

/// The same without the sign, for a column that has it in its head.
pub(crate) fn number(amount: Usd) -> String {
    let dollars = amount.dollars();
    if dollars >= 1.0 || dollars == 0.0 { format!("{dollars:.2}") } else { format!("{dollars:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn instance(state: &str) -> Instance {
        Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: state.to_owned(),
            instance_type: "t3.micro".to_owned(),
            platform: Some("Linux/UNIX".to_owned()),
            image_id: None,
            availability_zone: Some("us-east-1a".to_owned()),
            public_ip: None,
            private_ip: None,
            launched_at: Some("2026-11-01T10:00:00Z".to_owned()),
            spot: false,
            tags: BTreeMap::new(),
        }
    }

    fn cost(instance: &Instance) -> (Option<String>, Option<String>) {
        let now = "2026-11-01T11:30:00Z".parse().unwrap();
        let Cost { per_hour, so_far, .. } = Cost::of(instance, "us-east-1", &Prices::embedded(), now);
        (per_hour.map(dollars), so_far.map(dollars))
    }

    #[test]
    fn a_running_instance_costs_its_time_since_the_start() {
        assert_eq!(cost(&instance("running")), (Some("$0.0104".to_owned()), Some("$0.0156".to_owned())));
    }

    #[test]
    fn a_stopped_instance_costs_no_computing() {
        assert_eq!(cost(&instance("stopped")), (Some("$0.00".to_owned()), None));
    }

    #[test]
    fn what_the_list_does_not_hold_has_no_price() {
        let running = instance("running");
        let windows = Instance { platform: Some("Windows".to_owned()), ..running.clone() };
        let local_zone = Instance { availability_zone: Some("us-east-1-bos-1a".to_owned()), ..running.clone() };
        let unknown = Instance { instance_type: "t9.huge".to_owned(), ..running };
        for other in [windows, local_zone, unknown] {
            assert_eq!(cost(&other), (None, None), "{other:?}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_negative_cost() {
        let later = Instance { launched_at: Some("2026-11-02T00:00:00Z".to_owned()), ..instance("running") };
        assert_eq!(cost(&later).1, Some("$0.00".to_owned()));
    }
}
