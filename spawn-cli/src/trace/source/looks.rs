//! Looks at the same things again and again: of files, what is new is read, away from whoever waits for keys.

use super::{Found, Source, Wanted, xray};
use anyhow::{Context as _, Result};
use spawn_view::{Files, PathError, Reader};
use std::io::ErrorKind;

/// One look after the other at what is wanted.
#[derive(Debug)]
pub(crate) struct Looks<'a> {
    source: &'a Source<'a>,
    wanted: Wanted,
    links: u32,
    follows: bool,
    /// What was read of files; none before the first look.
    files: Option<Files>,
}

impl<'a> Looks<'a> {
    /// Many looks; links to other traces are followed so many times.
    pub(crate) const fn new(source: &'a Source<'a>, wanted: Wanted, links: u32) -> Self {
        Self { source, wanted, links, follows: true, files: None }
    }

    /// One look.
    pub(super) fn once(source: &'a Source<'a>, wanted: Wanted, links: u32) -> Self {
        Self { follows: false, ..Self::new(source, wanted, links) }
    }

    /// What there is now; none if that is what there was at the look before.
    pub(crate) async fn next(&mut self) -> Result<Option<Found>> {
        let is_first = self.files.is_none();
        let files = self.files.take().unwrap_or_else(|| self.files());
        let follows = self.follows;
        let (files, read) = tokio::task::spawn_blocking(move || read(files, follows)).await?;
        self.files = files;
        let (is_new, mut found) = read?;
        if let Some(session) = self.source.xray {
            xray::look(session, &self.wanted, self.links, &mut found).await?;
        } else if !is_new && !is_first {
            return Ok(None);
        }
        let (wanted, links) = (self.wanted.clone(), self.links);
        let narrowed = tokio::task::spawn_blocking(move || {
            found.narrow(&wanted, links);
            found
        });
        narrowed.await.map(Some).context("the traces were not put together")
    }

    fn files(&self) -> Files {
        let Source { named, own, .. } = self.source;
        let reader = match named.as_slice() {
            [] => Reader::new(own.clone(), false),
            named => Reader::new(named.to_vec(), true),
        };
        let reader = if self.follows { reader.following() } else { reader };
        Files::new(reader, self.wanted.clone(), self.links)
    }
}

/// Reads, and takes or copies what is held: whoever follows needs it again.
fn read(mut files: Files, follows: bool) -> (Option<Files>, Result<(bool, Found)>) {
    let is_new = match files.read() {
        Ok(is_new) => is_new,
        Err(error) => return (Some(files), Err(with_remedy(error))),
    };
    let problems = files.problems();
    let (files, spans) = match follows {
        true => {
            let spans = files.spans().cloned().collect();
            (Some(files), spans)
        }
        false => (None, files.into_spans()),
    };
    (files, Ok((is_new, Found { spans, problems, ..Found::default() })))
}

fn with_remedy(PathError { path, source }: PathError) -> anyhow::Error {
    let remedy = match source.kind() {
        ErrorKind::NotFound => "; name a file, a folder, or - for standard input",
        ErrorKind::PermissionDenied => "; this user may not read it",
        _ => "",
    };
    anyhow::Error::new(source).context(format!("failed to read {}{remedy}", path.display()))
}
