//! Journals: what follows from steps, and what may not.

mod law;

use proptest::prelude::*;
use unionhall_kit::civil::CivilDate;

use super::{
    Subject,
    fault::FormationFault,
    journal::Journal,
    plan::{FollowUp, Plan},
    stage::{Stage, State},
    step::{Assembly, AssemblyKind, Deed, Document, DocumentKind, Words},
};
use crate::rules::{
    area::AreaPath,
    employer::address::Address,
    name::Name,
    union::{
        EmployerId, UnionId,
        approval::{Approval, DocumentNumber},
        kind::UnionType,
        term::{Term, TermYears},
    },
};

fn day(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(16_000 + offset).unwrap()
}

const TODAY: i32 = 1_000;

fn words() -> Words {
    Words::parse("某某").unwrap()
}

fn approval() -> Approval {
    Approval {
        body: Name::parse("某某总工会").unwrap(),
        number: DocumentNumber::parse("总工发〔2014〕1号").unwrap(),
    }
}

fn document(kind: DocumentKind) -> Document {
    Document { kind, number: None, date: None, issuer: None }
}

fn assembly(due: u32, present: u32) -> Deed {
    Deed::Election(Assembly {
        kind: AssemblyKind::GeneralMeeting,
        venue: None,
        due,
        present,
        represented: 0,
        seats: 3,
        women: false,
        audit: true,
        chair: None,
        own_accounts: false,
        candidates: None,
        elected: None,
    })
}

fn recruitment() -> Deed {
    Deed::Recruitment { members: 30, women: 10 }
}

fn establishment() -> Deed {
    let term = Term::new(std::num::NonZeroU16::MIN, TermYears::Three);
    Deed::Establishment { approval: approval(), union: UnionId(uuid::Uuid::nil()), term }
}

/// The steps that lead to the establishment, in their order.
fn path() -> Vec<Deed> {
    vec![
        Deed::Application(document(DocumentKind::Own)),
        Deed::Preparation { approval: approval(), group: None },
        recruitment(),
        Deed::ElectionApproval(approval()),
        assembly(30, 25),
        Deed::ResultFiling(document(DocumentKind::Own)),
        establishment(),
    ]
}

fn opened() -> Journal {
    Journal::open(Plan::default(), day(0), day(TODAY)).unwrap()
}

fn led(deeds: impl IntoIterator<Item = Deed>) -> Journal {
    let mut journal = opened();
    for (deed, on) in deeds.into_iter().zip(1..) {
        journal.add(deed, day(on), day(TODAY)).unwrap();
    }
    journal
}

fn add(journal: &Journal, deed: Deed, on: i32) -> Result<Journal, FormationFault> {
    let mut journal = journal.clone();
    journal.add(deed, day(on), day(TODAY)).map(|_| ())?;
    Ok(journal)
}

#[test]
fn the_path_leads_through_every_state_and_each_day_has_its_own() {
    let journal = led(path());
    let expected = [
        State::Prospect,
        State::ApplicationFiled,
        State::PreparatoryApproved,
        State::Recruiting,
        State::ElectionApproved,
        State::ElectionHeld,
        State::ResultFiled,
        State::Established,
    ];
    for (state, on) in expected.into_iter().zip(0..) {
        assert_eq!(journal.state_on(day(on)), Some((state, day(on))));
    }
    assert_eq!(journal.state_on(day(-1)), None);
    assert_eq!(journal.union_on(day(6)), None);
    assert!(journal.union_on(day(7)).is_some());
    assert_eq!(journal.members_on(day(2)), None);
    assert_eq!(journal.members_on(day(3)), Some((30, 10)));
}

#[test]
fn a_step_that_comes_too_early_is_told_what_is_missing() {
    let journal = led(path().into_iter().take(2));
    let FormationFault::OutOfOrder { state, problem, .. } =
        add(&journal, establishment(), 9).unwrap_err()
    else {
        panic!("it is out of order")
    };
    assert_eq!(state, State::PreparatoryApproved);
    let all = "recruitment, election_approval, election, result_filing";
    assert_eq!(problem, format!("missing before it: {all}"));
    let twice = add(&journal, Deed::Preparation { approval: approval(), group: None }, 9);
    assert!(matches!(twice, Err(FormationFault::OutOfOrder { .. })));
    assert!(Stage::Contacted.is_optional(), "an application needs no talk before it");
}

