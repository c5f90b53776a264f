//! Lives of cases.

use unionhall_kit::{
    figures::read::{Question, values},
    ledger::EventKind,
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    Consultation, Contacted, CorrectFormationStepRequest, GetEmployerRequest,
    GetFormationGuidanceRequest, GetUnionRequest, LeadershipBriefing, LegalPerson,
    ListFormationStepsRequest, ObstructionReport, RegisterLegalPersonRequest,
    UpdateFormationCaseRequest,
    applied_rule::{Obligation, Standing as RuleStanding},
    consultation::Party,
    coverage::Kind as CoverageKind,
};

use super::*;
use crate::rules::contribution::Metric;

impl Desk {
    async fn union_on(&self, name: &str, day: &str) -> Union {
        let message = GetUnionRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.unions.get_union(call(message)).await).unwrap()
    }

    async fn employer_on(&self, name: &str, day: &str) -> Employer {
        let message = GetEmployerRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.employers.get_employer(call(message)).await).unwrap()
    }

    async fn figure(&self, metric: Metric, day: &str) -> i64 {
        let question = Question {
            metric: metric.id(),
            line: Line::Area,
            node: Path::parse(HOME).unwrap(),
            day: crate::testing::day(day),
        };
        values(self.rig.register.ledger.db(), &[question]).await.unwrap()[0]
    }
}

#[tokio::test]
async fn a_case_leads_to_the_own_union_of_an_employer_and_covers_it_at_once() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    assert_eq!((case.state(), case.etag.as_str()), (State::Prospect, "1"));
    let contact = Content::Contact(Contacted { who: "某某".into(), note: "愿意建会".into() });
    let contacted = desk.record(&case.name, contact, "2014-02-10").await.unwrap();
    assert_eq!(contacted.state(), State::Contacted);
    let filed = desk.lead(&case.name, 25).await;
    assert_eq!((filed.state(), filed.path.len()), (State::ResultFiled, 7));
    assert_eq!(desk.get_on(&case.name, "2014-03-03").await.state(), State::Recruiting);
    assert_eq!(desk.get_on(&case.name, "2014-01-31").await.state(), State::Unknown);

    let done = desk.establish(&case.name, "2014-04-01").await.unwrap();
    assert_eq!(done.state(), State::Established);
    let union = desk.union_on(&done.union, "2014-04-01").await;
    assert_eq!(
        (union.employer.as_str(), union.superior.as_str()),
        (&*employer.name, &*desk.above.name)
    );
    assert_eq!((union.established_on, union.seat), (date("2014-04-01"), at(HOME)));
    assert_eq!(union.approval, approval(3));
    let term = union.term.unwrap();
    assert_eq!((term.number, term.years, term.begins_on), (1, 3, date("2014-04-01")));
    let coverage = desk.employer_on(&employer.name, "2014-04-01").await.coverage.unwrap();
    assert_eq!((coverage.union.as_str(), coverage.kind()), (&*done.union, CoverageKind::Own));
    assert!(desk.employer_on(&employer.name, "2014-03-31").await.coverage.is_none());
    assert_eq!(desk.figure(Metric::NewlyCoveredByOwn, "2014-03-31").await, 0);
    assert_eq!(desk.figure(Metric::NewlyCoveredByOwn, "2014-04-01").await, 1);

    for kind in [DocumentKind::Seal, DocumentKind::BankAccount, DocumentKind::FundsRegistration] {
        desk.record(&case.name, Content::Document(document(kind)), "2014-05-01").await.unwrap();
    }
    let active = desk.record(&case.name, Content::Activation(Activation {}), "2014-05-02").await;
    assert_eq!(active.unwrap().state(), State::Active);
    let code = CreditCode::compose('8', '1', "110102", "00000077").unwrap().to_string();
    let message = RegisterLegalPersonRequest {
        name: case.name.clone(),
        legal_person: Some(LegalPerson {
            credit_code: code.clone(), certificate: "第1号".into()
        }),
        effective_date: date("2014-06-01"),
        ..Default::default()
    };
    inner(desk.service.register_legal_person(call(message)).await).unwrap();
    assert_eq!(desk.union_on(&done.union, "2014-06-01").await.credit_code, code);
    assert_eq!(desk.union_on(&done.union, "2014-05-31").await.credit_code, "");
    // Another case may be opened once the first has come to its union.
    assert!(desk.create(own(&employer, &desk.above), "2014-06-02").await.is_ok());
}

