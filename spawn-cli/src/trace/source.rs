//! Where traces come from: files that are named, or this user's spool and X-Ray.

mod found;
mod looks;
mod patience;
mod xray;

pub(crate) use found::Found;
pub(crate) use looks::Looks;
pub(crate) use spawn_view::Wanted;

use crate::args::Global;
use crate::interruption::Interruption;
use crate::session::{self, Session};
use anyhow::Result;
use clap::Args;
use spawn_config::ExporterKind;
use spawn_host::World;
use spawn_view::Query;
use spawn_view::page::ConsoleLinks;
use std::path::{Path, PathBuf};

/// Where to look for traces.
#[derive(Clone, Debug, Args)]
pub(crate) struct SourceOptions {
    /// Read this file, folder or spool, and nothing else; `-` is standard input; may be given several times. Spans as JSON
    /// lines, OTLP or X-Ray documents are told apart by themselves.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Vec<PathBuf>,
}

/// Where traces come from.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// What was named; it must be there.
    named: Vec<PathBuf>,
    /// What is there if there is something to see.
    own: Vec<PathBuf>,
    xray: Option<&'a Session>,
}

/// Does a command's work with its source; `None` is Ctrl-C or its like.
pub(crate) async fn within<T>(
    name: &'static str,
    global: Global,
    options: &SourceOptions,
    world: &World,
    work: impl AsyncFnOnce(&Source<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let named = options.from.clone();
    if !named.is_empty() {
        return here(&Source { named, own: Vec::new(), xray: None }, world, work).await;
    }
    let settings = world.settings()?.resolve().settings;
    let lines = settings.tracing.exporter_file.as_ref().map(PathBuf::from);
    let goes_there = settings.tracing.enabled && settings.tracing.exporter == ExporterKind::Stdout;
    if let Some(lines) = lines.filter(|_| goes_there) {
        let own = world.user_spool().into_iter().chain([lines]).collect();
        return here(&Source { named, own, xray: None }, world, work).await;
    }
    let own = world.user_spool().into_iter().collect();
    session::within(name, global, world, Vec::new(), async |session| {
        work(&Source { named, own, xray: Some(session) }).await
    })
    .await
    .map_err(|error| match error.is::<crate::exit::UsageError>() {
        true => error.context("X-Ray is not asked (--from PATH reads files in its place)"),
        false => error,
    })
}

/// The same without AWS: there is nothing to trace.
async fn here<T>(
    source: &Source<'_>,
    world: &World,
    work: impl AsyncFnOnce(&Source<'_>) -> Result<T>,
) -> Result<Option<T>> {
    tokio::select! {
        done = work(source) => done.map(Some),
        () = Interruption::of(world).heard() => Ok(None),
    }
}

impl Source<'_> {
    /// What there is of what is wanted; links to other traces are followed so many times.
    pub(crate) async fn look(&self, wanted: &Wanted, links: u32) -> Result<Found> {
        self.patiently(self.look_quietly(wanted, links)).await
    }

    /// The same for what nobody waits for.
    pub(crate) async fn look_quietly(&self, wanted: &Wanted, links: u32) -> Result<Found> {
        Ok(Looks::once(self, wanted.clone(), links).next().await?.unwrap_or_default())
    }

    /// Tells whoever waits at a terminal for a look what is being done.
    pub(crate) async fn patiently<T>(&self, look: impl Future<Output = T>) -> T {
        let what = match (self.named.as_slice(), self.region()) {
            ([], Some(region)) => format!("asking X-Ray in {region}"),
            ([], None) => "reading this user's spans".to_owned(),
            ([one], _) if one == Path::new("-") => "reading standard input".to_owned(),
            ([one], _) => format!("reading {}", one.display()),
            (several, _) => format!("reading {} files and folders", several.len()),
        };
        patience::patiently(&what, look).await
    }

    /// What to say when a search has found nothing.
    pub(crate) fn nothing(&self, query: &Query) -> String {
        let like_this = if *query == Query::default() { "" } else { " like this" };
        match self.named.as_slice() {
            [] => {
                let further = "--since looks further back, and `spawn trace flush` delivers what waits";
                format!("no trace{like_this} was found; {further}")
            }
            [one] if one == Path::new("-") => format!("no trace{like_this} was found in standard input"),
            [one] => format!("no trace{like_this} was found in {}", one.display()),
            [..] => format!("no trace{like_this} was found in what --from names"),
        }
    }

    /// Where to look further, for whoever found nothing.
    pub(crate) fn advice(&self) -> String {
        match self.named.as_slice() {
            [] if self.xray.is_some() => {
                let region = self.region().unwrap_or_default();
                format!(
                    "neither X-Ray in {region} nor the spool of this user has it: it may not be sampled or delivered yet \
                     (`spawn trace flush`), be older than 30 days, or be in another region (--region)"
                )
            }
            [] => "neither the exporter's file nor the spool of this user has it".to_owned(),
            [one] => format!("`spawn trace list --from {}` shows those that there are", one.display()),
            [..] => "`spawn trace list` with the same --from shows those that there are".to_owned(),
        }
    }

    /// The console that shows what was read.
    pub(crate) fn console(&self) -> ConsoleLinks {
        self.region().map_or_else(ConsoleLinks::none, ConsoleLinks::of_region)
    }

    fn region(&self) -> Option<&str> {
        self.xray.and_then(|session| session.clients.region())
    }
}
