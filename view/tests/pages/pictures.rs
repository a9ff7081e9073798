//! The pictures of the documentation. `SPAWN_WRITE_PICTURES=1 cargo test -p spawn-view --test pages pictures` draws them
//! anew; without it, they are there and of the right size.

use std::path::PathBuf;

use spawn_view::Trace;

use crate::{Look, Opened, sample};

const WIDE: Look = Look { width: 1280, height: 720, dark: false, reduced_motion: true };

/// Its file, the place in the page, how it is looked at, the keys before, and the traces.
type Picture = (&'static str, &'static str, Look, &'static [&'static str], fn() -> Vec<Trace>);

#[test]
fn the_pictures_of_the_documentation_are_there() {
    let dark = Look { dark: true, ..WIDE };
    let pictures: [Picture; 5] = [
        ("page-waterfall.png", "", WIDE, &["e", "e", "e", "e"], array_of_24),
        ("page-waterfall-dark.png", "", dark, &["e", "e", "e", "e", "e", "e"], sample::shop),
        ("page-map.png", "#/map", Look { height: 800, ..WIDE }, &[], sample::shop),
        ("page-array.png", "#/arrays", WIDE, &[], array_of_24),
        ("page-narrow.png", "", Look { width: 400, height: 720, ..WIDE }, &[], sample::shop),
    ];
    for (name, place, look, keys, traces) in pictures {
        let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images")).join(name);
        if std::env::var_os("SPAWN_WRITE_PICTURES").is_some() {
            let page = Opened::at(&traces(), place, look);
            page.press(keys);
            page.drawn();
            page.tab.screenshot(&file).unwrap();
        }
        let picture = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n", "{name}");
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (look.width, look.height), "{name}");
    }
}

fn array_of_24() -> Vec<Trace> {
    sample::array(24)
}
