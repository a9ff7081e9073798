//! `spawn iam check`: which rights are missing, and what to add.

use super::options::CheckOptions;
use super::policy::scope;
use crate::args::Global;
use crate::exit::Exit;
use crate::output::Output;
use crate::session::{self, Session};
use crate::show;
use anyhow::{Context, Result};
use serde::Serialize;
use spawn_cloud::Caller;
use spawn_cloud::iam::{self, POLICY_NAME, Principal};
use spawn_cloud::permissions::{Feature, Role, Scope, Statement, missing_from};
use spawn_host::World;

/// What was found out.
#[derive(Debug, Serialize)]
struct Checked {
    role: Role,
    /// Whose rights were looked at.
    identity: String,
    /// How: IAM's own simulation, or the documents of the role's policies.
    by: &'static str,
    missing: Vec<Statement>,
}

pub(super) async fn run(global: Global, options: CheckOptions, world: &World) -> Result<Exit> {
    let features = options.rights.features()?;
    let data = options.rights.data.clone();
    let scope = Scope {
        role_name: options.name.clone(),
        buckets: data.buckets,
        hooks: data.hooks,
        ..scope(&global, None, world)?
    };
    let work = async |session: &Session| {
        let caller = spawn_cloud::caller(session.clients.sts()).await?;
        let scope = scope.of(&caller);
        match options.rights.role() {
            Role::Operator => operator(session, &caller, &features, &scope).await,
            Role::Agent => agent(session, &features, &scope).await,
        }
    };
    let checked = session::within("spawn iam check", global, world, Vec::new(), work).await?;
    let Some(checked) = checked else { return Ok(Exit::Interrupted) };
    print(options.output, &checked)?;
    Ok(if checked.missing.is_empty() { Exit::Success } else { Exit::Failure })
}

async fn operator(session: &Session, caller: &Caller, features: &[Feature], scope: &Scope) -> Result<Checked> {
    let client = session.clients.iam();
    let checked = |identity, by, missing| Checked { role: Role::Operator, identity, by, missing };
    match iam::principal(client, caller).await? {
        Principal::Root => Ok(checked(caller.arn.clone(), "being the account's root user", Vec::new())),
        Principal::Unknown(arn) => anyhow::bail!(
            "IAM tells the rights of users and roles only, and these credentials are {arn}: compare `spawn iam policy` with what they may do"
        ),
        Principal::Identity(arn) => {
            let rights = iam::simulate(client, &arn, Role::Operator, features, scope).await;
            let rights = rights.context(
                "IAM does not simulate the rights of these credentials; `spawn iam policy` prints what they need",
            )?;
            Ok(checked(arn, "simulation", rights.missing))
        }
    }
}

async fn agent(session: &Session, features: &[Feature], scope: &Scope) -> Result<Checked> {
    let client = session.clients.iam();
    let name = scope.role_name.as_str();
    let found = iam::look(client, name, POLICY_NAME).await?;
    let Some(identity) = found.role_arn else {
        anyhow::bail!("there is no role {name}: `spawn iam create --name {name}` makes it");
    };
    if !found.profile {
        show::message(&format!("there is no instance profile {name}: `spawn iam create --name {name}` makes it"));
    }
    match iam::simulate(client, &identity, Role::Agent, features, scope).await {
        Ok(rights) => Ok(Checked { role: Role::Agent, identity, by: "simulation", missing: rights.missing }),
        // Refused or not known there: what the role's own documents say is the next best.
        Err(error) if error.code().is_some() => {
            show::message(&format!("the role's inline policies are read instead, for IAM does not simulate: {error}"));
            let documents = iam::inline_policies(client, name).await?;
            let missing = missing_from(&documents, Role::Agent, features, scope);
            Ok(Checked { role: Role::Agent, identity, by: "inline policies", missing })
        }
        Err(error) => Err(error.into()),
    }
}

fn print(output: Output, checked: &Checked) -> Result<()> {
    if output != Output::Table {
        return output.write(checked);
    }
    let Checked { role, identity, by, missing } = checked;
    if missing.is_empty() {
        show::message(&format!("{identity} has the rights of the {} (by {by})", role.name()));
        return Ok(());
    }
    let actions: Vec<&str> = missing.iter().flat_map(|statement| statement.action.iter().copied()).collect();
    show::message(&format!("{identity} lacks {} (by {by}); add these statements to its policy:", actions.join(", ")));
    show::json(missing)
}
