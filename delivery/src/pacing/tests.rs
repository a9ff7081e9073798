//! What the pacer promises, at single senders; what becomes of ten thousand is in `tests/fleet`.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn limits(quota: Option<f64>) -> Limits {
    Limits {
        records: 50,
        enough: 500,
        quota,
        linger: SECOND,
        first_wait: SECOND,
        longest_wait: Duration::from_secs(60),
    }
}

fn alone() -> Pacer {
    Pacer::new(Fleet::ALONE, limits(Some(2_600.0)), 1)
}

fn one_of(size: u32, index: u32) -> Pacer {
    Pacer::new(Fleet::of(size, index), limits(Some(2_600.0)), u64::from(index))
}

fn queue(waiting: usize) -> Queue {
    Queue { waiting, ..Queue::default() }
}

fn hurried(waiting: usize, hurry: Hurry) -> Queue {
    Queue { waiting, hurry, ..Queue::default() }
}

fn send(most: usize) -> Step {
    Step::Send { most, kept_first: false }
}

fn taken(done: usize) -> Answer {
    Answer { done, setback: None }
}

fn failed(setback: Setback) -> Answer {
    Answer { done: 0, setback: Some(setback) }
}

/// When the pacer lets something be sent, if nothing else comes.
fn sent_at(pacer: &mut Pacer, mut now: Duration, queue: Queue) -> (Duration, usize) {
    loop {
        match pacer.next(now, queue) {
            Step::Send { most, .. } => return (now, most),
            Step::WaitUntil(then) => {
                assert!(then > now, "{then:?}");
                now = then;
            }
            Step::Idle => panic!("there is work"),
        }
    }
}

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
fn a_fleet_that_boots_at_once_fills_the_quota_and_no_more() {
    let size = 10_000;
    let mut slots: Vec<_> = (0..size).map(|index| sent_at(&mut one_of(size, index), SECOND, queue(40)).0).collect();
    slots.sort();
    let span = (slots[slots.len() - 1] - slots[0]).as_secs_f64();
    let ideal = 40.0 * f64::from(size) / 2_600.0;
    assert!((ideal * 1.1..ideal * 1.2).contains(&span), "{span} s where {ideal} would do");
    for second in 0..150 {
        let in_it = slots.iter().filter(|slot| slot.as_secs() == second).count();
        assert!(in_it * 40 <= 2_600, "{in_it} in second {second}");
    }
}

#[test]
fn whoever_was_last_is_first_the_next_time() {
    for index in [0, 1, 77, 99] {
        let fleet = Fleet::of(100, index);
        let mean = (0..20).map(|slot| fleet.place_in(slot)).sum::<f64>() / 20.0;
        assert!((mean - 0.5).abs() < 1e-9, "{index}: {mean}");
    }
}

#[test]
fn what_was_sent_is_paid_for_before_the_next_request() {
    let mut pacer = one_of(10_000, 0);
    let (at, most) = sent_at(&mut pacer, SECOND, queue(40));
    assert_eq!(most, 40);
    pacer.answered(at, taken(40));
    let (next, _) = sent_at(&mut pacer, at, queue(10));
    let share = 0.88 * 2_600.0 / 10_000.0;
    let cost = 40.0 / share;
    assert!(((next - at).as_secs_f64() - cost).abs() < 1.0, "{:?} for {cost} s", next - at);
}

#[test]
fn nobody_with_work_is_silent_for_three_minutes() {
    for waiting in [1, 40, 49, 50, 200, 5_000] {
        let mut pacer = one_of(100_000, 99_999);
        let (mut last, mut left) = (SECOND, waiting);
        while left > 0 && left + 20 > waiting {
            let (at, most) = sent_at(&mut pacer, last, queue(left));
            assert!(at - last <= Duration::from_secs(180), "{waiting}: {:?}", at - last);
            pacer.answered(at, taken(most.min(left)));
            left -= most.min(left);
            last = at;
        }
    }
}

