//! What is refused, and why.

use unionhall_proto::registry::v1::{
    CorrectFormationStepRequest, GetCommitteeReviewRequest, ListFormationStepsRequest,
    UpdateUnionRequest, committee_review::Standing, officer_service_server::OfficerService,
};
use uuid::Uuid;

use super::*;
use crate::{api::officers::Officers, testing::call_on_both_lines};

#[tokio::test]
async fn an_employer_has_one_open_case_and_so_has_an_area_for_its_type() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let first = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let second = desk.create(own(&employer, &desk.above), "2014-02-02").await.unwrap_err();
    let info = second.get_error_details().error_info().unwrap().clone();
    assert_eq!(
        (info.reason.as_str(), &info.metadata["case"]),
        ("FORMATION_CASE_OPEN", &first.name)
    );
    let area = desk.create(workers(&desk.above), "2014-02-01").await.unwrap();
    assert_eq!(
        refused(desk.create(workers(&desk.above), "2014-02-01").await),
        "FORMATION_CASE_OPEN"
    );
    let resting = Content::Suspension(reason("等待"));
    desk.record(&first.name, resting, "2014-02-03").await.unwrap();
    let third = desk.create(own(&employer, &desk.above), "2014-02-04").await;
    assert_eq!(refused(third), "FORMATION_CASE_OPEN", "it may go on");
    desk.record(&first.name, Content::Abandonment(reason("注销")), "2014-02-05").await.unwrap();
    desk.create(own(&employer, &desk.above), "2014-02-06").await.unwrap();
    desk.record(&area.name, Content::Refusal(reason("未获批准")), "2014-02-05").await.unwrap();
    desk.create(workers(&desk.above), "2014-02-06").await.unwrap();
}

#[tokio::test]
async fn a_wish_that_tells_a_number_is_refused_and_one_in_error_goes() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let mobile =
        desk.record(&case.name, Content::Wish(wish("来电13800000000")), "2014-02-02").await;
    let status = mobile.unwrap_err();
    assert!(!format!("{status:?}").contains("13800000000"), "nor is it told back");
    assert_eq!(refused::<()>(Err(status)), "FORMATION_STEP_INVALID");
    let empty = desk.record(&case.name, Content::Wish(wish("")), "2014-02-02").await;
    assert_eq!(refused(empty), "INVALID_FIELD");
    let noted = desk.record(&case.name, Content::Wish(wish("来信")), "2014-02-02").await.unwrap();
    assert_eq!(noted.wish_on, date("2014-02-02"));
    let message =
        CorrectFormationStepRequest { name: case.name.clone(), number: 2, ..Default::default() };
    let gone = inner(desk.service.correct_formation_step(call(message)).await).unwrap();
    assert_eq!(gone.wish_on, None);
    let message = ListFormationStepsRequest { parent: case.name, ..Default::default() };
    let steps = inner(desk.service.list_formation_steps(call(message)).await).unwrap();
    let told: Vec<_> = steps
        .formation_steps
        .iter()
        .map(|step| (step.number, step.supersede_time.is_some()))
        .collect();
    assert_eq!(told, [(2, true), (1, false)], "and stays in the history");
}

