use proptest::prelude::*;

use super::*;
use crate::rules::member::{
    Employment,
    tests::{day, lived, steps, union},
};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn ends(rest: Fate) -> Aftermath {
    Aftermath { unions: vec![union(1)], on: day(10), heirs: Vec::new(), rest }
}

fn of(steps: Vec<(Step, i32)>) -> MemberFacts {
    MemberFacts { passages: lived(steps), ..MemberFacts::default() }
}

fn followed(aftermath: &Aftermath, steps: Vec<(Step, i32)>) -> Vec<(CivilDate, &'static str)> {
    let passages = aftermath.follow(&of(steps));
    let all = passages.map(|passages| passages.all().to_vec()).unwrap_or_default();
    all.iter().map(|passage| (passage.on, passage.step.code())).collect()
}

#[test]
fn members_of_a_merged_union_pass_on_its_day_and_keep_what_came_later() {
    let merged = ends(Fate::Pass(union(3)));
    let told = followed(&merged, vec![(Step::Admitted(union(1)), 1)]);
    assert_eq!(told, [(day(1), "ADMITTED"), (day(10), "CARRIED")]);
    let later = vec![(Step::Admitted(union(1)), 1), (Step::Retained(RetentionCause::Retired), 14)];
    let told = followed(&merged, later);
    assert_eq!(told, [(day(1), "ADMITTED"), (day(10), "CARRIED"), (day(15), "RETAINED")]);
    // Who came later, before anybody knew of the merger, passes on that day.
    let told = followed(&merged, vec![(Step::Admitted(union(1)), 12)]);
    assert_eq!(told, [(day(12), "ADMITTED"), (day(12), "CARRIED")]);
    // Who left before, or went over meanwhile, is left alone.
    let gone = vec![(Step::Admitted(union(1)), 1), (Step::Withdrawn, 9)];
    assert_eq!(followed(&merged, gone), []);
    let over = vec![
        (Step::Admitted(union(1)), 1),
        (Step::TransferAsked(union(3)), 2),
        (Step::TransferAccepted, 9),
    ];
    assert_eq!(followed(&merged, over), []);
    assert_eq!(followed(&merged, vec![(Step::Admitted(union(2)), 1)]), []);
}

#[test]
fn what_was_asked_for_goes_on_where_somebody_takes_over() {
    let merged = ends(Fate::Pass(union(3)));
    let application = vec![(Step::Applied(union(1)), 1)];
    assert_eq!(followed(&merged, application.clone())[1], (day(10), "CARRIED"));
    let decided = vec![(Step::Applied(union(1)), 1), (Step::Admitted(union(1)), 13)];
    let told = followed(&merged, decided);
    assert_eq!(told, [(day(1), "APPLIED"), (day(14), "ADMITTED"), (day(14), "CARRIED")]);
    let asks = vec![(Step::Admitted(union(2)), 1), (Step::TransferAsked(union(1)), 2)];
    let told = followed(&merged, asks.clone());
    assert_eq!(told[2..], [(day(10), "TRANSFER_CANCELLED"), (day(10), "TRANSFER_ASKED")]);
    let leaves = vec![(Step::Admitted(union(1)), 1), (Step::TransferAsked(union(2)), 2)];
    let told = followed(&merged, leaves);
    assert_eq!(told[2..], [(day(10), "CARRIED"), (day(10), "TRANSFER_ASKED")]);
    let ended = ends(Fate::Retain(RetentionCause::EmployerEnded));
    assert_eq!(followed(&ended, application)[1], (day(10), "REFUSED"));
    assert_eq!(followed(&ended, asks)[2], (day(10), "TRANSFER_CANCELLED"));
}

