//! `spawn iam create`: the agent's role and instance profile.

use super::options::{CreateOptions, features};
use super::policy::scope;
use crate::args::Global;
use crate::exit::Exit;
use crate::session::{self, Session};
use crate::show;
use anyhow::Result;
use spawn_cloud::iam::{AgentRole, Foreign, RolePlan, carry_out, plan_role};
use spawn_cloud::permissions::{Role, Scope};
use spawn_host::World;

pub(super) async fn run(global: Global, options: CreateOptions, world: &World) -> Result<Exit> {
    let features = features(Role::Agent, &options.features, options.tracing, options.sampler)?;
    let data = options.data.clone();
    let scope = Scope {
        role_name: options.name.clone(),
        buckets: data.buckets,
        hooks: data.hooks,
        ..scope(&global, None, world)?
    };
    let work = async |session: &Session| {
        let caller = spawn_cloud::caller(session.clients.sts()).await?;
        let wanted = AgentRole::new(&features, &scope.of(&caller));
        let iam = session.clients.iam();
        let plan = plan_role(iam, &wanted).await?;
        say(&plan, &wanted, options.dry_run);
        if !options.dry_run {
            let foreign = if options.yes { Foreign::Use } else { Foreign::Refuse };
            carry_out(iam, &wanted, &plan, foreign).await?;
        }
        Ok((plan, wanted))
    };
    let done = session::within("spawn iam create", global, world, Vec::new(), work).await?;
    let Some((plan, wanted)) = done else { return Ok(Exit::Interrupted) };
    print(&options, &plan, &wanted)?;
    Ok(Exit::Success)
}

fn say(plan: &RolePlan, wanted: &AgentRole, dry_run: bool) {
    let would = if dry_run { "would " } else { "" };
    for step in &plan.steps {
        show::message(&format!("{would}{}", step.describe(&wanted.name)));
    }
    if plan.steps.is_empty() {
        show::message(&format!("role and instance profile {} are as they should be", wanted.name));
    }
}

fn print(options: &CreateOptions, plan: &RolePlan, wanted: &AgentRole) -> Result<()> {
    let name = &wanted.name;
    let steps: Vec<String> = plan.steps.iter().map(|step| step.describe(name)).collect();
    let answer = serde_json::json!({
        "dry_run": options.dry_run,
        "instance_profile": name,
        "role": name,
        "steps": steps,
        "policy": plan.policy,
    });
    options.output.print(&answer, || if options.dry_run { String::new() } else { format!("{name}\n") })
}
