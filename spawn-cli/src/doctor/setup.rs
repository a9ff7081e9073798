//! Whether what launches need is there: the bucket with this version's agent, the table, the instance profile.

use super::Asked;
use crate::agent_file;
use spawn_cloud::Registry;
use spawn_cloud::agent_bucket::{AgentBucket, BucketError, Setup};
use spawn_cloud::checks::Finding;
use spawn_cloud::iam::{self, Found, POLICY_NAME};
use spawn_cloud::permissions::{Feature, ROLE_NAME, Role, Scope, missing_from};
use spawn_host::World;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SETUP: &str = "run `spawn setup`";

/// The agent that a launch would bring where the bucket has none.
pub(super) fn local_agent(world: &World) -> Option<String> {
    let files = agent_file::local(world, &[]).ok()?;
    files.first().map(|file| file.path.display().to_string())
}

pub(super) async fn bucket(asked: Asked, local: Option<String>) -> Finding {
    let caller = match asked.caller().await {
        Ok(caller) => caller,
        Err(finding) => return finding,
    };
    let region = asked.clients.region().unwrap_or_default();
    let bucket = AgentBucket::new(asked.clients.s3().clone(), &caller, region);
    let setup = match bucket.exists().await {
        Ok(true) => bucket.setup().await.map(Some),
        Ok(false) => Ok(None),
        Err(error) => Err(error),
    };
    match setup {
        Ok(setup) => judge_bucket(bucket.name(), setup.as_ref(), local.as_deref()),
        Err(BucketError::Aws(error)) => Finding::refused(&error),
        Err(error) => Finding::fail(error.to_string(), "see what the bucket's owner and policy say"),
    }
}

fn judge_bucket(name: &str, setup: Option<&Setup>, local: Option<&str>) -> Finding {
    let agents = setup.and_then(|setup| setup.agents.get(VERSION));
    let what = match (setup, agents) {
        (_, Some(agents)) => {
            let architectures: Vec<String> = agents.keys().map(ToString::to_string).collect();
            return Finding::ok(format!("{name} has the agent {VERSION} for {}", architectures.join(" and ")));
        }
        (Some(_), None) => format!("{name} has no agent {VERSION}"),
        (None, None) => format!("there is no bucket {name}"),
    };
    match local {
        Some(path) => Finding::ok(format!("{what} yet; the first launch brings {path}")),
        None => Finding::fail(
            format!("{what}, and there is none on this machine to bring"),
            format!("{SETUP} --agent FILE with a `spored` {VERSION} built for Linux"),
        ),
    }
}

pub(super) async fn table(registry: Registry) -> Finding {
    let name = registry.table();
    match registry.exists().await {
        Ok(true) => Finding::ok(format!("{name} is there")),
        Ok(false) => Finding::ok(format!("{name} is not there yet; the first launch makes it")),
        Err(error) => Finding::refused(&error),
    }
}

pub(super) async fn profile(asked: Asked, table: String) -> Finding {
    let caller = match asked.caller().await {
        Ok(caller) => caller,
        Err(finding) => return finding,
    };
    match iam::look(asked.clients.iam(), ROLE_NAME, POLICY_NAME).await {
        Ok(found) => judge_profile(&found, &Scope { table, ..Scope::default() }.of(&caller)),
        Err(error) => {
            let (what, remedy) = error.told_apart();
            Finding::warn(format!("not checked: {what}"), remedy.unwrap_or_else(|| SETUP.to_owned()))
        }
    }
}

/// A launch may name another profile, so that nothing here is a failure.
fn judge_profile(found: &Found, scope: &Scope) -> Finding {
    const CREATE: &str = "run `spawn iam create`, or launch with --iam-instance-profile NAME";
    if found.role_arn.is_none() || !found.profile_roles.iter().any(|role| role == ROLE_NAME) {
        let what =
            format!("there is no instance profile {ROLE_NAME}: agents could not register, trace or end instances");
        return Finding::warn(what, CREATE);
    }
    let features: Vec<Feature> = Feature::all_of(Role::Agent).into_iter().chain([Feature::Xray]).collect();
    let documents: Vec<_> = found.policy.iter().cloned().collect();
    let missing = missing_from(&documents, Role::Agent, &features, scope);
    let actions: Vec<&str> = missing.iter().flat_map(|statement| statement.action.iter().copied()).collect();
    if actions.is_empty() {
        return Finding::ok(format!("{ROLE_NAME} has the rights of an agent"));
    }
    Finding::warn(
        format!("the role {ROLE_NAME} lacks {} in its policy {POLICY_NAME}", actions.join(", ")),
        "`spawn iam create` brings it up to date; `spawn iam check --role agent` prints the statements",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_cloud::agent_bucket::AgentObject;
    use spawn_cloud::checks::Level;
    use spawn_cloud::instances::Architecture;

    #[test]
    fn an_account_without_an_agent_fails_only_where_none_could_be_brought() {
        assert_eq!(judge_bucket("b", None, Some("/opt/spored")).level, Level::Ok);
        assert_eq!(judge_bucket("b", Some(&Setup::default()), None).level, Level::Fail);
        let mut setup = Setup::default();
        setup.note(VERSION, Architecture::Arm64, AgentObject::new(VERSION, Architecture::Arm64, "00", 1));
        let found = judge_bucket("b", Some(&setup), None);
        assert_eq!(found, Finding::ok(format!("b has the agent {VERSION} for arm64")));
    }

    #[test]
    fn a_profile_with_older_rights_is_told_what_it_lacks() {
        let scope = Scope::default();
        let policy = spawn_cloud::permissions::policy(Role::Agent, &Feature::all_of(Role::Agent), &scope);
        let found = Found {
            role_arn: Some("arn".to_owned()),
            ours: true,
            policy: serde_json::to_value(policy).ok(),
            profile: true,
            profile_roles: vec![ROLE_NAME.to_owned()],
        };
        let finding = judge_profile(&found, &scope);
        assert_eq!(
            finding.what,
            "the role spored lacks xray:PutTraceSegments, xray:PutTelemetryRecords in its policy spored"
        );
        assert_eq!(judge_profile(&Found::default(), &scope).level, Level::Warn);
    }
}