#[test]
fn a_membership_is_retained_where_the_decision_says_or_where_it_was() {
    let kept = ends(Fate::Keep(union(4), RetentionCause::UnionEnded));
    let told = followed(&kept, vec![(Step::Admitted(union(1)), 1)]);
    assert_eq!(told[1..], [(day(10), "CARRIED"), (day(10), "RETAINED")]);
    let retired = vec![(Step::Admitted(union(1)), 1), (Step::Retained(RetentionCause::Retired), 1)];
    assert_eq!(followed(&kept, retired.clone())[2..], [(day(10), "CARRIED")]);
    let later = vec![(Step::Admitted(union(1)), 1), (Step::Retained(RetentionCause::Retired), 14)];
    assert_eq!(followed(&kept, later)[1..], [(day(10), "CARRIED"), (day(15), "RETAINED")]);
    let here = ends(Fate::Retain(RetentionCause::EmployerEnded));
    assert_eq!(followed(&here, retired.clone()), []);
    let asks = [retired, vec![(Step::TransferAsked(union(2)), 2)]].concat();
    assert_eq!(followed(&here, asks), [], "the other one may still accept");
    let told = followed(&here, vec![(Step::Admitted(union(1)), 1)]);
    assert_eq!(told[1..], [(day(10), "RETAINED")]);
    let out = ends(Fate::Leave);
    assert_eq!(
        followed(&out, vec![(Step::Admitted(union(1)), 1)])[1..],
        [(day(10), "TRANSFERRED_OUT")]
    );
}

#[test]
fn a_split_divides_members_by_the_employer_of_its_day() {
    let heir = Heir { union: union(3), employers: [id(7)].into() };
    let split = Aftermath { heirs: vec![heir], ..ends(Fate::Stay) };
    let works = |employer: u128, from: i32| {
        let mut facts = of(vec![(Step::Admitted(union(1)), 1)]);
        let employment = Employment { employer: Some(EmployerId(id(employer))), status: None };
        facts.employments.record(Some(employment), day(from));
        facts
    };
    let told = split.follow(&works(7, 1)).unwrap();
    assert_eq!(told.last_union(), Some(union(3)));
    assert_eq!(split.follow(&works(8, 1)), None);
    assert_eq!(split.follow(&works(7, 11)), None, "another employer on that day");
    assert_eq!(split.follow(&of(vec![(Step::Admitted(union(1)), 1)])), None, "no employer");
    // Who joined the union that goes on after the split is its member.
    let mut late = of(vec![(Step::Admitted(union(1)), 12)]);
    late.employments = works(7, 1).employments;
    assert_eq!(split.follow(&late), None);
    let ended = Aftermath { rest: Fate::Retain(RetentionCause::UnionEnded), ..split };
    assert_eq!(ended.follow(&works(7, 1)).unwrap().last_union(), Some(union(3)));
    assert_eq!(ended.follow(&works(8, 1)).unwrap().last_union(), Some(union(1)));
}

proptest! {
    #[test]
    fn nobody_is_left_behind_and_nothing_is_lost(
        lives in prop::collection::vec((steps(), 0_i32..5), 0..12),
        fate in prop::sample::select(vec![
            Fate::Pass(union(3)),
            Fate::Pass(union(2)),
            Fate::Keep(union(2), RetentionCause::UnionEnded),
            Fate::Retain(RetentionCause::UnionEnded),
            Fate::Leave,
        ]),
    ) {
        let facts = of(lives);
        let aftermath = ends(fate);
        let before = facts.passages.all().to_vec();
        let Some(after) = aftermath.follow(&facts) else {
            let stays = !aftermath.concerns(facts.passages.last_standing())
                // Whom the union retained already it keeps, until the union that was asked accepts.
                || matches!(facts.passages.last_standing(), Standing::Member {
                    membership: Membership { relation: Relation::Retained, .. }, transfer
                } if fate == Fate::Retain(RetentionCause::UnionEnded) && transfer != Some(union(1)));
            prop_assert!(stays, "{:?}", facts.passages);
            return Ok(());
        };
        let mut rest = after.all().iter();
        for step in &before {
            prop_assert!(rest.any(|kept| kept == step), "{:?} was lost", step);
        }
        let last = after.last_standing();
        let here = matches!(last, Standing::Member { membership: Membership { union: at, relation, .. }, .. }
            if at == union(1) && !(matches!(fate, Fate::Retain(_)) && relation == Relation::Retained));
        prop_assert!(!here, "{:?}", after);
        let applies = matches!(last, Standing::Applicant { union: at, .. } if at == union(1));
        prop_assert!(!applies);
        prop_assert_ne!(last.transfer(), Some(union(1)));
        // Up to the day before, everything is as it was.
        for number in 0..10 {
            prop_assert_eq!(after.standing_on(day(number)), facts.standing_on(day(number)));
        }
        let once = MemberFacts { passages: after, ..facts };
        prop_assert_eq!(aftermath.follow(&once), None, "a second time");
    }
}