#[tokio::test]
async fn one_transaction_tells_of_union_employer_and_case_and_no_name_is_in_the_audit() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    desk.lead(&case.name, 25).await;
    let before = desk.rig.events().await.len();
    let done = desk.establish(&case.name, "2014-04-01").await.unwrap();
    let events = desk.rig.events().await;
    let told: Vec<_> =
        events[before..].iter().map(|event| (event.record.clone(), event.kind)).collect();
    assert_eq!(
        told,
        [
            (done.union.clone(), EventKind::Created as i16),
            (employer.name.clone(), EventKind::Updated as i16),
            (case.name.clone(), EventKind::Updated as i16)
        ]
    );
    // Who sees the union above alone sees the case too.
    let below = desk.rig.events_below(&desk.above.affiliation).await;
    assert!(below.iter().any(|event| event.record == case.name));
    let audit = desk.rig.audit_details().await;
    assert!(audit.iter().any(|detail| detail.contains("establishment")));
    assert!(audit.iter().all(|detail| !detail.contains("某")), "{audit:?}");
}

#[tokio::test]
async fn the_union_of_an_area_is_formed_with_its_consultations_and_briefings() {
    let desk = desk().await;
    let case = desk.create(workers(&desk.above), "2014-01-06").await.unwrap();
    let ask = |party: Party, with: &str| {
        Content::Consultation(Consultation {
            party: party.into(),
            with: with.into(),
            outcome: String::new(),
        })
    };
    let office = ask(Party::SubdistrictCommunityOffice, "社区办");
    desk.record(&case.name, office, "2014-01-10").await.unwrap();
    desk.record(&case.name, ask(Party::Communities, "各社区"), "2014-01-12").await.unwrap();
    let briefing = LeadershipBriefing { to: "街道工委".into(), outcome: "同意".into() };
    desk.record(&case.name, Content::Briefing(briefing), "2014-01-15").await.unwrap();
    let obstruction = ObstructionReport { conduct: "拖延".into(), reported_to: "某局".into() };
    let noted =
        desk.record(&case.name, Content::Obstruction(obstruction), "2014-01-16").await.unwrap();
    assert_eq!((noted.state(), noted.path.len()), (State::Prospect, 0), "only noted");
    desk.lead(&case.name, 96).await;
    let done = desk.establish(&case.name, "2014-04-01").await.unwrap();
    let union = desk.union_on(&done.union, "2014-04-01").await;
    assert_eq!(union.territory, format!("areas/{SUBDISTRICT}"));
    assert_eq!(union.union_type, "COMMUNITY_WORKERS");
    let message =
        ListFormationStepsRequest { parent: case.name.clone(), page_size: 3, ..Default::default() };
    let page = inner(desk.service.list_formation_steps(call(message.clone())).await).unwrap();
    let numbers: Vec<i64> = page.formation_steps.iter().map(|step| step.number).collect();
    assert_eq!(numbers, [12, 11, 10]);
    let next = ListFormationStepsRequest { page_token: page.next_page_token, ..message };
    let page = inner(desk.service.list_formation_steps(call(next)).await).unwrap();
    assert_eq!(page.formation_steps[0].number, 9);
    assert_eq!(
        refused(desk.create(workers(&desk.above), "2014-05-01").await.and_then(|case| {
            assert_eq!(case.state(), State::Prospect);
            Err::<(), _>(Status::unknown(case.name))
        })),
        "",
        "no case is open any more"
    );
}

