//! Reads again while the view is open, so that no key waits for it.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use crate::ui::state::loaded::{Loaded, Reading};

/// A reading that takes longer is told: one in each two seconds that takes a moment would blink.
const MOMENT: Duration = Duration::from_millis(300);

/// What became of a reading.
#[derive(Debug)]
pub(crate) enum News {
    /// It takes its time.
    UnderWay,
    /// It is over, and there is nothing new.
    Nothing,
    /// There is this.
    Read(Box<Loaded>),
    /// Nothing could be read, for this reason.
    Failed(String),
}

/// Reads again whenever the time has come or somebody asks.
pub(crate) async fn read_again<E: std::fmt::Display>(
    mut source: impl AsyncFnMut() -> Result<Option<Reading>, E>,
    every: Option<Duration>,
    again: &Notify,
    news: Sender<News>,
) {
    loop {
        match every {
            Some(every) => drop(timeout(every, again.notified()).await),
            None => again.notified().await,
        }
        let reading = async {
            match source().await {
                Ok(Some(reading)) => News::Read(Box::new(load(reading).await)),
                Ok(None) => News::Nothing,
                Err(error) => News::Failed(error.to_string()),
            }
        };
        tokio::pin!(reading);
        let read = match timeout(MOMENT, &mut reading).await {
            Ok(read) => read,
            Err(_) if news.send(News::UnderWay).await.is_err() => return,
            Err(_) => reading.await,
        };
        if news.send(read).await.is_err() {
            return;
        }
    }
}

/// Works everything out away from the keys. What panics there ends the view too: it was told already.
pub(crate) async fn load(reading: Reading) -> Loaded {
    match tokio::task::spawn_blocking(|| Loaded::of(reading)).await {
        Ok(loaded) => loaded,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The program is at its end.
        Err(_) => Loaded::default(),
    }
}
