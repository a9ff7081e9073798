//! The folder of the dead letters: what is written, read, taken out and evicted, and what is not ours.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use proptest::prelude::*;

use super::*;
use crate::counters::DropReason;
use crate::export::Refusal;
use crate::filter::Filter;
use crate::otlp_json::Source;
use crate::samples::{child, context, span};

fn line(span: &SpanData, reason: DropReason, code: &str) -> Vec<u8> {
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "spored")).build();
    let source = Source::new(&resource, Filter::default());
    let refused = Refused { at: "2026-11-21T04:40:24Z".parse().unwrap(), exporter: "xray", host: "xray.example.com" };
    let refusal = Refusal { reason, code: code.to_owned(), what: format!("X-Ray has refused a document: {code}") };
    let mut line = Vec::new();
    write(refused, &source, span, &refusal, &mut line).unwrap();
    line
}

fn numbered(id: u64) -> SpanData {
    SpanData { span_context: context(id), ..child("step", SpanKind::Internal) }
}

fn lines(ids: impl IntoIterator<Item = u64>) -> Vec<u8> {
    ids.into_iter().flat_map(|id| line(&numbered(id), DropReason::Rejected, "InvalidSegment")).collect()
}

fn letters(room: u64) -> (tempfile::TempDir, DeadLetters) {
    let folder = tempfile::tempdir().unwrap();
    let letters = DeadLetters::beside(&folder.path().join("spool")).with_room(room);
    (folder, letters)
}

fn ids(letters: &DeadLetters) -> Vec<u64> {
    let found = letters.read().unwrap();
    found.letters.iter().map(|letter| u64::from_str_radix(&letter.span_id, 16).unwrap()).collect()
}

#[test]
fn a_letter_tells_the_reason_and_holds_the_span_whole() {
    let (_folder, letters) = letters(ROOM);
    let refused = span("boot");
    assert_eq!(letters.read().unwrap().letters.len(), 0);
    let kept = letters.keep(&line(&refused, DropReason::TooLarge, "SegmentTooLarge")).unwrap();
    assert_eq!(kept, Kept { kept: 1, evicted: 0 });
    let found = letters.read().unwrap();
    let [letter] = &found.letters[..] else { panic!("{found:?}") };
    assert_eq!(letter.span(), Some(refused));
    assert!(letter.otlp_json().contains("service.name"));
    let mut shown = serde_json::to_value(letter).unwrap();
    shown["span"].take();
    shown["id"].take();
    let expected = serde_json::json!({
        "id": null,
        "at": "2026-11-21T04:40:24.000Z",
        "exporter": "xray",
        "host": "xray.example.com",
        "reason": "too_large",
        "code": "SegmentTooLarge",
        "message": "X-Ray has refused a document: SegmentTooLarge",
        "trace_id": "6b0120b8000000000123456789abcdef",
        "span_id": "00000000000000a1",
        "name": "boot",
        "span": null,
    });
    assert_eq!(shown, expected);
    let reference = include_str!("../../../docs/reference/dead-letters.md");
    let table = reference.split_once("<!-- fields:begin -->").unwrap().1.split_once("<!-- fields:end -->").unwrap().0;
    let listed: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert!(expected.as_object().unwrap().keys().eq(listed.iter()), "{listed:?}");
}

