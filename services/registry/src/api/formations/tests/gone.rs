//! Cases whose union, employer or area is gone, and what is told to whom.

use chrono::TimeDelta;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, CorrectFormationStepRequest, CoverEmployerRequest, DeleteEmployerRequest,
    DeleteUnionRequest, DissolveUnionRequest, FormationClosing, GetFormationGuidanceRequest,
    ListUncoveredEmployersRequest, MergeAreasRequest, UncoverEmployerRequest,
    area_service_server::AreaService, coverage_service_server::CoverageService,
    formation_closing::Outcome,
};

use super::*;
use crate::{
    api::areas::Areas,
    jobs::structure::Carrier,
    testing::{call_on_both_lines, call_with},
};

impl Desk {
    /// An employer with its own union since 2014-04-01, and the case that led to it.
    async fn formed(&self) -> (Employer, FormationCase) {
        let employer = self.employer(1, HOME).await;
        let case = self.create(own(&employer, &self.above), "2014-02-01").await.unwrap();
        self.lead(&case.name, 25).await;
        let done = self.establish(&case.name, "2014-04-01").await.unwrap();
        (employer, done)
    }

    async fn release(&self, employer: &Employer, from: &str) {
        let message = UncoverEmployerRequest {
            name: employer.name.clone(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.employers.uncover_employer(call(message)).await).unwrap();
    }

    async fn give_up(&self, name: &str, day: &str) -> Result<FormationCase, Status> {
        self.record(name, Content::Abandonment(reason("工会已撤销")), day).await
    }
}

/// Why a case ended by itself, and which union it names.
fn closed(case: &FormationCase) -> (Outcome, String) {
    let last = case.path.last().and_then(|step| step.content.clone());
    match last {
        Some(Content::Closing(closing)) => (closing.outcome(), closing.union),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_case_ends_with_its_union() {
    let desk = desk().await;
    let (employer, case) = desk.formed().await;
    let early = desk.give_up(&case.name, "2014-05-01").await;
    assert_eq!(refused(early), "FORMATION_STEP_OUT_OF_ORDER", "the union exists");
    desk.release(&employer, "2014-06-01").await;
    let noted = desk.rig.events().await.len();
    let dissolve = DissolveUnionRequest {
        name: case.union.clone(),
        effective_date: date("2014-06-01"),
        ..Default::default()
    };
    inner(desk.service.unions.dissolve_union(call(dissolve)).await).unwrap();
    let ended = desk.get_on(&case.name, "2014-06-01").await;
    assert_eq!(ended.state(), State::Ended);
    assert_eq!(closed(&ended), (Outcome::UnionEnded, case.union.clone()));
    assert_eq!(desk.get_on(&case.name, "2014-05-31").await.state(), State::Established);
    let events = desk.rig.events().await;
    assert!(events[noted..].iter().any(|event| event.record == case.name), "in one transaction");
    let late = desk.record(&case.name, Content::Activation(Activation {}), "2014-06-01").await;
    assert_eq!(refused(late), "FORMATION_STEP_OUT_OF_ORDER");
    assert_eq!(
        refused(desk.give_up(&case.name, "2014-06-30").await),
        "FORMATION_STEP_OUT_OF_ORDER"
    );
    let by_hand = Content::Closing(FormationClosing {
        outcome: Outcome::UnionEnded.into(),
        ..Default::default()
    });
    let by_hand = desk.record(&case.name, by_hand, "2014-06-30").await;
    assert_eq!(refused(by_hand), "FORMATION_STEP_FIXED");
}

#[tokio::test]
async fn a_union_to_which_a_case_came_is_not_withdrawn() {
    let desk = desk().await;
    let (employer, case) = desk.formed().await;
    desk.release(&employer, "2014-04-01").await;
    let message = DeleteUnionRequest { name: case.union.clone(), ..Default::default() };
    let refusal = desk.service.unions.delete_union(call(message)).await.unwrap_err();
    let info = refusal.get_error_details().error_info().cloned().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["cases"].as_str()), ("UNION_NOT_EMPTY", "1"));
    assert_eq!((info.metadata["employers"].as_str(), info.metadata["unions"].as_str()), ("0", "0"));
}

#[tokio::test]
async fn a_case_ends_with_its_employer() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    desk.record(&case.name, Content::Suspension(reason("暂缓")), "2014-04-01").await.unwrap();
    let close = |validate_only| CloseEmployerRequest {
        name: employer.name.clone(),
        effective_date: date("2014-07-01"),
        validate_only,
        ..Default::default()
    };
    inner(desk.service.employers.close_employer(call(close(true))).await).unwrap();
    assert_eq!(desk.get_on(&case.name, "2014-07-01").await.state(), State::Suspended);
    inner(desk.service.employers.close_employer(call(close(false))).await).unwrap();
    let ended = desk.get_on(&case.name, "2014-07-01").await;
    assert_eq!(ended.state(), State::Ended);
    assert_eq!(closed(&ended), (Outcome::EmployerEnded, String::new()));
}

