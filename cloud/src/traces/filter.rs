//! A search as X-Ray's filter expression.

use std::time::Duration;

use spawn_telemetry::attribute;

/// What traces to look for; what is `None` or false is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceSearch {
    /// A service that takes part.
    pub service: Option<String>,
    /// Something in it failed.
    pub failed: bool,
    /// It takes longer than this.
    pub slower_than: Option<Duration>,
    /// It is about the job array of this name or id.
    pub array: Option<String>,
}

impl TraceSearch {
    /// The expression; `None` where nothing is asked for that X-Ray could be asked.
    ///
    /// X-Ray's words are those of its developer guide, "filter expressions". `error` and `fault` alone mean the answer to the
    /// one who asked first; `service() { … }` means anybody who takes part. How a quotation mark is written in a text is said
    /// nowhere: a text that has one is left for whoever reads the traces to compare.
    pub(super) fn expression(&self) -> Option<String> {
        let Self { service, failed, slower_than, array } = self;
        let any = "error = true OR fault = true";
        let array = array.as_deref().and_then(quoted).map(|array| {
            let keys = [attribute::SPAWN_JOB_ARRAY_ID, attribute::SPAWN_JOB_ARRAY_NAME];
            let [id, name] = keys.map(annotation);
            format!("({id} = {array} OR {name} = {array})")
        });
        let terms = [
            service.as_deref().and_then(quoted).map(|service| format!("service({service})")),
            failed.then(|| format!("({any} OR service() {{ {any} }})")),
            slower_than.map(|least| format!("duration > {}", least.as_secs_f64())),
            array,
        ];
        let terms: Vec<String> = terms.into_iter().flatten().collect();
        (!terms.is_empty()).then(|| terms.join(" AND "))
    }
}

/// The annotation that an attribute becomes: characters other than letters and digits are `_` in keys.
fn annotation(key: &str) -> String {
    let key: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("annotation.{key}")
}

fn quoted(text: &str) -> Option<String> {
    let plain = |c: char| !c.is_control() && !matches!(c, '"' | '\\');
    text.chars().all(plain).then(|| format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_joined_and_nothing_is_no_expression() {
        assert_eq!(TraceSearch::default().expression(), None);
        let all = TraceSearch {
            service: Some("spored".to_owned()),
            failed: true,
            slower_than: Some(Duration::from_millis(2_500)),
            array: Some("align".to_owned()),
        };
        let expected = "service(\"spored\") AND (error = true OR fault = true OR service() { error = true OR fault = true }) \
                        AND duration > 2.5 AND (annotation.spawn_job_array_id = \"align\" OR \
                        annotation.spawn_job_array_name = \"align\")";
        assert_eq!(all.expression().as_deref(), Some(expected));
    }

    #[test]
    fn a_text_that_could_end_its_quotation_is_not_sent() {
        for text in ["a\" OR ok", "a\\", "a\nb"] {
            let search = TraceSearch { service: Some(text.to_owned()), ..TraceSearch::default() };
            assert_eq!(search.expression(), None, "{text}");
        }
    }
}