#[test]
fn nobody_but_their_owner_reads_the_letters() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1])).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(letters.folder()), 0o700);
    for entry in fs::read_dir(letters.folder()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn the_oldest_letters_make_room_and_are_counted() {
    let (_folder, letters) = letters(3 * 4_096);
    for id in [1, 2] {
        assert_eq!(letters.keep(&lines([id])).unwrap(), Kept { kept: 1, evicted: 0 });
    }
    assert_eq!(letters.keep(&lines([3, 4, 5])).unwrap(), Kept { kept: 3, evicted: 0 });
    assert_eq!(letters.keep(&lines([6])).unwrap(), Kept { kept: 1, evicted: 1 });
    assert_eq!(ids(&letters), [2, 3, 4, 5, 6]);
    // More than there is room for at all.
    assert_eq!(letters.keep(&lines(10..60)).unwrap(), Kept { kept: 0, evicted: 50 });
    assert_eq!(ids(&letters), [2, 3, 4, 5, 6]);
}

#[test]
fn letters_are_chosen_by_id_reason_code_and_trace() {
    let (_folder, letters) = letters(ROOM);
    let mut text = lines([1]);
    text.extend(line(&numbered(2), DropReason::TooLarge, "413"));
    letters.keep(&text).unwrap();
    let found = letters.read().unwrap().letters;
    let chosen = |choice: Choice| -> Vec<u64> {
        let taken = found.iter().filter(|letter| choice.takes(letter));
        taken.map(|letter| u64::from_str_radix(&letter.span_id, 16).unwrap()).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(chosen(Choice::default()), [0_u64; 0]);
    assert_eq!(chosen(Choice::all()), [1, 2]);
    assert_eq!(chosen(Choice { ids: vec![found[1].id.clone()], ..Choice::default() }), [2]);
    assert_eq!(chosen(Choice { ids: vec!["0000000000000001".to_owned()], ..Choice::default() }), [1]);
    assert_eq!(chosen(Choice { reason: some("too_*"), ..Choice::default() }), [2]);
    assert_eq!(chosen(Choice { reason: some("Invalid*"), ..Choice::default() }), [1]);
    for trace in ["6b0120b8000000000123456789abcdef", "1-6b0120b8-000000000123456789abcdef"] {
        assert_eq!(chosen(Choice { trace: some(trace), reason: some("413"), ..Choice::default() }), [2]);
    }
    assert_eq!(chosen(Choice { trace: some("1-00000000-000000000123456789abcdef"), ..Choice::default() }), [0_u64; 0]);
}

#[test]
fn what_is_dropped_is_gone_and_the_ids_of_the_rest_stay() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1, 2, 3])).unwrap();
    let before = letters.read().unwrap().letters;
    let second = Choice { ids: vec![before[1].id.clone()], ..Choice::default() };
    assert_eq!(letters.drop(&second).unwrap(), 1);
    let after = letters.read().unwrap().letters;
    assert_eq!(after.iter().map(|it| &it.id).collect::<Vec<_>>(), [&before[0].id, &before[2].id]);
    assert_eq!((letters.drop(&second).unwrap(), letters.drop(&Choice::all()).unwrap()), (0, 2));
    let left: Vec<_> = fs::read_dir(letters.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[test]
fn a_letter_goes_only_when_its_span_was_taken() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1, 2])).unwrap();
    let mut asked = Vec::new();
    let gone = letters.take(&Choice::all(), &mut |letter| {
        asked.push(letter.span().unwrap().span_context.span_id());
        letter.span_id.ends_with('2')
    });
    assert_eq!((gone.unwrap(), asked), (1, vec![1_u64.into(), 2_u64.into()]));
    assert_eq!(ids(&letters), [1]);
}

#[test]
fn what_a_crash_has_left_is_passed_over_and_cleared_away() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1])).unwrap();
    let half = letters.folder().join(".new-1795236024000-0000.jsonl");
    fs::write(&half, &lines([2])[..40]).unwrap();
    assert_eq!((ids(&letters), letters.read().unwrap().unreadable), (vec![1], 0));
    letters.keep(&lines([3])).unwrap();
    assert!(!half.exists());
    assert_eq!(ids(&letters), [1, 3]);
}

#[test]
fn names_go_on_growing_when_the_clock_is_set_back() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1])).unwrap();
    let name = letters.folder.files().unwrap().remove(0);
    fs::rename(letters.folder().join(name), letters.folder().join("9000000000000-0000.jsonl")).unwrap();
    letters.keep(&lines([2])).unwrap();
    assert_eq!(ids(&letters), [1, 2]);
}

#[test]
fn a_link_in_the_folders_place_is_not_followed() {
    let (folder, letters) = letters(ROOM);
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, letters.folder()).unwrap();
    let said = letters.keep(&lines([1])).unwrap_err().to_string();
    assert!(said.ends_with("cannot be written"), "{said}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn letters_that_another_process_is_busy_with_are_left_alone() {
    let (_folder, letters) = letters(ROOM);
    letters.keep(&lines([1])).unwrap();
    let lock = letters.lock().unwrap();
    let said = letters.drop(&Choice::all()).unwrap_err();
    assert!(matches!(said, DeadLettersError::Busy { .. }), "{said}");
    drop(lock);
    assert_eq!(letters.drop(&Choice::all()).unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_byte_that_is_flipped_or_an_end_that_is_missing_costs_a_letter_and_never_the_others(
        flip in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<Option<prop::sample::Index>>()
    ) {
        let (_folder, letters) = letters(ROOM);
        letters.keep(&lines([1, 2, 3])).unwrap();
        let path = letters.folder().join(letters.folder.files().unwrap().remove(0));
        let mut text = fs::read(&path).unwrap();
        let at = flip.index(text.len());
        text[at] ^= 1 << bit;
        if let Some(cut) = cut {
            text.truncate(cut.index(text.len()));
        }
        fs::write(&path, &text).unwrap();
        let found = letters.read().unwrap();
        // A flip may make two lines of one, or one of two.
        prop_assert!(cut.is_some() || !found.letters.is_empty());
        prop_assert!(found.letters.len() <= 3);
        for letter in &found.letters {
            let _span = letter.span();
        }
    }
}
