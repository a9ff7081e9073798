//! Many live pages of one browser: all of them follow, and the server has one stream of them.

use std::sync::Arc;

use opentelemetry::trace::TraceId;
use spawn_test_support::Tab;
use spawn_view::Span;
use spawn_view::serve::{Feed, Loopback, Options, Server};
use tokio::sync::oneshot;

use crate::{BROWSER, Look, sample};

/// Runs `look` with a server's address and its way in.
async fn with_server(look: impl FnOnce(&str, &Feed) + Send + 'static) {
    let options = Options { listen: Some(Loopback::port(0)), ..Options::default() };
    let server = Server::bind(options, Arc::new(|_: &str| {})).await.unwrap();
    let (url, feed) = (server.url(), server.feed());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.run(async { drop(stopped.await) }));
    tokio::task::spawn_blocking(move || look(&url, &feed)).await.unwrap();
    stop.send(()).unwrap();
    served.await.unwrap();
}

/// The shop as another trace.
fn shop(number: u8) -> Vec<Span> {
    let id = TraceId::from(u128::from(number) << 96 | 77);
    sample::shop()[0].spans().iter().map(|span| Span { trace_id: id, ..span.clone() }).collect()
}

/// Opens the list while it is empty: a page that finds one trace would show that.
fn open_empty(tab: &Tab<'_>, url: &str) {
    tab.open(url).unwrap();
    tab.wait("document.querySelector('#views [aria-current=page]') !== null").unwrap();
}

fn shows(tab: &Tab<'_>, traces: usize) {
    tab.wait("document.getElementById('state').textContent === 'live'").unwrap();
    tab.wait(&format!("document.querySelectorAll('#traces tbody tr').length === {traces}")).unwrap();
}

fn streams(tab: &Tab<'_>) -> usize {
    tab.requests().unwrap().iter().filter(|asked| asked.ends_with("/api/events")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_pages_of_one_browser_are_all_live_and_go_on_without_the_first() {
    with_server(|url, feed| {
        let home = BROWSER.tab(Look::default()).unwrap();
        let mut tabs: Vec<Tab<'_>> = (0..8).map(|_| home.beside().unwrap()).collect();
        tabs.iter().for_each(|tab| open_empty(tab, url));
        feed.add(&shop(1));
        tabs.iter().for_each(|tab| shows(tab, 1));
        assert_eq!(tabs.iter().map(streams).collect::<Vec<_>>(), [1, 0, 0, 0, 0, 0, 0, 0]);

        drop(tabs.remove(0));
        feed.add(&shop(2));
        tabs.iter().for_each(|tab| shows(tab, 2));
        feed.add(&shop(3));
        tabs.iter().for_each(|tab| shows(tab, 3));
        assert_eq!(tabs.iter().map(streams).sum::<usize>(), 1);
        assert!(tabs.iter().all(|tab| tab.problems().unwrap().is_empty()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_keeps_the_stream_and_says_nothing_loses_it() {
    with_server(|url, feed| {
        let frozen = BROWSER.tab(Look::default()).unwrap();
        frozen.open(&format!("{url}api/status")).unwrap();
        let held = "new Promise((done) => navigator.locks.request('spawn-traces', () => { done(1); return new Promise(() => {}); }).catch(() => {}))";
        frozen.evaluate(held).unwrap();
        let tab = frozen.beside().unwrap();
        open_empty(&tab, url);
        feed.add(&shop(1));
        shows(&tab, 1);
    })
    .await;
}
