//! Where the credentials come from, and how long they hold.

use super::Finding;
use crate::error::causes;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_credential_types::provider::ProvideCredentials;
use aws_types::SdkConfig;
use std::time::{Duration, SystemTime};

/// Credentials that end sooner are worth a word; those of roles are renewed well before.
const SOON: Duration = Duration::from_secs(60);

/// Gets the credentials as a call would, without a call of the service. The finding never shows them.
pub async fn keys(config: &SdkConfig) -> Finding {
    const REMEDY: &str =
        "give the instance a profile (`spawn iam create`), sign in (`aws sso login`), or set AWS_PROFILE";
    let Some(provider) = config.credentials_provider() else {
        return Finding::fail("no source of credentials", REMEDY);
    };
    match provider.provide_credentials().await {
        Ok(keys) => {
            let features = keys.get_property::<Vec<AwsCredentialFeature>>();
            let source = features.into_iter().flatten().filter_map(source).next_back().unwrap_or("the SDK's own chain");
            judge(source, keys.expiry(), SystemTime::now())
        }
        Err(error) => Finding::fail(causes(&error), REMEDY),
    }
}

fn judge(source: &str, expiry: Option<SystemTime>, now: SystemTime) -> Finding {
    let Some(expiry) = expiry else { return Finding::ok(format!("from {source}, without an end")) };
    match expiry.duration_since(now) {
        Err(_) => Finding::fail(
            format!("from {source}, and they have expired"),
            "sign in again; if a role hands them out, check the clock of this machine",
        ),
        Ok(left) if left < SOON => Finding::warn(
            format!("from {source}, for {} s more", left.as_secs()),
            "sign in again, unless a role renews them",
        ),
        Ok(left) => Finding::ok(format!("from {source}, for {} min more", left.as_secs() / 60)),
    }
}

fn source(feature: &AwsCredentialFeature) -> Option<&'static str> {
    use AwsCredentialFeature as From;
    Some(match feature {
        From::CredentialsEnvVars => "the environment",
        From::CredentialsImds => "the instance profile",
        From::CredentialsHttp => "a container's credential service",
        From::CredentialsProcess | From::CredentialsProfileProcess => "a credential process",
        From::CredentialsSso | From::CredentialsProfileSso => "a sign-in (SSO)",
        From::CredentialsProfile | From::CredentialsProfileNamedProvider => "a profile of the AWS configuration",
        From::CredentialsStsAssumeRole => "an assumed role",
        From::CredentialsStsAssumeRoleWebId | From::CredentialsEnvVarsStsWebIdToken => "a role for a web identity",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    #[test]
    fn keys_are_judged_by_the_time_they_have_left() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        assert_eq!(judge("x", None, now), Finding::ok("from x, without an end"));
        assert_eq!(judge("x", Some(now + hour), now), Finding::ok("from x, for 60 min more"));
        assert_eq!(judge("x", Some(now + minute / 2), now).level, super::super::Level::Warn);
        assert_eq!(judge("x", Some(now - minute), now).level, super::super::Level::Fail);
    }

    #[tokio::test]
    async fn keys_are_never_shown() {
        let keys_of = |provider: Credentials| {
            SdkConfig::builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
        };
        let found = keys(&keys_of(Credentials::new("AKIDEXAMPLE", "SECRET", Some("TOKEN".into()), None, "test"))).await;
        assert_eq!(found, Finding::ok("from the SDK's own chain, without an end"));
        let none = keys(&SdkConfig::builder().build()).await;
        assert_eq!(none.what, "no source of credentials");
    }
}
