//! The service on a register of its own, on 2014-07-01. Names and codes are made up.

mod congress;
mod gone;
mod lists;
mod lives;
mod refusals;

use tonic::{Response, Status};
use tonic_types::StatusExt;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Activation, Address, Approval, CoverByJointUnionRequest, CreateEmployerRequest,
        CreateFormationCaseRequest, CreateUnionRequest, Employer, EstablishUnionRequest, FollowUp,
        FormationCase, FormationDocument, FormationReason, FormationStep, FoundingAssembly,
        GetFormationCaseRequest, Industry, Preparation, RecordFormationStepRequest, Recruitment,
        Union, WorkersWish, Workforce, employer_service_server::EmployerService,
        formation_case::State, formation_document::Kind as DocumentKind,
        formation_service_server::FormationService, formation_step::Content,
        founding_assembly::Kind as AssemblyKind, union_service_server::UnionService,
    },
};

use super::Formations;
use crate::{
    rules::credit_code::CreditCode,
    testing::{Rig, call, call_within, rig},
};

const SUBDISTRICT: &str = "110102012";
const HOME: &str = "110102012004";
const ELSEWHERE: &str = "110102010002";

/// A register with the shipped areas, a federation of the sub-district since 2000, and the service.
struct Desk {
    rig: Rig,
    service: Formations,
    above: Union,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let service = Formations::over(rig.register.clone());
    let mut desk = Desk { rig, service, above: Union::default() };
    desk.above = desk.union(federation(), "2000-01-01").await;
    desk
}

impl Desk {
    async fn union(&self, union: Union, from: &str) -> Union {
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.unions.create_union(call(message)).await).unwrap()
    }

    async fn employer(&self, serial: u32, area: &str) -> Employer {
        let message =
            CreateEmployerRequest { employer: Some(employer(serial, area)), ..Default::default() };
        inner(self.service.employers.create_employer(call(message)).await).unwrap()
    }

    async fn create(&self, case: FormationCase, from: &str) -> Result<FormationCase, Status> {
        self.create_as("11", case, from).await
    }

    async fn create_as(
        &self,
        scope: &str,
        case: FormationCase,
        from: &str,
    ) -> Result<FormationCase, Status> {
        let message = CreateFormationCaseRequest {
            formation_case: Some(case),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.create_formation_case(call_within(scope, message)).await)
    }

    async fn get_on(&self, name: &str, day: &str) -> FormationCase {
        let message = GetFormationCaseRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.get_formation_case(call(message)).await).unwrap()
    }

    async fn record(
        &self,
        name: &str,
        content: Content,
        day: &str,
    ) -> Result<FormationCase, Status> {
        let step = FormationStep { day: date(day), content: Some(content), ..Default::default() };
        let message = RecordFormationStepRequest {
            name: name.to_owned(),
            step: Some(step),
            ..Default::default()
        };
        inner(self.service.record_formation_step(call(message)).await)
    }

    async fn establish(&self, name: &str, from: &str) -> Result<FormationCase, Status> {
        inner(self.service.establish_union(call(establishment(name, from))).await)
    }

    async fn cover(&self, name: &str, union: &str, from: &str) -> Result<FormationCase, Status> {
        let message = CoverByJointUnionRequest {
            name: name.to_owned(),
            union: union.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.service.cover_by_joint_union(call(message)).await)
    }

    /// Leads the case up to the filed result, one step a day from 2014-03-01 on.
    async fn lead(&self, name: &str, members: i32) -> FormationCase {
        let mut last = FormationCase::default();
        for (content, day) in path(members).into_iter().zip(1..) {
            last = self.record(name, content, &format!("2014-03-{day:02}")).await.unwrap();
        }
        last
    }
}

