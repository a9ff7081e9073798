//! What is open of a document of spans, so that a long one is read in pieces: each with the head of its resource and of its
//! scope, and of the spans those that the piece before had not.

/// Keys of the lists that are around a span, from the outermost on; each is in an object.
const LISTS: [&[u8]; 3] = [b"resourceSpans", b"scopeSpans", b"spans"];
/// What must be said before the inner two lists: what comes behind them would be missing in the first pieces.
const HEADS: [&[u8]; 2] = [b"\"resource\"", b"\"scope\""];
/// How deep the list of spans is: three lists and the objects that they are in.
pub(super) const SPANS: usize = 6;
/// What ends a document after one of its spans.
pub(super) const ENDS: &[u8] = b"]}]}]}";

/// Where the brackets were opened that are open, from the outermost on, as deep as spans are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Open([usize; SPANS]);

impl Open {
    /// A bracket was opened here, which makes it so deep.
    pub(super) const fn at(&mut self, depth: usize, place: usize) {
        if 0 < depth && depth <= SPANS {
            self.0[depth - 1] = place;
        }
    }

    /// Whether these are spans of a document that has said all that is to be said of each.
    pub(super) fn has_spans(&self, text: &[u8]) -> bool {
        let [_, resources, resource, scopes, scope, spans] = self.0;
        let mut lists = [resources, scopes, spans].into_iter().zip(LISTS);
        let mut heads = [(resource, scopes), (scope, spans)].into_iter().zip(HEADS);
        lists.all(|(at, key)| text.get(at) == Some(&b'[') && is_behind(&text[..at], key))
            && heads.all(|((from, to), key)| text[from..to].windows(key.len()).any(|part| part == key))
    }

    /// Leaves of the text what the spans need that come next, and takes out those that were there.
    pub(super) fn forget_spans(&mut self, text: &mut Vec<u8>) {
        let [_, resources, resource, scopes, scope, spans] = &mut self.0;
        text.truncate(*spans + 1);
        let (of_scopes, of_resources) = (*scopes + 1..*scope, *resources + 1..*resource);
        text.drain(of_scopes.clone());
        text.drain(of_resources.clone());
        for place in [resource, scopes, &mut *scope, &mut *spans] {
            *place -= of_resources.len();
        }
        *scope -= of_scopes.len();
        *spans -= of_scopes.len();
    }
}

/// Whether a value is what this key says.
fn is_behind(before: &[u8], key: &[u8]) -> bool {
    let quoted = before.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
    let name = quoted.and_then(|text| text.strip_suffix(b"\"")).and_then(|text| text.strip_suffix(key));
    name.is_some_and(|text| text.ends_with(b"\""))
}
