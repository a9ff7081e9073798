//! Finds the array that a word on the command line means: an id, or a name, which means the newest array of it.

use super::{ago, store};
use crate::exit::UsageError;
use crate::session::Session;
use crate::show;
use anyhow::{Result, bail};
use spawn_cloud::Error;
use spawn_cloud::arrays::{ArrayId, ArrayName, ArrayRecord, Millis};

/// DynamoDB's code for a table that does not exist.
const NO_TABLE: &str = "ResourceNotFoundException";
/// Arrays that a message names; a person reads no more of them.
const MOST_NAMED: usize = 5;

/// A word that may name an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word(String);

/// Reads a word; one that is no name of an array cannot be the id of one either, and costs no call.
pub(crate) fn parse_word(text: &str) -> Result<Word, String> {
    let named = text.parse::<ArrayId>().is_ok() || text.parse::<ArrayName>().is_ok();
    let rule =
        "a job array is named by its id, such as align-1a2b3c4d, or by its name; `spawn status` lists those under way";
    if named { Ok(Word(text.to_owned())) } else { Err(rule.to_owned()) }
}

impl Word {
    fn id(&self) -> Option<ArrayId> {
        self.0.parse().ok()
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The array that must be there.
pub(crate) async fn find(session: &Session, word: &Word, now: Millis) -> Result<ArrayRecord> {
    match known(session, word, now).await {
        Ok(Some(array)) => Ok(array),
        Ok(None) => bail!("no job array is {word}{}", nearest(session, word).await),
        Err(error) => Err(with_remedy(session, error)),
    }
}

/// The array, if there is one: one call by id, or by name.
pub(crate) async fn known(session: &Session, word: &Word, now: Millis) -> Result<Option<ArrayRecord>> {
    let store = store(session);
    if let Some(id) = word.id()
        && let Some(array) = store.find(&id).await?
    {
        return Ok(Some(array));
    }
    let named = store.named(&format!("{word}-")).await?;
    let named: Vec<ArrayRecord> = named.into_iter().filter(|array| array.id.name() == word.0).collect();
    newest(word, named, now)
}

/// Of arrays of one name the newest, unless several are under way: then no order says which is meant.
fn newest(word: &Word, named: Vec<ArrayRecord>, now: Millis) -> Result<Option<ArrayRecord>> {
    let under_way: Vec<&ArrayRecord> = named.iter().filter(|array| array.ended_at.is_none()).collect();
    if under_way.len() > 1 {
        return Err(UsageError::Other(format!(
            "{} job arrays under way have the name {word}: give the id of the one that you mean: {}",
            under_way.len(),
            listed(&under_way, now)
        ))
        .into());
    }
    let older = under_way.first().filter(|older| Some(&older.id) != named.first().map(|newest| &newest.id));
    if let (Some(older), Some(newest)) = (older, named.first()) {
        show::message(&format!("{word} means the newest of its name, {}; {} is under way still", newest.id, older.id));
    }
    Ok(named.into_iter().next())
}

/// Ids and ages, as many as can be read.
fn listed(arrays: &[&ArrayRecord], now: Millis) -> String {
    let named = arrays.iter().take(MOST_NAMED);
    let named: Vec<String> = named.map(|array| format!("{} ({} old)", array.id, ago(array.created_at, now))).collect();
    let more = match arrays.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}

/// What the operator may have meant; a question that fails has nothing to say.
async fn nearest(session: &Session, word: &Word) -> String {
    let Ok(mut all) = store(session).named("").await else { return String::new() };
    if all.is_empty() {
        let region = session.clients.region().unwrap_or_default();
        return format!(": there is none in this account in {region}, where arrays are kept for 30 days");
    }
    let wanted = word.0.to_lowercase();
    // The list has the newest first, and sorting keeps that order among equals.
    all.sort_by_cached_key(|array| {
        let likeness = |text: &str| strsim::jaro_winkler(&wanted, &text.to_lowercase());
        let likeness = likeness(array.id.as_str()).max(likeness(array.id.name()));
        // Thousandths, because a float has no total order.
        std::cmp::Reverse((likeness * 1_000.0) as u32)
    });
    let ids: Vec<String> = all.iter().take(MOST_NAMED).map(|array| array.id.to_string()).collect();
    format!("; did you mean {}?", ids.join(" or "))
}

/// Whether DynamoDB said that the table is not there.
pub(crate) fn is_no_table(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| error.code() == Some(NO_TABLE))
}

fn with_remedy(session: &Session, error: anyhow::Error) -> anyhow::Error {
    if !is_no_table(&error) {
        return error;
    }
    let (table, region) = (session.registry.table(), session.clients.region().unwrap_or_default());
    anyhow::anyhow!(
        "there is no table {table} in this account in {region}, so there are no job arrays: `spawn launch --job-array-name` \
         makes it; --region and SPAWN_TABLE choose another"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_cannot_name_an_array_is_refused_before_any_call() {
        for sound in ["align", "align-1a2b3c4d", "Align_2", "align-12"] {
            assert_eq!(parse_word(sound), Ok(Word(sound.to_owned())));
        }
        for wrong in ["", "1align", "a#b", "../x", "a b", "ä"] {
            assert!(parse_word(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_an_id_is_read_as_one() {
        assert_eq!(Word("align".to_owned()).id(), None);
        assert_eq!(Word("align-1a2b3c4d".to_owned()).id().unwrap().name(), "align");
    }
}
