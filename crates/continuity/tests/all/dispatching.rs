//! Work as it comes, with parts that fall while others are worked on; the clock is in minutes.

use continuity::schedule::{Dispatcher, Job, Shop, Span, Todo, Wait};

/// Jobs on one resource each, or none, with the jobs that they wait for.
fn shop(jobs: &[(Option<usize>, &[usize])], capacity: &[u32]) -> Dispatcher {
    let job = |(resource, of): &(Option<usize>, &[usize])| Job {
        duration: 1,
        ready: 0,
        resource: *resource,
        waits: of.iter().map(|before| Wait { k: 1, of: vec![*before] }).collect(),
    };
    Dispatcher::new(&Shop { jobs: jobs.iter().map(job).collect(), capacity: capacity.to_vec() })
}

fn run(shop: &Dispatcher, todo: &[Todo], from: u64) -> Vec<Option<(u64, u64)>> {
    let rank: Vec<u32> = (0..todo.len() as u32).collect();
    let spans = shop.run(todo, &rank, &[], from);
    spans.into_iter().map(|s| s.map(|Span { begin, end }| (begin, end))).collect()
}

#[test]
fn what_falls_when_work_begins_is_to_be_done_first() {
    let shop = shop(&[(Some(0), &[]), (Some(1), &[0])], &[1, 1]);
    for (from, at) in [(0, 0), (7, 7), (7, 3)] {
        let spans = run(&shop, &[Todo::Falls(at, 5), Todo::Work(3)], from);
        assert_eq!(spans, [Some((from, from + 5)), Some((from + 5, from + 8))], "falls at {at}");
    }
    // One minute later, what waits for it has begun and goes on.
    let spans = run(&shop, &[Todo::Falls(8, 5), Todo::Work(3)], 7);
    assert_eq!(spans, [Some((8, 13)), Some((7, 10))]);
}

/// The last job waits for the second and for the only crew, which the first one holds until 10.
/// The second falls at 9, so that at 10 the crew has nothing to do until it works again.
#[test]
fn what_was_queued_waits_anew_when_its_need_falls() {
    let direct = shop(&[(Some(0), &[]), (Some(1), &[]), (Some(0), &[1])], &[1, 1]);
    let todo = [Todo::Work(10), Todo::Falls(9, 5), Todo::Work(3)];
    assert_eq!(run(&direct, &todo, 0), [Some((0, 10)), Some((9, 14)), Some((14, 17))]);
    // Up again before the crew is free: nothing is lost.
    let todo = [Todo::Work(10), Todo::Falls(4, 5), Todo::Work(3)];
    assert_eq!(run(&direct, &todo, 0), [Some((0, 10)), Some((4, 9)), Some((10, 13))]);
    // The same through a state that rests on it.
    let through = shop(&[(Some(0), &[]), (Some(1), &[]), (None, &[1]), (Some(0), &[2])], &[1, 1]);
    let todo = [Todo::Work(10), Todo::Falls(9, 5), Todo::Holds, Todo::Work(3)];
    let spans = run(&through, &todo, 0);
    assert_eq!((spans[1], spans[3]), (Some((9, 14)), Some((14, 17))));
}

#[test]
fn what_is_running_holds_its_crew_and_what_is_done_takes_none() {
    let shop = shop(&[(Some(0), &[]), (Some(0), &[]), (Some(0), &[1])], &[1]);
    let spans = run(&shop, &[Todo::Running(4), Todo::Done, Todo::Work(3)], 20);
    assert_eq!(spans, [Some((20, 24)), Some((0, 0)), Some((24, 27))]);
    let spans = run(&shop, &[Todo::Work(2), Todo::Work(0), Todo::Work(3)], 20);
    assert_eq!(spans, [Some((20, 22)), Some((20, 20)), Some((22, 25))]);
}
