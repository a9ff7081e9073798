//! From the command line to the order: pure, so that what is wrong is refused before any call.

use super::array::{self, Around, ArrayPlan};
use super::options::OrderOptions;
use crate::exit::UsageError;
use crate::user_data::{self, Agent, Contents};
use spawn_cloud::instances::{Architecture, LaunchRequest, Market, Volume, default_image, root_device_of_parameter};
use spawn_config::{ConfigError, Layers, OnComplete, tags};
use std::collections::BTreeMap;

/// Tag that AWS's consoles show as the name.
pub(super) const NAME: &str = "Name";
/// Tags that are added later: the launch's id, how many there are, and the trace context where there is one.
const LATER: usize = 3;

/// A launch that has passed every check that needs no call.
#[derive(Debug)]
pub(super) struct Plan {
    /// The order, but for what only AWS or the moment knows: user data, profile, volumes, token.
    pub(super) request: LaunchRequest,
    /// Instance types in the order of preference, all of one architecture.
    pub(super) types: Vec<String>,
    pub(super) architecture: Architecture,
    pub(super) count: u16,
    pub(super) root_device: RootDevice,
    pub(super) volume_size: Option<u16>,
    pub(super) files: Files,
    /// Whether an agent is to be brought.
    pub(super) agent: bool,
    /// The job array that the instances are for.
    pub(super) array: Option<ArrayPlan>,
}

/// What the user's files hold.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) user_data: Option<Vec<u8>>,
    pub(super) pre_stop: Option<Vec<u8>>,
    pub(super) params: Option<Vec<u8>>,
}

/// Which device to encrypt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RootDevice {
    /// This one.
    Known(String),
    /// EC2 knows it.
    Ask,
}

/// The plan; `output` is where the results of an array go, if that was said.
pub(super) fn plan(options: &OrderOptions, output: Option<&str>, files: Files) -> Result<Plan, UsageError> {
    let around = Around {
        count: options.count,
        no_agent: options.no_agent,
        on_complete: &options.on_complete,
        output,
        params: files.params.as_deref(),
    };
    let array = array::plan(&options.array, around)?;
    let types = options.instance_type.clone();
    let architecture = architecture(&types)?;
    let mut all = own_tags();
    all.extend(given_tags(options, array.is_some())?);
    let of_array = usize::from(array.is_some() && !all.contains_key(tags::ARRAY_ID));
    tags::validate_count(all.len() + LATER + of_array).map_err(UsageError::Tag)?;
    let image = options.ami.clone().unwrap_or_else(|| default_image(architecture));
    let root_device = root_device(options, &image)?;
    refuse_stopping_spot(options.spot, &all)?;
    let hibernation = all.get(tags::ON_COMPLETE).is_some_and(|action| action == OnComplete::Hibernate.as_str());
    let request = LaunchRequest {
        instance_type: types.first().cloned().unwrap_or_default(),
        image,
        count: options.count,
        market: match options.spot {
            true => Market::Spot { max_price: options.spot_max_price.clone() },
            false => Market::OnDemand,
        },
        tags: all,
        instance_profile: options.iam_instance_profile.clone(),
        subnet: options.subnet.clone(),
        security_groups: options.security_group.clone(),
        key_pair: options.key_pair.clone(),
        user_data: None,
        volumes: Vec::new(),
        hibernation,
        client_token: String::new(),
        dry_run: options.dry_run,
    };
    let (count, volume_size, agent) = (options.count, options.volume_size, !options.no_agent);
    let plan = Plan { request, types, architecture, count, root_device, volume_size, files, agent, array };
    plan.refuse_large_user_data()?;
    Ok(plan)
}

impl Plan {
    /// The settings of this launch's own trace: the tags of the instances count for it too, so that the story begins
    /// at the terminal.
    pub(super) fn settings(&self, layers: Layers) -> Result<Layers, UsageError> {
        layers.tags(self.request.tags.clone()).map_err(UsageError::Tag)
    }

    /// The user data, with this agent or with none.
    pub(super) fn user_data(&self, agent: Option<&Agent>) -> Result<Option<Vec<u8>>, UsageError> {
        let Files { user_data, pre_stop, params: _ } = &self.files;
        let tasks = self.array.is_some() || self.request.tags.contains_key(tags::ARRAY_ID);
        let contents = Contents { user: user_data.as_deref(), agent, pre_stop: pre_stop.as_deref(), tasks };
        user_data::build(contents).map_err(|error| UsageError::Other(error.to_string()))
    }

