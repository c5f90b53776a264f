//! The congress of the first union of community workers: its delegates elect by vote (F037, F039) the
//! chair of its first term (F040, F041).

use anyhow::{Context, Result, ensure};
use tonic::Code;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        CallElectionRequest, Candidate, CommitteeKind, Contest, ContestResult, DelegateLot,
        Election, ElectionRecord, FileElectionRequest, HoldElectionRequest, ListOfficersRequest,
        OfficePosition, Officer,
        election::{Assembly, Kind, State},
    },
};
use unionhall_tests::{client::Clients, refusals::refused};

use super::{
    COMMUNITIES_OF_THE_FIRST, FIRST,
    areas::Areas,
    cases::{DELEGATES, Formed, approval},
    day,
};

/// Those who are elected to the committee; the last one is not. Invented.
const CANDIDATES: [&str; 8] = ["鹭某", "鸢某", "鹇某", "鹂某", "鸻某", "鹬某", "鸫某", "鹀某"];
/// Seats of the committee: 7 to 15 for 490 members by the rules of 2014.
const SEATS: usize = 7;
/// Two of the delegates stayed away.
const PRESENT: i32 = DELEGATES - 2;
/// More than half of those due; exactly half is not enough.
const ENOUGH: i32 = DELEGATES / 2 + 1;

pub(super) async fn elects_its_chair(
    clients: &Clients,
    areas: &Areas,
    formed: &Formed,
) -> Result<()> {
    let union = &formed.workers[0];
    let called = called(clients, union).await?;
    ensure!((called.term_number, called.term_years) == (1, 5), "{called:?}");
    // With half of those due nobody is elected; with one vote more the chair is.
    let early = held(clients, &called.name, record(areas, ENOUGH - 1)).await?;
    let told: Vec<&str> = mandatory(&early).collect();
    ensure!(told == ["V02"], "{told:?}");
    let unfiled = filed(clients, &called.name).await.map(|_| ());
    let status = unfiled.err().and_then(|error| error.downcast().ok()).context("it was filed")?;
    refused::<()>(Err(status), Code::FailedPrecondition, "ELECTION_INVALID")?;
    let told = held(clients, &called.name, record(areas, ENOUGH)).await?;
    ensure!(mandatory(&told).next().is_none(), "{:?}", told.findings);
    let filed = filed(clients, &called.name).await?;
    ensure!(filed.state() == State::Filed, "{filed:?}");
    in_office_from_the_day(clients, union).await
}

async fn in_office_from_the_day(clients: &Clients, union: &str) -> Result<()> {
    let before = officers(clients, union, day(2, 26)).await?;
    ensure!(before.is_empty(), "{before:?}");
    let seated = officers(clients, union, day(2, 27)).await?;
    ensure!(seated.len() == SEATS + 1, "{seated:?}");
    ensure!(seated.iter().all(|officer| officer.term_number == 1), "{seated:?}");
    let mut chairs = seated.iter().filter(|officer| {
        officer.committee() == CommitteeKind::Union && officer.position() == OfficePosition::Chair
    });
    let chair = chairs.next().context("the chair")?;
    ensure!(chair.display_name == CANDIDATES[0] && chairs.next().is_none(), "{chair:?}");
    Ok(())
}

fn mandatory(election: &Election) -> impl Iterator<Item = &str> {
    let broken = election.findings.iter().filter(|finding| finding.mandatory);
    broken.map(|finding| finding.rule.as_str())
}

async fn called(clients: &Clients, union: &str) -> Result<Election> {
    let contest = |committee: CommitteeKind, position: OfficePosition, seat_count| Contest {
        committee: committee.into(),
        position: position.into(),
        seat_count,
        ..Contest::default()
    };
    let election = Election {
        kind: Kind::Founding.into(),
        assembly: Assembly::DelegateCongress.into(),
        planned_on: day(2, 27),
        venue: "街道多功能厅".to_owned(),
        plan_approval: approval(2),
        plan_approved_on: day(2, 14),
        contests: vec![
            contest(CommitteeKind::Union, OfficePosition::Member, i32::try_from(SEATS)?),
            contest(CommitteeKind::Union, OfficePosition::Chair, 1),
            contest(CommitteeKind::Audit, OfficePosition::Director, 1),
        ],
        own_accounts: true,
        ..Election::default()
    };
    let request = CallElectionRequest {
        parent: union.to_owned(),
        election: Some(election),
        ..CallElectionRequest::default()
    };
    Ok(clients.elections.clone().call_election(request).await?.into_inner())
}

async fn held(clients: &Clients, name: &str, record: ElectionRecord) -> Result<Election> {
    let request = HoldElectionRequest {
        name: name.to_owned(),
        record: Some(record),
        ..HoldElectionRequest::default()
    };
    Ok(clients.elections.clone().hold_election(request).await?.into_inner())
}

async fn filed(clients: &Clients, name: &str) -> Result<Election> {
    let request = FileElectionRequest {
        name: name.to_owned(),
        approval: approval(3),
        filed_on: day(2, 27),
        ..FileElectionRequest::default()
    };
    Ok(clients.elections.clone().file_election(request).await?.into_inner())
}

async fn officers(clients: &Clients, union: &str, on: Option<Date>) -> Result<Vec<Officer>> {
    let request =
        ListOfficersRequest { parent: union.to_owned(), day: on, ..ListOfficersRequest::default() };
    Ok(clients.officers.clone().list_officers(request).await?.into_inner().officers)
}

/// What is reported, with so many votes for the chair.
fn record(areas: &Areas, votes: i32) -> ElectionRecord {
    ElectionRecord {
        held_on: day(2, 27),
        member_count: 5 * DELEGATES,
        women_count: 3 * DELEGATES,
        delegate_count: DELEGATES,
        due_count: DELEGATES,
        present_count: PRESENT,
        candidates_posted_on: day(2, 20),
        results: vec![
            ballot(&CANDIDATES, SEATS, PRESENT - 1),
            ballot(&CANDIDATES[..2], 1, votes),
            ballot(&["鹎某"], 1, PRESENT),
        ],
        delegate_lots: lots(areas),
        ..ElectionRecord::default()
    }
}

/// So many are elected, each with the same votes.
fn ballot(names: &[&str], seats: usize, votes: i32) -> ContestResult {
    let candidate = |(at, name): (usize, &&str)| Candidate {
        display_name: (*name).to_owned(),
        vote_count: if at < seats { votes } else { 1 },
        elected: at < seats,
        ..Candidate::default()
    };
    ContestResult {
        issued_count: PRESENT,
        returned_count: PRESENT,
        valid_count: PRESENT,
        candidates: names.iter().enumerate().map(candidate).collect(),
        ..ContestResult::default()
    }
}

/// Each of the communities (F038) elects four or five delegates.
fn lots(areas: &Areas) -> Vec<DelegateLot> {
    let communities = areas.communities.iter().filter(|label| label.starts_with(FIRST));
    let whole = i32::try_from(COMMUNITIES_OF_THE_FIRST).unwrap_or(1);
    let lot = |(at, label): (i32, &String)| {
        let count = DELEGATES / whole + i32::from(at < DELEGATES % whole);
        DelegateLot {
            constituency: format!("areas/{label}"),
            allotted_count: count,
            elected_count: count,
        }
    };
    (0..).zip(communities).map(lot).collect()
}
