use super::*;
use crate::rules::{
    name::Name,
    union::{
        approval::{Approval, DocumentNumber},
        kind::{UnionLevel, UnionType},
        mark::Note,
    },
};

fn day(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(offset).unwrap()
}

fn id(number: u128) -> UnionId {
    UnionId(Uuid::from_u128(number))
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn decision() -> Decision {
    Decision {
        approval: Approval {
            body: Name::parse("北京市西城区总工会").unwrap(),
            number: DocumentNumber::parse("西工发〔2014〕1号").unwrap(),
        },
        decided_on: day(0),
        assets: Note::parse("").unwrap(),
        audit: None,
        approver: None,
    }
}

fn union() -> UnionFacts {
    let mut facts = UnionFacts::default();
    facts.statuses.record(Some(Status::Active), day(0));
    facts.types.record(Some(UnionType::Joint), day(0));
    facts.levels.record(Some(UnionLevel::Basic), day(0));
    facts
}

fn divided(facts: &UnionFacts, parts: &[UnionId], ends: bool, from: i32) -> UnionFacts {
    let decision = decision();
    let ending = Ending { decision: &decision, membership: None, keeper: None };
    split((id(1), facts), (parts, ends), ending, (day(from), day(100))).unwrap()
}

#[test]
fn a_union_knows_every_part_that_was_split_off_until_a_day() {
    let later = divided(&union(), &[id(5)], false, 50);
    let both = divided(&later, &[id(3), id(4)], false, 20);
    assert_eq!(both.parts.on(day(19)), None);
    assert_eq!(both.parts.on(day(20)), Some(&vec![id(3), id(4)]));
    assert_eq!(both.parts.on(day(50)), Some(&vec![id(5), id(3), id(4)]));
    assert!(both.active_on(day(99)));
    let ended = divided(&both, &[id(6)], true, 60);
    assert_eq!(ended.status_on(day(60)), Some(Status::Split));
    assert_eq!(ended.ended_on(), Some(day(60)));
    assert_eq!(ended.parts.on(day(60)).map(Vec::len), Some(4));
    let decision = decision();
    let ending = Ending { decision: &decision, membership: None, keeper: None };
    let again = split((id(1), &ended), (&[id(7)], false), ending, (day(61), day(100)));
    assert_eq!(again, Err(UnionFault::Ended(day(60))));
}

#[test]
fn whom_a_part_takes_over_is_there_and_named_once() {
    let wish = |employers: &[u128], unions: &[u128]| Wish {
        employers: employers.iter().copied().map(uuid).collect(),
        unions: unions.iter().copied().map(id).collect(),
    };
    let covered = BTreeSet::from([uuid(1), uuid(2)]);
    let below = BTreeSet::from([id(8), id(9)]);
    let judged = |wishes: &[Wish]| taken_over(wishes, &covered, &below);
    assert_eq!(judged(&[wish(&[1], &[8]), wish(&[2], &[9])]), Ok(()));
    assert_eq!(judged(&[wish(&[3], &[])]), Err(SplitFault::NotCovered(uuid(3))));
    assert_eq!(judged(&[wish(&[], &[7])]), Err(SplitFault::NotBelow(id(7))));
    let twice = [wish(&[1], &[]), wish(&[1], &[])];
    assert_eq!(judged(&twice), Err(SplitFault::EmployerTwice(uuid(1))));
    let twice = [wish(&[], &[8]), wish(&[], &[8])];
    assert_eq!(judged(&twice), Err(SplitFault::UnionTwice(id(8))));
    assert_eq!(remaining(&[wish(&[2], &[])], covered.clone()), [uuid(1)]);
    assert!(remaining(&[wish(&[2], &[]), wish(&[1], &[])], covered).is_empty());
}

#[test]
fn one_employers_own_union_covers_no_other() {
    let mut own = union();
    own.types.record(Some(UnionType::SingleEmployer), day(0));
    own.employers.record(Some(EmployerId(uuid(1))), day(0));
    assert_eq!(covers(1, &own, &[uuid(1)], day(1)), Ok(()));
    assert_eq!(covers(1, &own, &[], day(1)), Ok(()));
    assert_eq!(covers(2, &own, &[uuid(1), uuid(2)], day(1)), Err(SplitFault::AnothersOwn(2)));
    let mut federation = union();
    federation.types.record(Some(UnionType::AreaFederation), day(0));
    assert_eq!(covers(3, &federation, &[uuid(1)], day(1)), Err(SplitFault::CoversNobody(3)));
    assert_eq!(covers(3, &federation, &[], day(1)), Ok(()));
}

#[test]
fn what_is_left_are_the_days_on_which_it_answers_to_the_union() {
    let (above, other, own) = (id(1), id(2), id(3));
    let path = |of: &[UnionId]| {
        let labels = of.iter().map(|id| Label::of(*id));
        let below = |above: Option<AffiliationPath>, label: Label| {
            Some(AffiliationPath::below(above.as_ref(), &label).unwrap())
        };
        labels.fold(None, below).unwrap()
    };
    let mut facts = union();
    facts.superiors.record(Some(above), day(0));
    facts.superiors.record(Some(other), day(50));
    let mut paths = History::default();
    paths.record(Some(path(&[above, own])), day(0));
    // The union above moves below another one, which moves the path and not the superior; later
    // it stands below a union that itself stands below that one.
    paths.record(Some(path(&[id(9), above, own])), day(30));
    paths.record(Some(path(&[id(9), above, other, own])), day(50));
    let left = leaves((&facts, &paths), above, day(20));
    let expected = [
        Dated { value: path(&[above, own]), period: Period::new(day(20), Some(day(30))).unwrap() },
        Dated {
            value: path(&[id(9), above, own]),
            period: Period::new(day(30), Some(day(50))).unwrap(),
        },
    ];
    assert_eq!(left, expected);
    assert!(leaves((&facts, &paths), above, day(50)).is_empty());
}
