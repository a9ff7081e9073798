//! `spawn connect`: a shell on an instance, by ssh or by Session Manager.

mod command;
mod login;

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::fleet::id_and_name;
use crate::select::{self, Target, parse_target};
use crate::session::{self, Session};
use crate::show;
use anyhow::{Context, Result, bail};
use clap::Args;
use command::Way;
use opentelemetry::KeyValue;
use spawn_cloud::instances::Instance;
use spawn_host::World;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Where to, and how.
#[derive(Debug, Args)]
pub(crate) struct ConnectOptions {
    /// Id (i-…) or name of the instance.
    #[arg(value_name = "INSTANCE", value_parser = parse_target)]
    target: Target,
    /// User to log in as; by default the one that the image's maker chose.
    #[arg(long, short, value_parser = login::user)]
    user: Option<String>,
    /// File with the private key.
    #[arg(long, short, value_name = "FILE", conflicts_with = "session_manager")]
    key: Option<PathBuf>,
    /// Use the private address, as from within the network or over a VPN.
    #[arg(long, conflicts_with = "session_manager")]
    private: bool,
    /// Connect through AWS Systems Manager, which needs no open port; `aws` and its session-manager-plugin must be there.
    #[arg(long)]
    session_manager: bool,
    /// Show the command instead of running it.
    #[arg(long)]
    print: bool,
    /// Command to run there instead of a shell.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) async fn run(global: Global, options: ConnectOptions, world: &World) -> Result<Exit> {
    if let Some(key) = options.key.as_deref().filter(|key| !key.is_file()) {
        return Err(UsageError::Other(format!("there is no key file {}", key.display())).into());
    }
    let attributes = vec![KeyValue::new("spawn.connect.session_manager", options.session_manager)];
    let done = session::within("spawn connect", global, world, attributes, async |session| {
        let instance = select::one(session, &options.target).await?;
        session.note(KeyValue::new("spawn.instance_id", instance.instance_id.clone()));
        argv(session, &instance, &options).await
    });
    // The trace is delivered by now: the command takes this process over.
    let Some(argv) = done.await? else { return Ok(Exit::Interrupted) };
    if options.print {
        show::data(&(command::line(&argv)? + "\n"))?;
        return Ok(Exit::Success);
    }
    Err(taken_over_by(&argv, &options))
}

async fn argv(session: &Session, instance: &Instance, options: &ConnectOptions) -> Result<Vec<String>> {
    let (id, who) = (instance.instance_id.clone(), id_and_name(instance));
    match instance.state.as_str() {
        "running" => {}
        "stopped" | "stopping" => bail!("{who} is {}: `spawn start {id}` starts it", instance.state),
        "pending" => bail!("{who} is still pending: try again in some seconds"),
        state => bail!("{who} is {state}: there is nothing to connect to"),
    }
    let way = if options.session_manager {
        Way::SessionManager { id, region: session.clients.region().unwrap_or_default().to_owned() }
    } else {
        let user = match &options.user {
            Some(user) => user.clone(),
            None => login::of_image(session, instance).await,
        };
        let address = if options.private { &instance.private_ip } else { &instance.public_ip };
        let address = address.as_ref().or(instance.private_ip.as_ref());
        let address = address.with_context(|| format!("{who} has no address: try --session-manager"))?.clone();
        Way::Ssh { id, user, address, key: options.key.clone(), traceparent: session.traceparent() }
    };
    Ok(way.argv(&options.command))
}

/// Becomes the command; answers only if that is not possible.
fn taken_over_by(argv: &[String], options: &ConnectOptions) -> anyhow::Error {
    let (program, arguments) = argv.split_first().expect("every way begins with a program");
    let error = Command::new(program).args(arguments).exec();
    let remedy = match error.kind() {
        std::io::ErrorKind::NotFound if options.session_manager => {
            "it is not in PATH: install the AWS CLI and its session-manager-plugin"
        }
        std::io::ErrorKind::NotFound => "it is not in PATH: install OpenSSH's client, or use --session-manager",
        _ => "see the reason",
    };
    anyhow::Error::new(error).context(format!("failed to run {program}: {remedy}"))
}
