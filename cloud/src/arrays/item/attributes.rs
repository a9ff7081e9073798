//! Single attributes, written and read.

use super::Item;
use crate::arrays::task::Millis;
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::str::FromStr;

/// Fills an item.
pub(super) struct Writer(pub(super) Item);

impl Writer {
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    }

    pub(super) fn optional_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.text(name, value);
        }
    }

    pub(super) fn number(&mut self, name: &str, value: impl ToString) {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
    }

    pub(super) fn optional_number(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.number(name, value);
        }
    }
}

/// Reads an item that anybody may have written.
pub(super) struct Reader<'a> {
    pub(super) item: &'a Item,
}

/// Far more than any count gets to, and so little that nothing which is added overflows.
const MOST: u32 = 1_000_000_000;
/// The last millisecond of the year 9999.
const LAST: Millis = 253_402_300_799_999;

impl<'a> Reader<'a> {
    pub(super) fn unreadable(&self, name: &str) -> Error {
        let key = |name: &str| self.optional_text(name).unwrap_or_else(|| "?".to_owned());
        let reason = format!("item {} of {} has no readable `{name}`", key("SK"), key("PK"));
        Error::Unexpected { call: "DynamoDB", reason }
    }

    pub(super) fn version(&self) -> Result<u64> {
        let version: u64 = self.number("version")?;
        if version < u64::MAX { Ok(version) } else { Err(self.unreadable("version")) }
    }

    pub(super) fn count(&self, name: &str) -> Result<Option<u32>> {
        let count = self.optional_number::<u32>(name)?;
        if count.is_none_or(|count| count <= MOST) { Ok(count) } else { Err(self.unreadable(name)) }
    }

    pub(super) fn time(&self, name: &str) -> Result<Option<Millis>> {
        let time = self.optional_number::<Millis>(name)?;
        if time.is_none_or(|time| (0..=LAST).contains(&time)) { Ok(time) } else { Err(self.unreadable(name)) }
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str> {
        let value = self.item.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.unreadable(name))
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<String> {
        self.item.get(name).and_then(|value| value.as_s().ok()).cloned()
    }

    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<T> {
        self.text(name)?.parse().map_err(|_| self.unreadable(name))
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T> {
        self.optional_number(name)?.ok_or_else(|| self.unreadable(name))
    }

    /// Absent is none; anything else than a number in range is an error.
    pub(super) fn optional_number<T: FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.item.get(name) else { return Ok(None) };
        let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or_else(|| self.unreadable(name))
    }

    pub(super) fn truth(&self, name: &str) -> bool {
        self.item.get(name).and_then(|value| value.as_bool().ok()).copied().unwrap_or_default()
    }
}
