//! The command line of `spawn list`.

use crate::fleet::{Row, name};
use crate::output::Output;
use crate::select::{Filters, Target, parse_target};
use clap::{Args, ValueEnum};
use spawn_cloud::instances::Criteria;
use spawn_config::TimeSpan;

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Only these: ids (i-…), names, or patterns of names such as 'web-*'.
    #[arg(value_name = "INSTANCE", value_parser = parse_target)]
    pub(crate) names: Vec<Target>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Show terminated instances too (EC2 remembers them for about an hour).
    #[arg(long)]
    pub(crate) all: bool,
    /// Look in every region that the account may use.
    #[arg(long, conflicts_with = "regions")]
    pub(crate) all_regions: bool,
    /// Look again and again until Ctrl-C: a table that is drawn over on a terminal, a line for each change elsewhere.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    pub(crate) watch: Option<TimeSpan>,
    /// Order of the instances.
    #[arg(long, value_enum, default_value = "launched")]
    pub(crate) sort: Sort,
    /// Show every column, as a wide terminal does anyway.
    #[arg(short, long)]
    pub(crate) wide: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    pub(crate) output: Output,
}

/// What instances are ordered by; equal ones by launch, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// The oldest first.
    Launched,
    Name,
    State,
    Type,
    /// By region and zone.
    Zone,
    /// Those that end soonest first, those without an end last.
    Ends,
    /// The most expensive hour first.
    Cost,
}

impl ListOptions {
    /// As AWS is asked. Ids among the names leave it to us to choose.
    pub(super) fn criteria(&self, ended: bool) -> Criteria {
        let patterns = || self.names.iter().map(|target| target.pattern().to_owned()).collect();
        let only_names = self.names.iter().all(|target| !matches!(target, Target::Id(_)));
        self.filters.criteria(if only_names { patterns() } else { Vec::new() }, ended)
    }
}

impl Sort {
    pub(super) fn apply(self, rows: &mut [Row]) {
        rows.sort_by(|one, other| {
            let by_launch = |row: &Row| (row.instance.launched_at.clone(), row.instance.instance_id.clone());
            let first = match self {
                Self::Launched => std::cmp::Ordering::Equal,
                Self::Name => name(&one.instance).cmp(&name(&other.instance)),
                Self::State => one.instance.state.cmp(&other.instance.state),
                Self::Type => one.instance.instance_type.cmp(&other.instance.instance_type),
                Self::Zone => (&one.region, &one.instance.availability_zone)
                    .cmp(&(&other.region, &other.instance.availability_zone)),
                Self::Ends => (one.ends_at.is_none(), one.ends_at).cmp(&(other.ends_at.is_none(), other.ends_at)),
                Self::Cost => other.cost.per_hour.cmp(&one.cost.per_hour),
            };
            first.then_with(|| by_launch(one).cmp(&by_launch(other)))
        });
    }
}