#[tokio::test]
async fn what_does_not_fit_together_is_refused_with_its_reason() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let good = own(&employer, &desk.above);
    let nobody = "00000000-0000-7000-8000-000000000001";
    let cases = [
        (FormationCase { employer: String::new(), ..good.clone() }, "INVALID_FIELD"),
        (FormationCase { territory: format!("areas/{HOME}"), ..good.clone() }, "INVALID_FIELD"),
        (FormationCase { employer: format!("employers/{nobody}"), ..good.clone() }, "NOT_FOUND"),
        (
            FormationCase { superior: format!("unions/{nobody}"), ..good.clone() },
            "SUPERIOR_INVALID",
        ),
        (FormationCase { union_type: "STREET".into(), ..good.clone() }, "CODE_UNKNOWN"),
        (FormationCase { union_form: "CLUB".into(), ..good.clone() }, "CODE_UNKNOWN"),
        (FormationCase { union_type: "PARK".into(), ..workers(&desk.above) }, ""),
        (
            FormationCase { union_type: "COMMUNITY_JOINT".into(), ..workers(&desk.above) },
            "UNION_KIND_INVALID",
        ),
        (
            FormationCase { union_type: String::new(), ..workers(&desk.above) },
            "FORMATION_INCOMPLETE",
        ),
        (
            FormationCase { territory: "areas/110102999".into(), ..workers(&desk.above) },
            "AREA_NOT_OPEN",
        ),
        (
            FormationCase { display_name: "北京\u{202E}工会".into(), ..good.clone() },
            "INVALID_FIELD",
        ),
    ];
    for (case, reason) in cases {
        let told = format!("{case:?}");
        match desk.create(case, "2014-02-01").await {
            Ok(_) => assert_eq!(reason, "", "{told}"),
            refusal => assert_eq!(refused(refusal), reason, "{told}"),
        }
    }
    assert_eq!(refused(desk.create(good.clone(), "2014-07-02").await), "FORMATION_DATE_INVALID");
    assert_eq!(refused(desk.create(good.clone(), "2010-02-28").await), "EMPLOYER_DATE_INVALID");
    assert_eq!(refused(desk.create_as(ELSEWHERE, good, "2014-02-01").await), "SUPERIOR_INVALID");
    let bare = FormationCase { employer: employer.name.clone(), ..Default::default() };
    assert_eq!(refused(desk.create_as(ELSEWHERE, bare, "2014-02-01").await), "NOT_FOUND");
    let area = desk.create_as(ELSEWHERE, workers(&desk.above), "2014-02-01").await;
    assert_eq!(refused(area), "OUT_OF_SCOPE");
}

#[tokio::test]
async fn each_step_tells_what_is_missing_and_no_union_is_left_behind() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let bare = FormationCase {
        employer: employer.name.clone(),
        union_type: "SINGLE_EMPLOYER".into(),
        ..Default::default()
    };
    let case = desk.create(bare, "2014-02-01").await.unwrap();
    let early = desk.establish(&case.name, "2014-03-01").await.unwrap_err();
    let info = early.get_error_details().error_info().unwrap().clone();
    assert_eq!(info.reason, "FORMATION_STEP_OUT_OF_ORDER");
    assert!(info.metadata["problem"].contains("application, preparation"), "{info:?}");
    desk.lead(&case.name, 25).await;
    let incomplete = desk.establish(&case.name, "2014-04-01").await.unwrap_err();
    let info = incomplete.get_error_details().error_info().unwrap().clone();
    assert_eq!(info.metadata["missing"], "display_name, union_form, union_level, superior");
    assert_eq!(refused(desk.establish(&case.name, "2014-03-05").await), "FORMATION_DATE_INVALID");
    let activation =
        desk.record(&case.name, Content::Activation(Activation {}), "2014-04-01").await;
    assert_eq!(refused(activation), "FORMATION_STEP_OUT_OF_ORDER");
    let fixed = Content::Establishment(unionhall_proto::registry::v1::Establishment {
        approval: approval(3),
        ..Default::default()
    });
    assert_eq!(refused(desk.record(&case.name, fixed, "2014-04-01").await), "FORMATION_STEP_FIXED");
    let few = FoundingAssembly {
        kind: AssemblyKind::GeneralMeeting.into(),
        due_count: 30,
        present_count: 19,
        ..Default::default()
    };
    let other = desk.employer(2, HOME).await;
    let other = desk.create(own(&other, &desk.above), "2014-02-01").await.unwrap();
    for (content, day) in path(30).into_iter().take(4).zip(1..) {
        desk.record(&other.name, content, &format!("2014-03-{day:02}")).await.unwrap();
    }
    let short = desk.record(&other.name, Content::Election(few), "2014-03-09").await;
    assert_eq!(refused(short), "FORMATION_RULE_BROKEN");
    let unions = desk.rig.events().await;
    let created = unions.iter().filter(|event| event.record.starts_with("unions/")).count();
    assert_eq!(created, 1, "the federation alone");
}

#[tokio::test]
async fn an_organiser_is_no_committee_for_25_members() {
    let desk = desk().await;
    for (serial, members, reason) in [(1, 24, ""), (2, 25, "FORMATION_RULE_BROKEN")] {
        let employer = desk.employer(serial, HOME).await;
        let given = FormationCase { union_form: "ORGANISER".into(), ..own(&employer, &desk.above) };
        let case = desk.create(given, "2014-02-01").await.unwrap();
        desk.lead(&case.name, members).await;
        match desk.establish(&case.name, "2014-04-01").await {
            Ok(done) => assert_eq!((reason, done.state()), ("", State::Established)),
            refusal => assert_eq!(refused(refusal), reason),
        }
    }
}

