//! The formation cases of the year: the unions of community workers, the own unions of employers,
//! and some employers that join the union of their community.

use anyhow::{Context, Result, ensure};
use tonic::Code;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Activation, Approval, Consultation, CoverByJointUnionRequest, CreateFormationCaseRequest,
        EstablishUnionRequest, FollowUp, FormationCase, FormationDocument, FormationStep,
        FoundingAssembly, GetFormationCaseRequest, LeadershipBriefing, Preparation,
        RecordFormationStepRequest, Recruitment, consultation::Party, formation_case::State,
        formation_document::Kind as DocumentKind, formation_step::Content,
        founding_assembly::Kind as AssemblyKind,
    },
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    lanes::each,
    refusals::refused,
};

use super::{
    COMMUNITIES_OF_THE_FIRST, FIRST, JOINT_BY_CASE, OWN,
    areas::Areas,
    day,
    employers::{Employer, Employers},
    spread,
    unions::{Unions, newly_formed, seat},
};

/// Delegates at the founding congress: just under a hundred (F037).
pub(super) const DELEGATES: i32 = 98;

/// What was formed in the year.
pub(super) struct Formed {
    /// The unions of community workers, the first of its kind first.
    pub(super) workers: Vec<String>,
    /// The own unions.
    pub(super) own: Vec<String>,
}

pub(super) async fn of_the_year(
    clients: &Clients,
    areas: &Areas,
    employers: &Employers,
    unions: &Unions,
) -> Result<Formed> {
    let first = the_first_of_its_kind(clients, areas, unions).await?;
    // The other fourteen follow, the last at the end of the year (F049).
    let others: Vec<String> =
        areas.subdistricts.iter().filter(|label| *label != FIRST).cloned().collect();
    let count = others.len();
    let cases = others.iter().enumerate().map(|(at, label)| {
        let on = spread(at + 4, count + 4);
        (workers(areas, unions, label), on)
    });
    let mut workers = vec![first];
    workers.extend(led(clients, cases.collect(), 40).await?);

    let own = employers.own().iter().enumerate().map(|(at, Employer { name, community, .. })| {
        let case = FormationCase {
            employer: name.clone(),
            union_type: "SINGLE_EMPLOYER".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            display_name: newly_formed(at),
            superior: unions.federations[&community[..9]].clone(),
            ..FormationCase::default()
        };
        (case, spread(at, OWN))
    });
    // Ten delegates of fifty members.
    let own = led(clients, own.collect(), 10).await?;
    joined(clients, employers, unions).await?;
    Ok(Formed { workers, own })
}

fn workers(areas: &Areas, unions: &Unions, label: &str) -> FormationCase {
    let community = areas.communities.iter().find(|at| at.starts_with(label));
    FormationCase {
        territory: format!("areas/{label}"),
        union_type: "COMMUNITY_WORKERS".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        display_name: format!("示例街道{label}社区工作者工会"),
        superior: unions.federations[label].clone(),
        seat: seat(community.map_or(label, String::as_str)),
        follow_up: Some(FollowUp {
            assignee: format!("示例街道{label}总工会"),
            next_action: "征求各社区意见".to_owned(),
            due_on: day(1, 20),
        }),
        ..FormationCase::default()
    }
}

/// With all that the source tells of it: briefings (F046), the community office (F047), the
/// communities (F048), and the congress (F036).
async fn the_first_of_its_kind(
    clients: &Clients,
    areas: &Areas,
    unions: &Unions,
) -> Result<String> {
    let case = open(clients, workers(areas, unions, FIRST), day(1, 6)).await?;
    let briefing =
        LeadershipBriefing { to: "街道工委".to_owned(), outcome: "支持".to_owned() };
    record(clients, &case, Content::Briefing(briefing), day(1, 8)).await?;
    let ask = |party: Party, with: String| {
        let consultation = Consultation { party: party.into(), with, outcome: "同意".to_owned() };
        Content::Consultation(consultation)
    };
    let office = ask(Party::SubdistrictCommunityOffice, "街道社区办".to_owned());
    record(clients, &case, office, day(1, 9)).await?;
    for label in areas.communities.iter().filter(|label| label.starts_with(FIRST)) {
        record(clients, &case, ask(Party::Communities, label.clone()), day(1, 13)).await?;
    }
    let election = path(DELEGATES).swap_remove(4);
    let early = record(clients, &case, election, day(1, 14)).await;
    let status = early.err().and_then(|error| error.downcast().ok()).context("it was due")?;
    refused::<()>(Err(status), Code::FailedPrecondition, "FORMATION_STEP_OUT_OF_ORDER")?;

    let days = [day(1, 15), day(1, 17), day(1, 31), day(2, 14), day(2, 27), day(2, 27)];
    for (content, on) in path(DELEGATES).into_iter().zip(days) {
        record(clients, &case, content, on).await?;
    }
    let done = establish(clients, &case, day(2, 27)).await?;
    for kind in [DocumentKind::Seal, DocumentKind::BankAccount, DocumentKind::FundsRegistration] {
        record(clients, &case, Content::Document(document(kind)), day(3, 20)).await?;
    }
    let active = record(clients, &case, Content::Activation(Activation {}), day(3, 21)).await?;
    ensure!(active.state() == State::Active, "{active:?}");

    let before = GetFormationCaseRequest { name: case, day: day(2, 26) };
    let before = clients.formation.clone().get_formation_case(before).await?.into_inner();
    ensure!(before.state() == State::ElectionApproved && before.union.is_empty(), "{before:?}");
    let congress = done.path.iter().find_map(|step| match &step.content {
        Some(Content::Election(assembly)) => Some((assembly, step.day)),
        _ => None,
    });
    let (congress, on) = congress.context("the congress")?;
    let told = (on, congress.present_count, congress.represented_count);
    let communities = i32::try_from(COMMUNITIES_OF_THE_FIRST)?;
    ensure!(told == (day(2, 27), DELEGATES - 2, communities), "{congress:?}");
    Ok(done.union)
}

