//! One of many after the back end was away.

use super::*;

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
fn after_an_outage_the_parts_are_as_planned_and_near_the_end_they_come_closer_until_one_is_throttled() {
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
        (at, apart)
    };
    part(&mut pacer, taken(50));
    let (at, planned) = part(&mut pacer, taken(50));
    assert!((SECOND..=30 * SECOND).contains(&planned), "{planned:?}");
    // Sooner than it would.
    let tries = at + 3 * planned;
    pacer.recovery.as_mut().unwrap().tries = tries;
    let mut apart = vec![];
    while apart.len() < 3 {
        match part(&mut pacer, taken(50)) {
            (at, between) if at > tries => apart.push(between),
            (_, between) => assert!(between <= planned, "{between:?} of {planned:?}"),
        }
    }
    assert!(apart[1] <= planned / 4 && apart[2] <= planned / 10, "{apart:?} of {planned:?}");
    let throttled = failed(Setback::Throttled(Duration::ZERO));
    part(&mut pacer, throttled);
    let gave_way = part(&mut pacer, throttled).1;
    assert!(gave_way >= planned.mul_f64(0.8), "{gave_way:?} of {planned:?}");
    let window = pacer.recovery.unwrap().window;
    assert!(window >= planned, "as planned again: {window:?} of {planned:?}");
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
    let mut arrivals = Arrivals::default();
    arrivals.look(SECOND, 40);
    for second in 1..=600 {
        arrivals.look(second * SECOND, 40 + second as usize / 20);
    }
    assert!((arrivals.rate() - 0.05).abs() < 0.005, "{}", arrivals.rate());
}
