//! A live page: it shows what comes in, and what a person has chosen stays chosen.

use std::sync::Arc;

use spawn_view::serve::{Loopback, Options, Server};
use tokio::sync::oneshot;

use crate::{BROWSER, Look, sample};

#[tokio::test(flavor = "multi_thread")]
async fn a_live_page_follows_and_keeps_what_was_chosen() {
    let options = Options { listen: Some(Loopback::port(0)), ..Options::default() };
    let server = Server::bind(options, Arc::new(|_: &str| {})).await.unwrap();
    let (url, feed) = (server.url(), server.feed());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(server.run(async { drop(stopped.await) }));

    let shop = sample::shop().remove(0);
    let (first, rest) = shop.spans().split_at(6);
    tokio::task::spawn_blocking({
        let (first, rest, id) = (first.to_vec(), rest.to_vec(), shop.id());
        move || {
            let tab = BROWSER.tab(Look::default()).unwrap();
            tab.open(&url).unwrap();
            tab.wait("document.getElementById('state').textContent === 'live'").unwrap();
            tab.wait("document.querySelector('#traces') !== null").unwrap();
            feed.add(&first);
            tab.wait("document.querySelectorAll('#traces tbody tr').length === 1").unwrap();

            tab.open(&format!("{url}trace/{id}")).unwrap();
            tab.wait("document.querySelectorAll('.row:not([hidden])').length === 6").unwrap();
            tab.press(&["ArrowDown", "ArrowDown", "Enter"]).unwrap();
            tab.wait("document.querySelector('#details h2').textContent === 'POST /orders'").unwrap();
            tab.press(&["/"]).unwrap();
            tab.type_text("dyna").unwrap();
            feed.add(&rest);
            tab.wait("document.querySelector('.facts').textContent.includes('19 spans')").unwrap();
            tab.type_text("modb").unwrap();
            tab.wait("document.getElementById('found').textContent === '10 found'").unwrap();
            assert_eq!(tab.evaluate("document.getElementById('search').value").unwrap(), "dynamodb");
            assert_eq!(tab.evaluate("document.querySelector('#details h2').textContent").unwrap(), "POST /orders");
            assert_eq!(tab.problems().unwrap(), Vec::<String>::new());
            let elsewhere: Vec<String> =
                tab.requests().unwrap().into_iter().filter(|asked| !asked.starts_with(&url)).collect();
            assert_eq!(elsewhere, Vec::<String>::new());
        }
    })
    .await
    .unwrap();
    stop.send(()).unwrap();
    served.await.unwrap();
}