#[test]
fn a_kept_record_goes_ahead_of_its_slot() {
    let mut pacer = one_of(10_000, 9_000);
    let waiting = Queue { waiting: 40, kept: 1, hurry: Hurry::No };
    let (at, most) = sent_at(&mut pacer, SECOND, waiting);
    assert_eq!(most, 1);
    assert!(at < Duration::from_secs(60), "{at:?}");
    pacer.answered(at, taken(1));
    let (slot, most) = sent_at(&mut pacer, at, queue(39));
    assert_eq!(most, 39);
    assert!(slot > Duration::from_secs(120), "{slot:?}");
}

#[test]
fn a_flush_goes_at_once_and_after_a_throttling_soon() {
    let mut pacer = one_of(10_000, 9_999);
    assert_eq!(pacer.next(SECOND, hurried(60, Hurry::Flush)), Step::Send { most: 50, kept_first: true });
    pacer.answered(SECOND, taken(50));
    assert_eq!(pacer.next(SECOND, hurried(10, Hurry::Flush)), Step::Send { most: 50, kept_first: true });
    pacer.answered(SECOND, failed(Setback::Throttled(300 * SECOND)));
    pacer.again(SECOND);
    let (at, _) = sent_at(&mut pacer, SECOND, hurried(10, Hurry::Flush));
    assert!((2 * SECOND..=11 * SECOND).contains(&at), "{at:?}");
}

