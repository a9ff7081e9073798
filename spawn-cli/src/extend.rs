//! `spawn extend`: more time to live, by a tag that the agent follows.

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::fleet::{self, id_and_name, name, time_left};
use crate::output::Output;
use crate::price;
use crate::select::{Filters, Selection, parse_target};
use crate::session::{self, Session};
use crate::show;
use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use opentelemetry::KeyValue;
use serde_json::json;
use spawn_cloud::instances::{self, Instance};
use spawn_config::{TimeSpan, tags};
use spawn_host::World;
use std::collections::BTreeMap;

/// Which instances, and by how much.
#[derive(Debug, Args)]
pub(crate) struct ExtendOptions {
    /// Ids (i-…) or names, and last the time to add: 30m, 2h, 1d.
    #[arg(value_name = "INSTANCE… TIME")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// All instances in the region that spawn launched.
    #[arg(long)]
    all: bool,
    /// Set the time to live, counted from the launch, instead of adding to it.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    ttl: Option<TimeSpan>,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

/// What the new time to live follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// This much more than before, or than now where the end has passed.
    More(TimeSpan),
    /// This, counted from the launch.
    Exactly(TimeSpan),
}

/// An instance with its new end.
struct Extended {
    instance: Instance,
    ttl: TimeSpan,
    /// A stopped instance has a new life when it starts.
    ends_at: Option<Timestamp>,
}

pub(crate) async fn run(global: Global, options: ExtendOptions, world: &World) -> Result<Exit> {
    let output = options.output;
    let (selection, wish) = read(options)?;
    selection.check()?;
    let done = session::within("spawn extend", global, world, Vec::new(), async |session| {
        let now = Timestamp::now();
        let found = selection.find(session).await?;
        // Everything is worked out before anything is written: all of them or none.
        let extended: Vec<Extended> = found.into_iter().map(|one| extended(one, wish, now)).collect::<Result<_>>()?;
        write(session, &extended).await?;
        print(&extended, output, now)
    });
    Ok(if done.await?.is_some() { Exit::Success } else { Exit::Interrupted })
}

/// Takes the words apart: without `--ttl` the last is the time.
fn read(options: ExtendOptions) -> Result<(Selection, Wish), UsageError> {
    let ExtendOptions { mut words, filters, all, ttl, output: _ } = options;
    let wish = match ttl {
        Some(ttl) => Wish::Exactly(ttl),
        None => {
            let usage = "say by how much: `spawn extend INSTANCE 2h`, or --ttl 8h to count from the launch";
            let last = words.pop().ok_or_else(|| UsageError::Other(usage.to_owned()))?;
            let span =
                last.parse().map_err(|error| UsageError::Other(format!("{last:?} is no time to add: {error}")))?;
            Wish::More(span)
        }
    };
    let targets =
        words.iter().map(|word| parse_target(word).map_err(|rule| UsageError::Other(format!("{word:?}: {rule}"))));
    Ok((Selection { targets: targets.collect::<Result<_, _>>()?, filters, all }, wish))
}

fn extended(instance: Instance, wish: Wish, now: Timestamp) -> Result<Extended> {
    let who = id_and_name(&instance);
    if !["pending", "running", "stopping", "stopped"].contains(&instance.state.as_str()) {
        bail!("{who} is {}: its end cannot be moved", instance.state);
    }
    let ttl = new_ttl(&instance, wish, now)?;
    let with_tag = std::iter::once((tags::TTL.to_owned(), ttl.to_string()));
    let instance = Instance { tags: instance.tags.clone().into_iter().chain(with_tag).collect(), ..instance };
    let ends_at = fleet::ends_at(&instance);
    if let Some(over) = ends_at.filter(|end| *end <= now) {
        bail!(UsageError::Other(format!(
            "{ttl} from its launch {who} would be over already, at {over}: give more, or `spawn terminate` it"
        )));
    }
    Ok(Extended { instance, ttl, ends_at })
}

fn new_ttl(instance: &Instance, wish: Wish, now: Timestamp) -> Result<TimeSpan> {
    let who = id_and_name(instance);
    let more = match wish {
        Wish::Exactly(ttl) => return Ok(ttl),
        Wish::More(more) => more,
    };
    let Some(before) = instance.tags.get(tags::TTL) else {
        let hint = format!(
            "{who} has no time to live that could be extended: `spawn extend {} --ttl 8h` sets one",
            instance.instance_id
        );
        bail!(UsageError::Other(hint));
    };
    let before: TimeSpan = before.parse().map_err(|error| {
        UsageError::Other(format!(
            "{who} has a tag {}={before} that is no time to live: {error}; --ttl sets a new one",
            tags::TTL
        ))
    })?;
    // An instance that outlived its end, because its agent is dead or its tag was late, is extended from now.
    let running = fleet::ends_at(instance).is_some();
    let lived = price::age(instance, now).filter(|_| running).unwrap_or_default().as_secs();
    let seconds = before.seconds().max(lived) + more.seconds();
    let too_long = |error| UsageError::Other(format!("{who} would live {seconds} s: {error}"));
    Ok(format!("{seconds}s").parse().map_err(too_long)?)
}

