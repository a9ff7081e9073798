//! The end of an array, and a retry that meets it.

use super::{LAUNCHED, LEASE, Room, array, attempt, ending, usual_room};
use crate::world::aws;
use spawn_cloud::arrays::{ArrayRecord, Counts, HookState, TaskState};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::wait_until;
use std::time::Duration;

/// An array of one task, which has failed.
async fn over(room: &Room) -> ArrayRecord {
    let array = array(1);
    room.store.create(&array, &[], |_| ()).await.unwrap();
    let claimed = room.store.claim(&array, 0, &attempt("i-1/a"), LAUNCHED, LEASE, true).await.unwrap().unwrap();
    room.store.end(&array, &claimed.task, LAUNCHED, &ending(TaskState::Failed)).await.unwrap().unwrap();
    array
}

async fn reopened(room: &Room, array: &ArrayRecord) -> ArrayRecord {
    room.store.reopen(room.clients.sqs(), &array.id, LEASE).await.unwrap().unwrap()
}

#[tokio::test]
async fn one_of_many_ends_an_array_and_only_when_all_tasks_have() {
    let room = usual_room().await;
    let open = array(1);
    room.store.create(&open, &[], |_| ()).await.unwrap();
    assert_eq!(room.store.claim_end(&open.id, "i-1/a", LAUNCHED, LEASE).await.unwrap(), None);

    let array = over(&room).await;
    let claims = (0..8).map(|_| {
        let (store, id) = (room.store.clone(), array.id.clone());
        tokio::spawn(async move { store.claim_end(&id, "i-1/a", LAUNCHED, LEASE).await.unwrap() })
    });
    let mut won = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        won.extend(claim.await.unwrap());
    }
    let [ended] = won.try_into().unwrap();
    assert_eq!(ended.counts, Counts { failed: 1, ..Counts::default() });
    assert!(room.store.renew_end(&array.id, "i-1/a", LAUNCHED, LEASE).await.unwrap());
    assert!(!room.store.renew_end(&array.id, "i-2/b", LAUNCHED, LEASE).await.unwrap());
    assert!(!room.store.finish(&array.id, "i-2/b", LAUNCHED, None).await.unwrap());
    assert!(room.store.finish(&array.id, "i-1/a", LAUNCHED + 5, None).await.unwrap());
    let found = room.store.find(&array.id).await.unwrap().unwrap();
    assert_eq!((found.ended_at, found.hook_state), (Some(LAUNCHED + 5), HookState::Done { problem: None }));
    assert_eq!(room.store.claim_end(&array.id, "i-2/b", LAUNCHED, LEASE).await.unwrap(), None);
}

#[tokio::test]
async fn an_end_whose_answers_were_lost_is_ones_own() {
    let room = usual_room().await;
    let array = over(&room).await;
    let reasons = r#"{"CancellationReasons":[{"Code":"ConditionalCheckFailed"},{"Code":"None"}]}"#;
    // The write is made, its answer is lost, and what the SDK asks again meets that write.
    let lost = || {
        let met = Action::respond(400, &[("x-amzn-errortype", "TransactionCanceledException")], reasons);
        [Action::TakeAndReset, met].map(|action| Rule::new(action).target("TransactWriteItems").once())
    };
    room.proxy.script(lost());
    assert!(room.store.claim_end(&array.id, "i-1/a", LAUNCHED, LEASE).await.unwrap().is_some());
    room.proxy.script(lost());
    assert!(room.store.finish(&array.id, "i-1/a", LAUNCHED, None).await.unwrap());
}

#[tokio::test]
async fn a_retry_after_the_end_opens_another_round_with_a_queue_of_its_own() {
    let room = usual_room().await;
    let array = over(&room).await;
    room.store.claim_end(&array.id, "i-1/a", LAUNCHED, LEASE).await.unwrap().unwrap();
    let task = room.store.task(&array.id, 0).await.unwrap().unwrap();
    room.store.retry(&array, &task).await.unwrap().unwrap();
    let open = reopened(&room, &array).await;
    assert_eq!((open.round, &open.hook_state), (2, &HookState::Waiting));
    assert!(open.queue_url.ends_with(&format!("/spawn-{}-2", array.id)), "{}", open.queue_url);
    assert!(!room.store.finish(&array.id, "i-1/a", LAUNCHED, None).await.unwrap(), "that end is no more");
    assert_eq!(room.store.claim_end(&array.id, "i-1/a", LAUNCHED, LEASE).await.unwrap(), None, "there is work");
}

#[tokio::test]
async fn an_end_that_was_worked_out_before_a_retry_is_not_made_after_it() {
    let room = usual_room().await;
    let array = over(&room).await;
    // The counts say that all have ended; before the end is written, a retry goes by.
    room.proxy.script([Rule::new(Action::Delay(Duration::from_secs(2))).target("TransactWriteItems").once()]);
    let claim = {
        let (store, id) = (room.store.clone(), array.id.clone());
        tokio::spawn(async move { store.claim_end(&id, "i-1/a", LAUNCHED, LEASE).await.unwrap() })
    };
    let written = || {
        let requests = room.proxy.requests();
        requests.iter().any(|request| request.text().contains("hook_owner")).then_some(())
    };
    wait_until("the write of the end", Duration::from_secs(30), written).await.unwrap();
    let direct = super::room(aws().await.ministack_url()).await;
    let task = direct.store.task(&array.id, 0).await.unwrap().unwrap();
    direct.store.retry(&array, &task).await.unwrap().unwrap();
    let open = reopened(&direct, &array).await;
    assert_eq!((open.round, &open.queue_url), (1, &array.queue_url), "it had not ended");
    assert_eq!(claim.await.unwrap(), None);
    assert_eq!(direct.store.find(&array.id).await.unwrap().unwrap().hook_state, HookState::Waiting);
}
