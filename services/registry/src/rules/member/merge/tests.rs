use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::rules::{
    member::{
        passage::Step,
        sealed::{HeldDocument, SealedNumber},
    },
    person::{code::Sex, document::DocumentKind, name::PersonName},
    union::mark::Note,
};

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn union(number: u128) -> UnionId {
    UnionId(Uuid::from_u128(number))
}

fn passages(steps: Vec<(&str, Step)>) -> Passages {
    let steps = steps.into_iter().map(|(on, step)| Passage { on: day(on), step });
    Passages::new(steps.collect()).unwrap()
}

fn codes(passages: &Passages) -> Vec<(String, &'static str)> {
    passages.all().iter().map(|passage| (passage.on.to_string(), passage.step.code())).collect()
}

fn number(text: &str) -> HeldDocument {
    let sealed = String::new();
    let number = SealedNumber { masked: String::new(), digest: text.to_owned(), sealed };
    HeldDocument { number, validity: None }
}

fn person(name: &str, from: &str, documents: &[(DocumentKind, &str)]) -> MemberFacts {
    let held = |(kind, text): &(DocumentKind, &str)| (*kind, always(Some(number(text)), day(from)));
    let mut facts = MemberFacts {
        names: always(PersonName::parse(name).ok(), day(from)),
        documents: documents.iter().map(held).collect(),
        ..MemberFacts::default()
    };
    facts.confirmations.note(day(from));
    facts
}

/// As the numbers are once they are sealed for the other record.
fn sealed(facts: &MemberFacts) -> MemberFacts {
    let mut sealed = facts.clone();
    for history in sealed.documents.values_mut() {
        *history = history.mapped(|held| number(&format!("{} anew", held.number.digest)));
    }
    sealed
}

#[test]
fn memberships_follow_each_other() {
    let earlier =
        passages(vec![("2010-01-01", Step::Admitted(union(1))), ("2012-01-01", Step::Withdrawn)]);
    let later = passages(vec![("2012-01-01", Step::Admitted(union(2)))]);
    for (target, source) in [(&earlier, &later), (&later, &earlier)] {
        let merged = follow_up(target, source).unwrap();
        assert_eq!(codes(&merged).len(), 3);
        assert_eq!(merged.last_standing().number(), 2, "the second is a re-admission");
    }
}

#[test]
fn the_same_membership_twice_is_one() {
    let long = passages(vec![
        ("2010-01-01", Step::Applied(union(1))),
        ("2010-02-01", Step::Admitted(union(1))),
    ]);
    let short = passages(vec![("2012-01-01", Step::Admitted(union(1)))]);
    for (target, source) in [(&long, &short), (&short, &long), (&short, &short)] {
        let merged = follow_up(target, source).unwrap();
        assert_eq!(merged.last_standing().number(), 1);
        assert!(codes(&merged).len() <= 2);
    }
}

#[test]
fn what_overlaps_is_refused_either_way() {
    let open = passages(vec![("2010-01-01", Step::Admitted(union(1)))]);
    let other = passages(vec![("2012-01-01", Step::Admitted(union(2)))]);
    let moved = passages(vec![
        ("2010-06-01", Step::Admitted(union(1))),
        ("2012-01-01", Step::TransferAsked(union(2))),
        ("2012-02-01", Step::TransferAccepted),
    ]);
    let ended =
        passages(vec![("2009-01-01", Step::Admitted(union(1))), ("2010-01-02", Step::Withdrawn)]);
    for (one, two, on) in [
        (&open, &other, "2012-01-01"),
        (&open, &moved, "2010-06-01"),
        (&open, &ended, "2010-01-01"),
    ] {
        for (target, source) in [(one, two), (two, one)] {
            assert_eq!(follow_up(target, source), Err(MergeFault::Overlap(day(on))));
        }
    }
    let dead =
        passages(vec![("2001-01-01", Step::Admitted(union(1))), ("2002-01-01", Step::Deceased)]);
    let refused = follow_up(&dead, &open).unwrap_err();
    assert_eq!(refused.reason().name, "MEMBERSHIP_STEP_INVALID");
}

