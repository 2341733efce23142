use super::*;

/// A service that no plan brings back is down for 2^32 seconds, for every home and tenant.
#[test]
fn what_never_returns_is_down_for_ever_and_what_never_fell_not_at_all() {
    let spans = [None, Some(Span { begin: 3, end: 8 })];
    let awaited = |milestone| Awaited { service: 0, count: None, milestone, wait: 5, longest: 9 };
    for (milestone, up_at, all_in) in
        [(None, 0, 0), (Some(1), 8, 13), (Some(0), 4_294_967_295_000, 4_294_967_295_005)]
    {
        assert_eq!((up(milestone, &spans), has(&awaited(milestone), 5, &spans)), (up_at, all_in));
    }
    assert_eq!(up(Some(7), &spans), 4_294_967_295_000);
    let party = |milestones: [Option<usize>; 2]| Party {
        hosting: 0,
        tenants: vec![0],
        insured: 100,
        services: milestones.map(awaited).into(),
    };
    assert_eq!(end(&party([None, Some(1)]), &spans), 13);
    // 100 people for 13 ms, and a hundredth of 100 people for the mean of 0 and 8 ms.
    assert_eq!(lost(&[party([None, Some(1)]), party([None, None])], &spans), 1_300);
    assert_eq!(cost(&[party([None, Some(1)])], &spans), 1_300 + 4);
    // Where services are weighed: the time without each, times what it counts for, and a thousandth of the loss.
    let mut weighed = party([Some(1), Some(1)]);
    weighed.services.iter_mut().zip([2, 3]).for_each(|(a, count)| a.count = Some(count));
    assert_eq!(cost(&[weighed], &spans), 100 * 13 * (2 + 3) + 1);
}
