//! Where credentials come from, as far as the SDK says.

use std::error::Error;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature as Feature;
use aws_smithy_runtime_api::client::identity::Identity;

/// The source as spans name it: the last one in a chain of them, such as the role that a profile's user takes on.
pub(super) fn of(identity: &Identity) -> Option<&'static str> {
    let words = || features(identity).iter().filter_map(word);
    words().find(|word| *word != "profile").or_else(|| words().next())
}

/// Whether a process was asked.
pub(super) fn is_process(identity: &Identity) -> bool {
    features(identity).iter().any(|it| matches!(it, Feature::CredentialsProcess | Feature::CredentialsProfileProcess))
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
    Some(match feature {
        Feature::CredentialsCode => "code",
        Feature::CredentialsEnvVars => "environment",
        Feature::CredentialsEnvVarsStsWebIdToken
        | Feature::CredentialsStsAssumeRoleWebId
        | Feature::CredentialsProfileStsWebIdToken => "web-identity",
        Feature::CredentialsStsAssumeRole => "assume-role",
        Feature::CredentialsStsAssumeRoleSaml => "assume-role-saml",
        Feature::CredentialsStsFederationToken => "federation-token",
        Feature::CredentialsStsSessionToken => "session-token",
        Feature::CredentialsProfile
        | Feature::CredentialsProfileSourceProfile
        | Feature::CredentialsProfileNamedProvider => "profile",
        Feature::CredentialsProfileSso | Feature::CredentialsSso => "sso",
        Feature::CredentialsProfileProcess | Feature::CredentialsProcess => "process",
        Feature::CredentialsHttp => "container",
        Feature::CredentialsImds => "instance-metadata",
        Feature::CredentialsProfileLogin | Feature::CredentialsLogin => "login",
        _ => return None,
    })
}
