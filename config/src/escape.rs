//! Text from outside, made fit to be shown.

/// Longest piece of foreign text in a message, in characters.
const SHOWN: usize = 60;

/// The text in quotes, with control and invisible characters escaped, cut to what fits a line.
pub(crate) fn quoted(text: &str) -> String {
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(SHOWN).collect();
    let cut = if characters.next().is_some() { "…" } else { "" };
    format!("{shown:?}{cut}")
}

/// The text escaped and cut as [`quoted`], without the quotes: for names of keys, tags and files.
pub(crate) fn plain(text: &str) -> String {
    let quoted = quoted(text);
    let cut = if quoted.ends_with('…') { "…" } else { "" };
    let inner = quoted.trim_end_matches('…');
    format!("{}{cut}", inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(inner))
}

/// The text with characters escaped that are not to be shown as they are, at its whole length.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if is_hostile(character) {
            out.extend(character.escape_debug())
        } else {
            out.push(character)
        }
        out
    })
}

/// Whether a letter does something to a terminal, or to the eye, beside being there: it moves the cursor, turns the direction
/// of reading, ends a line, or hides.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Directions: ALM, LRM, RLM, embeddings, overrides, isolates.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators end a line on some terminals.
            | '\u{2028}' | '\u{2029}'
            // Nothing to see: soft hyphen, zero widths, joiners, fillers, invisible operators, byte order mark.
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            // Annotations between lines, private letters without a width, and the tags that smuggle text.
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The candidate that a slip of the keyboard was most likely meant to be.
pub(crate) fn did_you_mean<'a>(read: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Jaro-Winkler is quadratic, and nobody mistypes a key at this length.
    if read.len() > 128 {
        return None;
    }
    let candidates: Vec<&str> = candidates.into_iter().collect();
    // One that goes on where the word ends is the likelier, however much longer it is.
    let longer = candidates.iter().find(|candidate| read.len() >= 4 && candidate.starts_with(read));
    let alike = candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(read, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate);
    longer.or(alike).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_long_text_is_cut() {
        assert_eq!(quoted("a\u{1b}[31m\n"), r#""a\u{1b}[31m\n""#);
        assert_eq!(quoted(&"x".repeat(61)), format!("\"{}\"…", "x".repeat(60)));
        assert_eq!(plain("a\nb"), r"a\nb");
    }

    #[test]
    fn only_a_likely_candidate_is_suggested() {
        assert_eq!(did_you_mean("sampling", ["enabled", "sampling_rate"]), Some("sampling_rate"));
        for read in ["sampling", "sampling-rate", "sample_rate", "samplingRate", "sampling_rat"] {
            assert_eq!(did_you_mean(read, ["sampling_rate", "sampler", "sampling_rules"]), Some("sampling_rate"));
        }
        assert_eq!(did_you_mean("zebra", ["enabled", "sampling_rate"]), None);
    }
}
