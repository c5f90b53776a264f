//! Cases whose union, employer or area is gone, and what is told to whom.

use chrono::TimeDelta;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, CorrectFormationStepRequest, DeleteUnionRequest, DissolveUnionRequest,
    GetFormationGuidanceRequest, ListUncoveredEmployersRequest, MergeAreasRequest,
    UncoverEmployerRequest, area_service_server::AreaService,
    coverage_service_server::CoverageService,
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

#[tokio::test]
async fn a_case_is_given_up_once_its_union_is_gone_and_not_before() {
    let desk = desk().await;
    let (employer, case) = desk.formed().await;
    let early = desk.give_up(&case.name, "2014-05-01").await;
    assert_eq!(refused(early), "FORMATION_STEP_OUT_OF_ORDER", "the union exists");
    desk.release(&employer, "2014-06-01").await;
    let dissolve = DissolveUnionRequest {
        name: case.union.clone(),
        effective_date: date("2014-06-01"),
        ..Default::default()
    };
    inner(desk.service.unions.dissolve_union(call(dissolve)).await).unwrap();
    for kind in [DocumentKind::Seal, DocumentKind::BankAccount, DocumentKind::FundsRegistration] {
        desk.record(&case.name, Content::Document(document(kind)), "2014-05-01").await.unwrap();
    }
    let activate =
        async |day: &str| desk.record(&case.name, Content::Activation(Activation {}), day).await;
    assert_eq!(refused(activate("2014-06-01").await), "FORMATION_STEP_OUT_OF_ORDER");
    assert_eq!(activate("2014-05-31").await.unwrap().state(), State::Active);
    assert_eq!(
        refused(desk.give_up(&case.name, "2014-05-31").await),
        "FORMATION_STEP_OUT_OF_ORDER"
    );
    let ended = desk.give_up(&case.name, "2014-06-01").await.unwrap();
    assert_eq!(ended.state(), State::Abandoned);
}

#[tokio::test]
async fn a_case_whose_union_was_withdrawn_does_not_stay_established_for_ever() {
    let desk = desk().await;
    let (employer, case) = desk.formed().await;
    desk.release(&employer, "2014-04-01").await;
    let message = DeleteUnionRequest { name: case.union.clone(), ..Default::default() };
    match inner(desk.service.unions.delete_union(call(message)).await) {
        Ok(()) => {
            let ended = desk.give_up(&case.name, "2014-06-30").await.unwrap();
            assert_eq!(ended.state(), State::Abandoned);
        }
        // Where a case holds the union, nothing is left behind either.
        refusal => assert_eq!(refused(refusal), "UNION_NOT_EMPTY"),
    }
}

#[tokio::test]
async fn a_case_of_an_employer_that_ended_can_be_ended() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    let close = CloseEmployerRequest {
        name: employer.name.clone(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    inner(desk.service.employers.close_employer(call(close)).await).unwrap();
    let ended = desk.give_up(&case.name, "2014-06-01").await.unwrap();
    assert_eq!(ended.state(), State::Abandoned);
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