#[tokio::test]
async fn a_joint_union_takes_the_employer_in_and_the_case_ends() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let joint = desk.union(joint(&desk.above), "2010-01-01").await;
    let given = FormationCase { employer: employer.name.clone(), ..Default::default() };
    let case = desk.create(given.clone(), "2014-02-01").await.unwrap();
    let covered = desk.cover(&case.name, &joint.name, "2014-03-01").await.unwrap();
    assert_eq!((covered.state(), covered.union.as_str()), (State::Covered, &*joint.name));
    let coverage = desk.employer_on(&employer.name, "2014-03-01").await.coverage.unwrap();
    assert_eq!(coverage.kind(), CoverageKind::Community);
    assert_eq!(desk.figure(Metric::NewlyCoveredByJoint, "2014-03-01").await, 1);
    assert_eq!(
        refused(desk.cover(&case.name, &joint.name, "2014-03-02").await),
        "FORMATION_STEP_OUT_OF_ORDER"
    );

    // Later it forms its own, and names the one that it leaves.
    let again = desk.create(own(&employer, &desk.above), "2014-03-02").await.unwrap();
    for (content, day) in path(25).into_iter().zip(3..) {
        desk.record(&again.name, content, &format!("2014-03-{day:02}")).await.unwrap();
    }
    assert_eq!(refused(desk.establish(&again.name, "2014-04-01").await), "EMPLOYER_COVERED");
    let message = EstablishUnionRequest {
        previous_union: joint.name.clone(),
        ..establishment(&again.name, "2014-04-01")
    };
    let done = inner(desk.service.establish_union(call(message)).await).unwrap();
    assert_eq!(done.state(), State::Established);
    assert_eq!(desk.figure(Metric::CoveredByOwn, "2014-04-01").await, 1);
    assert_eq!(desk.figure(Metric::NewlyCovered, "2014-04-01").await, 1, "covered all along");
}

#[tokio::test]
async fn a_plan_changes_from_a_day_on_and_who_follows_up_with_it() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let given = FormationCase { employer: employer.name.clone(), ..Default::default() };
    let case = desk.create(given, "2014-02-01").await.unwrap();
    let update = |case: FormationCase, mask: &[&str], from: &str| {
        let paths = mask.iter().map(|path| (*path).to_owned()).collect();
        call(UpdateFormationCaseRequest {
            formation_case: Some(case),
            update_mask: Some(prost_types::FieldMask { paths }),
            effective_date: date(from),
            ..Default::default()
        })
    };
    let changed = FormationCase { name: case.name.clone(), ..own(&employer, &desk.above) };
    let request = update(changed.clone(), &["union_type", "superior", "follow_up"], "2014-03-01");
    let updated = inner(desk.service.update_formation_case(request).await).unwrap();
    assert_eq!((updated.union_type.as_str(), updated.etag.as_str()), ("SINGLE_EMPLOYER", "2"));
    assert_eq!(updated.union_form, "", "not in the mask");
    assert_eq!(desk.get_on(&case.name, "2014-02-28").await.follow_up, None);
    // Nothing new leaves the case as it is.
    let request = update(changed.clone(), &["superior"], "2014-03-02");
    let same = inner(desk.service.update_formation_case(request).await).unwrap();
    assert_eq!(same.etag, "2");
    let other = FormationCase { employer: desk.employer(2, HOME).await.name, ..changed.clone() };
    let request = update(other, &["employer"], "2014-03-02");
    assert_eq!(refused(inner(desk.service.update_formation_case(request).await)), "INVALID_FIELD");
    let wrong = FormationCase { union_type: "DISTRICT_FEDERATION".into(), ..changed.clone() };
    let request = update(wrong, &["union_type"], "2014-03-02");
    assert_eq!(
        refused(inner(desk.service.update_formation_case(request).await)),
        "UNION_KIND_INVALID"
    );
    let request = update(changed, &["colour"], "2014-03-02");
    assert_eq!(
        refused(inner(desk.service.update_formation_case(request).await)),
        "UNKNOWN_MASK_PATH"
    );
}