#[test]
fn dates_do_not_run_backwards_and_none_lies_after_today() {
    let journal = led(path().into_iter().take(3));
    assert!(matches!(
        add(&journal, Deed::ElectionApproval(approval()), 2),
        Err(FormationFault::Date(..))
    ));
    assert!(add(&journal, Deed::ElectionApproval(approval()), 3).is_ok(), "on the same day");
    let late = add(&journal, Deed::ElectionApproval(approval()), TODAY + 1);
    assert!(matches!(late, Err(FormationFault::Date(..))));
    let before_opening =
        add(&opened(), Deed::Contact { who: Name::parse("某某").unwrap(), note: None }, -1);
    assert!(matches!(before_opening, Err(FormationFault::Date(..))));
    let talk = || Deed::Contact { who: Name::parse("某某").unwrap(), note: None };
    let talked = add(&journal, talk(), 2).unwrap();
    assert_eq!(talked.state(), State::Recruiting, "a talk that is told late changes nothing");
    let talked = add(&talked, talk(), 50).unwrap();
    assert!(add(&talked, Deed::ElectionApproval(approval()), 5).is_ok(), "nor does a later one");
    let noted = add(&journal, Deed::Document(document(DocumentKind::Minutes)), -30);
    assert!(noted.is_ok(), "what is only noted may be older");
}

#[test]
fn what_a_step_says_fits_together() {
    let journal = led(path().into_iter().take(4));
    assert!(matches!(add(&journal, assembly(0, 0), 9), Err(FormationFault::Step { .. })));
    let unequal = Deed::Recruitment { members: 3, women: 4 };
    assert!(matches!(add(&opened(), unequal, 9), Err(FormationFault::Step { .. })));
}

#[test]
fn a_case_rests_and_goes_on_and_an_ended_one_does_not() {
    let journal = led(path().into_iter().take(2));
    let resting = add(&journal, Deed::Suspension(words()), 5).unwrap();
    assert_eq!(resting.state(), State::Suspended);
    assert!(matches!(add(&resting, recruitment(), 6), Err(FormationFault::OutOfOrder { .. })));
    let back = add(&resting, Deed::Resumption(words()), 6).unwrap();
    assert_eq!(back.state(), State::PreparatoryApproved);
    assert!(matches!(
        add(&back, Deed::Resumption(words()), 7),
        Err(FormationFault::OutOfOrder { .. })
    ));
    for end in [
        Deed::Abandonment(words()),
        Deed::Refusal(words()),
        Deed::Coverage(UnionId(uuid::Uuid::nil())),
    ] {
        let ended = add(&back, end, 7).unwrap();
        assert!(!ended.state().is_open());
        assert!(matches!(add(&ended, recruitment(), 8), Err(FormationFault::OutOfOrder { .. })));
        assert!(add(&ended, Deed::Document(document(DocumentKind::Other)), 8).is_ok());
        let planned = add(&ended, Deed::Plan(Box::default()), 8);
        assert!(matches!(planned, Err(FormationFault::OutOfOrder { .. })));
    }
    let done = led(path());
    assert!(matches!(
        add(&done, Deed::Refusal(words()), 9),
        Err(FormationFault::OutOfOrder { .. })
    ));
}

#[test]
fn a_union_is_active_with_seal_account_and_funds_and_registered_before_or_after() {
    let mut journal = led(path());
    assert_eq!(
        add(&journal, Deed::Activation, 20),
        Err(FormationFault::Incomplete(vec![
            "document SEAL",
            "document BANK_ACCOUNT",
            "document FUNDS_REGISTRATION"
        ]))
    );
    for kind in [DocumentKind::Seal, DocumentKind::BankAccount, DocumentKind::FundsRegistration] {
        journal = add(&journal, Deed::Document(document(kind)), 10).unwrap();
    }
    let active = add(&journal, Deed::Activation, 20).unwrap();
    assert_eq!(active.state(), State::Active);
    let code =
        crate::rules::credit_code::CreditCode::compose('8', '1', "110102", "00000001").unwrap();
    let registration = Deed::Registration { code: code.try_into().unwrap(), certificate: None };
    let late = add(&active, registration.clone(), 30).unwrap();
    assert_eq!(late.state(), State::Active, "registered later, it works all the same");
    assert!(add(&late, registration.clone(), 31).is_err(), "once");
    assert_eq!(add(&journal, registration, 30).unwrap().state(), State::Registered);
}