#[tokio::test]
async fn only_the_union_above_or_one_further_above_approves() {
    let desk = desk().await;
    let district = Union {
        display_name: "北京市西城区某某总工会".to_owned(),
        union_type: "DISTRICT_FEDERATION".to_owned(),
        union_level: "DISTRICT".to_owned(),
        territory: "areas/110102".to_owned(),
        ..federation()
    };
    let district = desk.union(district, "2000-01-01").await;
    let above = Union {
        display_name: "北京市西城区别某街道总工会".to_owned(),
        territory: "areas/110102010".to_owned(),
        superior: district.name.clone(),
        ..federation()
    };
    let above = desk.union(above, "2000-01-01").await;
    let renamed = Union {
        display_name: "北京市西城区新某街道总工会".to_owned(), ..above.clone()
    };
    desk.update_union(renamed, "display_name", "2014-04-02").await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &above), "2014-02-01").await.unwrap();
    desk.lead(&case.name, 25).await;
    let establish = async |body: &str, from: &str, validate_only: bool| {
        let approval = Some(Approval { body: body.to_owned(), ..approval(3).unwrap() });
        let establish = establishment(&case.name, from);
        let message = EstablishUnionRequest { approval, validate_only, ..establish };
        inner(desk.service.establish_union(call(message)).await)
    };
    let other = establish(&federation().display_name, "2014-04-01", false).await.unwrap_err();
    let info = other.get_error_details().error_info().unwrap().clone();
    assert_eq!((info.reason.as_str(), &*info.metadata["rule"]), ("FORMATION_RULE_BROKEN", "F02A"));
    assert!(info.metadata["problem"].contains(&above.display_name), "{info:?}");
    let late = establish(&above.display_name, "2014-04-02", true).await;
    assert_eq!(refused(late), "FORMATION_RULE_BROKEN", "it has another name since");
    establish(&above.display_name, "2014-04-01", true).await.unwrap();
    let done = establish(&district.display_name, "2014-04-01", false).await.unwrap();

    // No correction changes who approved. What the union says of it now is no fault of the step.
    let said = |body: &str| Union {
        name: done.union.clone(),
        approval: Some(Approval { body: body.to_owned(), ..approval(3).unwrap() }),
        ..Default::default()
    };
    let correct = async || {
        let step = FormationStep {
            day: date("2014-03-06"),
            content: Some(Content::ResultFiling(document(DocumentKind::Minutes))),
            ..Default::default()
        };
        let filed = desk.get_on(&case.name, "2014-07-01").await.path;
        let is = |step: &&FormationStep| matches!(step.content, Some(Content::ResultFiling(_)));
        let message = CorrectFormationStepRequest {
            name: case.name.clone(),
            number: filed.iter().find(is).unwrap().number,
            step: Some(step),
            ..Default::default()
        };
        inner(desk.service.correct_formation_step(call(message)).await)
    };
    desk.update_union(said(&federation().display_name), "approval", "2014-04-01").await;
    correct().await.unwrap();
}

