//! Reading files, whatever is in them.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, TracesData};
use prost::Message as _;
use spawn_telemetry::XRayDocuments;
use spawn_view::{Gathered, Span, read_bytes, read_path, to_resource_spans};

use super::samples::*;

fn spans() -> Vec<Span> {
    let called = span(1, 0, "größe \u{202e}", 0, 9).said("list", &["a", "b"][..]).said("number", 7).said("part", 0.5);
    vec![called, span(2, 1, "below", 1, 3).failed("no"), span(3, 1, "open", 2, 2).open().of("till")]
}

fn messages() -> Vec<ResourceSpans> {
    to_resource_spans(&spans())
}

/// OTLP's JSON of these messages.
fn json(messages: Vec<ResourceSpans>) -> String {
    serde_json::to_string(&TracesData { resource_spans: messages }).unwrap()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn whole(bytes: &[u8]) {
    assert_eq!(read_bytes("x", bytes), Gathered { spans: spans(), problems: Vec::new() });
}

#[test]
fn otlp_is_read_as_json_as_lines_as_messages_and_packed() {
    let data = TracesData { resource_spans: messages() };
    let lines: String = messages().into_iter().map(|message| json(vec![message]) + "\n").collect();
    let pretty = serde_json::to_string_pretty(&data).unwrap();
    let framed: Vec<u8> = messages()
        .into_iter()
        .flat_map(|message| {
            let bytes = TracesData { resource_spans: vec![message] }.encode_to_vec();
            [u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec(), bytes].concat()
        })
        .collect();
    let forms = [json(messages()).into_bytes(), lines.into_bytes(), pretty.into_bytes(), data.encode_to_vec(), framed];
    for bytes in forms {
        whole(&bytes);
        whole(&packed(&bytes));
        whole(&[packed(&bytes[..7]), packed(&bytes[7..])].concat());
    }
    whole(format!("\u{feff}[\n{},\n{}\n]", json(messages()[..1].to_vec()), json(messages()[1..].to_vec())).as_bytes());
}

#[test]
fn documents_are_read_alone_in_lines_in_lists_and_as_texts() {
    let closed = vec![span(1, 0, "a", 0, 9), span(2, 1, "b", 1, 3)];
    let documents = XRayDocuments::of_messages(to_resource_spans(&closed));
    let texts = serde_json::to_string(&documents).unwrap();
    let answer = format!(
        r#"{{"Traces":[{{"Segments":[{{"Document":{}}},{{"Document":{}}}]}}]}}"#,
        serde_json::to_string(&documents[0]).unwrap(),
        serde_json::to_string(&documents[1]).unwrap()
    );
    for form in [documents.join("\n"), format!("[{}]", documents.join(",")), texts, answer, documents.concat()] {
        let read = read_bytes("x", form.as_bytes());
        assert_eq!((read.spans.len(), read.problems), (2, Vec::new()), "{form}");
        assert_eq!(read.spans[1].name, "b");
    }
}

#[test]
fn what_was_cut_off_costs_itself_alone_in_every_form() {
    let line = json(messages());
    let cut = &line[..line.len() / 2];
    let read = read_bytes("log", format!("{line}\n{cut}\n{line}\n{cut}").as_bytes());
    assert_eq!(read.spans.len(), 6);
    assert_eq!(
        read.problems,
        [
            "log, line 2: what begins here was cut off; the others were read",
            "log, line 4: what begins here was cut off; the others were read"
        ]
    );
    let bytes = TracesData { resource_spans: messages() }.encode_to_vec();
    let read = read_bytes("log", &bytes[..bytes.len() - 1]);
    assert_eq!(read.spans, spans()[..2]);
    assert_eq!(
        read.problems,
        ["log is neither JSON nor OTLP's protobuf: message 3 was cut off; what came before was read"]
    );
    let bytes = packed(line.repeat(100).as_bytes());
    let read = read_bytes("log", &bytes[..bytes.len() / 2]);
    assert!(read.problems.iter().any(|problem| problem.contains("cannot be read to its end")), "{:?}", read.problems);
}

#[test]
fn what_is_nothing_of_the_kind_says_so() {
    let problems = |bytes: &[u8]| read_bytes("x", bytes).problems;
    assert_eq!(problems(b""), ["x is empty"]);
    assert_eq!(problems(b" \n\n"), ["x has no spans in it"]);
    assert_eq!(problems(b"[]"), ["x has no spans in it"]);
    assert_eq!(problems(b"hello"), ["x, line 1: it is no JSON; it was passed over"]);
    assert_eq!(
        problems(b"hello\n\nworld\n"),
        ["x: 2 lines are no JSON, the first of them line 1; they were passed over"]
    );
    assert_eq!(
        problems(b"{\"a\":1}"),
        ["x, line 1: it is neither OTLP's JSON nor a segment document of X-Ray; it was passed over"]
    );
    assert_eq!(problems(b"\x28\xb5\x2f\xfd...")[0], "x is packed with zstd, which is not read; unpack it first");
    assert_eq!(
        problems(b"\x7fELF\x02\x01\x01\0\0"),
        ["x is neither JSON nor OTLP's protobuf: message 1 has other fields; nothing was read"]
    );
    let many = read_bytes("x", "{\"a\":1}\n".repeat(1000).as_bytes()).problems;
    assert_eq!((many.len(), many[100].as_str()), (101, "and 900 more of the like"));
}

#[test]
fn a_span_whose_id_is_none_is_counted() {
    let mut messages = messages();
    messages[0].scope_spans[0].spans[0].span_id = vec![1, 2];
    let read = read_bytes("x", &TracesData { resource_spans: messages }.encode_to_vec());
    assert_eq!(
        (read.spans.len(), read.problems),
        (2, vec!["x, message 1: the ids of 1 spans are none; the others were read".to_owned()])
    );
}

#[test]
fn a_folder_is_read_file_by_file_and_an_empty_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let empty = read_path(folder.path()).unwrap();
    assert_eq!(empty.problems, [format!("{} has no spans in it: no file, and no spool", folder.path().display())]);
    fs::write(folder.path().join("b.json"), json(messages()[1..].to_vec())).unwrap();
    fs::write(folder.path().join("a.json"), json(messages()[..1].to_vec())).unwrap();
    fs::write(folder.path().join(".hidden"), "rubbish").unwrap();
    assert_eq!(read_path(folder.path()).unwrap(), Gathered { spans: spans(), problems: Vec::new() });
    assert!(read_path(&folder.path().join("none")).is_err());
}

#[test]
fn a_spool_is_read_where_it_is_and_in_the_folder_around_it() {
    use opentelemetry::trace::{Tracer as _, TracerProvider as _};

    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    // Port 9 is nobody's, so every span stays where it is kept.
    let telemetry = spawn_telemetry::Telemetry::of("shop").spool(spool.display().to_string());
    let telemetry = telemetry.to_otlp("http://127.0.0.1:9".parse().unwrap());
    telemetry.tracer_provider().tracer("test").in_span("kept", |_| ());
    telemetry.shutdown(std::time::Duration::from_millis(1));
    for path in [folder.path(), &spool] {
        let Gathered { spans, problems } = read_path(path).unwrap();
        let told: Vec<_> = spans.iter().map(|span| (span.name.as_str(), span.service(), span.end.is_some())).collect();
        assert_eq!((told, problems), (vec![("kept", "shop", true)], Vec::new()), "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (there, bytes) = (pipe.clone(), json(messages()));
    let writer = std::thread::spawn(move || fs::write(there, bytes).unwrap());
    assert_eq!(read_path(&pipe).unwrap().spans, spans());
    writer.join().unwrap();
}
