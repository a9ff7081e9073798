//! Items that were written read back the same, and those of a hostile hand are an error that names what is wrong.

use super::*;
use crate::arrays::array::{ArrayRecord, HookState};
use crate::arrays::task::{Attempt, LostAttempt, Task};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9#/:-]{0,12}", any::<String>(), Just("x".repeat(100_000))]
}

fn number() -> impl Strategy<Value = String> {
    let odd =
        ["", "-1", "1e9", "1.5", "NaN", "99999999999999999999", "18446744073709551615", "4294967295", "0x1", " 1"];
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        prop::sample::select(Vec::from(odd)).prop_map(str::to_owned)
    ]
}

fn value() -> impl Strategy<Value = AttributeValue> {
    let single = prop_oneof![
        text().prop_map(AttributeValue::S),
        number().prop_map(AttributeValue::N),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null(true)),
        prop::collection::vec(text(), 0..3).prop_map(AttributeValue::Ss),
    ];
    single.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            prop::collection::hash_map("[a-z]{0,4}", inner, 0..4).prop_map(AttributeValue::M),
        ]
    })
}

/// A sound item in which some attributes are anything or gone.
fn spoilt(item: Item) -> impl Strategy<Value = Item> {
    let names: Vec<String> = item.keys().cloned().collect();
    let change = (prop::sample::select(names), prop::option::of(value()));
    prop::collection::vec(change, 1..4).prop_map(move |changes| {
        let mut item = item.clone();
        for (name, value) in changes {
            match value {
                Some(value) => item.insert(name, value),
                None => item.remove(&name),
            };
        }
        item
    })
}

fn task() -> Task {
    let id = ArrayRecord::example().id;
    let by = Attempt {
        owner: "i-1/a".to_owned(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        tracestate: Some("a=b".to_owned()),
    };
    let claimed = Task::new(42).claim(&by, 1_760_000_000_000, Duration::from_secs(60)).expect("nobody has it");
    assert_eq!(id.name(), "align");
    Task {
        version: 3,
        mark: u64::MAX,
        failures: 1,
        losses: 2,
        cancel: true,
        not_before: Some(1),
        ended_at: Some(2),
        exit_code: Some(-1),
        signal: Some(9),
        reason: Some("no".to_owned()),
        output: Some("s3://bucket/42/".to_owned()),
        previous: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".to_owned()),
        untold: vec![LostAttempt::of(&claimed), LostAttempt::of(&Task::new(42))],
        ..claimed
    }
}

fn array() -> ArrayRecord {
    ArrayRecord {
        input: Some("s3://bucket/in/".to_owned()),
        hook: Some("done".to_owned()),
        env: BTreeMap::from([("A".to_owned(), String::new())]),
        timeout: Some(Duration::from_millis(1_500)),
        cancelled_at: Some(5),
        hook_state: HookState::Running { owner: "i-1/a".to_owned(), lease_until: 7 },
        ..ArrayRecord::example()
    }
}

#[test]
fn what_was_written_reads_back_the_same() {
    let (task, array, stamp) = (task(), array(), Stamp { version: 9, mark: 8 });
    assert_eq!(to_task(&of_task(&array.id, &task, 1)).unwrap(), task);
    assert_eq!(to_array(&of_array(array_key(&array.id), &array, stamp)).unwrap(), (array.clone(), stamp));
    for hook_state in [HookState::Waiting, HookState::Done { problem: None }] {
        let array = ArrayRecord { hook_state, ..array.clone() };
        assert_eq!(to_array(&of_array(index_key(&array.id), &array, stamp)).unwrap(), (array, stamp));
    }
}

#[test]
fn an_error_names_the_item_and_the_attribute() {
    let mut item = of_task(&array().id, &task(), 1);
    item.insert("attempt".to_owned(), AttributeValue::N("4294967295".to_owned()));
    let told = to_task(&item).unwrap_err().to_string();
    let expected = "DynamoDB: unexpected answer: item task#000042 of align-0000002a#10 has no readable `attempt`";
    assert_eq!(told, expected);
}

proptest! {
    #[test]
    fn a_spoilt_task_is_an_error_or_one_that_the_rules_can_take(item in spoilt(of_task(&array().id, &task(), 1))) {
        if let Ok(task) = to_task(&item) {
            let by = Attempt { owner: "i-2/b".to_owned(), traceparent: None, tracestate: None };
            for now in [0, 1_760_000_000_000, i64::MAX] {
                let _claimed = task.claim(&by, now, Duration::MAX);
                let _cancelled = task.cancel(now);
                let _given_up = task.give_up(now);
            }
            let _retried = task.retry();
            prop_assert_eq!(to_task(&of_task(&array().id, &task, 1)).unwrap().index, task.index);
        }
    }

    #[test]
    fn a_spoilt_array_is_an_error_or_one_that_the_rules_can_take(
        item in spoilt(of_array(array_key(&array().id), &array(), Stamp::FIRST))
    ) {
        if let Ok((array, stamp)) = to_array(&item) {
            prop_assert!(array.size >= 1 && array.size <= MOST_TASKS);
            let _next = stamp.next();
            let _claimed = array.claim_end("i-1/a", i64::MAX, Duration::MAX);
            let _open = array.reopen("https://queue/2");
        }
    }

    #[test]
    fn spoilt_counts_and_parameters_are_read_as_far_as_they_can_be(item in prop::collection::hash_map("[a-z]{1,9}", value(), 0..4), value in value()) {
        prop_assert!(to_counts(&item).ended() <= 3 * MOST_TASKS);
        let _params = to_map(&value);
    }
}
