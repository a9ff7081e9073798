//! Instances as the fleet's commands show them: with region, end and cost.

use crate::price::{self, Cost, dollars};
use crate::show;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use spawn_cloud::instances::Instance;
use spawn_cloud::prices::{Prices, Usd};
use spawn_config::{TimeSpan, tags};

/// An instance with what is worked out about it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) region: String,
    pub(crate) instance: Instance,
    pub(crate) cost: Cost,
    pub(crate) ends_at: Option<Timestamp>,
}

impl Row {
    pub(crate) fn of(region: &str, instance: Instance, prices: &Prices, now: Timestamp) -> Self {
        let cost = Cost::of(&instance, region, prices, now);
        Self { region: region.to_owned(), ends_at: ends_at(&instance), cost, instance }
    }

    /// For programs.
    pub(crate) fn json(&self, prices: &Prices) -> Value {
        let mut value = json!(self.instance);
        value["region"] = json!(self.region);
        value["ends_at"] = json!(self.ends_at.map(|end| end.to_string()));
        value["usd_per_hour"] = json!(self.cost.per_hour.map(Usd::dollars));
        value["usd_so_far"] = json!(self.cost.so_far.map(Usd::dollars));
        value["prices_as_of"] = json!(prices.as_of());
        value
    }
}

/// The user's name for the instance.
pub(crate) fn name(instance: &Instance) -> Option<&str> {
    instance.tags.get("Name").map(String::as_str).filter(|name| !name.is_empty())
}

/// Id and name, as messages call an instance.
pub(crate) fn id_and_name(instance: &Instance) -> String {
    let name = name(instance).map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{}{name}", instance.instance_id)
}

/// The time to live that the instance's tag says, if it says one.
pub(crate) fn ttl(instance: &Instance) -> Option<TimeSpan> {
    instance.tags.get(tags::TTL)?.parse().ok()
}

/// When its time to live is over; a stopped one has a new life when it starts.
pub(crate) fn ends_at(instance: &Instance) -> Option<Timestamp> {
    let counts = ["pending", "running"].contains(&instance.state.as_str());
    end_with(instance, ttl(instance).filter(|_| counts)?)
}

/// When the instance would end with this time to live.
fn end_with(instance: &Instance, ttl: TimeSpan) -> Option<Timestamp> {
    let launched: Timestamp = instance.launched_at.as_deref()?.parse().ok()?;
    launched.checked_add(SignedDuration::try_from(ttl.duration()).ok()?).ok()
}

/// `3h20m` from now, or `over`.
pub(crate) fn time_left(end: Timestamp, now: Timestamp) -> String {
    u64::try_from(end.duration_since(now).as_secs()).ok().and_then(span).unwrap_or_else(|| "over".to_owned())
}

/// A time in its two largest units; none for no time at all.
pub(crate) fn span(seconds: u64) -> Option<String> {
    let unit = [86_400, 3_600, 60, 1].into_iter().find(|unit| seconds >= *unit)?;
    let smaller = match unit {
        86_400 => 3_600,
        3_600 => 60,
        _ => 1,
    };
    let whole: TimeSpan = format!("{}s", seconds - seconds % smaller).parse().ok()?;
    Some(whole.to_string())
}