#[test]
fn what_one_knows_of_a_day_stands_and_the_rest_comes_from_the_other() {
    let mut target = person("丁某", "2014-01-01", &[(DocumentKind::ResidentId, "a")]);
    let mut source = person(
        "丁某某",
        "2012-01-01",
        &[(DocumentKind::ResidentId, "b"), (DocumentKind::Passport, "c")],
    );
    target.births = always(Some(day("1888-08-08")), day("2014-01-01"));
    source.births = always(Some(day("1888-08-09")), day("2012-01-01"));
    target.sexes = always(Some(Sex::Unknown), day("2014-01-01"));
    source.sexes = always(Some(Sex::Female), day("2012-01-01"));
    let merged = merge(&target, &source, &sealed(&source)).unwrap();
    assert_eq!(merged.findings, [Finding::Births]);
    assert!(merged.left.documents.is_empty());
    let facts = merged.facts;
    let name = |on: &str| facts.names.on(day(on)).unwrap().as_str().to_owned();
    assert_eq!((name("2013-12-31"), name("2014-01-01")), ("丁某某".into(), "丁某".into()));
    assert_eq!(facts.births.on(day("2012-01-01")), Some(&day("1888-08-08")));
    assert_eq!(facts.sexes.on(day("2012-01-01")), Some(&Sex::Female));
    let held = |kind, on: &str| facts.documents[&kind].on(day(on)).unwrap().number.digest.clone();
    assert_eq!(held(DocumentKind::ResidentId, "2013-01-01"), "b anew");
    assert_eq!(held(DocumentKind::ResidentId, "2014-01-01"), "a");
    assert_eq!(held(DocumentKind::Passport, "2014-01-01"), "c anew");
    assert_eq!(facts.confirmations.days().len(), 2);
    // The other way round there is no day for the later number.
    let merged = merge(&source, &target, &sealed(&target)).unwrap();
    assert_eq!(merged.findings, [Finding::Births, Finding::TwoDocuments(DocumentKind::ResidentId)]);
    assert_eq!(merged.left.documents[&DocumentKind::ResidentId].rows()[0].value, number("a"));
}

fn some_passages() -> impl Strategy<Value = Passages> {
    let step = (0_u64..6, 0_u8..7, 1_u128..3);
    prop::collection::vec(step, 0..8).prop_map(|steps| {
        let (mut passages, mut on) = (Passages::default(), day("2010-01-01"));
        for (gap, kind, at) in steps {
            on = on.plus_days(gap);
            let step = match kind {
                0 => Step::Applied(union(at)),
                1 => Step::Admitted(union(at)),
                2 => Step::Withdrawn,
                3 => Step::TransferAsked(union(at)),
                4 => Step::TransferAccepted,
                5 => Step::TransferredOut(Note::parse("外区").unwrap()),
                _ => Step::Retained(crate::rules::member::passage::RetentionCause::Other),
            };
            // What does not follow is left out.
            let _ = passages.record(Passage { on, step });
        }
        passages
    })
}

proptest! {
    /// On no day is anybody a member twice, and nobody's day as a member is lost.
    #[test]
    fn merged_memberships_are_those_of_both(one in some_passages(), other in some_passages()) {
        let first = day("2009-12-31");
        let on = |passages: &Passages, at: u64| {
            passages.standing_on(first.plus_days(at)).membership().map(|m| m.union)
        };
        match follow_up(&one, &other) {
            Ok(merged) => for at in 0..60 {
                let (a, b, c) = (on(&one, at), on(&other, at), on(&merged, at));
                prop_assert_eq!(c.is_some(), a.is_some() || b.is_some(), "day {}", at);
                prop_assert!(a.is_none() || b.is_none() || a == b, "day {}", at);
                prop_assert!(c == a || c == b, "day {}", at);
            },
            Err(fault) => {
                let swapped = follow_up(&other, &one).unwrap_err();
                prop_assert_eq!(fault.reason().name, swapped.reason().name);
            }
        }
    }
}
