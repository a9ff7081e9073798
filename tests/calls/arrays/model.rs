//! The claim protocol under random interleavings: agents that crash, are thought dead and are not, whose clocks are off,
//! whose answers are lost, and an operator who calls off and retries meanwhile.
//!
//! The rules run on a table in memory, and the same steps on the real store at two emulators, which must answer the same
//! at each step. What a message says is a hint, so a message that comes twice, late or never is a claim at any time.
//! `PROPTEST_RNG_SEED=…` with the number that a failure prints runs the same interleavings again.

mod memory;
mod scene;
mod step;

use super::room;
use crate::world::aws;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use scene::{Scene, Seen};
use std::cell::RefCell;
use step::{Step, steps};

/// What every run of the model must have met, or it proves little.
const MUST_BE_SEEN: [Seen; 13] = [
    Seen::Claimed,
    Seen::Lost,
    Seen::GivenUp,
    Seen::Leased,
    Seen::TooEarly,
    Seen::LateResult,
    Seen::Ended,
    Seen::Retried,
    Seen::Cancelled,
    Seen::CancelledWhileRunning,
    Seen::Renewed,
    Seen::RenewedOverdue,
    Seen::AnotherAttempt,
];

#[test]
fn whatever_meets_each_attempt_ends_once_and_every_task_ends() {
    let seen = RefCell::new(Vec::new());
    run(2_000, 80, |steps| {
        let mut scene = Scene::in_memory();
        for step in steps {
            futures(scene.take(step));
        }
        futures(scene.end());
        seen.borrow_mut().extend(scene.seen());
    });
    let seen = seen.into_inner();
    for wanted in MUST_BE_SEEN {
        assert!(seen.contains(&wanted), "no interleaving showed {wanted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_at_ministack_answers_as_the_rules_do_at_each_step() {
    against(aws().await.ministack_url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_at_moto_answers_as_the_rules_do_at_each_step() {
    against(aws().await.moto_url()).await;
}

async fn against(url: &str) {
    let room = room(url).await;
    let handle = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        run(12, 40, |steps| {
            handle.block_on(async {
                let mut scene = Scene::at(&room).await;
                for step in steps {
                    scene.take(step).await;
                }
                scene.end().await;
            });
        });
    });
}

/// Runs `test` on that many random interleavings, and on ever smaller ones if one fails.
fn run(cases: u32, most: usize, test: impl Fn(&[Step])) {
    let mut config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => fastrand::u64(..),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let mut runner = TestRunner::new(config);
    let told = runner.run(&steps(most), |steps| {
        test(&steps);
        Ok(())
    });
    if let Err(TestError::Fail(why, steps)) = told {
        panic!("{why}\nafter {steps:#?}\nagain with PROPTEST_RNG_SEED={seed}");
    }
    told.unwrap();
}

/// A future that never waits.
fn futures<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("the table in memory has nothing to wait for"),
    }
}
