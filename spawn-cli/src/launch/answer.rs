//! What a launch says: its plan before, its instances after.

use super::Done;
use super::array::ArrayOrder;
use super::order::Order;
use super::wait::Waited;
use crate::args::Output;
use crate::exit::Exit;
use crate::price;
use crate::show;
use anyhow::Result;
use spawn_cloud::instances::Market;
use spawn_cloud::prices::{Prices, Usd};

/// Ids that are listed one by one; of more, the number is worth more.
const MOST_IDS: usize = 10;

/// How the command ended.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` when it was interrupted.
    pub(super) done: Result<Option<Done>>,
    pub(super) trace_id: Option<String>,
    pub(super) undelivered: Option<String>,
}

impl Answer {
    /// Prints it, and answers the exit code.
    pub(super) fn tell(self, output: Output) -> Result<Exit> {
        let Self { done, trace_id, undelivered } = self;
        let printed = match &done {
            Ok(Some(done)) => print(output, done, trace_id.as_deref()),
            _ => Ok(()),
        };
        if let Some(trace_id) = trace_id {
            show::message(&format!("trace {trace_id}"));
        }
        if let Some(undelivered) = undelivered {
            show::message(&undelivered);
        }
        let Some(Done { instances, waited, problem, .. }) = done? else { return Ok(Exit::Interrupted) };
        printed?;
        match (problem, waited) {
            (Some(problem), _) if instances.is_empty() => Err(problem),
            (Some(problem), _) => {
                show::message(&format!("{problem:#}"));
                Ok(Exit::Partial)
            }
            (None, Waited::TimedOut(what)) => {
                show::message(&what);
                Ok(Exit::WaitTimedOut)
            }
            (None, Waited::Done) => Ok(Exit::Success),
        }
    }
}

fn print(output: Output, done: &Done, trace_id: Option<&str>) -> Result<()> {
    let Done { id, dry_run, array, instances, problem, .. } = done;
    match output {
        Output::Table if *dry_run => {
            show::message("dry run: EC2 would launch this");
            Ok(())
        }
        Output::Table if instances.is_empty() => Ok(()),
        Output::Table => {
            show::data(&show::table(instances))?;
            if let Some(array) = array {
                let ArrayOrder { id, output, .. } = array;
                let tasks = array.tasks();
                show::message(&format!("array {id}: {tasks}, results in {output}; `spawn status {id}` shows it"));
            }
            Ok(())
        }
        for_programs => {
            let mut answer = serde_json::json!({
                "launch_id": id,
                "dry_run": dry_run,
                "complete": problem.is_none(),
                "instances": instances,
                "trace_id": trace_id,
            });
            if let Some(ArrayOrder { id, size, output, queue_url, .. }) = array {
                answer["array_id"] = id.as_str().into();
                answer["tasks"] = (*size).into();
                answer["queue_url"] = queue_url.clone().into();
                answer["output"] = output.as_str().into();
            }
            for_programs.write(&answer)
        }
    }
}

/// What is launched, where and how.
pub(super) fn plan_line(order: &Order, prices: &Prices) -> String {
    let request = &order.request;
    let mut line = match &order.array {
        None => String::new(),
        Some(array) => format!("array {}: {}, results in {}; ", array.id, array.tasks(), array.output),
    };
    line += &format!("launching {} x {}", request.count, order.types.join(" or "));
    match &request.market {
        Market::OnDemand => {}
        Market::Spot { max_price: None } => line += " (spot)",
        Market::Spot { max_price: Some(price) } => line += &format!(" (spot, at most ${price} an hour each)"),
    }
    line += &format!(" in {}", order.region);
    if let Some(subnet) = &request.subnet {
        line += &format!(", {subnet}");
    }
    line += &format!(", image {}", request.image.rsplit('/').next().unwrap_or(&request.image));
    line += match request.user_data {
        Some(_) => "",
        None => ", no user data",
    };
    if let Some(cost) = cost(order, prices) {
        line += &format!(", {cost}");
    }
    match order.launched() {
        0 => line,
        launched => format!("{line}; {launched} are launched already"),
    }
}

/// What the launch costs an hour by the list, where all its types are on it; spot instances cost less.
fn cost(order: &Order, prices: &Prices) -> Option<String> {
    let listed: Option<Vec<Usd>> = order.types.iter().map(|kind| prices.hour(&order.region, kind)).collect();
    let most = listed?.into_iter().max()?;
    let all: Usd = std::iter::repeat_n(most, usize::from(order.request.count)).sum();
    let exact = order.types.len() == 1 && order.request.market == Market::OnDemand;
    let word = if exact { "" } else { "at most " };
    Some(format!("{word}{} an hour (list price of {})", price::dollars(all), prices.as_of()))
}

/// Ids for people.
pub(super) fn short(ids: &[String]) -> String {
    match ids.len() {
        0..=MOST_IDS => ids.join(", "),
        many => format!("{many} instances"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::tests::order;
    use super::*;

    #[test]
    fn the_plan_says_what_where_and_for_how_much() {
        let table = "# As of: 2026-07-20\nregion,instance_type,usd_per_hour\nus-east-1,t3.micro,0.0104\nus-east-1,t3a.micro,0.0094\n";
        let prices = Prices::read(table).unwrap();
        let mut order = order(100);
        let expected = "launching 100 x t3.micro or t3a.micro in us-east-1, image resolve:ssm:x, no user data, \
                        at most $1.04 an hour (list price of 2026-07-20)";
        order.request.image = "resolve:ssm:x".to_owned();
        assert_eq!(plan_line(&order, &prices), expected);
        order.types.truncate(1);
        assert!(plan_line(&order, &prices).contains(", $1.04 an hour"));
        order.types[0] = "x9.huge".to_owned();
        assert!(plan_line(&order, &prices).ends_with(", no user data"), "an unknown price is not guessed");
        order.request.market = Market::Spot { max_price: Some("0.01".to_owned()) };
        assert!(plan_line(&order, &prices).contains("(spot, at most $0.01 an hour each)"));
    }
}
