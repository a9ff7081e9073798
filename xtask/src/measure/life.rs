//! An agent's life on an instance: boot, a minute of idling, 1,000 reloads, tracing off and on, and idling again.

use super::agent::{Agent, Memory};
use super::{RESIDENT, SETTLED};
use crate::figures::{Figures, show};
use anyhow::Result;
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{FaultProxy, Imds, InstanceFacts};
use std::path::Path;
use std::time::{Duration, Instant};

/// Most of one core that an idle agent takes, in percent.
const CORE: f64 = 0.2;
/// Reloads one after the other.
const RELOADS: usize = 1_000;
/// Times that tracing is switched off and on by its tag.
const SWITCHES: usize = 5;
/// A port where nobody listens: nothing is passed on.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Measures; `idle` is how long the agent idles.
pub(super) fn measure(spored: &Path, idle: Duration, figures: &mut Figures) -> Result<()> {
    let facts = InstanceFacts { life_cycle: "spot".to_owned(), ..InstanceFacts::example() };
    let settings = [("enabled", "true"), ("exporter", "xray"), ("sampling", "1.0")];
    let facts = settings.iter().fold(facts, |facts, (key, value)| facts.tag(&format!("spawn:tracing-{key}"), value));
    // The example was launched long ago.
    let facts = facts.tag("spawn:ttl", "3650d").tag("spawn:idle-timeout", "6h").tag("Name", "worker");
    let imds = Imds::start(facts)?;
    let aws = FaultProxy::start(NOWHERE)?;
    aws.script([Rule::new(Action::respond(200, &[("content-type", "application/x-amz-json-1.0")], "{}"))]);

    let agent = Agent::on_instance(spored, &imds.endpoint(), &aws.url())?;
    agent.until("boot", |status| status["registry"]["registered"] == true && status["tracing"]["enabled"] == true)?;
    std::thread::sleep(SETTLED);
    resident("resident on an instance", &agent.memory()?, figures);
    idling("idle, tracing on", &agent, &imds, idle, figures)?;

    let begun = Instant::now();
    for _ in 0..RELOADS {
        agent.ask("POST", "/reload")?;
    }
    resident(&format!("resident after {RELOADS} reloads"), &agent.memory()?, figures);
    show(&format!("  {:.1} ms a reload\n", begun.elapsed().as_secs_f64() * 1_000.0 / RELOADS as f64));
    for _ in 0..SWITCHES {
        for on in [false, true] {
            imds.set_tag("spawn:tracing-enabled", if on { "true" } else { "false" });
            agent.until("change of tracing", |status| status["tracing"]["enabled"] == on)?;
        }
    }
    resident(&format!("resident after {SWITCHES} switches"), &agent.memory()?, figures);
    imds.set_tag("spawn:tracing-enabled", "false");
    agent.until("end of tracing", |status| status["tracing"]["enabled"] == false)?;
    idling("idle, tracing off", &agent, &imds, idle, figures)?;
    resident("resident at the end", &agent.memory()?, figures);
    Ok(())
}

fn resident(what: &str, memory: &Memory, figures: &mut Figures) {
    let row = format!("{what:<28} {:>6.1} MB", memory.resident);
    figures.gated(&row, memory.resident, RESIDENT, &format!("at most {RESIDENT} MB"));
}

fn idling(what: &str, agent: &Agent, imds: &Imds, idle: Duration, figures: &mut Figures) -> Result<()> {
    let (cpu, asked, begun) = (agent.cpu_time()?, imds.requests().len(), Instant::now());
    std::thread::sleep(idle);
    let share = 100.0 * (agent.cpu_time()?.saturating_sub(cpu)).as_secs_f64() / begun.elapsed().as_secs_f64();
    let row = format!("{what:<28} {share:>6.3} % ");
    figures.gated(&row, share, CORE, &format!("at most {CORE} %"));
    let questions = (imds.requests().len() - asked) as f64 / begun.elapsed().as_secs_f64();
    show(&format!(
        "  of one core, over {} s, with {questions:.1} questions to instance metadata a second\n",
        idle.as_secs()
    ));
    Ok(())
}
