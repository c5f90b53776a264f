use std::collections::BTreeMap;

use proptest::prelude::*;
use unionhall_kit::{civil::CivilDate, path::Line};
use uuid::Uuid;

use super::{
    contribution::{Grounds, UnionGround, contributions, worth},
    membership::{Relation, Standing},
    metric::MemberMetric as M,
    passage::{Passage, Passages, RetentionCause, Step},
    *,
};
use crate::rules::{
    employer::address::Address,
    steps::Leaf,
    union::{
        UnionId,
        affiliation::{AffiliationPath, Label},
        mark::Note,
    },
};

pub(super) fn day(number: i32) -> CivilDate {
    CivilDate::from_epoch_day(16_000 + number).unwrap()
}

pub(super) fn union(number: u128) -> UnionId {
    UnionId(Uuid::from_u128(number << 64 | number))
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let unions = || (1_u128..3).prop_map(union);
    let note = || Just(Note::parse("某").unwrap());
    prop_oneof![
        unions().prop_map(Step::Applied),
        note().prop_map(Step::Refused),
        Just(Step::TakenBack),
        unions().prop_map(Step::Admitted),
        (unions(), note()).prop_map(|(union, note)| Step::TransferredIn(union, note)),
        unions().prop_map(Step::TransferAsked),
        Just(Step::TransferAccepted),
        Just(Step::TransferCancelled),
        Just(Step::Retained(RetentionCause::Retired)),
        Just(Step::Resumed),
        Just(Step::Withdrawn),
        Just(Step::DeemedWithdrawn),
        note().prop_map(Step::Expelled),
        unions().prop_map(Step::Carried),
    ]
}

/// What of random steps can follow each other.
pub(super) fn lived(steps: Vec<(Step, i32)>) -> Passages {
    let mut passages = Passages::default();
    let mut at = 0;
    for (step, later) in steps {
        at += later;
        let _ = passages.record(Passage { on: day(at), step });
    }
    passages
}

fn grounds() -> Grounds {
    let ground = |number: u128| {
        let area = AreaPath::parse(&format!("1101020120{number:02}")).unwrap();
        let seat = Address::new(area, "某街1号").unwrap();
        let path = AffiliationPath::below(None, &Label::of(union(number))).unwrap();
        let (mut seats, mut paths) = (History::default(), History::default());
        seats.record(Some(seat), day(-10_000));
        paths.record(Some(path), day(-10_000));
        (union(number), UnionGround { seats, paths })
    };
    Grounds { unions: (1..3).map(ground).collect(), ..Grounds::default() }
}

#[test]
fn nobody_is_a_member_twice() {
    let mut passages = Passages::default();
    let at = |number, step| Passage { on: day(number), step };
    passages.record(at(1, Step::Admitted(union(1)))).unwrap();
    for step in [Step::Admitted(union(2)), Step::Applied(union(2)), Step::TransferAccepted] {
        assert!(matches!(passages.clone().record(at(2, step)), Err(MemberFault::Step(..))));
    }
    let early = passages.record(at(0, Step::Withdrawn));
    assert!(matches!(early, Err(MemberFault::BeforePassage(..))));
    // Joined and left on one day is legal, and that evening there is no membership.
    passages.record(at(1, Step::Withdrawn)).unwrap();
    assert_eq!(passages.standing_on(day(1)).membership(), None);
    assert!(passages.memberships().rows().is_empty());
}

#[test]
fn nothing_follows_death() {
    let mut passages = lived(vec![(Step::Admitted(union(1)), 1), (Step::Deceased, 1)]);
    let back = passages.record(Passage { on: day(9), step: Step::Admitted(union(1)) });
    assert!(matches!(back, Err(MemberFault::Step("ADMITTED", "FORMER"))));
}

#[test]
fn a_union_decides_its_own_applications() {
    let mut passages = lived(vec![(Step::Applied(union(1)), 1)]);
    let stranger = passages.record(Passage { on: day(2), step: Step::Admitted(union(2)) });
    assert!(stranger.is_err());
    passages.record(Passage { on: day(2), step: Step::Admitted(union(1)) }).unwrap();
    assert_eq!(passages.last_standing().number(), 1);
}

proptest! {
    #[test]
    fn levels_are_what_flows_left(
        steps in prop::collection::vec((steps(), 0_i32..40), 0..25),
        confirmed in prop::collection::vec(0_i32..500, 0..6),
    ) {
        let mut facts = MemberFacts { passages: lived(steps), ..MemberFacts::default() };
        for number in confirmed {
            facts.confirmations.note(day(number));
        }
        let grounds = grounds();
        let written = contributions(&facts, &grounds);
        for number in -1..700 {
            let on = day(number);
            let standing = facts.standing_on(on);
            let mut told: BTreeMap<(M, Leaf), i64> = BTreeMap::new();
            for (metric, id, name) in M::all() {
                let mut sums: BTreeMap<Leaf, i64> = BTreeMap::new();
                for step in written.iter().filter(|step| step.metric == id && step.day <= on) {
                    *sums.entry(step.leaf.clone()).or_insert(0) += step.delta;
                }
                sums.retain(|_, value| *value != 0);
                let mut direct: BTreeMap<Leaf, i64> = BTreeMap::new();
                for (leaf, value) in worth(metric, &facts, &grounds, on) {
                    *direct.entry(leaf).or_insert(0) += value;
                }
                prop_assert_eq!(&sums, &direct, "{} on {}", name, on);
                told.extend(sums.into_iter().map(|(leaf, value)| ((metric, leaf), value)));
            }
            let sum = |metric: M, line: Line| -> i64 {
                told.iter().filter(|((m, leaf), _)| *m == metric && leaf.line == line)
                    .map(|(_, value)| value).sum()
            };
            let active = i64::from(matches!(
                standing.membership(),
                Some(membership) if membership.relation == Relation::Active
            ));
            for line in [Line::Area, Line::Affiliation] {
                prop_assert_eq!(sum(M::Members, line), active);
                prop_assert_eq!(sum(M::Joined, line) - sum(M::Left, line), active);
                let ins = [M::New, M::Readmitted, M::TransferredIn, M::MovedIn, M::Resumed];
                let outs = [M::MovedOut, M::TransferredOut, M::Withdrawn, M::DeemedWithdrawn,
                    M::Expelled, M::Deceased, M::NewlyRetained];
                prop_assert_eq!(ins.map(|m| sum(m, line)).iter().sum::<i64>(), sum(M::Joined, line));
                prop_assert_eq!(outs.map(|m| sum(m, line)).iter().sum::<i64>(), sum(M::Left, line));
            }
            let member = matches!(standing, Standing::Member { .. });
            prop_assert_eq!(member, standing.membership().is_some());
        }
    }
}