/// Leads cases from their opening to the establishment, all on one day.
async fn led(
    clients: &Clients,
    cases: Vec<(FormationCase, Option<Date>)>,
    delegates: i32,
) -> Result<Vec<String>> {
    let clients = clients.clone();
    each(cases, move |(case, on)| {
        let clients = clients.clone();
        async move {
            let case = open(&clients, case, on).await?;
            for content in path(delegates) {
                record(&clients, &case, content, on).await?;
            }
            Ok(establish(&clients, &case, on).await?.union)
        }
    })
    .await
}

/// Employers whose case ends with the joint union of their community.
async fn joined(clients: &Clients, employers: &Employers, unions: &Unions) -> Result<()> {
    let wanted = employers.joint_by_case().iter().enumerate().map(
        |(at, Employer { name, community, .. })| {
            (name.clone(), unions.joint[community].clone(), spread(at, JOINT_BY_CASE))
        },
    );
    let clients = clients.clone();
    each(wanted.collect(), move |(employer, union, on)| {
        let clients = clients.clone();
        async move {
            let case = FormationCase { employer, ..FormationCase::default() };
            let name = open(&clients, case, on).await?;
            let request = CoverByJointUnionRequest {
                name,
                union,
                effective_date: on,
                request_id: request_id(),
                ..CoverByJointUnionRequest::default()
            };
            let done = repeated(request, |request| {
                let mut formation = clients.formation.clone();
                async move { formation.cover_by_joint_union(request).await }
            })
            .await?;
            ensure!(done.state() == State::Covered, "{done:?}");
            Ok(())
        }
    })
    .await?;
    Ok(())
}

async fn open(clients: &Clients, case: FormationCase, on: Option<Date>) -> Result<String> {
    let request = CreateFormationCaseRequest {
        formation_case: Some(case),
        effective_date: on,
        request_id: request_id(),
        ..CreateFormationCaseRequest::default()
    };
    let send = |request| {
        let mut formation = clients.formation.clone();
        async move { formation.create_formation_case(request).await }
    };
    Ok(repeated(request, send).await?.name)
}

async fn record(
    clients: &Clients,
    case: &str,
    content: Content,
    day: Option<Date>,
) -> Result<FormationCase> {
    let step = FormationStep { day, content: Some(content), ..FormationStep::default() };
    let request = RecordFormationStepRequest {
        name: case.to_owned(),
        step: Some(step),
        request_id: request_id(),
        ..RecordFormationStepRequest::default()
    };
    repeated(request, |request| {
        let mut formation = clients.formation.clone();
        async move { formation.record_formation_step(request).await }
    })
    .await
}

async fn establish(clients: &Clients, case: &str, on: Option<Date>) -> Result<FormationCase> {
    let request = EstablishUnionRequest {
        name: case.to_owned(),
        approval: approval(3),
        term_years: 5,
        effective_date: on,
        request_id: request_id(),
        ..EstablishUnionRequest::default()
    };
    repeated(request, |request| {
        let mut formation = clients.formation.clone();
        async move { formation.establish_union(request).await }
    })
    .await
}

/// The steps up to the filed result.
fn path(due: i32) -> Vec<Content> {
    let communities = i32::try_from(COMMUNITIES_OF_THE_FIRST).unwrap_or(0);
    vec![
        Content::Application(document(DocumentKind::Application)),
        Content::Preparation(Preparation { approval: approval(1), group: String::new() }),
        Content::Recruitment(Recruitment { member_count: 5 * due, female_count: 3 * due }),
        Content::ElectionApproval(approval(2).unwrap_or_default()),
        Content::Election(FoundingAssembly {
            kind: AssemblyKind::DelegateCongress.into(),
            venue: "街道多功能厅".to_owned(),
            due_count: due,
            present_count: due - 2,
            represented_count: communities,
            committee_count: 7,
            audit_committee: true,
            ..FoundingAssembly::default()
        }),
        Content::ResultFiling(document(DocumentKind::Unspecified)),
    ]
}

fn document(kind: DocumentKind) -> FormationDocument {
    FormationDocument {
        kind: kind.into(),
        number: "西工发〔2014〕9号".to_owned(),
        ..Default::default()
    }
}

pub(super) fn approval(number: u32) -> Option<Approval> {
    let body = "北京市西城区总工会".to_owned();
    Some(Approval { body, number: format!("西工发〔2014〕{number}号") })
}