    /// The image's volumes, encrypted: the root one, in the size that was asked for, and its others.
    pub(super) fn volumes(&self, root: String, others: Vec<String>) -> Vec<Volume> {
        let others = others.into_iter().map(|device| Volume { device, size: None });
        std::iter::once(Volume { device: root, size: self.volume_size }).chain(others).collect()
    }

    /// Where the agent lies is known only later, but not how long its name is.
    fn refuse_large_user_data(&self) -> Result<(), UsageError> {
        // Not the same digit over and over, which would compress to nothing.
        let digit = |at: usize| char::from_digit(((at * at * 7 + at / 3) % 16) as u32, 16);
        let long = |length: usize| (0..length).filter_map(digit).collect::<String>();
        let stand_in = Agent {
            region: long(14),
            account: long(12),
            bucket: long(33),
            key: long(90),
            url: long(160),
            sha256: long(64),
            link: None,
            table: None,
        };
        self.user_data(Some(&stand_in).filter(|_| self.agent)).map(drop)
    }
}

/// One for all: user data and image are made for one.
fn architecture(types: &[String]) -> Result<Architecture, UsageError> {
    let of = |kind: &String| Architecture::of_instance_type(kind);
    let first = types.first().map_or(Architecture::X86_64, of);
    match types.iter().find(|kind| of(kind) != first) {
        None => Ok(first),
        Some(other) => Err(UsageError::Other(format!(
            "{} is {first} and {other} is {}: choose instance types of one architecture",
            types[0],
            of(other)
        ))),
    }
}

/// EC2 stops only what it can start again, and that is not what a single request for spot capacity gives.
fn refuse_stopping_spot(spot: bool, all: &BTreeMap<String, String>) -> Result<(), UsageError> {
    let stops = [OnComplete::Stop, OnComplete::Hibernate].map(OnComplete::as_str);
    let action = all.get(tags::ON_COMPLETE).filter(|action| stops.contains(&action.as_str()));
    match action.filter(|_| spot) {
        None => Ok(()),
        Some(action) => Err(UsageError::Other(format!(
            "EC2 cannot {action} the instances of a single spot request: choose --on-complete terminate, or leave --spot out"
        ))),
    }
}

fn root_device(options: &OrderOptions, image: &str) -> Result<RootDevice, UsageError> {
    match (&options.root_device, root_device_of_parameter(image)) {
        (Some(device), _) => Ok(RootDevice::Known(device.clone())),
        (None, Some(device)) => Ok(RootDevice::Known(device.to_owned())),
        (None, None) if image.starts_with("ami-") => Ok(RootDevice::Ask),
        (None, None) => Err(UsageError::Other(format!(
            "the volumes are encrypted, and for that the root device must be known, which {image} does not tell: \
             add --root-device, for example /dev/xvda, or name the image by its id"
        ))),
    }
}

/// The user's tags with those that flags stand for; one thing said twice must be said alike.
fn given_tags(options: &OrderOptions, array: bool) -> Result<BTreeMap<String, String>, UsageError> {
    let mut given = BTreeMap::new();
    let array_flags = &options.array;
    let flags = [
        (NAME, options.name.clone()),
        (tags::TTL, options.ttl.map(|ttl| ttl.to_string())),
        (tags::IDLE_TIMEOUT, options.idle_timeout.map(|timeout| timeout.to_string())),
        (tags::ON_COMPLETE, options.action()?.map(|action| action.to_string())),
        (tags::SLOTS, array_flags.slots.map(|slots| slots.to_string())),
        (tags::TRACING_TOPOLOGY, array_flags.topology.map(|topology| topology.to_string())),
    ];
    let pairs = options.tags.iter().map(|pair| tags::parse_pair(pair));
    let pairs = pairs.collect::<Result<Vec<(String, String)>, ConfigError>>().map_err(UsageError::Tag)?;
    let flags = flags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    for (key, value) in pairs.into_iter().chain(flags) {
        tags::validate_user_tag(&key, &value).map_err(UsageError::Tag)?;
        let before = given.insert(key.clone(), value.clone());
        if before.is_some_and(|before| before != value) {
            return Err(UsageError::Other(format!("the tag {key} is given twice with different values: keep one")));
        }
    }
    if array && given.contains_key(tags::ARRAY_ID) {
        let hint = "is the array that this launch is for: leave it out, or use --join ARRAY";
        return Err(UsageError::Other(format!("the tag {} {hint}", tags::ARRAY_ID)));
    }
    Ok(given)
}

/// The tags by which spawn and its agents know each other again.
fn own_tags() -> BTreeMap<String, String> {
    BTreeMap::from([
        (tags::MANAGED.to_owned(), "true".to_owned()),
        (tags::VERSION.to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ])
}
