//! Who calls: the account, the partition and the ARN, by STS.

use crate::error::{Error, Result};
use aws_sdk_sts::Client;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::{GetCallerIdentityError, GetCallerIdentityOutput};

const CALL: &str = "STS GetCallerIdentity";

/// STS's answer, or its refusal.
pub(crate) type Answer = std::result::Result<GetCallerIdentityOutput, SdkError<GetCallerIdentityError>>;

/// Whose credentials these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// For example `arn:aws:iam::123456789012:user/kim`.
    pub arn: String,
}

impl Caller {
    /// The partition, for example `aws` or `aws-cn`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }
}

/// Asks AWS whose credentials these are. Nobody needs a permission for this call.
pub async fn caller(client: &Client) -> Result<Caller> {
    read(client.get_caller_identity().send().await)
}

/// What the answer says.
pub(crate) fn read(answer: Answer) -> Result<Caller> {
    let answer = answer.map_err(|error| Error::of(CALL, error))?;
    match (answer.account, answer.arn) {
        (Some(account), Some(arn)) => Ok(Caller { account, arn }),
        _ => Err(Error::Unexpected { call: CALL, reason: "no account or no ARN in it".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_is_that_of_the_arn() {
        let caller = |arn: &str| Caller { account: "123456789012".to_owned(), arn: arn.to_owned() };
        assert_eq!(caller("arn:aws-cn:iam::123456789012:user/kim").partition(), "aws-cn");
        assert_eq!(caller("nonsense").partition(), "aws");
    }
}
