//! Takes subsegments out of the documents that they are in, so that none is deeper than its own fields. X-Ray nests what was
//! sent apart, and a program that calls itself nests without end: nothing that reads level by level could take that.

/// A document without its subsegments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flat {
    /// Its JSON.
    pub(super) text: Vec<u8>,
    /// The document that it was in, by its place.
    pub(super) parent: Option<usize>,
    /// How many of its subsegments are no objects.
    pub(super) odd: usize,
}

/// What is open at some place of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// A document, by its place.
    Document(usize),
    /// The list of a document's subsegments.
    Below(usize),
    /// Anything else within a document.
    Other(usize),
    /// Something within a list of subsegments that is none.
    Odd,
}

/// The documents of a text, each before those that were in it. The text is JSON, which whoever calls has found out.
pub(super) fn flat(json: &[u8]) -> Vec<Flat> {
    let mut documents: Vec<Flat> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let (mut at, mut wants_key, mut is_below) = (0, false, false);
    while at < json.len() {
        let top = open.last().copied();
        let length = if json[at] == b'"' { text_length(&json[at..]) } else { 1 };
        let token = &json[at..at + length];
        at += length;
        // Where the token is copied to.
        let mut into = match top {
            Some(Open::Document(of) | Open::Other(of)) => Some(of),
            Some(Open::Below(_) | Open::Odd) | None => None,
        };
        match (token[0], top) {
            (b'{', None | Some(Open::Below(_))) => {
                let parent = top.and_then(|top| if let Open::Below(of) = top { Some(of) } else { None });
                into = Some(documents.len());
                open.push(Open::Document(documents.len()));
                documents.push(Flat { text: Vec::new(), parent, odd: 0 });
                (wants_key, is_below) = (true, false);
            }
            (b'[', Some(Open::Document(of))) if is_below => {
                documents[of].text.extend_from_slice(b"null");
                open.push(Open::Below(of));
                into = None;
            }
            (b'{' | b'[', Some(Open::Document(of) | Open::Other(of))) => open.push(Open::Other(of)),
            (b'{' | b'[', Some(Open::Below(_) | Open::Odd)) => open.push(Open::Odd),
            (b'}' | b']', Some(closed)) => {
                open.pop();
                match (closed, open.last()) {
                    (Open::Below(_), _) => (into, is_below) = (None, false),
                    (Open::Odd, Some(Open::Below(of))) => documents[*of].odd += 1,
                    _ => {}
                }
            }
            (b',', Some(Open::Document(_))) => (wants_key, is_below) = (true, false),
            (b'"', Some(Open::Document(_))) if wants_key => {
                (wants_key, is_below) = (false, token == b"\"subsegments\"")
            }
            (b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9', Some(Open::Below(of))) => {
                documents[of].odd += 1;
                at +=
                    json[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(byte)).count();
            }
            _ => {}
        }
        if let Some(of) = into {
            documents[of].text.extend_from_slice(token);
        }
    }
    documents
}

/// The length of the text in quotes that these bytes begin with.
fn text_length(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Vec<(String, Option<usize>, usize)> {
        flat(json.as_bytes())
            .into_iter()
            .map(|Flat { text, parent, odd }| (String::from_utf8(text).unwrap(), parent, odd))
            .collect()
    }

    #[test]
    fn a_subsegment_is_a_document_of_its_own_and_all_else_stays_where_it_was() {
        let json = r#"{"a":"subsegments","m":{"subsegments":[1,{"x":[]}]},"subsegments":[{"id":"}\"]","subsegments":[]}, {"id":2}],"z":[{}]}"#;
        assert_eq!(
            texts(json),
            [
                (
                    r#"{"a":"subsegments","m":{"subsegments":[1,{"x":[]}]},"subsegments":null,"z":[{}]}"#.to_owned(),
                    None,
                    0
                ),
                (r#"{"id":"}\"]","subsegments":null}"#.to_owned(), Some(0), 0),
                (r#"{"id":2}"#.to_owned(), Some(0), 0),
            ]
        );
    }

    #[test]
    fn what_is_no_subsegment_is_counted() {
        let json = r#"{"subsegments":[null, -1.5e3, "a", [{"b":{}}], true]}"#;
        assert_eq!(texts(json), [(r#"{"subsegments":null}"#.to_owned(), None, 5)]);
        assert_eq!(texts(r#"{"subsegments":{"a":1}}"#), [(r#"{"subsegments":{"a":1}}"#.to_owned(), None, 0)]);
    }
}
