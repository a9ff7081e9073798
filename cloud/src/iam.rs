//! The agent's role and instance profile, and what rights an identity has.

mod found;
mod principal;
mod role;
mod simulate;

pub use found::{Found, inline_policies, look};
pub use principal::{Principal, principal};
pub use role::{AgentRole, Foreign, POLICY_NAME, RoleError, RolePlan, Step, carry_out, ensure_role, plan_role};
pub use simulate::{Rights, simulate};
