//! Whether the caller has the rights of an operator.

use super::Asked;
use spawn_cloud::checks::Finding;
use spawn_cloud::iam::{self, Principal};
use spawn_cloud::permissions::{Feature, Role, Scope, Statement};
use std::collections::BTreeSet;

pub(super) async fn rights(asked: Asked, table: String) -> Finding {
    let caller = match asked.caller().await {
        Ok(caller) => caller,
        Err(finding) => return finding,
    };
    let client = asked.clients.iam();
    let scope = Scope { table, region: asked.clients.region().map(str::to_owned), ..Scope::default() }.of(&caller);
    let identity = match iam::principal(client, &caller).await {
        Ok(Principal::Identity(arn)) => arn,
        Ok(Principal::Root) => {
            return Finding::warn(
                "the account's root user may do everything",
                "use a role or a user with the rights that `spawn iam policy` prints",
            );
        }
        Ok(Principal::Unknown(arn)) => {
            return Finding::warn(
                format!("not checked: IAM does not tell the rights of {arn}"),
                "compare them with `spawn iam policy`",
            );
        }
        Err(error) => return unknown(&error),
    };
    match iam::simulate(client, &identity, Role::Operator, &Feature::all_of(Role::Operator), &scope).await {
        Ok(rights) => judge(&rights.missing),
        Err(error) => unknown(&error),
    }
}

/// An operator may do without some features, so that a missing right is no failure.
fn judge(missing: &[Statement]) -> Finding {
    if missing.is_empty() {
        return Finding::ok("all that an operator needs");
    }
    let actions: BTreeSet<&str> = missing.iter().flat_map(|statement| statement.action.iter().copied()).collect();
    let actions: Vec<&str> = actions.into_iter().collect();
    Finding::warn(
        format!("missing: {}", actions.join(", ")),
        "`spawn iam check` prints the statements to add; without them some commands are refused",
    )
}

fn unknown(error: &spawn_cloud::Error) -> Finding {
    let (what, remedy) = error.told_apart();
    let remedy = remedy.unwrap_or_else(|| "compare the rights with `spawn iam policy`".to_owned());
    Finding::warn(format!("not checked: {what}"), remedy)
}