#[tokio::test]
async fn a_case_ends_when_another_way_covers_its_employer() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let mut given = joint(&desk.above);
    (given.union_type, given.territory) = ("JOINT".into(), String::new());
    let union = desk.union(given, "2014-01-01").await;
    let message = CoverEmployerRequest {
        name: employer.name.clone(),
        union: union.name.clone(),
        effective_date: date("2014-07-01"),
        ..Default::default()
    };
    inner(desk.service.employers.cover_employer(call(message)).await).unwrap();
    let ended = desk.get_on(&case.name, "2014-07-01").await;
    assert_eq!(ended.state(), State::Ended);
    assert_eq!(closed(&ended), (Outcome::CoveredElsewhere, union.name));
    // Another case, which leads it out of the joint union, is another matter.
    let next = desk.create(own(&employer, &desk.above), "2014-07-01").await.unwrap();
    assert_eq!(desk.get_on(&next.name, "2014-07-01").await.state(), State::Prospect);
    let message = DeleteEmployerRequest { name: employer.name, ..Default::default() };
    inner(desk.service.employers.delete_employer(call(message)).await).unwrap();
    let ended = desk.get_on(&next.name, "2014-07-01").await;
    assert_eq!(closed(&ended), (Outcome::EmployerWithdrawn, String::new()));
}

#[tokio::test]
async fn only_a_joint_union_takes_an_employer_in() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let mut union = joint(&desk.above);
    (union.union_type, union.union_form) = ("SINGLE_EMPLOYER".into(), "COMMITTEE".into());
    (union.union_level, union.territory) = ("BASIC".into(), String::new());
    union.employer = employer.name.clone();
    let union = desk.union(union, "2014-01-01").await;
    let given = FormationCase { employer: employer.name.clone(), ..Default::default() };
    let case = desk.create(given, "2014-02-01").await.unwrap();
    let covered = desk.cover(&case.name, &union.name, "2014-03-01").await;
    assert_eq!(refused(covered), "COVER_INVALID");
}

#[tokio::test]
async fn a_correction_is_judged_as_the_establishment_was() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let given = FormationCase { union_form: "ORGANISER".into(), ..own(&employer, &desk.above) };
    let case = desk.create(given, "2014-02-01").await.unwrap();
    desk.lead(&case.name, 24).await;
    let done = desk.establish(&case.name, "2014-04-01").await.unwrap();
    let counted = |step: &&FormationStep| matches!(step.content, Some(Content::Recruitment(_)));
    let number = done.path.iter().find(counted).unwrap().number;
    let correct = |members, women| {
        let recruitment = Recruitment { member_count: members, female_count: women };
        let step = FormationStep {
            day: date("2014-03-03"),
            content: Some(Content::Recruitment(recruitment)),
            ..Default::default()
        };
        let name = case.name.clone();
        call(CorrectFormationStepRequest { name, number, step: Some(step), ..Default::default() })
    };
    let many = inner(desk.service.correct_formation_step(correct(25, 4)).await);
    assert_eq!(refused(many), "FORMATION_RULE_BROKEN");
    assert!(desk.service.correct_formation_step(correct(24, 5)).await.is_ok());
}

