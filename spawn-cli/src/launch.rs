//! `spawn launch`: plan, check, bring the agent, write the order down, run instances, wait.

mod answer;
mod array;
mod bring;
mod carry_out;
mod files;
mod journal;
mod options;
mod order;
mod plan;
mod stage;
mod volumes;
mod wait;

pub(crate) use options::LaunchOptions;

use crate::agent_file::{self, AgentFile};
use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::price;
use crate::progress::Progress;
use crate::session::Session;
use crate::show;
use answer::Answer;
use anyhow::Result;
use array::{ArrayOrder, ArrayPlan, Birth};
use journal::Journal;
use opentelemetry::KeyValue;
use options::{OrderOptions, WaitFor};
use order::Order;
use plan::Plan;
use spawn_cloud::Caller;
use spawn_cloud::agent_bucket::AgentBucket;
use spawn_cloud::arrays::ArrayId;
use spawn_cloud::instances::{self, Instance, LaunchRequest, Launched};
use spawn_cloud::prices::Prices;
use spawn_config::{TimeSpan, TracingSettings, tags};
use spawn_host::World;
use spawn_telemetry::propagation;
use stage::Stage;
use std::path::PathBuf;
use wait::Waited;

pub(crate) async fn run(global: Global, options: LaunchOptions, world: &World) -> Result<Exit> {
    let (output, place) = options.outputs()?;
    let LaunchOptions { order, array, resume, wait, wait_timeout, output: _ } = options;
    let order = OrderOptions { array, ..order };
    let wait = wait.map(|wanted| (wanted, wait_timeout));
    match resume {
        Some(id) => resumed(global, &id, wait, world).await?.tell(output),
        None => fresh(global, &order, place.as_deref(), wait, world).await?.tell(output),
    }
}

/// A new launch.
async fn fresh(
    global: Global,
    options: &OrderOptions,
    place: Option<&str>,
    wait: Wait,
    world: &World,
) -> Result<Answer> {
    // Everything that can be refused is refused here, before a call is made or money spent.
    let plan = plan::plan(options, place, files::read(options)?)?;
    if !plan.agent && matches!(wait, Some((WaitFor::Agent, _))) {
        return Err(UsageError::Other("--wait agent waits in vain with --no-agent: leave one out".to_owned()).into());
    }
    let local = if plan.agent { agent_file::local(world, &[])? } else { Vec::new() };
    let prices = price::table(world)?;
    let layers = plan.settings(world.settings()?)?;
    for (key, value) in &plan.request.tags {
        tags::caution(key, value, None).iter().for_each(|caution| show::message(caution));
    }
    let attributes = attributes(&plan.request, &plan.types, plan.count);
    let tracing = layers.resolve().settings.tracing;
    let session = Session::open("spawn launch", global, world, layers, attributes).await?;
    let launch = Launch { progress: Progress::start(), stage: Stage::default(), session, wait, prices };
    let done = launch.session.run(launch.fresh(plan, &local, &tracing, world)).await;
    launch.end(done).await
}

/// What an interrupted launch left to do.
async fn resumed(global: Global, id: &str, wait: Wait, world: &World) -> Result<Answer> {
    let nowhere = || UsageError::Other("no launch was written down: neither XDG_STATE_HOME nor HOME is set".to_owned());
    let (journal, order) = Journal::resume(&folder(world).ok_or_else(nowhere)?, id)?;
    if jiff::Timestamp::now().as_second() > order.until {
        let id = &order.id;
        let hint =
            format!("launch {id} is too old to resume safely: `spawn list` shows what runs; launch the rest anew");
        return Err(UsageError::Other(hint).into());
    }
    let region = order.region.clone();
    if global.region().is_some_and(|given| given != region) {
        return Err(UsageError::Other(format!("launch {} is for {region}: leave --region out", order.id)).into());
    }
    let prices = price::table(world)?;
    let layers = world.settings()?.tags(order.request.tags.clone()).map_err(UsageError::Tag)?;
    let attributes = attributes(&order.request, &order.types, order.request.count);
    let session = Session::open("spawn launch", Global { regions: vec![region], ..global }, world, layers, attributes);
    let session = session.await?;
    let launch = Launch { progress: Progress::start(), stage: Stage::default(), session, wait, prices };
    let done = launch.session.run(launch.resumed(order, journal)).await;
    launch.end(done).await
}

