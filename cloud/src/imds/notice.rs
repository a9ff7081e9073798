//! What the metadata service announces to a spot instance: its interruption, or that it had better be replaced.

use super::Imds;
use crate::error::{Error, Result};
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Where the interruption is announced, two minutes ahead.
const ACTION: &str = "/latest/meta-data/spot/instance-action";
/// Where a raised risk of interruption is announced.
const REBALANCE: &str = "/latest/meta-data/events/recommendations/rebalance";

/// The announcement that EC2 takes a spot instance back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SpotNotice {
    /// What EC2 does with the instance.
    pub action: SpotAction,
    /// When, at the earliest.
    #[serde(deserialize_with = "instant")]
    pub time: Timestamp,
}

/// What EC2 does with a spot instance that it takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpotAction {
    /// Terminates it.
    Terminate,
    /// Stops it.
    Stop,
    /// Hibernates it, at once.
    Hibernate,
}

impl SpotAction {
    /// The service's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Hibernate => "hibernate",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Recommendation {
    #[serde(rename = "noticeTime", deserialize_with = "instant")]
    notice_time: Timestamp,
}

impl Imds {
    /// Whether the instance is a spot instance.
    pub async fn is_spot(&self) -> Result<bool> {
        Ok(self.required("/latest/meta-data/instance-life-cycle").await?.trim() == "spot")
    }

    /// The announced interruption; `None` while there is none.
    pub async fn spot_notice(&self) -> Result<Option<SpotNotice>> {
        let text = self.optional(ACTION).await?;
        text.map(|text| read(ACTION, &text)).transpose()
    }

    /// When EC2 recommended to replace the instance; `None` while it does not.
    pub async fn rebalance(&self) -> Result<Option<Timestamp>> {
        let Some(text) = self.optional(REBALANCE).await? else { return Ok(None) };
        read(REBALANCE, &text).map(|recommendation: Recommendation| Some(recommendation.notice_time))
    }
}

fn read<T: for<'text> Deserialize<'text>>(path: &str, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::Metadata { path: path.to_owned(), reason: format!("no notice can be read: {error}") })
}

fn instant<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Timestamp, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_the_service_writes_it() {
        let read: SpotNotice = read(ACTION, r#"{"action": "terminate", "time": "2027-09-18T08:22:00Z"}"#).unwrap();
        let time = "2027-09-18T08:22:00Z".parse().unwrap();
        assert_eq!(read, SpotNotice { action: SpotAction::Terminate, time });
        assert_eq!(read.action.as_str(), "terminate");
    }

    #[test]
    fn what_is_no_notice_is_an_error_that_names_the_path() {
        for text in ["", "soon", "{}", r#"{"action": "explode", "time": "2027-09-18T08:22:00Z"}"#, "\u{0}", "[]"] {
            let error = read::<SpotNotice>(ACTION, text).unwrap_err().to_string();
            assert!(
                error.starts_with("instance metadata /latest/meta-data/spot/instance-action: no notice"),
                "{error}"
            );
        }
    }
}
