//! A case under callers that race: whatever they try at once, one thing happens, and it happens
//! whole.

use anyhow::{Result, ensure};
use tonic::{Code, Status};
use unionhall_proto::{
    common::v1::GetFigureRequest,
    registry::v1::{
        Address, Approval, CoverByJointUnionRequest, CreateEmployerRequest,
        CreateFormationCaseRequest, CreateUnionRequest, Employer, EstablishUnionRequest,
        FormationCase, FormationDocument, FormationReason, FormationStep, FoundingAssembly,
        ListUnionsRequest, Preparation, RecordFormationStepRequest, Recruitment, Union,
        formation_case::State, formation_step::Content, founding_assembly::Kind,
    },
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    lanes::each,
    on_both_engines,
    policy::{Policy, UNBOUNDED},
    refusals::unharmed,
    samples,
    suite::{Layout, Plan},
};

const ROUNDS: u32 = 6;
const CALLERS: u32 = 9;
const COMMUNITY: &str = "110102012001";
/// The union above, which approves.
const JOINT: &str = "北京某某社区联合工会";

on_both_engines!(one_end_of_a_case_wins);

async fn one_end_of_a_case_wins(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let clients = suite.connect().await?;
    let joint = union(&clients).await?;
    let (mut own, mut covered) = (0, 0);
    for round in 0..ROUNDS {
        let case = filed(&clients, round, &joint).await?;
        let all = clients.clone();
        let (name, above) = (case.name.clone(), joint.name.clone());
        let answers = each((0..CALLERS).collect(), move |caller| {
            let (clients, name, above) = (all.clone(), name.clone(), above.clone());
            async move { Ok(end(&clients, &name, &above, caller).await) }
        });
        let mut ended = Vec::new();
        for answer in answers.await? {
            match answer {
                Ok(case) => ended.push(case),
                Err(status) => {
                    let codes = [Code::FailedPrecondition, Code::AlreadyExists, Code::Aborted];
                    ensure!(codes.contains(&status.code()), "{status:?}");
                }
            }
        }
        ensure!(ended.len() == 1, "round {round}: {} ends", ended.len());
        match ended[0].state() {
            State::Established => own += 1,
            State::Covered => covered += 1,
            State::Abandoned => {}
            other => anyhow::bail!("{other:?}"),
        }
    }
    for (metric, expected) in [
        ("newly_covered_by_own_union", own),
        ("newly_covered_by_joint_union", covered),
        ("unions_single_employer", own),
    ] {
        let request = GetFigureRequest {
            metric: format!("metrics/{metric}"),
            node: "areas/110102".to_owned(),
            ..GetFigureRequest::default()
        };
        let figure = clients.metrics.clone().get_figure(request).await?.into_inner();
        ensure!(figure.value == expected, "{metric}: {} and not {expected}", figure.value);
    }
    let request = ListUnionsRequest {
        filter: "union_type = SINGLE_EMPLOYER".to_owned(),
        ..ListUnionsRequest::default()
    };
    let unions = clients.unions.clone().list_unions(request).await?.into_inner().unions;
    ensure!(i64::try_from(unions.len())? == own, "no union is left over");
    unharmed(&suite)
}

/// A third establishes the own union, a third joins the joint one, a third gives up.
async fn end(
    clients: &Clients,
    name: &str,
    joint: &str,
    caller: u32,
) -> Result<FormationCase, Status> {
    let mut formation = clients.formation.clone();
    let name = name.to_owned();
    let answer = match caller % 3 {
        0 => {
            let approval = Some(approval());
            let request =
                EstablishUnionRequest { name, approval, term_years: 3, ..Default::default() };
            formation.establish_union(request).await
        }
        1 => {
            let union = joint.to_owned();
            let request = CoverByJointUnionRequest { name, union, ..Default::default() };
            formation.cover_by_joint_union(request).await
        }
        _ => {
            let reason = FormationReason { reason: "作罢".to_owned() };
            let content = Some(Content::Abandonment(reason));
            let step = Some(FormationStep { content, ..FormationStep::default() });
            let request = RecordFormationStepRequest { name, step, ..Default::default() };
            formation.record_formation_step(request).await
        }
    };
    answer.map(tonic::Response::into_inner)
}

fn approval() -> Approval {
    Approval { body: JOINT.to_owned(), number: "总工发〔2014〕1号".to_owned() }
}

async fn union(clients: &Clients) -> Result<Union> {
    let union = Union {
        display_name: JOINT.to_owned(),
        union_type: "COMMUNITY_JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "COMMUNITY".to_owned(),
        territory: format!("areas/{COMMUNITY}"),
        seat: Some(Address { area: format!("areas/{COMMUNITY}"), line: "甲1号".to_owned() }),
        ..Union::default()
    };
    let request = CreateUnionRequest {
        union: Some(union),
        effective_date: Some(samples::day(2010, 1, 1)),
        ..CreateUnionRequest::default()
    };
    Ok(clients.unions.clone().create_union(request).await?.into_inner())
}

/// The case of a new employer whose result is filed.
async fn filed(clients: &Clients, number: u32, above: &Union) -> Result<FormationCase> {
    let employer = Employer {
        actual_address: Some(samples::address(COMMUNITY, number)),
        ..samples::employer(number)
    };
    let request = CreateEmployerRequest { employer: Some(employer), ..Default::default() };
    let employer = clients.employers.clone().create_employer(request).await?.into_inner();
    let case = FormationCase {
        employer: employer.name,
        union_type: "SINGLE_EMPLOYER".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        display_name: format!("北京某某第{number}工会"),
        superior: above.name.clone(),
        ..FormationCase::default()
    };
    let request = CreateFormationCaseRequest { formation_case: Some(case), ..Default::default() };
    let mut formation = clients.formation.clone();
    let mut case = formation.create_formation_case(request).await?.into_inner();
    for content in [
        Content::Application(FormationDocument::default()),
        Content::Preparation(Preparation { approval: Some(approval()), group: String::new() }),
        Content::Recruitment(Recruitment { member_count: 30, female_count: 10 }),
        Content::ElectionApproval(approval()),
        Content::Election(FoundingAssembly {
            kind: Kind::GeneralMeeting.into(),
            due_count: 30,
            present_count: 20,
            ..FoundingAssembly::default()
        }),
        Content::ResultFiling(FormationDocument::default()),
    ] {
        let step = Some(FormationStep { content: Some(content), ..FormationStep::default() });
        let request =
            RecordFormationStepRequest { name: case.name.clone(), step, ..Default::default() };
        case = formation.record_formation_step(request).await?.into_inner();
    }
    Ok(case)
}