/// The rows as a table: the columns that fit a narrow terminal, or all of them.
pub(crate) fn table(rows: &[Row], width: Option<usize>, wide: bool, now: Timestamp) -> String {
    const NARROW: [&str; 7] = ["INSTANCE", "NAME", "TYPE", "STATE", "ENDS", "$/HOUR", "$ USED"];
    const WIDE: [&str; 10] =
        ["INSTANCE", "NAME", "TYPE", "STATE", "ENDS", "$/HOUR", "$ USED", "ZONE", "ADDRESS", "ARRAY"];
    let cells = rows.iter().map(|row| {
        let instance = &row.instance;
        let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let mut cells = vec![
            instance.instance_id.clone(),
            or_none(name(instance)),
            instance.instance_type.clone(),
            instance.state.clone(),
            row.ends_at.map_or_else(|| "-".to_owned(), |end| time_left(end, now)),
            money(row.cost.per_hour, row.cost.at_most),
            money(row.cost.so_far, row.cost.at_most),
        ];
        if wide {
            let address = instance.public_ip.as_deref().or(instance.private_ip.as_deref());
            cells.push(or_none(instance.availability_zone.as_deref()));
            cells.push(or_none(address));
            cells.push(or_none(instance.tags.get(tags::ARRAY_ID).map(String::as_str)));
        }
        cells
    });
    let header: &[&str] = if wide { &WIDE } else { &NARROW };
    show::grid(width, header, cells)
}

/// What all of them cost, in one sentence.
pub(crate) fn total(rows: &[Row], prices: &Prices) -> String {
    let hour: Usd = rows.iter().filter_map(|row| row.cost.per_hour).sum();
    let so_far: Usd = rows.iter().filter_map(|row| row.cost.so_far).sum();
    let unknown = rows.iter().filter(|row| row.cost.per_hour.is_none()).count();
    let without = match unknown {
        0 => String::new(),
        some => format!(", without {some} whose price is not in the list"),
    };
    format!("{} an hour, about {} so far{without} (list prices of {})", dollars(hour), dollars(so_far), prices.as_of())
}

fn money(amount: Option<Usd>, at_most: bool) -> String {
    let sign = if at_most && amount.is_some_and(|amount| amount > Usd::default()) { "<" } else { "" };
    amount.map_or_else(|| "-".to_owned(), |amount| format!("{sign}{}", price::number(amount)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn row(spot: bool) -> Row {
        let instance = Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: "shutting-down".to_owned(),
            instance_type: "t3.medium".to_owned(),
            platform: None,
            image_id: None,
            availability_zone: Some("us-east-1a".to_owned()),
            public_ip: None,
            private_ip: Some("10.0.0.7".to_owned()),
            launched_at: Some("2026-11-01T10:00:00Z".to_owned()),
            spot,
            tags: BTreeMap::from([("Name".to_owned(), "web".to_owned()), (tags::TTL.to_owned(), "8h".to_owned())]),
        };
        Row::of("us-east-1", instance, &Prices::embedded(), now())
    }

    fn now() -> Timestamp {
        "2026-11-02T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_longest_cells_fit_eighty_columns_beside_a_name() {
        let table = table(&[row(true)], Some(80), false, now());
        let cells: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        let expected = ["i-0123456789abcdef0", "web", "t3.medium", "shutting-down", "-", "<0.0416", "<0.9984"];
        assert_eq!(cells, expected, "{table}");
        assert!(table.lines().all(|line| line.len() <= 80), "{table}");
    }

    #[test]
    fn an_end_is_counted_from_the_launch_while_the_instance_runs() {
        let running = Instance { state: "running".to_owned(), ..row(false).instance };
        assert_eq!(ends_at(&running).unwrap().to_string(), "2026-11-01T18:00:00Z");
        assert_eq!(ends_at(&row(false).instance), None);
    }

    #[test]
    fn a_time_is_shown_in_its_two_largest_units() {
        let left = |seconds| time_left(now() + SignedDuration::from_secs(seconds), now());
        assert_eq!([59, 61, 7_325, 90_061].map(left), ["59s", "1m1s", "2h2m", "1d1h"]);
        assert_eq!([0, -5].map(left), ["over", "over"]);
    }

    #[test]
    fn the_total_says_what_it_leaves_out() {
        let mut unknown = row(false);
        unknown.cost = Cost::default();
        assert_eq!(
            total(&[row(false), unknown], &Prices::embedded()),
            "$0.0416 an hour, about $0.9984 so far, without 1 whose price is not in the list (list prices of 2026-07-20)"
        );
    }
}
