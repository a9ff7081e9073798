//! All instances in a few lines: how many in which state, and what they cost.

use super::Seen;
use crate::fleet::{self, Row};
use crate::show;
use serde_json::json;
use spawn_cloud::prices::{Prices, Usd};
use std::collections::BTreeMap;

pub(super) fn of(rows: &[Row], prices: &Prices) -> Seen {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *states.entry(row.instance.state.as_str()).or_default() += 1;
    }
    let sum = |amount: fn(&Row) -> Option<Usd>| rows.iter().filter_map(amount).sum::<Usd>().dollars();
    let answer = json!({
        "instances": rows.len(),
        "states": states,
        "usd_per_hour": sum(|row| row.cost.per_hour),
        "usd_so_far": sum(|row| row.cost.so_far),
        "without_price": rows.iter().filter(|row| row.cost.per_hour.is_none()).count(),
        "prices_as_of": prices.as_of(),
    });
    let counts: Vec<(&str, String)> = states.iter().map(|(state, count)| (*state, count.to_string())).collect();
    let cost = ("cost", fleet::total(rows, prices));
    let page = match rows.len() {
        0 => "no instances\n".to_owned(),
        _ => show::pairs(&[counts, vec![cost]].concat()),
    };
    Seen { answer, page, messages: Vec::new(), outcome: None }
}
