//! When somebody waits, or the host is about to be taken away.

use super::*;

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
