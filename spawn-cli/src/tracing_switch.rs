//! `spawn tracing on|off|status`: switches tracing on running instances, by tags that their agents follow.

mod options;
mod view;

pub(crate) use options::TracingCommand;

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::fleet::id_and_name;
use crate::output::Output;
use crate::select::Selection;
use crate::session::{self, Session};
use crate::show;
use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use opentelemetry::KeyValue;
use options::OnOptions;
use spawn_cloud::instances::{self, Instance};
use spawn_config::tags;
use spawn_host::World;
use std::collections::BTreeMap;

/// Tags to write and tags to remove; together they are the switch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Switch {
    write: BTreeMap<String, String>,
    remove: Vec<&'static str>,
}

pub(crate) async fn run(global: Global, command: TracingCommand, world: &World) -> Result<Exit> {
    match command {
        TracingCommand::On(options) => {
            let switch = Switch::on(&options, Timestamp::now())?;
            switch_all(global, "spawn tracing on", options.selection, options.output, Some(switch), world).await
        }
        TracingCommand::Off(options) => {
            switch_all(global, "spawn tracing off", options.selection, options.output, Some(Switch::off()), world).await
        }
        TracingCommand::Status(options) => {
            switch_all(global, "spawn tracing status", options.selection, options.output, None, world).await
        }
    }
}

/// Without a switch, the instances are looked at and left as they are.
async fn switch_all(
    global: Global,
    name: &'static str,
    selection: Selection,
    output: Output,
    switch: Option<Switch>,
    world: &World,
) -> Result<Exit> {
    selection.check()?;
    let work = async |session: &Session| {
        let mut found = selection.find(session).await?;
        if let Some(switch) = &switch {
            switch.carry_out(session, &mut found).await?;
        }
        let region = session.clients.region().unwrap_or_default();
        view::print(&found, region, output, Timestamp::now())
    };
    let done = session::within(name, global, world, Vec::new(), work).await?;
    Ok(if done.is_some() { Exit::Success } else { Exit::Interrupted })
}

impl Switch {
    /// Every value is held against the key table here, before a call is made.
    fn on(options: &OnOptions, now: Timestamp) -> Result<Self, UsageError> {
        let mut write = BTreeMap::from([(tags::TRACING_ENABLED, "true".to_owned())]);
        let mut remove = Vec::new();
        match options.time {
            Some(time) => {
                let time = SignedDuration::try_from(time.duration()).unwrap_or(SignedDuration::MAX);
                let until = now.checked_add(time).unwrap_or(Timestamp::MAX);
                // Whole seconds, rounded up: a moment too long rather than too short.
                let until = Timestamp::from_second(until.as_second() + 1).unwrap_or(until);
                write.insert(tags::TRACING_UNTIL, until.to_string());
            }
            // An end from an earlier time would keep tracing off.
            None => remove.push(tags::TRACING_UNTIL),
        }
        let given = [
            (tags::TRACING_SAMPLING, options.sampling.clone()),
            (tags::TRACING_EXPORTER, options.exporter.clone()),
            (tags::TRACING_ENDPOINT, options.endpoint.clone()),
        ];
        write.extend(given.into_iter().filter_map(|(key, value)| Some((key, value?))));
        for (key, value) in &write {
            tags::validate_user_tag(key, value).map_err(UsageError::Tag)?;
        }
        Ok(Self { write: write.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(), remove })
    }

    fn off() -> Self {
        Self {
            write: BTreeMap::from([(tags::TRACING_ENABLED.to_owned(), "false".to_owned())]),
            remove: vec![tags::TRACING_UNTIL],
        }
    }

    /// Switches the instances that live, and keeps what is known of them up to date.
    async fn carry_out(&self, session: &Session, found: &mut Vec<Instance>) -> Result<()> {
        for gone in found.iter().filter(|one| !one.is_live()) {
            show::message(&format!("{} is {}: it has no agent to switch", id_and_name(gone), gone.state));
        }
        found.retain(Instance::is_live);
        for instance in found.iter_mut() {
            let new = self.write.keys().filter(|key| !instance.tags.contains_key(*key)).count();
            tags::validate_count(instance.tags.len() + new).map_err(UsageError::Tag)?;
        }
        let region = session.clients.region();
        let cautions = self.write.iter().filter_map(|(key, value)| tags::caution(key, value, region));
        cautions.for_each(|caution| show::message(&caution));
        let ids: Vec<String> = found.iter().map(|one| one.instance_id.clone()).collect();
        if ids.is_empty() {
            show::message("no instance is as described: nothing was switched");
            return Ok(());
        }
        session.note(KeyValue::new("spawn.instance_ids", ids.join(",")));
        let client = session.clients.ec2();
        let turns_on = self.write.get(tags::TRACING_ENABLED).is_some_and(|value| value == "true");
        // An old end goes before tracing begins, and after it has ended.
        if !self.remove.is_empty() && turns_on {
            instances::remove_tags(client, &ids, &self.remove).await?;
        }
        instances::write_tags(client, &ids, &self.write).await?;
        if !self.remove.is_empty() && !turns_on {
            instances::remove_tags(client, &ids, &self.remove).await?;
        }
        for instance in found {
            instance.tags.retain(|key, _| !self.remove.contains(&key.as_str()));
            instance.tags.extend(self.write.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(change: impl FnOnce(&mut OnOptions)) -> Result<Switch, String> {
        let mut options = OnOptions::default();
        change(&mut options);
        Switch::on(&options, "2026-11-01T10:00:00Z".parse().unwrap()).map_err(|error| error.to_string())
    }

    fn tags<const N: usize>(tags: [(&str, &str); N]) -> BTreeMap<String, String> {
        tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn a_time_makes_an_end_and_without_one_an_old_end_goes() {
        let timed = on(|options| options.time = Some("15m".parse().unwrap())).unwrap();
        let until = ("spawn:tracing-until", "2026-11-01T10:15:01Z");
        assert_eq!(timed, Switch { write: tags([("spawn:tracing-enabled", "true"), until]), remove: vec![] });
        let open = on(|_| {}).unwrap();
        assert_eq!(
            open,
            Switch { write: tags([("spawn:tracing-enabled", "true")]), remove: vec!["spawn:tracing-until"] }
        );
    }

    #[test]
    fn what_the_agent_would_not_take_is_refused() {
        for (flag, refused) in [
            ("spawn:tracing-sampling", on(|options| options.sampling = Some("1.5".to_owned()))),
            ("spawn:tracing-exporter", on(|options| options.exporter = Some("zipkin".to_owned()))),
            ("spawn:tracing-endpoint", on(|options| options.endpoint = Some("not a url".to_owned()))),
        ] {
            let message = refused.unwrap_err();
            assert!(message.contains(flag), "{message}");
        }
    }
}