/// One call for all instances that get the same time to live.
async fn write(session: &Session, extended: &[Extended]) -> Result<()> {
    let mut by_ttl: BTreeMap<TimeSpan, Vec<String>> = BTreeMap::new();
    for one in extended {
        by_ttl.entry(one.ttl).or_default().push(one.instance.instance_id.clone());
    }
    session.note(KeyValue::new("spawn.instance_ids", by_ttl.values().flatten().cloned().collect::<Vec<_>>().join(",")));
    for (ttl, ids) in by_ttl {
        let tags = BTreeMap::from([(tags::TTL.to_owned(), ttl.to_string())]);
        instances::write_tags(session.clients.ec2(), &ids, &tags).await?;
    }
    Ok(())
}

fn print(extended: &[Extended], output: Output, now: Timestamp) -> Result<()> {
    let answers = extended.iter().map(|one| {
        json!({
            "instance_id": one.instance.instance_id,
            "name": name(&one.instance),
            "ttl": one.ttl.to_string(),
            "ends_at": one.ends_at.map(|end| end.to_string()),
        })
    });
    let rows = extended.iter().map(|one| {
        let name = name(&one.instance).unwrap_or("-").to_owned();
        let after_start = || (format!("{} after its next start", one.ttl), "-".to_owned());
        let (end, left) = one.ends_at.map_or_else(after_start, |end| (end.to_string(), time_left(end, now)));
        vec![one.instance.instance_id.clone(), name, one.ttl.to_string(), end, left]
    });
    output.print(&answers.collect::<Vec<_>>(), || {
        show::grid(show::stdout_width(), &["INSTANCE", "NAME", "TTL", "ENDS AT (UTC)", "ENDS IN"], rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(ttl: Option<&str>) -> Instance {
        Instance {
            instance_id: "i-0123456789abcdef0".to_owned(),
            state: "running".to_owned(),
            instance_type: "t3.micro".to_owned(),
            platform: None,
            image_id: None,
            availability_zone: None,
            public_ip: None,
            private_ip: None,
            launched_at: Some("2026-11-01T10:00:00Z".to_owned()),
            spot: false,
            tags: ttl.map(|ttl| (tags::TTL.to_owned(), ttl.to_owned())).into_iter().collect(),
        }
    }

    fn outcome(ttl: Option<&str>, wish: Wish, now: &str) -> Result<(String, String), String> {
        let done = extended(instance(ttl), wish, now.parse().unwrap());
        done.map(|done| (done.ttl.to_string(), done.ends_at.unwrap().to_string())).map_err(|error| error.to_string())
    }

    fn more(span: &str) -> Wish {
        Wish::More(span.parse().unwrap())
    }

    fn exactly(span: &str) -> Wish {
        Wish::Exactly(span.parse().unwrap())
    }

    fn to(ttl: &str, end: &str) -> Result<(String, String), String> {
        Ok((ttl.to_owned(), end.to_owned()))
    }

    #[test]
    fn time_is_added_to_the_time_to_live_and_counts_from_the_launch() {
        assert_eq!(outcome(Some("2h"), more("90m"), "2026-11-01T11:00:00Z"), to("3h30m", "2026-11-01T13:30:00Z"));
    }

    #[test]
    fn an_end_that_has_passed_is_extended_from_now() {
        assert_eq!(outcome(Some("2h"), more("1h"), "2026-11-01T15:00:00Z"), to("6h", "2026-11-01T16:00:00Z"));
    }

    #[test]
    fn without_a_time_to_live_there_is_nothing_to_extend_but_one_can_be_set() {
        let refused = outcome(None, more("1h"), "2026-11-01T11:00:00Z").unwrap_err();
        assert!(refused.contains("`spawn extend i-0123456789abcdef0 --ttl 8h` sets one"), "{refused}");
        assert_eq!(outcome(None, exactly("8h"), "2026-11-01T11:00:00Z"), to("8h", "2026-11-01T18:00:00Z"));
    }

    #[test]
    fn a_time_to_live_that_is_over_already_is_refused() {
        let refused = outcome(Some("8h"), exactly("1h"), "2026-11-01T12:00:00Z").unwrap_err();
        assert!(refused.contains("would be over already, at 2026-11-01T11:00:00Z"), "{refused}");
    }

    #[test]
    fn a_life_of_more_than_ten_years_is_refused() {
        let refused = outcome(Some("3650d"), more("1d"), "2026-11-01T11:00:00Z").unwrap_err();
        assert!(refused.contains("at most 3650d"), "{refused}");
    }
}