#[tokio::test]
async fn the_case_of_an_area_goes_with_it_into_another() {
    let desk = desk().await;
    let areas = Areas::new(desk.rig.register.clone());
    const OLD: &str = "110102010013";
    const INTO: &str = "110102010005";
    let planned = |area: &str| FormationCase {
        territory: format!("areas/{area}"),
        union_type: "COMMUNITY_JOINT".to_owned(),
        ..Default::default()
    };
    let case = desk.create(planned(OLD), "2014-02-01").await.unwrap();
    let merge = MergeAreasRequest {
        name: format!("areas/{INTO}"),
        sources: vec![format!("areas/{OLD}")],
        effective_date: date("2014-03-15"),
        ..Default::default()
    };
    areas.merge_areas(call(merge)).await.unwrap();
    let carrier = Carrier::new(desk.rig.register.clone());
    while carrier.step().await.unwrap() {}
    let carried = desk.get_on(&case.name, "2014-07-01").await;
    assert_eq!((carried.territory, carried.etag.as_str()), (format!("areas/{INTO}"), "2"));
    assert_eq!(refused(desk.create(planned(INTO), "2014-04-01").await), "FORMATION_CASE_OPEN");

    // Where the other area has a case of the type, that one goes on.
    let second = desk.create(planned(ELSEWHERE), "2014-02-01").await.unwrap();
    let merge = MergeAreasRequest {
        name: format!("areas/{INTO}"),
        sources: vec![format!("areas/{ELSEWHERE}")],
        effective_date: date("2014-04-15"),
        ..Default::default()
    };
    areas.merge_areas(call(merge)).await.unwrap();
    let ended = desk.get_on(&second.name, "2014-07-01").await;
    assert_eq!((ended.state(), ended.territory.clone()), (State::Ended, format!("areas/{INTO}")));
    assert_eq!(closed(&ended), (Outcome::OtherCaseGoesOn, String::new()));
    assert_eq!(desk.get_on(&case.name, "2014-07-01").await.state(), State::Prospect);
}

#[tokio::test]
async fn what_is_known_of_an_employer_and_of_a_case_is_told_to_those_who_may_see_it() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let guidance =
        || GetFormationGuidanceRequest { name: case.name.clone(), day: date("2014-06-30") };
    // Through the union above one sees the case, and the employer not.
    let request = call_on_both_lines(ELSEWHERE, &desk.above.affiliation, guidance());
    let told = inner(desk.service.get_formation_guidance(request).await).unwrap();
    assert_eq!((told.state(), told.employee_count, told.female_count), (State::Prospect, 0, 0));
    let told = inner(desk.service.get_formation_guidance(call(guidance())).await).unwrap();
    assert_eq!((told.employee_count, told.female_count), (30, 12));

    let list = || ListUncoveredEmployersRequest { parent: "areas/-".into(), ..Default::default() };
    let request = call_with(&["registry.employers.read"], "11", list());
    let told = inner(desk.service.list_uncovered_employers(request).await).unwrap();
    let row = &told.uncovered_employers[0];
    assert_eq!((row.employer.as_str(), row.formation_case.as_str()), (&*employer.name, ""));
    assert!(row.follow_up.is_none() && !row.overdue && row.case_state() == State::Unspecified);
    let told = inner(desk.service.list_uncovered_employers(call(list())).await).unwrap();
    assert_eq!(told.uncovered_employers[0].formation_case, case.name);
}

#[tokio::test]
async fn a_list_of_today_is_not_gone_on_with_tomorrow_in_another_order() {
    let desk = desk().await;
    for serial in 1..=3 {
        desk.employer(serial, HOME).await;
    }
    let list = |page_token: String| ListUncoveredEmployersRequest {
        parent: "areas/-".into(),
        day: date("2014-07-01"),
        page_size: 1,
        page_token,
        ..Default::default()
    };
    let page = inner(desk.service.list_uncovered_employers(call(list(String::new()))).await);
    let token = page.unwrap().next_page_token;
    assert!(desk.service.list_uncovered_employers(call(list(token.clone()))).await.is_ok());
    desk.rig.clock.advance(TimeDelta::days(1));
    let next = inner(desk.service.list_uncovered_employers(call(list(token))).await);
    assert_eq!(refused(next), "PAGE_TOKEN_INVALID");
}