/// What to wait for after the launch, and how long.
type Wait = Option<(WaitFor, TimeSpan)>;

/// Where orders are written down, if there is such a place.
fn folder(world: &World) -> Option<PathBuf> {
    world.user_state().map(|folder| folder.join("launches"))
}

fn attributes(request: &LaunchRequest, types: &[String], count: u16) -> Vec<KeyValue> {
    vec![
        KeyValue::new("spawn.command", "launch"),
        KeyValue::new("spawn.launch.instance_type", types.join(",")),
        KeyValue::new("spawn.launch.count", i64::from(count)),
        KeyValue::new("spawn.launch.dry_run", request.dry_run),
    ]
}

/// A launch under way.
struct Launch {
    session: Session,
    progress: Progress,
    stage: Stage,
    wait: Wait,
    prices: Prices,
}

impl Launch {
    async fn fresh(
        &self,
        mut plan: Plan,
        local: &[AgentFile],
        tracing: &TracingSettings,
        world: &World,
    ) -> Result<Done> {
        let caller = spawn_cloud::caller(self.session.clients.sts()).await?;
        let array = self.array(&mut plan, &caller, tracing).await?;
        plan.request.volumes = volumes::volumes(&self.session, &plan, &self.progress).await?;
        let mut link_holds = None;
        let mut agent = None;
        if plan.agent {
            let brought = bring::bring(&self.session, &caller, &plan, local, world, &self.progress).await?;
            plan.request.instance_profile = brought.profile;
            link_holds = brought.link_holds;
            agent = Some(brought.agent);
        }
        plan.request.user_data = plan.user_data(agent.as_ref())?.map(base64);
        if let Some(traceparent) = self.session.traceparent() {
            plan.request.tags.insert(tags::TRACEPARENT.to_owned(), traceparent);
        }
        let place = (caller.account, self.session.clients.region().unwrap_or_default().to_owned());
        let id = format!("{:016x}", fastrand::u64(..));
        let now = jiff::Timestamp::now().as_second();
        let order = Order { array, ..Order::new(id, place, plan.request, plan.types, now, link_holds) };
        self.progress.step(&answer::plan_line(&order, &self.prices));
        if order.request.dry_run {
            return self.dry_run(&order).await;
        }
        let journal = folder(world).map(|folder| claim(&folder, &order)).transpose().unwrap_or_else(|error| {
            show::message(&format!("this launch cannot be resumed if it is interrupted: {error:#}"));
            None
        });
        self.carry_out(order, journal, Vec::new()).await
    }

    /// The array that the instances are for, which gives them its tags. Nothing of it is written yet.
    async fn array(&self, plan: &mut Plan, caller: &Caller, tracing: &TracingSettings) -> Result<Option<ArrayOrder>> {
        // AWS has answered once: this is its own time.
        let now = self.session.clock.now();
        let array = match plan.array.clone() {
            None => return Ok(None),
            Some(ArrayPlan::Join(word)) => array::join(&self.session, &word, now).await?,
            Some(ArrayPlan::New(new)) => {
                array::look(&self.session, &new, &self.progress).await?;
                let span = self.session.plan_span();
                let region = self.session.clients.region().unwrap_or_default();
                let birth = Birth {
                    id: ArrayId::new(&new.name, fastrand::u32(..)),
                    bucket: AgentBucket::new(self.session.clients.s3().clone(), caller, region).name().to_owned(),
                    now,
                    topology: array::topology(tracing, new.size),
                    traceparent: propagation::traceparent(&span),
                    tracestate: propagation::tracestate(&span),
                    launch_traceparent: self.session.traceparent(),
                };
                ArrayOrder::new(*new, birth)
            }
        };
        plan.request.tags.insert(tags::ARRAY_ID.to_owned(), array.id.clone());
        plan.request.tags.entry(plan::NAME.to_owned()).or_insert_with(|| array.name().to_owned());
        self.session.note(KeyValue::new("spawn.job_array_id", array.id.clone()));
        if u32::from(plan.count) > array.size {
            let (count, tasks) = (plan.count, array.tasks());
            show::message(&format!("{count} instances for {tasks}: some will have nothing to do"));
        }
        Ok(Some(array))
    }

