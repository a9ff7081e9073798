//! Text from a trace stays text, and the page reaches nobody.

use crate::{Look, Opened, sample};

#[test]
fn hostile_text_in_every_field_is_shown_and_does_nothing() {
    let traces = sample::hostile();
    let root = traces[0].roots()[0];
    let id = traces[0].spans()[root].span_id;
    for place in
        [format!("#/trace/{}/{id}", traces[0].id()), "#/map".to_owned(), "#/arrays".to_owned(), "#/traces".to_owned()]
    {
        let page = Opened::at(&traces, &place, Look::default());
        page.drawn();
        assert_eq!(page.get("document.querySelectorAll('script').length"), 3, "{place}");
        assert_eq!(page.get("document.querySelectorAll('img, iframe, object, embed, base').length"), 0, "{place}");
        let text = page.text("document.getElementById('main').textContent");
        assert!(text.contains("</script><script>window.hurt=1"), "{place}: {text}");
        assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\u{200b}']), "{place}: {text}");
        page.is_quiet();
    }
}

#[test]
fn what_cannot_be_seen_is_named() {
    let page = Opened::of(&sample::hostile());
    page.press(&["Enter"]);
    let title = page.text("document.querySelector('#details h2').textContent");
    for sign in ["[U+202E]", "[U+0000]", "[U+001B]", "[U+200B]"] {
        assert!(title.contains(sign), "{sign} is not in {title}");
    }
    let keys = page.texts("#details dt");
    assert!(keys.iter().any(|key| key == "__proto__"), "{keys:?}");
}

#[test]
fn very_long_text_is_cut_until_somebody_asks() {
    let page = Opened::of(&sample::hostile());
    page.press(&["End", "Enter"]);
    let length = "[...document.querySelectorAll('#details dd')].at(-1).textContent.length";
    let long = "[...document.querySelectorAll('#details dd')].find((one) => one.textContent.startsWith('xxxx')).textContent.length";
    assert!(page.get(long).as_u64().unwrap() < 2_100, "{length}");
    page.click("#details .more >> nth=-1");
    assert_eq!(page.get(long), 100_000 + 1);
}

#[test]
fn the_policy_stops_what_somebody_smuggles_in() {
    let page = Opened::of(&sample::shop());
    page.get(
        "(() => { window.refused = []; addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective)); \
         const script = document.createElement('script'); script.textContent = 'window.hurt = 1'; document.body.append(script); \
         const far = document.createElement('script'); far.src = 'https://example.invalid/x.js'; document.body.append(far); \
         document.body.setAttribute('onclick', 'window.hurt = 1'); document.body.click(); \
         const style = document.createElement('style'); style.textContent = 'body { display: none }'; document.body.append(style); \
         const image = document.createElement('img'); image.src = 'https://example.invalid/x.png'; document.body.append(image); \
         const frame = document.createElement('iframe'); frame.src = 'https://example.invalid/'; document.body.append(frame); \
         fetch('https://example.invalid/').catch(() => {}); })()",
    );
    page.wait("new Set(window.refused).size >= 6");
    let mut refused: Vec<String> = serde_json::from_value(page.get("[...new Set(window.refused)]")).unwrap();
    refused.sort();
    assert_eq!(
        refused,
        ["connect-src", "frame-src", "img-src", "script-src-attr", "script-src-elem", "style-src-elem"]
    );
    assert_eq!(page.text("String(window.hurt)"), "undefined");
    assert_eq!(page.text("getComputedStyle(document.body).display"), "flex");
}

#[test]
fn a_link_leads_to_the_console_of_its_region_and_only_there() {
    let page = Opened::of(&sample::shop());
    let links: Vec<String> =
        serde_json::from_value(page.get("[...document.querySelectorAll('a[target]')].map((link) => link.href)"))
            .unwrap();
    let id = "1-69a55898-000000000000000000000002";
    assert_eq!(
        links,
        [format!("https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#xray:traces/{id}")]
    );
}

#[test]
fn a_page_without_traces_says_so() {
    for place in ["", "#/map", "#/arrays"] {
        let page = Opened::at(&[], place, Look::default());
        assert_eq!(page.texts(".empty").len(), 1);
        page.is_quiet();
    }
}
