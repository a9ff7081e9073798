//! Keeps the secrets of the host's own receiver from an endpoint that a tag names.

use crate::resolved::{Explanation, Source};
use crate::{Settings, tags};

/// Settings that prove to a receiver who we are.
const SECRETS: [&str; 2] = ["tracing-otlp-headers", "tracing-otlp-token-file"];

/// Takes headers and token back where a tag of the instance decides on the endpoint, unless `limits.endpoints` has the
/// host: whoever lists it there may set what is sent there, and whoever writes tags may not.
pub(super) fn withhold(settings: &mut Settings, explanations: &mut [Explanation]) {
    let endpoint_key = tags::key_name(tags::TRACING_ENDPOINT);
    let Some(tag) = explanations.iter().find(|it| it.key.name == endpoint_key).map(|it| it.source.clone()) else {
        return;
    };
    let tracing = &mut settings.tracing;
    let listed = tracing.endpoint.as_ref().is_none_or(|endpoint| endpoint.is_listed(&tracing.limits.endpoints));
    if !matches!(tag, Source::Tag { .. }) || listed {
        return;
    }
    tracing.otlp.headers = Default::default();
    tracing.otlp.token_file = None;
    for secret in explanations.iter_mut().filter(|it| SECRETS.contains(&it.key.name) && it.source != Source::Default) {
        let (source, value) = (std::mem::replace(&mut secret.source, tag.clone()), std::mem::take(&mut secret.value));
        secret.overrode.insert(0, (source, value));
        secret
            .notes
            .push("not sent to an endpoint that a tag names, unless `limits.endpoints` lists its host".to_owned());
    }
}