#[test]
fn a_correction_takes_the_place_of_a_step_and_what_follows_must_still_follow() {
    let journal = led(path().into_iter().take(5));
    let number = |journal: &Journal, name| {
        journal
            .steps()
            .iter()
            .find(|step| step.deed.name() == name)
            .map(|step| step.number)
            .unwrap()
    };
    let application = number(&journal, "application");
    let by = |on| Some((Deed::Application(document(DocumentKind::Application)), day(on)));
    let corrected = journal.correct(application, by(2), day(TODAY)).unwrap().unwrap();
    let step = corrected.steps().iter().find(|step| step.corrects == Some(application)).unwrap();
    assert_eq!((step.day, step.number), (day(2), journal.numbers() + 1));
    assert_eq!(corrected.state(), journal.state());
    let late = journal.correct(application, by(3), day(TODAY)).unwrap();
    assert!(matches!(late, Err(FormationFault::Date(..))), "the approval was on day 2");
    let gone = journal.correct(application, None, day(TODAY)).unwrap();
    assert!(matches!(gone, Err(FormationFault::OutOfOrder { .. })));
    let election = number(&journal, "election");
    let back = journal.correct(election, None, day(TODAY)).unwrap().unwrap();
    assert_eq!(back.state(), State::ElectionApproved);
    let other = Some((recruitment(), day(5)));
    assert!(journal.correct(election, other, day(TODAY)).unwrap().is_err(), "of another kind");
    assert!(journal.correct(77, None, day(TODAY)).is_none());
    let done = led(path());
    let fixed = done.correct(number(&done, "establishment"), None, day(TODAY)).unwrap();
    assert_eq!(fixed, Err(FormationFault::Fixed("establishment")));
}

fn wish(how: &str) -> Deed {
    Deed::Wish { how: Words::parse(how).unwrap() }
}

#[test]
fn a_wish_is_noted_from_its_day_on_and_the_first_that_stands_counts() {
    let journal = led(path().into_iter().take(2));
    let state = journal.state();
    let later = add(&journal, wish("职工联名信"), 9).unwrap();
    assert_eq!(later.state(), state, "it leads nowhere");
    assert_eq!((later.wish_on(day(8)), later.wish_on(day(9))), (None, Some(day(9))));
    let both = add(&later, wish("职工座谈"), -3).unwrap();
    assert_eq!(both.wish_on(day(9)), Some(day(-3)), "also one from before the case");
    let number = both.steps().last().unwrap().number;
    let corrected = both.correct(number, Some((wish("职工座谈会"), day(4))), day(TODAY));
    let corrected = corrected.unwrap().unwrap();
    assert_eq!(corrected.wish_on(day(9)), Some(day(4)));
    let gone = corrected.correct(corrected.numbers(), None, day(TODAY)).unwrap().unwrap();
    assert_eq!(gone.wish_on(day(9)), Some(day(9)), "the other one stands");
    assert!(matches!(add(&journal, wish("来信"), TODAY + 1), Err(FormationFault::Date(..))));
}

#[test]
fn how_a_wish_came_tells_no_number_of_a_person() {
    for told in ["来电13800000000", "见110102188808080017"] {
        let refused = add(&opened(), wish(told), 3).unwrap_err();
        assert!(matches!(refused, FormationFault::Step { step: "wish", .. }), "{refused:?}");
        let journal = add(&opened(), wish("来电"), 3).unwrap();
        let number = journal.numbers();
        let corrected = journal.correct(number, Some((wish(told), day(3))), day(TODAY)).unwrap();
        assert!(corrected.is_err(), "nor by a correction");
    }
    assert!(add(&opened(), wish("来信，总工发〔2014〕1号"), 3).is_ok());
}

#[test]
fn the_last_plan_of_a_day_holds_and_an_action_is_overdue_the_day_after() {
    let plan = |who: &str, due| {
        let follow_up = FollowUp {
            assignee: Name::parse(who).unwrap(),
            next_action: String::new(),
            due_on: Some(day(due)),
        };
        Plan { follow_up: Some(follow_up), ..Plan::default() }
    };
    let mut journal = Journal::open(plan("甲", 10), day(0), day(TODAY)).unwrap();
    journal.add(Deed::Plan(Box::new(plan("乙", 50))), day(20), day(TODAY)).unwrap();
    assert_eq!(journal.plan_on(day(19)).follow_up.unwrap().assignee.as_str(), "甲");
    assert_eq!(journal.plan_on(day(20)).follow_up.unwrap().assignee.as_str(), "乙");
    assert!(!journal.overdue_on(day(10)));
    assert!(journal.overdue_on(day(11)));
    assert!(!journal.overdue_on(day(20)));
    let ended = add(&journal, Deed::Abandonment(words()), 40).unwrap();
    assert!(!ended.overdue_on(day(60)) && journal.overdue_on(day(60)));
}