#[tokio::test]
async fn a_stale_etag_a_repeated_request_and_a_mere_check_are_what_they_are_everywhere() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let request_id = Uuid::from_u128(7).to_string();
    let create = CreateFormationCaseRequest {
        formation_case: Some(own(&employer, &desk.above)),
        effective_date: date("2014-02-01"),
        request_id: request_id.clone(),
        validate_only: false,
    };
    let check = CreateFormationCaseRequest { validate_only: true, ..create.clone() };
    let before = desk.rig.events().await.len();
    inner(desk.service.create_formation_case(call(check)).await).unwrap();
    assert_eq!(desk.rig.events().await.len(), before, "nothing was written");
    let first = inner(desk.service.create_formation_case(call(create.clone())).await).unwrap();
    let again = inner(desk.service.create_formation_case(call(create)).await).unwrap();
    assert_eq!(first, again);
    let step = FormationStep {
        day: date("2014-02-02"),
        content: Some(Content::Application(document(DocumentKind::Application))),
        ..Default::default()
    };
    let record = RecordFormationStepRequest {
        name: first.name.clone(),
        step: Some(step),
        etag: "1".into(),
        request_id,
        validate_only: false,
    };
    let filed = inner(desk.service.record_formation_step(call(record.clone())).await).unwrap();
    assert_eq!(filed.etag, "2");
    let repeated = inner(desk.service.record_formation_step(call(record.clone())).await).unwrap();
    assert_eq!(repeated, filed, "one effect");
    let stale = RecordFormationStepRequest { request_id: String::new(), ..record };
    assert_eq!(
        refused(inner(desk.service.record_formation_step(call(stale)).await)),
        "ETAG_MISMATCH"
    );
    desk.lead_on(&first.name).await;
    let check =
        EstablishUnionRequest { validate_only: true, ..establishment(&first.name, "2014-04-01") };
    let checked = inner(desk.service.establish_union(call(check)).await).unwrap();
    assert_eq!(checked.state(), State::Established);
    assert_eq!(desk.get_on(&first.name, "2014-07-01").await.state(), State::ResultFiled);
    let establish = EstablishUnionRequest {
        request_id: Uuid::from_u128(8).to_string(),
        ..establishment(&first.name, "2014-04-01")
    };
    let done = inner(desk.service.establish_union(call(establish.clone())).await).unwrap();
    let again = inner(desk.service.establish_union(call(establish)).await).unwrap();
    assert_eq!((again.union.clone(), again), (done.union.clone(), done), "one union");
}

impl Desk {
    async fn update_union(&self, union: Union, path: &str, from: &str) {
        let message = UpdateUnionRequest {
            union: Some(union),
            update_mask: Some(prost_types::FieldMask { paths: vec![path.to_owned()] }),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.unions.update_union(call(message)).await).unwrap();
    }

    /// Leads on a case whose application is filed.
    async fn lead_on(&self, name: &str) {
        for (content, day) in path(30).into_iter().skip(1).zip(1..) {
            self.record(name, content, &format!("2014-03-{day:02}")).await.unwrap();
        }
    }
}

#[tokio::test]
async fn outside_both_lines_a_case_does_not_exist() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let message = || GetFormationCaseRequest { name: case.name.clone(), day: None };
    let hidden = inner(desk.service.get_formation_case(call_within(ELSEWHERE, message())).await);
    assert_eq!(refused(hidden), "NOT_FOUND");
    let step = RecordFormationStepRequest {
        name: case.name.clone(),
        step: Some(FormationStep {
            content: Some(Content::Refusal(reason("某某"))),
            ..Default::default()
        }),
        ..Default::default()
    };
    let hidden = inner(desk.service.record_formation_step(call_within(ELSEWHERE, step)).await);
    assert_eq!(refused(hidden), "NOT_FOUND");
    let shown = call_on_both_lines(ELSEWHERE, &desk.above.affiliation, message());
    assert!(desk.service.get_formation_case(shown).await.is_ok(), "through the union above");
}

#[tokio::test]
async fn a_review_tells_nothing_of_an_employer_that_is_not_seen() {
    let desk = desk().await;
    let counted =
        Workforce { counted_on: date("2013-12-31"), employee_count: 250, ..Default::default() };
    let employer = Employer { workforce: Some(counted), ..employer(1, ELSEWHERE) };
    let message = CreateEmployerRequest { employer: Some(employer), ..Default::default() };
    let employer = inner(desk.service.employers.create_employer(call(message)).await).unwrap();
    let union = Union {
        display_name: "北京某某工会委员会".to_owned(),
        union_type: "SINGLE_EMPLOYER".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        employer: employer.name.clone(),
        superior: desk.above.name.clone(),
        seat: at(HOME),
        ..Default::default()
    };
    let union = desk.union(union, "2014-01-01").await;
    let officers = Officers::new(desk.rig.register.clone());
    let told = async |area: &str| {
        let message = GetCommitteeReviewRequest { name: union.name.clone(), ..Default::default() };
        let review = inner(officers.get_committee_review(call_within(area, message)).await);
        let item = review.unwrap().items.into_iter().find(|item| item.rule == "R12").unwrap();
        (item.standing(), item.figures.first().map(|figure| figure.value))
    };
    assert_eq!(told("110102").await, (Standing::Met, Some(250)));
    assert_eq!(told(SUBDISTRICT).await, (Standing::NotApplicable, None));
}
