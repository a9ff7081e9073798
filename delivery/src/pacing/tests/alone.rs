//! One that has the back end for itself.

use super::*;

#[test]
fn one_alone_lingers_and_then_sends_all_that_waits() {
    let mut pacer = alone();
    assert_eq!(pacer.next(SECOND, queue(0)), Step::Idle);
    assert_eq!(pacer.next(SECOND, queue(1)), Step::WaitUntil(2 * SECOND));
    assert_eq!(pacer.next(2 * SECOND, queue(120)), send(50));
    pacer.answered(2 * SECOND, taken(50));
    assert_eq!(pacer.next(2 * SECOND, queue(70)), send(50));
    pacer.answered(2 * SECOND, taken(50));
    assert_eq!(pacer.next(2 * SECOND, queue(20)), send(50));
    pacer.answered(2 * SECOND, taken(20));
    // What came later has company to wait for.
    assert_eq!(pacer.next(2 * SECOND, queue(3)), Step::WaitUntil(3 * SECOND));
}

#[test]
fn one_alone_is_bounded_by_nothing_while_nobody_throttles_it() {
    let mut pacer = alone();
    let now = SECOND;
    for _ in 0..10_000 {
        assert_eq!(pacer.next(now, queue(100_000)), send(50));
        pacer.answered(now, taken(50));
    }
}

#[test]
fn one_alone_that_is_throttled_sends_less_and_then_more_again() {
    let (mut pacer, mut now) = (alone(), SECOND);
    // Two requests of 50 each tenth of a second are 1,000 records a second.
    let mut records = |from: Duration, to: Duration, quota: f64| {
        let (mut records, mut tokens, mut filled) = (0, quota, from);
        now = now.max(from);
        while now < to {
            let (at, most) = sent_at(&mut pacer, now, queue(100_000));
            tokens = (tokens + (at - filled).as_secs_f64() * quota).min(quota);
            filled = at;
            now = at + SECOND / 20;
            let answer = if tokens >= most as f64 { taken(most) } else { failed(Setback::Throttled(Duration::ZERO)) };
            tokens -= answer.done as f64;
            records += answer.done;
            pacer.answered(now, answer);
        }
        records as f64 / (to - from).as_secs_f64()
    };
    records(SECOND, 100 * SECOND, 300.0);
    let learned = records(100 * SECOND, 400 * SECOND, 300.0);
    assert!((200.0..=302.0).contains(&learned), "{learned}");
    records(400 * SECOND, 600 * SECOND, 1e9);
    let again = records(600 * SECOND, 700 * SECOND, 1e9);
    assert!(again > 900.0, "{again}");
}

#[test]
fn waits_grow_up_to_the_longest_and_a_lasting_failure_is_tried_slowly() {
    let (mut pacer, mut now) = (alone(), SECOND);
    sent_at(&mut pacer, now, queue(1));
    for bound in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        pacer.answered(now, failed(Setback::Away));
        let (at, _) = sent_at(&mut pacer, now, queue(1));
        assert!(at - now <= Duration::from_secs(bound), "{:?} of {bound} s", at - now);
        now = at;
    }
    pacer.answered(now, failed(Setback::Lasting));
    let (at, _) = sent_at(&mut pacer, now, queue(1));
    assert!((30 * SECOND..=60 * SECOND).contains(&(at - now)), "{:?}", at - now);
    // Somebody asks for it: nothing is waited for.
    pacer.answered(at, failed(Setback::Lasting));
    pacer.again(at);
    assert!(matches!(pacer.next(at, queue(1)), Step::Send { .. }));
}

#[test]
fn a_back_end_is_left_alone_for_as_long_as_it_asks_within_reason() {
    for (asked, least, most) in [(20, 20, 90), (u64::MAX, 300, 370)] {
        let mut pacer = alone();
        let (now, _) = sent_at(&mut pacer, SECOND, queue(600));
        pacer.answered(now, failed(Setback::Throttled(Duration::from_secs(asked))));
        pacer.again(now);
        let (at, _) = sent_at(&mut pacer, now, queue(600));
        assert!((least * SECOND..=most * SECOND).contains(&(at - now)), "{:?}", at - now);
    }
}

#[test]
fn another_configuration_forgets_what_was_wrong() {
    let mut pacer = alone();
    let (now, _) = sent_at(&mut pacer, SECOND, queue(1));
    pacer.answered(now, failed(Setback::Throttled(300 * SECOND)));
    assert!(!pacer.is_well());
    pacer.reconfigured(now, Fleet::ALONE, limits(None));
    assert!(pacer.is_well());
    let (at, _) = sent_at(&mut pacer, now, queue(1));
    assert!(at - now <= SECOND, "{:?}", at - now);
}
