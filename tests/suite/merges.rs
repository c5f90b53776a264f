//! Records of one person are merged, given back, admitted and ended by many at once. Whatever comes
//! of it, nobody is a member twice, every number finds a record that is no pointer, and figures are
//! what a count of the records says.

use anyhow::{Result, ensure};
use tonic::{Code, Status};
use unionhall_proto::{
    common::v1::GetFigureRequest,
    registry::v1::{
        Address, AdmitMemberRequest, CreateMemberRequest, CreateUnionRequest, EndMembershipRequest,
        GetMemberRequest, IdentityDocument, ListMembersRequest, LookupMembersRequest, Member,
        MergeMembersRequest, Union, UnmergeMembersRequest, WayIn, WayOut, member::State,
    },
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    lanes, on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples::day,
    suite::{Layout, Plan, Suite},
};

const PAIRS: u32 = 12;
const ROUNDS: usize = 4;
const SEATS: [&str; 2] = ["areas/110102010002", "areas/110102012001"];

on_both_engines!(merges_at_once_keep_one_membership_a_person);

async fn merges_at_once_keep_one_membership_a_person(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let clients = suite.connect().await?;
    let unions = [union(&clients, 0).await?, union(&clients, 1).await?];
    let mut pairs = Vec::new();
    for number in 0..PAIRS {
        let one = entered(&clients, &unions[0], (number * 2, 2010)).await?;
        let two = entered(&clients, &unions[1], (number * 2 + 1, 2012)).await?;
        pairs.push([one, two]);
    }
    let mut work = Vec::new();
    for _ in 0..ROUNDS {
        for act in 0..8 {
            work.extend(pairs.iter().map(|pair| (act, pair.clone())));
        }
    }
    let (callers, at) = (clients.clone(), unions.clone());
    let done = lanes::each(work, move |(act, pair)| {
        let (clients, unions) = (callers.clone(), at.clone());
        async move { acted(&clients, act, &pair, &unions).await }
    })
    .await?;
    let merged = done.iter().filter(|(act, done)| *act < 2 && *done).count();
    // How many of them lose their way is the machine's affair.
    ensure!(merged > 0, "nobody was merged");
    check(&suite, &clients, &pairs, &unions).await
}

fn passport(number: u32) -> IdentityDocument {
    IdentityDocument {
        document_type: "414".to_owned(),
        number: format!("E7{number:07}"),
        ..IdentityDocument::default()
    }
}

async fn union(clients: &Clients, at: usize) -> Result<String> {
    let union = Union {
        display_name: format!("北京某某第{at}联合工会"),
        union_type: "JOINT".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(Address { area: SEATS[at].to_owned(), line: String::new() }),
        ..Union::default()
    };
    let request = CreateUnionRequest {
        union: Some(union),
        effective_date: Some(day(2001, 1, 1)),
        ..CreateUnionRequest::default()
    };
    Ok(clients.unions.clone().create_union(request).await?.into_inner().name)
}

/// Somebody who was a member for a year.
async fn entered(clients: &Clients, union: &str, (number, year): (u32, i32)) -> Result<String> {
    let member = Member {
        display_name: "鹭某".to_owned(),
        documents: vec![passport(number)],
        ..Member::default()
    };
    let request = CreateMemberRequest {
        member: Some(member),
        union: union.to_owned(),
        way_in: WayIn::Admitted.into(),
        effective_date: Some(day(year, 1, 1)),
        ..CreateMemberRequest::default()
    };
    let name = clients.members.clone().create_member(request).await?.into_inner().name;
    end(clients, &name, year + 1).await?;
    Ok(name)
}

async fn end(clients: &Clients, name: &str, year: i32) -> Result<(), Status> {
    let request = EndMembershipRequest {
        name: name.to_owned(),
        way_out: WayOut::Withdrawn.into(),
        effective_date: Some(day(year, 1, 1)),
        ..EndMembershipRequest::default()
    };
    clients.memberships.clone().end_membership(request).await.map(|_| ())
}

/// Does one thing; what does not follow from how the records are is refused, and nothing else goes
/// wrong.
async fn acted(
    clients: &Clients,
    act: usize,
    pair: &[String; 2],
    unions: &[String; 2],
) -> Result<(usize, bool)> {
    let (own, other) = (&pair[act % 2], &pair[1 - act % 2]);
    let mut protection = clients.protection.clone();
    let answer = match act / 2 {
        0 => {
            let request = MergeMembersRequest {
                name: own.clone(),
                source: other.clone(),
                ..MergeMembersRequest::default()
            };
            protection.merge_members(request).await.map(|_| ())
        }
        1 => {
            let request =
                UnmergeMembersRequest { name: own.clone(), ..UnmergeMembersRequest::default() };
            protection.unmerge_members(request).await.map(|_| ())
        }
        2 => {
            let request = AdmitMemberRequest {
                name: own.clone(),
                union: unions[act % 2].clone(),
                effective_date: Some(day(2014, 1, 1)),
                ..AdmitMemberRequest::default()
            };
            clients.memberships.clone().admit_member(request).await.map(|_| ())
        }
        _ => end(clients, own, 2015).await,
    };
    match answer {
        Ok(()) => Ok((act, true)),
        Err(status) => {
            // `Unavailable`: on a busy machine so many writers wait for a connection in vain.
            let codes =
                [Code::FailedPrecondition, Code::Aborted, Code::InvalidArgument, Code::Unavailable];
            ensure!(codes.contains(&status.code()), "act {act}: {status:?}");
            Ok((act, false))
        }
    }
}

async fn check(
    suite: &Suite,
    clients: &Clients,
    pairs: &[[String; 2]],
    unions: &[String; 2],
) -> Result<()> {
    let mut members = clients.members.clone();
    let mut active = [0, 0];
    for (number, pair) in (0..).zip(pairs) {
        let mut pointers = 0;
        for name in pair {
            let request = GetMemberRequest { name: name.clone(), day: None };
            let member = members.get_member(request).await?.into_inner();
            pointers += usize::from(!member.merged_into.is_empty());
            if member.state() == State::Active {
                let at = member.membership.map(|membership| membership.union);
                let at = unions.iter().position(|union| Some(union) == at.as_ref());
                active[at.unwrap_or_default()] += 1;
            }
        }
        ensure!(pointers < 2, "both records of {pair:?} point elsewhere");
        for document in [passport(number * 2), passport(number * 2 + 1)] {
            let request = LookupMembersRequest { document: Some(document), mobile: String::new() };
            let found = members.lookup_members(request).await?.into_inner().members;
            ensure!(found.len() == 1 && found[0].merged_into.is_empty(), "{found:?}");
        }
    }
    for (union, active) in unions.iter().zip(active) {
        let filter = format!("union = {union} AND state = ACTIVE");
        let request = ListMembersRequest { filter, page_size: 1_000, ..Default::default() };
        let listed = members.list_members(request).await?.into_inner().members.len();
        ensure!(listed == active, "{listed} listed, {active} found");
        let figure = patience::until("the figure of the records", || async {
            let request = GetFigureRequest {
                metric: "metrics/members".to_owned(),
                node: union.clone(),
                ..GetFigureRequest::default()
            };
            let figure = clients.metrics.clone().get_figure(request).await.ok()?.into_inner();
            (usize::try_from(figure.value) == Ok(active)).then_some(())
        });
        figure.await.map_err(|error| anyhow::anyhow!("{error}: {active}\n{}", suite.logs()))?;
    }
    Ok(())
}
