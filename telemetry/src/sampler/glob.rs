//! Patterns with `*` and `?`, compared without regard to case: as X-Ray compares, and as our own sampling rules do.

/// Whether the whole text fits the pattern. Time grows with the product of their lengths at worst, never beyond it.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // Where to go on if what follows the last `*` does not fit: the pattern behind it, and the text one further.
    let mut resume: Option<(&str, &str)> = None;
    loop {
        let mut rest = pattern.chars();
        match (rest.next(), split(text)) {
            (Some('*'), _) => {
                pattern = rest.as_str();
                resume = Some((pattern, text));
                continue;
            }
            (None, None) => return true,
            (Some(wanted), Some((found, after))) if wanted == '?' || alike(wanted, found) => {
                (pattern, text) = (rest.as_str(), after);
                continue;
            }
            _ => {}
        }
        // One character more for the last `*`.
        let Some((behind, (_, after))) = resume.and_then(|(behind, from)| Some((behind, split(from)?))) else {
            return false;
        };
        (pattern, text) = (behind, after);
        resume = Some((behind, after));
    }
}

fn split(text: &str) -> Option<(char, &str)> {
    let mut rest = text.chars();
    rest.next().map(|first| (first, rest.as_str()))
}

fn alike(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wildmatch::WildMatch;

    use super::*;

    #[test]
    fn a_pattern_covers_the_whole_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("?", "", false),
            ("?", "ä", true),
            ("a", "A", true),
            ("Ä*", "äpfel", true),
            ("/api/*", "/API/orders", true),
            ("api", "/api/orders", false),
            ("a*c", "abcabc", true),
            ("a*b?d*", "axxbcdabbd", true),
            ("*.example.com", "shop.example.com.evil.example", false),
            ("**a**", "a", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_pattern_that_backtracks_comes_to_an_end() {
        let (pattern, text) = ("a*".repeat(200), "a".repeat(2000));
        assert!(!fits(&(pattern + "b"), &text));
    }

    proptest! {
        #[test]
        fn patterns_mean_what_a_public_library_takes_them_to_mean(
            pattern in "[ab*?]{0,8}", text in "[abAB]{0,10}",
        ) {
            prop_assert_eq!(fits(&pattern, &text), WildMatch::new(&pattern).matches(&text.to_lowercase()));
        }

        #[test]
        fn any_pattern_and_any_text_are_compared(pattern in any::<String>(), text in any::<String>()) {
            fits(&pattern, &text);
            prop_assert!(fits("*", &text));
        }
    }
}
