//! Where credentials come from, as far as the SDK says.

use std::error::Error;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_smithy_runtime_api::client::identity::Identity;

/// What the SDK notes about credentials, and the word for it. A profile leads to others and says least.
const SOURCES: [(&str, &[Feature]); 13] = [
    ("code", &[Feature::CredentialsCode]),
    ("environment", &[Feature::CredentialsEnvVars]),
    (
        PROFILE,
        &[
            Feature::CredentialsProfile,
            Feature::CredentialsProfileSourceProfile,
            Feature::CredentialsProfileNamedProvider,
        ],
    ),
    ("process", &PROCESS),
    ("assume-role", &[Feature::CredentialsStsAssumeRole]),
    ("assume-role-saml", &[Feature::CredentialsStsAssumeRoleSaml]),
    (
        "web-identity",
        &[
            Feature::CredentialsStsAssumeRoleWebId,
            Feature::CredentialsEnvVarsStsWebIdToken,
            Feature::CredentialsProfileStsWebIdToken,
        ],
    ),
    ("federation-token", &[Feature::CredentialsStsFederationToken]),
    ("session-token", &[Feature::CredentialsStsSessionToken]),
    ("sso", &[Feature::CredentialsSso, Feature::CredentialsProfileSso]),
    ("login", &[Feature::CredentialsLogin, Feature::CredentialsProfileLogin]),
    ("container", &[Feature::CredentialsHttp]),
    ("instance-metadata", &[Feature::CredentialsImds]),
];
const PROFILE: &str = "profile";
const PROCESS: [Feature; 2] = [Feature::CredentialsProcess, Feature::CredentialsProfileProcess];

/// The source as spans name it: the last one in a chain of them, such as the role that a profile's user takes on.
pub(super) fn of(identity: &Identity) -> Option<&'static str> {
    let words = || features(identity).iter().filter_map(word);
    words().find(|word| *word != PROFILE).or_else(|| words().next())
}

/// Whether a process was asked.
pub(super) fn is_process(identity: &Identity) -> bool {
    features(identity).iter().any(|feature| PROCESS.contains(feature))
}

/// Whether it is a process that came to no good end.
pub(super) fn speaks_of_process(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| Error::source(*error));
    causes.any(|error| error.to_string().contains("external process"))
}

fn features(identity: &Identity) -> &[Feature] {
    identity
        .data::<Credentials>()
        .and_then(|credentials| credentials.get_property::<Vec<Feature>>())
        .map_or(&[], Vec::as_slice)
}

fn word(feature: &Feature) -> Option<&'static str> {
    SOURCES.iter().find(|(_, features)| features.contains(feature)).map(|(word, _)| *word)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::identity::Identity;

    use super::*;

    #[test]
    fn the_reference_lists_every_source() {
        let reference = include_str!("../../../../docs/reference/spans.md");
        let table = reference.split_once("<!-- sources:begin -->").unwrap().1;
        let table = table.split_once("<!-- sources:end -->").unwrap().0;
        let rows = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
        let listed: Vec<&str> = rows.skip(1).collect();
        assert_eq!(listed, SOURCES.map(|(word, _)| word));
    }

    #[test]
    fn a_role_that_a_profile_names_is_a_role() {
        let identity = |features: Vec<Feature>| {
            let mut credentials = Credentials::new("id", "key", None, None, "test");
            credentials.set_property(features);
            Identity::from(credentials)
        };
        let role = vec![Feature::CredentialsStsAssumeRole, Feature::CredentialsProfile];
        assert_eq!(of(&identity(role)), Some("assume-role"));
        assert_eq!(of(&identity(vec![Feature::CredentialsProfile])), Some("profile"));
        let process = identity(vec![Feature::CredentialsProcess, Feature::CredentialsProfile]);
        assert_eq!((of(&process), is_process(&process)), (Some("process"), true));
        assert_eq!(of(&identity(Vec::new())), None);
    }
}