    async fn resumed(&self, mut order: Order, journal: Journal) -> Result<Done> {
        let caller = spawn_cloud::caller(self.session.clients.sts()).await?;
        if caller.account != order.account {
            let (id, ours, other) = (&order.id, &order.account, &caller.account);
            let hint = format!("launch {id} is for account {ours}, and these credentials are for {other}");
            return Err(UsageError::Other(hint).into());
        }
        self.progress.step(&format!("looking for what launch {} has launched", order.id));
        let found = instances::of_launch(self.session.clients.ec2(), &order.tags()).await?;
        order.found(&found);
        self.progress.step(&answer::plan_line(&order, &self.prices));
        self.carry_out(order, Some(journal), found).await
    }

    async fn dry_run(&self, order: &Order) -> Result<Done> {
        let launched = instances::launch(self.session.clients.ec2(), order.request(0)).await?;
        let instances = match launched {
            Launched::WouldLaunch => Vec::new(),
            Launched::Instances(instances) => instances,
        };
        let (id, array) = (order.id.clone(), order.array.clone());
        Ok(Done { id, dry_run: true, array, instances, waited: Waited::Done, problem: None })
    }

    /// Writes the array's records, launches what is still to launch, and waits for it all.
    async fn carry_out(&self, mut order: Order, journal: Option<Journal>, before: Vec<Instance>) -> Result<Done> {
        let id = order.id.clone();
        carry_out::write_array(self, &mut order, journal.as_ref()).await?;
        let array = order.array.clone();
        self.stage.ordering(&id, journal.is_some());
        let (instances, problem) = carry_out::carry_out(self, order, journal.as_ref(), before).await?;
        let ids: Vec<String> = instances.iter().map(|instance| instance.instance_id.clone()).collect();
        self.session.note(KeyValue::new("spawn.launch.id", id.clone()));
        self.session.note(KeyValue::new("spawn.launch.instance_ids", ids.join(",")));
        if problem.is_none() {
            self.stage.launched();
            self.progress.step(&format!("launched {}", answer::short(&ids)));
        }
        let (instances, waited) = match (self.wait, &problem) {
            (Some((wanted, longest)), None) => {
                wait::until(&self.session, wanted, instances, longest.duration(), &self.progress).await?
            }
            _ => (instances, Waited::Done),
        };
        Ok(Done { id, dry_run: false, array, instances, waited, problem })
    }

    /// Ends progress and trace, and says what was interrupted.
    async fn end(self, done: Result<Option<Done>>) -> Result<Answer> {
        self.progress.finish();
        let trace_id = self.session.trace_id();
        let undelivered = self.session.close().await;
        if let Ok(None) = &done {
            show::message(&self.stage.interrupted());
        }
        Ok(Answer { done, trace_id, undelivered })
    }
}

/// How a launch ended that nobody interrupted.
#[derive(Debug)]
struct Done {
    id: String,
    dry_run: bool,
    /// The array that they are for.
    array: Option<ArrayOrder>,
    instances: Vec<Instance>,
    waited: Waited,
    /// Why not all of it was launched.
    problem: Option<anyhow::Error>,
}

fn claim(folder: &std::path::Path, order: &Order) -> Result<Journal> {
    let journal = Journal::claim(folder, &order.id)?;
    journal.write(order)?;
    Ok(journal)
}

/// EC2 takes user data in base64.
fn base64(bytes: Vec<u8>) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
