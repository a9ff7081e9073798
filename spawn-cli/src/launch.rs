//! `spawn launch`: plan, check, records, run instances, wait.

mod plan;
mod wait;

use crate::args::{Global, LaunchOptions, Output};
use crate::exit::Exit;
use crate::progress::Progress;
use crate::session::Session;
use crate::show;
use anyhow::Result;
use opentelemetry::KeyValue;
use plan::Plan;
use spawn_cloud::TableState;
use spawn_cloud::instances::{self, Instance, Launched};
use spawn_config::tags;
use spawn_host::World;
use std::collections::BTreeMap;
use std::time::Duration;
use wait::Waited;

/// The registry is a convenience: a launch does not wait longer for it than this.
const REGISTRY_TIMEOUT: Duration = Duration::from_secs(40);

pub(crate) async fn run(global: Global, options: LaunchOptions, world: &World) -> Result<Exit> {
    // Everything that can be refused is refused here, before a call is made or money spent.
    let plan = plan::plan(&options)?;
    let layers = plan.settings(world.settings()?)?;
    for (key, value) in &plan.request.tags {
        tags::caution(key, value).iter().for_each(|caution| show::message(caution));
    }
    let session = Session::open("spawn launch", global, world, layers, attributes(&plan)).await?;
    let progress = Progress::start();
    let done = session.run(launch(&session, plan, &options, &progress)).await;
    progress.finish();
    let trace_id = session.trace_id();
    let undelivered = session.close().await;
    let mut printed = Ok(());
    let exit = match &done {
        Ok(Some((launched, waited))) => {
            printed = print(options.output, launched, trace_id.as_deref());
            match waited {
                Waited::Done => Exit::Success,
                Waited::TimedOut(what) => {
                    show::message(what);
                    Exit::WaitTimedOut
                }
            }
        }
        Ok(None) => {
            show::message("interrupted: instances may have been launched, `spawn list` shows them");
            Exit::Interrupted
        }
        Err(_) => Exit::Failure,
    };
    if let Some(trace_id) = trace_id {
        show::message(&format!("trace {trace_id}"));
    }
    if let Some(undelivered) = undelivered {
        show::message(&undelivered);
    }
    done?;
    printed?;
    Ok(exit)
}

fn attributes(plan: &Plan) -> Vec<KeyValue> {
    vec![
        KeyValue::new("spawn.command", "launch"),
        KeyValue::new("spawn.launch.instance_type", plan.request.instance_type.clone()),
        KeyValue::new("spawn.launch.count", i64::from(plan.request.count)),
        KeyValue::new("spawn.launch.dry_run", plan.request.dry_run),
    ]
}

async fn launch(
    session: &Session,
    plan: Plan,
    options: &LaunchOptions,
    progress: &Progress,
) -> Result<(Launched, Waited)> {
    let mut request = plan.request;
    if let Some(traceparent) = session.traceparent() {
        request.tags.insert(tags::TRACEPARENT.to_owned(), traceparent);
    }
    if !request.dry_run {
        prepare_registry(session, progress).await;
    }
    let region = session.clients.region().unwrap_or_default();
    progress.step(&format!("launching {} x {} in {region}", request.count, request.instance_type));
    let launched = instances::launch(session.clients.ec2(), request).await?;
    let Launched::Instances(instances) = launched else { return Ok((launched, Waited::Done)) };
    let ids: Vec<String> = instances.iter().map(|instance| instance.instance_id.clone()).collect();
    session.note(KeyValue::new("spawn.launch.instance_ids", ids.join(",")));
    progress.step(&format!("launched {}", ids.join(", ")));
    let Some(wanted) = options.wait else { return Ok((Launched::Instances(instances), Waited::Done)) };
    let (instances, waited) =
        wait::until(session, wanted, instances, options.wait_timeout.duration(), progress).await?;
    Ok((Launched::Instances(instances), waited))
}

/// Makes the agents' table where it is absent. A user who may not do that still gets instances.
async fn prepare_registry(session: &Session, progress: &Progress) {
    progress.step(&format!("checking table {}", session.registry.table()));
    match tokio::time::timeout(REGISTRY_TIMEOUT, session.registry.ensure()).await {
        Ok(Ok(TableState::Present)) => {}
        Ok(Ok(TableState::Created)) => progress.step(&format!("created table {}", session.registry.table())),
        Ok(Err(error)) => show::message(&format!("agents will not be able to register: {error}")),
        Err(_) => show::message("agents may not be able to register: DynamoDB does not answer"),
    }
}

fn print(output: Output, launched: &Launched, trace_id: Option<&str>) -> Result<()> {
    match (output, launched) {
        (Output::Table, Launched::WouldLaunch) => {
            show::message("dry run: EC2 would launch this");
            Ok(())
        }
        (Output::Table, Launched::Instances(instances)) => show::data(&show::table(instances)),
        (Output::Json, launched) => {
            let none: &[Instance] = &[];
            let (dry_run, instances) = match launched {
                Launched::WouldLaunch => (true, none),
                Launched::Instances(instances) => (false, instances.as_slice()),
            };
            show::json(&serde_json::json!({ "dry_run": dry_run, "instances": instances, "trace_id": trace_id }))
        }
    }
}

/// The tags by which spawn and its agents know each other again.
fn own_tags() -> BTreeMap<String, String> {
    BTreeMap::from([
        (tags::MANAGED.to_owned(), "true".to_owned()),
        (tags::VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ])
}