#[test]
fn on_a_spot_notice_the_kept_go_first_and_the_rest_within_seconds() {
    let mut pacer = one_of(10_000, 9_999);
    let notice = Queue { waiting: 40, kept: 2, hurry: Hurry::Spot };
    assert_eq!(pacer.next(SECOND, notice), Step::Send { most: 2, kept_first: true });
    pacer.answered(SECOND, taken(2));
    let (at, most) = sent_at(&mut pacer, SECOND, hurried(38, Hurry::Spot));
    assert_eq!(most, 50);
    assert!(at <= 10 * SECOND, "{at:?}");
    let mut alone = alone();
    assert!(matches!(alone.next(SECOND, hurried(40, Hurry::Spot)), Step::Send { .. }));
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
fn after_an_outage_the_first_request_is_one_record_and_then_there_is_a_slot() {
    let mut pacer = one_of(10_000, 9_999);
    let (mut now, _) = sent_at(&mut pacer, SECOND, queue(40));
    for _ in 0..6 {
        pacer.answered(now, failed(Setback::Away));
        now = sent_at(&mut pacer, now, queue(40)).0;
    }
    assert!(matches!(pacer.next(now, queue(40)), Step::Send { most: 1, .. }));
    pacer.answered(now, taken(1));
    assert!(matches!(pacer.next(now, queue(39)), Step::WaitUntil(then) if then > now));
    // One alone goes on at once.
    let mut pacer = alone();
    let (mut now, _) = sent_at(&mut pacer, SECOND, queue(40));
    for _ in 0..3 {
        pacer.answered(now, failed(Setback::Away));
        now = sent_at(&mut pacer, now, queue(40)).0;
    }
    pacer.answered(now, taken(1));
    assert_eq!(pacer.next(now, queue(39)), send(50));
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

#[test]
fn names_find_places_that_are_spread_evenly() {
    let mut tenths = [0; 10];
    for id in 0..10_000_u64 {
        let place = place_of(&format!("i-{:017x}", id.wrapping_mul(0x9e37_79b9)));
        assert!((0.0..1.0).contains(&place));
        tenths[(place * 10.0) as usize] += 1;
    }
    assert!(tenths.iter().all(|there| (850..1_150).contains(there)), "{tenths:?}");
}

/// One of many for which the back end was away for ten minutes, with so many records, just after its first request since.
fn back_after_an_outage(waiting: usize, first: Answer) -> (Pacer, Duration) {
    let mut pacer = one_of(10_000, 5_000);
    let (mut now, _) = sent_at(&mut pacer, SECOND, queue(1));
    pacer.answered(now, taken(1));
    for minute in 0..60 {
        // A record a minute is what usually comes.
        pacer.next(now + SECOND, queue(minute % 2 + 1));
        pacer.arrivals.done(1);
        now += 60 * SECOND;
    }
    let end = now + 600 * SECOND;
    while now < end {
        let most = sent_at(&mut pacer, now, queue(waiting));
        now = most.0 + SECOND;
        pacer.answered(now, failed(Setback::Away));
    }
    now = sent_at(&mut pacer, now, queue(waiting)).0;
    pacer.answered(now, first);
    (pacer, now)
}

#[test]
fn a_back_end_that_throttles_after_an_outage_is_there_and_gets_the_slot_all_the_same() {
    let (mut pacer, found) = back_after_an_outage(100, failed(Setback::Throttled(Duration::ZERO)));
    assert!(pacer.anchor.is_some(), "{pacer:?}");
    let (at, most) = sent_at(&mut pacer, found, queue(100));
    // In parts, as after an outage that ends without one.
    assert!((2..=25).contains(&most) && at - found <= 60 * SECOND, "{most} after {:?}", at - found);
}

#[test]
fn after_an_outage_the_parts_come_closer_until_one_is_throttled_twice() {
    let (mut pacer, mut now) = back_after_an_outage(2_000, taken(1));
    let mut left = 2_000;
    let mut part = |pacer: &mut Pacer, answer: Answer| {
        let (mut at, most) = sent_at(pacer, now, queue(left));
        let apart = at - now;
        left -= answer.done.min(most);
        now = at;
        pacer.answered(at, Answer { done: answer.done.min(most), ..answer });
        while pacer.together > 0 && answer.setback.is_none() {
            let (then, most) = sent_at(pacer, at, queue(left));
            (at, left) = (then, left - most);
            pacer.answered(at, taken(most));
        }
        apart
    };
    part(&mut pacer, taken(50));
    let apart: Vec<_> = (0..5).map(|_| part(&mut pacer, taken(50))).collect();
    assert!(apart.is_sorted_by(|before, after| before >= after) && apart[4] < apart[0], "{apart:?}");
    assert!(apart[4] > apart[0].mul_f64(0.8), "{apart:?}");
    let throttled = failed(Setback::Throttled(Duration::ZERO));
    part(&mut pacer, throttled);
    let gave_way = part(&mut pacer, throttled);
    assert!(gave_way > apart[4] / 3, "{gave_way:?} of {apart:?}");
    // What it gave way with is made up for at once.
    for _ in 0..2 {
        part(&mut pacer, taken(50));
    }
    let after = part(&mut pacer, taken(50));
    assert!(after > apart[4], "{after:?} of {apart:?}");
}

#[test]
fn a_single_failure_costs_no_slot() {
    let mut pacer = one_of(10_000, 9_999);
    let (at, most) = sent_at(&mut pacer, SECOND, queue(40));
    pacer.answered(at, failed(Setback::Away));
    let (again, most_again) = sent_at(&mut pacer, at, queue(40));
    assert!(most_again == most && again - at <= SECOND, "{most_again} after {:?}", again - at);
    pacer.answered(again, taken(20));
    let (rest, _) = sent_at(&mut pacer, again, queue(20));
    // The rest goes on as if nothing had been.
    assert_eq!(rest, again);
}

#[test]
fn a_burst_says_nothing_about_what_usually_comes() {
    let mut arrivals = arrivals::Arrivals::default();
    arrivals.look(SECOND, 40);
    for second in 1..=600 {
        arrivals.look(second * SECOND, 40 + second as usize / 20);
    }
    assert!((arrivals.rate() - 0.05).abs() < 0.005, "{}", arrivals.rate());
}