#[tokio::test]
async fn a_wrong_step_is_superseded_and_still_told() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let filed = desk.lead(&case.name, 30).await;
    let number =
        filed.path.iter().find(|step| matches!(step.content, Some(Content::Recruitment(_))));
    let number = number.unwrap().number;
    let correct = |content: Option<Content>, day: &str| {
        let step = content.map(|content| FormationStep {
            day: date(day),
            content: Some(content),
            ..Default::default()
        });
        call(CorrectFormationStepRequest {
            name: case.name.clone(),
            number,
            step,
            ..Default::default()
        })
    };
    let counted =
        |members| Content::Recruitment(Recruitment { member_count: members, female_count: 4 });
    let fewer = correct(Some(counted(29)), "2014-03-03");
    let fewer = inner(desk.service.correct_formation_step(fewer).await);
    assert_eq!(refused(fewer), "FORMATION_RULE_BROKEN", "thirty were due to the meeting");
    let corrected = correct(Some(counted(31)), "2014-03-03");
    let corrected = inner(desk.service.correct_formation_step(corrected).await).unwrap();
    assert_eq!(corrected.state(), State::ResultFiled);
    let late = correct(Some(counted(31)), "2014-03-05");
    assert_eq!(
        refused(inner(desk.service.correct_formation_step(late).await)),
        "NOT_FOUND",
        "it stands no more"
    );
    let message = ListFormationStepsRequest { parent: case.name.clone(), ..Default::default() };
    let steps =
        inner(desk.service.list_formation_steps(call(message)).await).unwrap().formation_steps;
    let old = steps.iter().find(|step| step.number == number).unwrap();
    assert!(old.supersede_time.is_some());
    assert_eq!((steps[0].corrects, steps[0].supersede_time), (number, None));
}

#[tokio::test]
async fn guidance_tells_the_rules_of_the_day_and_what_comes_next() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let guide = async |name: &str, day: &str| {
        let message = GetFormationGuidanceRequest { name: name.to_owned(), day: date(day) };
        inner(desk.service.get_formation_guidance(call(message)).await).unwrap()
    };
    let told = guide(&case.name, "2014-02-27").await;
    assert_eq!((told.state(), told.employee_count, told.female_count), (State::Prospect, 30, 12));
    assert_eq!(
        told.next_steps,
        ["contact", "application", "coverage", "suspension", "abandonment", "refusal"]
    );
    assert!(told.missing.is_empty());
    let of = |told: &unionhall_proto::registry::v1::FormationGuidance, subject: &str| {
        let rule = told.rules.iter().find(|rule| rule.subject == subject).unwrap();
        (rule.id.clone(), rule.obligation())
    };
    assert_eq!(of(&told, "basic_committee"), ("F01A".to_owned(), Obligation::Mandatory));
    assert_eq!(of(&told, "help_due"), ("F05A".to_owned(), Obligation::Unknown));
    let later = guide(&case.name, "2016-01-01").await;
    assert_eq!(of(&later, "help_due"), ("F05B".to_owned(), Obligation::Information));
    assert_eq!((later.help_due_on, later.wish_on), (date("2010-09-01"), None));
    assert!(later.help.unwrap().en.contains("is not recorded"));
    assert_eq!((told.help_due_on, told.help), (None, None), "the text is not at hand");
    let wish = Content::Wish(wish("职工联名信"));
    let noted = desk.record(&case.name, wish, "2014-06-30").await.unwrap();
    assert_eq!((noted.state(), noted.wish_on), (State::Prospect, date("2014-06-30")));
    assert_eq!(desk.get_on(&case.name, "2014-06-29").await.wish_on, None);
    let wished = guide(&case.name, "2016-01-01").await;
    assert_eq!(of(&wished, "help_due"), ("F05B".to_owned(), Obligation::Mandatory));
    assert_eq!((wished.help_due_on, wished.wish_on), (date("2014-06-30"), date("2014-06-30")));
    assert!(wished.help.unwrap().zh.contains("职工已于2014-06-30要求建会"));
    let bare = guide(&desk.employer(2, HOME).await.name, "2014-06-30").await;
    assert_eq!((bare.state(), bare.rules.len()), (State::Unspecified, 14));
    assert!(bare.rules.iter().all(|rule| !rule.source.is_empty()));
    let unknown = bare.rules.iter().filter(|rule| rule.standing() == RuleStanding::Unknown);
    let unknown: Vec<(&str, Obligation)> =
        unknown.map(|rule| (rule.id.as_str(), rule.obligation())).collect();
    let told = ["F03A", "F05A", "B02A", "B03A", "V21A", "R04A", "R05A"];
    assert_eq!(unknown, told.map(|id| (id, Obligation::Unknown)), "and they decide nothing");
    desk.lead(&case.name, 24).await;
    let told = guide(&case.name, "2014-03-31").await;
    assert_eq!(told.member_count, 24);
    assert_eq!(of(&told, "basic_committee").1, Obligation::Optional);
    assert_eq!(told.next_steps[0], "establishment");
}
