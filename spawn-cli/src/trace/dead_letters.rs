//! `spawn trace dead-letters`: what back ends have refused of this user's commands.

use crate::args::Global;
use crate::exit::Exit;
use crate::{session, show};
use anyhow::{Context, Result, ensure};
use spawn_host::World;
use spawn_host::dead_letters::{DeadLettersCommand, of_user};
use spawn_telemetry::{LogFormat, Logs};

pub(crate) async fn run(global: Global, command: DeadLettersCommand, world: &World) -> Result<Exit> {
    let settings = world.settings()?.resolve().settings;
    let letters =
        of_user(world, &settings.tracing).context("there is no folder for dead letters: set HOME or XDG_STATE_HOME")?;
    let text = match command {
        DeadLettersCommand::List(options) => Some(options.answer(&letters)?),
        DeadLettersCommand::Show(options) => options.answer(&letters)?,
        DeadLettersCommand::Drop(chosen) => {
            let dropped = letters.drop(&chosen.choice())?;
            (dropped > 0).then(|| format!("{dropped} dropped\n"))
        }
        DeadLettersCommand::Retry(chosen) => {
            Logs { format: LogFormat::Human, debug: global.debug }.init();
            ensure!(settings.tracing_on(jiff::Timestamp::now()), "tracing is off here: switch it on, and try again");
            let telemetry = session::telemetry_alone(&settings, global.region(), world).await;
            let retried = telemetry.retry(&letters, &chosen.choice());
            let undelivered = session::delivered(&telemetry).await;
            let retried = retried?;
            if let Some(undelivered) = undelivered {
                show::message(&undelivered);
            }
            (retried > 0).then(|| format!("{retried} sent again, as new spans\n"))
        }
    };
    let Some(text) = text else {
        show::message("no such dead letter: `spawn trace dead-letters list` shows those that there are");
        return Ok(Exit::Failure);
    };
    show::data(&text)?;
    Ok(Exit::Success)
}
