//! `spawn list`: the instances that spawn launched in this region.

use crate::args::{Global, ListOptions, Output};
use crate::exit::Exit;
use crate::session::Session;
use crate::show;
use anyhow::Result;
use opentelemetry::KeyValue;
use spawn_cloud::instances::{self, Filter, Instance};
use spawn_host::World;

pub(crate) async fn run(global: Global, options: ListOptions, world: &World) -> Result<Exit> {
    let attributes = vec![KeyValue::new("spawn.command", "list")];
    let session = Session::open("spawn list", global, world, world.settings()?, attributes).await?;
    let work = async { Ok(instances::list(session.clients.ec2(), &Filter::Managed).await?) };
    let listed = session.run(work).await;
    if let Some(undelivered) = session.close().await {
        show::message(&undelivered);
    }
    let Some(mut instances) = listed? else { return Ok(Exit::Interrupted) };
    instances.retain(|instance| options.all || instance.is_live());
    instances.sort_by(|one, other| (&one.launched_at, &one.instance_id).cmp(&(&other.launched_at, &other.instance_id)));
    print(options.output, &instances)?;
    Ok(Exit::Success)
}

fn print(output: Output, instances: &[Instance]) -> Result<()> {
    match output {
        Output::Json => show::json(&serde_json::json!(instances)),
        Output::Table if instances.is_empty() => {
            show::message("no instances here; `spawn launch --instance-type t3.micro` makes one");
            Ok(())
        }
        Output::Table => show::data(&show::table(instances)),
    }
}
