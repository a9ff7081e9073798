//! Lists and maps written on one line, as environment variables and tags have them.

use std::collections::BTreeMap;

use crate::ValueError;

/// Reads `key=value,key=value`; `%XX` stands for a byte, as in the W3C baggage format that OpenTelemetry uses.
pub(crate) fn parse_map(text: &str) -> Result<BTreeMap<String, String>, ValueError> {
    let expected = || ValueError::expected("KEY=VALUE pairs with commas between them, other characters as %XX");
    let mut map = BTreeMap::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(expected)?;
        let key = decode(key.trim()).filter(|key| !key.is_empty()).ok_or_else(expected)?;
        map.insert(key, decode(value.trim()).ok_or_else(expected)?);
    }
    Ok(map)
}

/// Prints what [`parse_map`] reads.
pub(crate) fn show_map(map: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    pairs.join(",")
}

/// Reads items with commas between them.
pub(crate) fn parse_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Undoes `%XX`; `None` if a byte is malformed or the bytes are not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [char::from(rest.next()?), char::from(rest.next()?)];
            let [high, low] = digits.map(|digit| digit.to_digit(16));
            u8::try_from(high? * 16 + low?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// Writes what would be read as something else as `%XX`.
fn encode(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if matches!(character, ',' | '=' | '%') || character.is_whitespace() || character.is_control() {
            let mut buffer = [0; 4];
            out.extend(character.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            out.push(character);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_read_with_their_escapes() {
        assert_eq!(
            parse_map(" team=a b ,note=x%2Cy%3Dz,,empty=").unwrap(),
            BTreeMap::from([
                ("empty".to_owned(), String::new()),
                ("note".to_owned(), "x,y=z".to_owned()),
                ("team".to_owned(), "a b".to_owned()),
            ])
        );
    }

    #[test]
    fn a_pair_without_an_equals_sign_is_refused() {
        for text in ["a", "=b", "a=%", "a=%4", "a=%GG", "a=%FF"] {
            parse_map(text).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn a_map_is_read_back_as_it_is_printed(map in prop::collection::btree_map(".+", ".*", 0..5)) {
            prop_assert_eq!(parse_map(&show_map(&map)), Ok(map));
        }
    }
}
