//! What waits in a spool, for whoever wants to look at it.

use std::io;
use std::path::Path;

use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message as _;
use spawn_delivery::spool::{self, Chunk};

/// The spans of a spool that have not been delivered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spooled {
    /// Those that have ended.
    pub spans: Vec<ResourceSpans>,
    /// Those that are under way, or were when their program ended; they have no end.
    pub under_way: Vec<ResourceSpans>,
    /// What could not be read, each a sentence.
    pub problems: Vec<String>,
}

/// What waits in this spool at the moment. Nothing is changed, nobody waits, and programs may go on writing to it.
///
/// # Errors
/// If the folder cannot be read.
pub fn spooled(folder: &Path) -> io::Result<Spooled> {
    let mut spooled = Spooled::default();
    for (writer, seen) in spool::look(folder)? {
        let path = folder.join(&writer);
        let seen = match seen {
            Ok(seen) => seen,
            // Its program has delivered everything since the folder was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                spooled.problems.push(format!("{} cannot be read: {error}", path.display()));
                continue;
            }
        };
        let corrupt: u64 = seen.chunks.iter().map(|chunk| chunk.corrupt).sum();
        let mut foreign = 0;
        seen.chunks.into_iter().for_each(|chunk| foreign += spooled.add(chunk));
        for note in seen.open {
            match ResourceSpans::decode(&*note) {
                Ok(message) => spooled.under_way.push(without_end(message)),
                Err(_) => foreign += 1,
            }
        }
        for (count, what) in [(corrupt, "were not kept whole by the disk"), (foreign, "are no spans")] {
            if count > 0 {
                spooled.problems.push(format!("{count} records of {} {what}", path.display()));
            }
        }
    }
    Ok(spooled)
}

impl Spooled {
    /// Adds what was read; answers how many records are no spans.
    fn add(&mut self, chunk: Chunk) -> u64 {
        let resource = Resource::decode(&*chunk.header).ok();
        let (mut scope_spans, mut foreign) = (Vec::with_capacity(chunk.records.len()), 0);
        for record in chunk.records {
            match ScopeSpans::decode(&*record.payload) {
                Ok(message) => scope_spans.push(message),
                Err(_) => foreign += 1,
            }
        }
        self.spans.push(ResourceSpans { resource, scope_spans, schema_url: String::new() });
        foreign
    }
}

fn without_end(mut message: ResourceSpans) -> ResourceSpans {
    let spans = message.scope_spans.iter_mut().flat_map(|of_scope| &mut of_scope.spans);
    spans.for_each(|span| span.end_time_unix_nano = 0);
    message
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use opentelemetry::KeyValue;
    use opentelemetry::trace::SpanKind;
    use spawn_delivery::disk::RealDisk;
    use spawn_delivery::spool::{Class, Options, Spool, writer_name};

    use super::*;
    use crate::{record, samples};

    #[test]
    fn what_waits_is_told_with_its_resource_and_rubbish_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool");
        let options = Options {
            folder: path.clone(),
            capacity: 1 << 20,
            sync: Duration::from_secs(1),
            writer: writer_name(SystemTime::now(), 1),
        };
        let resource =
            opentelemetry_sdk::Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored"));
        let resource = resource.build();
        let mut spool = Spool::new(Arc::new(RealDisk), options);
        let mut bytes = Vec::new();
        record::write_resource(&resource, &mut bytes);
        spool.about(bytes.clone());
        let header = bytes.clone();
        let span = samples::child("boot", SpanKind::Client);
        bytes.clear();
        record::write_span(&span, &mut bytes);
        spool.append(Class::Kept, 1, &bytes).unwrap();
        spool.append(Class::Kept, 2, b"rubbish").unwrap();
        bytes.clear();
        record::write_note(&header, &span, &mut bytes);
        spool.begun(1, &bytes);
        let spooled = spooled(&path).unwrap();
        let told = |messages: &[ResourceSpans]| {
            let span = messages[0].scope_spans[0].spans[0].clone();
            let service = crate::message::resource(messages[0].resource.clone().unwrap()).get(&"service.name".into());
            (span.name, span.end_time_unix_nano > 0, service.unwrap().to_string())
        };
        assert_eq!(told(&spooled.spans), ("boot".to_owned(), true, "spored".to_owned()));
        assert_eq!(told(&spooled.under_way), ("boot".to_owned(), false, "spored".to_owned()));
        assert!(spooled.problems[0].starts_with("1 records of ") && spooled.problems[0].ends_with(" are no spans"));
    }
}
