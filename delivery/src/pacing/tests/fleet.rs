//! One of many: its slot, what it costs, and who is first.

use super::*;

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
fn names_find_places_that_are_spread_evenly() {
    let mut tenths = [0; 10];
    for id in 0..10_000_u64 {
        let place = place_of(&format!("i-{:017x}", id.wrapping_mul(0x9e37_79b9)));
        assert!((0.0..1.0).contains(&place));
        tenths[(place * 10.0) as usize] += 1;
    }
    assert!(tenths.iter().all(|there| (850..1_150).contains(there)), "{tenths:?}");
}
