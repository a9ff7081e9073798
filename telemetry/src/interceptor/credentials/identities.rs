//! The cache of identities, with an ear for the calls that have to wait for one.

use std::sync::{PoisonError, RwLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::{
    Identity, IdentityCacheLocation, IdentityCachePartition, IdentityFuture, ResolveCachedIdentity, ResolveIdentity,
    SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::ConfigBag;

use crate::interceptor::CallState;

/// Resolvers that are remembered; a program has one or two, one for each chain of credentials.
const MOST_REMEMBERED: usize = 16;

/// A cache of identities that shows what calls wait for when the cache has none for them.
///
/// The recorded call whose lookup asks the providers gets a child `credentials`, if they ask anybody or fail; calls that
/// wait for the same lookup get none, and neither does a call that finds an identity in the cache. Set with
/// `identity_cache` of the shared configuration, around the cache that is there.
#[derive(Debug)]
pub struct TracedIdentities {
    cache: SharedIdentityCache,
    resolvers: RwLock<Vec<SharedIdentityResolver>>,
}

impl TracedIdentities {
    /// Stands around this cache.
    #[must_use]
    pub fn new(cache: SharedIdentityCache) -> Self {
        Self { cache, resolvers: RwLock::default() }
    }

    /// The resolver as it is asked where the cache has nothing. It has the other's place in the cache.
    fn traced(&self, resolver: SharedIdentityResolver) -> SharedIdentityResolver {
        let place = resolver.cache_partition();
        let known = {
            let resolvers = self.resolvers.read().unwrap_or_else(PoisonError::into_inner);
            resolvers.iter().find(|known| known.cache_partition() == place).cloned()
        };
        known.unwrap_or_else(|| {
            let traced = SharedIdentityResolver::new(TracedResolver(resolver));
            let mut resolvers = self.resolvers.write().unwrap_or_else(PoisonError::into_inner);
            if resolvers.len() < MOST_REMEMBERED {
                resolvers.push(traced.clone());
            }
            traced
        })
    }
}

impl ResolveCachedIdentity for TracedIdentities {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        cfg: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        self.cache.resolve_cached_identity(self.traced(resolver), components, cfg)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        cfg: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.cache.validate_base_client_config(components, cfg)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, cfg: &ConfigBag) -> Result<(), BoxError> {
        self.cache.validate_final_config(components, cfg)
    }
}

/// A resolver that says for which call it works.
#[derive(Debug)]
struct TracedResolver(SharedIdentityResolver);

impl ResolveIdentity for TracedResolver {
    fn resolve_identity<'a>(&'a self, components: &'a RuntimeComponents, cfg: &'a ConfigBag) -> IdentityFuture<'a> {
        let asking = match cfg.load::<CallState>() {
            Some(CallState::Sampled(call)) => call.asking(),
            _ => None,
        };
        match asking {
            // The lookup is made in here, so that nothing that it does at once is left out.
            Some(asking) => {
                IdentityFuture::new(async move { asking.follow(|| self.0.resolve_identity(components, cfg)).await })
            }
            None => self.0.resolve_identity(components, cfg),
        }
    }

    fn fallback_on_interrupt(&self) -> Option<Identity> {
        self.0.fallback_on_interrupt()
    }

    fn cache_location(&self) -> IdentityCacheLocation {
        self.0.cache_location()
    }

    fn cache_partition(&self) -> Option<IdentityCachePartition> {
        Some(self.0.cache_partition())
    }
}