/// The steps up to the filed result.
fn path(members: i32) -> Vec<Content> {
    vec![
        Content::Application(document(DocumentKind::Application)),
        Content::Preparation(Preparation { approval: approval(1), group: String::new() }),
        Content::Recruitment(Recruitment { member_count: members, female_count: 4 }),
        Content::ElectionApproval(approval(2).unwrap()),
        Content::Election(FoundingAssembly {
            kind: AssemblyKind::GeneralMeeting.into(),
            due_count: members,
            present_count: members,
            committee_count: 3,
            ..Default::default()
        }),
        Content::ResultFiling(document(DocumentKind::Unspecified)),
    ]
}

fn establishment(name: &str, from: &str) -> EstablishUnionRequest {
    EstablishUnionRequest {
        name: name.to_owned(),
        approval: approval(3),
        term_years: 3,
        effective_date: date(from),
        ..Default::default()
    }
}

fn document(kind: DocumentKind) -> FormationDocument {
    FormationDocument {
        kind: kind.into(), number: "某〔2014〕1号".into(), ..Default::default()
    }
}

fn approval(number: u32) -> Option<Approval> {
    Some(Approval {
        body: federation().display_name, number: format!("总工发〔2014〕{number}号")
    })
}

fn reason(text: &str) -> FormationReason {
    FormationReason { reason: text.to_owned() }
}

fn wish(how: &str) -> WorkersWish {
    WorkersWish { how: how.to_owned() }
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn date(text: &str) -> Option<Date> {
    Some(crate::testing::day(text).into())
}

/// The reason in a status.
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

fn at(area: &str) -> Option<Address> {
    Some(Address { area: format!("areas/{area}"), line: "某某街1号".to_owned() })
}

fn federation() -> Union {
    Union {
        display_name: "北京市西城区某某街道总工会".to_owned(),
        union_type: "SUBDISTRICT_FEDERATION".to_owned(),
        union_form: "GENERAL_FEDERATION".to_owned(),
        union_level: "SUBDISTRICT".to_owned(),
        territory: format!("areas/{SUBDISTRICT}"),
        seat: at(HOME),
        ..Default::default()
    }
}

/// A union that takes in whoever is there.
fn joint(superior: &Union) -> Union {
    Union {
        display_name: "北京某某联合工会".to_owned(),
        union_type: "COMMUNITY_JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "COMMUNITY".to_owned(),
        territory: format!("areas/{HOME}"),
        superior: superior.name.clone(),
        seat: at(HOME),
        ..Default::default()
    }
}

fn employer(serial: u32, area: &str) -> Employer {
    let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
    Employer {
        display_name: format!("北京某某第{serial}商贸有限公司"),
        organisation_code: code.organisation_code().to_string(),
        ownership: "57".to_owned(),
        industry: Some(Industry { edition: "2011".to_owned(), code: "52".to_owned() }),
        actual_address: at(area),
        established_on: date("2010-03-01"),
        workforce: Some(Workforce {
            counted_on: date("2013-12-31"),
            employee_count: 30,
            female_count: Some(12),
            migrant_count: None,
        }),
        ..Default::default()
    }
}

/// The case of an employer that wants its own union.
fn own(employer: &Employer, superior: &Union) -> FormationCase {
    FormationCase {
        employer: employer.name.clone(),
        union_type: "SINGLE_EMPLOYER".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        display_name: "北京某某工会委员会".to_owned(),
        superior: superior.name.clone(),
        follow_up: Some(FollowUp {
            assignee: "某某街道总工会".to_owned(),
            next_action: "回访".to_owned(),
            due_on: date("2014-06-01"),
        }),
        ..Default::default()
    }
}

/// The case of the community workers' union of the sub-district (F034).
fn workers(superior: &Union) -> FormationCase {
    FormationCase {
        territory: format!("areas/{SUBDISTRICT}"),
        union_type: "COMMUNITY_WORKERS".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        display_name: "某某街道社区工作者工会".to_owned(),
        superior: superior.name.clone(),
        seat: at(HOME),
        ..Default::default()
    }
}
