//! What the settings say about sampling, and how it stands with it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_types::SdkConfig;
use serde::Serialize;
use spawn_config::{
    Endpoint, ExporterKind, Identity, Provider, SamplerKind, SamplingRate, SamplingRule, TracingSettings,
};

use super::account::{AccountRules, AccountStatus, Served, follow};
use crate::export::{Trouble, xray_client};
use crate::resource::{Program, service_name};

/// What keeps the account's rules up to date: made here, run on the telemetry's own thread.
pub(crate) struct Following(Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>);

/// Which traces are recorded.
#[derive(Clone, Debug)]
pub struct SamplingPlan {
    pub(super) rate: SamplingRate,
    pub(super) rules: Vec<SamplingRule>,
    pub(super) keep_errors: bool,
    asks: Option<Asks>,
}

/// Whose rules are asked for, and where.
#[derive(Clone, Debug)]
struct Asks {
    service: Served,
    /// Region and credentials.
    aws: Option<SdkConfig>,
    endpoint: Option<Endpoint>,
}

/// What the sampler goes by at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SamplerStatus {
    /// `ratio` or `xray`.
    pub sampler: &'static str,
    /// Rules of the settings for single operations.
    pub operation_rules: usize,
    /// Whether failures of traces that are not recorded are kept.
    pub keep_errors: bool,
    /// The account's rules in X-Ray, where they decide.
    pub account: Option<AccountStatus>,
}

impl SamplingPlan {
    /// As the settings say. `aws` holds region and credentials, which X-Ray's rules need.
    #[must_use]
    pub fn new(settings: &TracingSettings, identity: &Identity, program: Program, aws: Option<SdkConfig>) -> Self {
        let kind = if identity.provider == Provider::Ec2 { "AWS::EC2::Instance" } else { "" };
        Self::of_service(settings, service_name(program.name, settings), kind, aws)
    }

    /// As [`SamplingPlan::new`], for a service by its name and by what X-Ray calls the kind of thing that it runs on.
    pub(crate) fn of_service(
        settings: &TracingSettings,
        name: String,
        kind: &'static str,
        aws: Option<SdkConfig>,
    ) -> Self {
        // With the exporter `none` no span leaves the host, so that nobody's rules are about them.
        let by_rules = settings.sampler == SamplerKind::XRay && settings.exporter != ExporterKind::None;
        Self {
            rate: settings.sampling,
            rules: settings.sampling_rules.clone(),
            keep_errors: settings.keep_errors,
            asks: by_rules.then(|| Asks {
                service: Served { name, kind },
                aws,
                endpoint: settings.endpoint.clone().filter(|endpoint| knows_rules(endpoint, settings.exporter)),
            }),
        }
    }

    /// A share of the traces, and nothing else.
    #[must_use]
    pub const fn ratio(rate: SamplingRate) -> Self {
        Self { rate, rules: Vec::new(), keep_errors: false, asks: None }
    }

    /// A share of the traces, with rules for single operations.
    #[cfg(test)]
    pub(crate) const fn with_rules(rate: SamplingRate, rules: Vec<SamplingRule>, keep_errors: bool) -> Self {
        Self { rate, rules, keep_errors, asks: None }
    }

    /// The account's rules, where they decide; those that are known already go on for the same service.
    pub(super) fn account(&self, before: Option<&Arc<AccountRules>>) -> Option<Arc<AccountRules>> {
        let service = &self.asks.as_ref()?.service;
        let same = before.filter(|before| before.service() == service);
        Some(same.map_or_else(|| Arc::new(AccountRules::of(service.clone())), Arc::clone))
    }

    /// What has to go on so that the rules are known.
    pub(super) fn following(&self, rules: Arc<AccountRules>) -> Option<Following> {
        let Asks { aws, endpoint, .. } = self.asks.clone()?;
        let Some(aws) = aws else {
            rules.note(Trouble {
                lasting: true,
                after: None,
                what: "X-Ray's sampling rules need a region and credentials, and there are none".to_owned(),
                remedy: "set AWS_REGION and credentials, or set `sampler: ratio`".to_owned(),
            });
            return None;
        };
        Some(Following(Box::new(move || Box::pin(follow(rules, xray_client(&aws, endpoint.as_ref()))))))
    }
}

impl Following {
    /// Begins; within a runtime.
    pub(crate) fn begin(self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (self.0)()
    }
}

impl std::fmt::Debug for Following {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Following")
    }
}

/// Whether rules are asked for where spans go: X-Ray itself, and what stands for it on this host. A collector elsewhere
/// takes spans and knows no rules; the region's X-Ray does.
fn knows_rules(endpoint: &Endpoint, exporter: ExporterKind) -> bool {
    let here = || exporter == ExporterKind::XRay && endpoint.is_loopback();
    endpoint.xray_region().is_some() || here()
}
