//! Which IAM actions spawn needs: one table, from which come the policies of `iam/`, those that `spawn iam` prints and
//! makes, and the statement that an error names when AWS refuses a call.
//!
//! Nothing here calls AWS. That the table is complete is tested: every operation in the sources is in it, and every
//! call that the two programs made in a run of all commands is granted by it, and nothing else is.

mod action;
mod compare;
mod feature;
mod policy;
mod scope;
mod table;

pub use action::{action_of, actions_of};
pub use compare::missing_from;
pub use feature::{Feature, Role};
pub use policy::{Policy, Statement, policy, statements_for, trust};
pub(crate) use scope::named_in;
pub use scope::{ROLE_NAME, Scope};
pub use table::{Condition, Grant, NO_OPERATION, NO_PERMISSION, grants};
