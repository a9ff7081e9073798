//! What ARNs and URLs call a resource.

/// Whether it is an ARN rather than a name.
pub(super) fn is_arn(value: &str) -> bool {
    value.starts_with("arn:")
}

/// The last part that is not empty.
pub(super) fn last_part(value: &str, separator: char) -> &str {
    value.rsplit(separator).find(|part| !part.is_empty()).unwrap_or(value)
}

/// The part of a resource's ARN behind these letters, up to the next part; a value without them is the name itself.
pub(super) fn name<'a>(value: &'a str, before: &str) -> &'a str {
    // Most are names, and to search them for the letters takes longer than all the rest.
    if !value.contains(':') {
        return value;
    }
    match value.split_once(before) {
        Some((_, rest)) => match before.ends_with('/') {
            true => rest.split('/').next().unwrap_or(rest),
            // A log group's name has slashes.
            false => rest.split(':').next().unwrap_or(rest),
        },
        None => value,
    }
}

/// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:EXECUTION`, of an express one or of a map run: its machine's ARN.
pub(super) fn state_machine(arn: &str) -> Option<String> {
    let (place, what) = arn.match_indices(':').nth(4).map(|(at, _)| arn.split_at(at + 1))?;
    let mut parts = what.split(':');
    let machine = match parts.next()? {
        "execution" | "express" => parts.next()?,
        "mapRun" => parts.next()?.split('/').next()?,
        _ => return None,
    };
    Some(format!("{place}stateMachine:{machine}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_machine_is_found_in_what_it_does() {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:align";
        for done in ["execution:align:run-1", "express:align:run-1:uuid", "mapRun:align/each:uuid", "execution:align"] {
            let arn = format!("arn:aws:states:us-east-1:123456789012:{done}");
            assert_eq!(state_machine(&arn).as_deref(), Some(machine), "{arn}");
        }
        for none in ["", "arn", "arn:aws:states:us-east-1:123456789012", "arn:aws:states:::activity:align", ":::::"] {
            assert_eq!(state_machine(none), None, "{none}");
        }
    }

    #[test]
    fn a_name_is_the_part_of_the_arn_that_says_it() {
        for (value, before, expected) in [
            ("jobs", "stream/", "jobs"),
            ("arn:aws:kinesis:us-east-1:123456789012:stream/jobs", "stream/", "jobs"),
            ("arn:aws:kinesis:us-east-1:123456789012:stream/jobs/consumer/c:1", "stream/", "jobs"),
            ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hook:*", "log-group:", "/aws/lambda/hook"),
            ("/aws/lambda/hook", "log-group:", "/aws/lambda/hook"),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/jobs", "table/", "jobs"),
            ("arn:aws:kinesis:us-east-1:123456789012:stream/", "stream/", ""),
        ] {
            assert_eq!(name(value, before), expected, "{value}");
        }
    }
}