#[test]
fn what_is_planned_fits_whom_it_is_about() {
    let employer = Subject::Employer(EmployerId(uuid::Uuid::nil()));
    let area = |label| Subject::Area(AreaPath::parse(label).unwrap());
    let plan = |kind| Plan { union_type: Some(kind), ..Plan::default() };
    assert!(Plan::default().fits(&employer).is_ok(), "own or joint is still open");
    assert!(plan(UnionType::SingleEmployer).fits(&employer).is_ok());
    assert!(plan(UnionType::CommunityJoint).fits(&employer).is_ok(), "one that it joins");
    assert!(plan(UnionType::DistrictFederation).fits(&employer).is_err());
    assert!(Plan::default().fits(&area("110102010")).is_err());
    assert!(plan(UnionType::CommunityWorkers).fits(&area("110102010")).is_ok());
    assert!(plan(UnionType::CommunityWorkers).fits(&area("110102010002")).is_err());
    assert!(plan(UnionType::CommunityJoint).fits(&area("110102010002")).is_ok());
    assert!(plan(UnionType::SingleEmployer).fits(&area("110102010002")).is_err());
    assert!(plan(UnionType::Joint).fits(&area("110102010")).is_ok());
    assert_eq!(
        plan(UnionType::CommunityWorkers).missing(&area("110102010")),
        ["display_name", "union_form", "union_level", "superior", "seat"]
    );
    let place = plan(UnionType::Joint);
    assert!(place.place(&area("110102010")).is_none(), "an area may have several");
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let seat = Address::new(AreaPath::parse("110102010002").unwrap(), "甲1号").unwrap();
    let plan = Plan { seat: Some(seat), union_type: Some(UnionType::Joint), ..Plan::default() };
    let text = serde_json::to_string(&Deed::Plan(Box::new(plan.clone()))).unwrap();
    assert_eq!(serde_json::from_str::<Deed>(&text).unwrap(), Deed::Plan(Box::new(plan)));
    for deed in path() {
        let text = serde_json::to_string(&deed).unwrap();
        assert_eq!(serde_json::from_str::<Deed>(&text).unwrap(), deed);
    }
}

/// Any step that may be tried, by a number.
fn any_deed(which: u8) -> Deed {
    match which {
        0..=6 => path().swap_remove(usize::from(which)),
        7 => Deed::Suspension(words()),
        8 => Deed::Resumption(words()),
        9 => Deed::Abandonment(words()),
        10 => Deed::Document(document(DocumentKind::Seal)),
        11 => wish("联名"),
        _ => Deed::Contact { who: Name::parse("某某").unwrap(), note: None },
    }
}

proptest! {
    /// Whatever is tried: the days of the path ascend, no state is skipped, the state of a day is
    /// that of the steps up to it, and a replay of what stands is never refused.
    #[test]
    fn no_order_of_deeds_makes_a_journal_that_could_not_be(
        deeds in prop::collection::vec((0_u8..13, 0_i32..60, any::<bool>()), 1..40)
    ) {
        let mut journal = opened();
        let mut on = 0;
        for (which, offset, corrects) in deeds {
            on = if offset % 3 == 0 { offset } else { on + offset % 3 };
            if corrects {
                let number = journal.steps()[usize::from(which) % journal.steps().len()].number;
                if let Some(Ok(corrected)) = journal.correct(number, None, day(TODAY)) {
                    journal = corrected;
                }
            } else {
                let _ = journal.add(any_deed(which), day(on), day(TODAY));
            }
            let days: Vec<_> = journal.path_on(day(TODAY)).map(|step| step.day).collect();
            // Contacts that come later may be told later.
            let strict: Vec<_> = journal
                .path_on(day(TODAY))
                .filter(|step| !matches!(step.deed, Deed::Contact { .. }))
                .map(|step| step.day)
                .collect();
            prop_assert!(strict.windows(2).all(|pair| pair[0] <= pair[1]), "{days:?}");
            let mut replayed = opened();
            for step in journal.steps().iter().skip(1) {
                prop_assert!(replayed.add(step.deed.clone(), step.day, day(TODAY)).is_ok());
            }
            prop_assert_eq!(replayed.state(), journal.state());
            let reached: Vec<_> = journal.steps().iter().filter_map(|step| step.deed.stage()).collect();
            for stage in &reached {
                let missing = stage.missing_from(Stage::Prospect);
                prop_assert!(missing.iter().all(|before| reached.contains(before)));
            }
            let talks = reached.iter().filter(|stage| **stage == Stage::Contacted).count();
            // A talk may be told late, and then of a day on which the case stood elsewhere.
            for on in (0..70).filter(|_| talks == 0) {
                let mut known = opened();
                for step in journal.steps().iter().skip(1).filter(|step| step.day <= day(on)) {
                    prop_assert!(known.add(step.deed.clone(), step.day, day(TODAY)).is_ok());
                }
                prop_assert_eq!(journal.state_on(day(on)).unwrap().0, known.state());
            }
        }
    }
}
