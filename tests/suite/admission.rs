//! Two clerks admit one person at one time. One of them wins, whether the person is new to the register
//! or known to it, and also while the key rotates by which persons are found.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::Barrier;
use tonic::{Code, Status};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, CreateMemberRequest, EndMembershipRequest, IdentityDocument,
    LookupMembersRequest, Member, WayIn, WayOut,
};
use unionhall_tests::{
    client::{Clients, reason, repeated, request_id},
    engine::Engine,
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples,
    suite::{Layout, Plan, Suite},
};

/// Persons of each round.
const PERSONS: u32 = 60;
/// Persons who are looked for in the end.
const LOOKED_AT: u32 = 100;
/// Clerks for one person.
const CLERKS: i32 = 2;

on_both_engines!(one_of_two_clerks_admits_a_person);

async fn one_of_two_clerks_admits_a_person(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let mut clerks = Vec::new();
    for number in 0..CLERKS {
        let clients = suite.connect().await?;
        let union = union(&clients, number).await?;
        clerks.push(Clerk { clients, union });
    }
    let mut names = Vec::new();
    for number in 0..PERSONS {
        names.push(raced(&clerks, number).await.with_context(|| suite.logs())?);
    }
    // Now amid a rotation: some before it begins, some while both versions find, some behind it.
    let told = rotate(&suite).await?;
    let mut number = PERSONS;
    loop {
        for _ in 0..10 {
            names.push(
                raced(&clerks, number).await.with_context(|| format!("{told}{}", suite.logs()))?,
            );
            number += 1;
        }
        // Whoever was entered under the old key is found under the new one, and the other way.
        for known in [0, PERSONS / 2, number - 1] {
            known_still(&clerks, known, &names).await.with_context(|| suite.logs())?;
        }
        if number >= 2 * PERSONS && renewed(&suite).await? {
            break;
        }
        ensure!(number < 100 * PERSONS, "the rotation does not end: {}", suite.logs());
    }
    for _ in 0..10 {
        names.push(raced(&clerks, number).await?);
        number += 1;
    }
    // However many a slow rotation let in, some of each time.
    for known in (0..number).step_by(usize::try_from(1 + number / LOOKED_AT)?) {
        known_still(&clerks, known, &names).await?;
    }
    for name in names.iter().take(usize::try_from(PERSONS)?) {
        readmitted(&clerks, name).await.with_context(|| suite.logs())?;
    }
    Ok(())
}

#[derive(Clone)]
struct Clerk {
    clients: Clients,
    union: String,
}

async fn union(clients: &Clients, number: i32) -> Result<String> {
    let request = samples::joint_union(number);
    Ok(clients.unions.clone().create_union(request).await?.into_inner().name)
}

/// The passport of somebody who is no other sample.
pub(crate) fn document(number: u32) -> IdentityDocument {
    IdentityDocument {
        document_type: "414".to_owned(),
        number: format!("E{number:08}"),
        ..IdentityDocument::default()
    }
}

/// What two clerks are answered who enter one person at one time: one has entered the person, the
/// other learns who that is.
async fn raced(clerks: &[Clerk], number: u32) -> Result<String> {
    let enter = |clerk: Clerk| async move {
        let member = Member {
            display_name: "某某".to_owned(),
            documents: vec![document(number)],
            ..Member::default()
        };
        let request = CreateMemberRequest {
            member: Some(member),
            union: clerk.union,
            way_in: WayIn::Admitted.into(),
            effective_date: Some(samples::day(2021, 1, 1)),
            request_id: request_id(),
            ..CreateMemberRequest::default()
        };
        let clients = clerk.clients;
        let answer = unhindered(|| {
            let (mut members, request) = (clients.members.clone(), request.clone());
            async move { members.create_member(request).await.map(tonic::Response::into_inner) }
        });
        answer.await
    };
    let name = one_wins(clerks, enter, "MEMBER_EXISTS").await?;
    Ok(name)
}

/// The same of a person whom the register knows and who has no membership.
async fn readmitted(clerks: &[Clerk], name: &str) -> Result<()> {
    let ended = EndMembershipRequest {
        name: name.to_owned(),
        way_out: WayOut::Withdrawn.into(),
        effective_date: Some(samples::day(2021, 6, 1)),
        ..EndMembershipRequest::default()
    };
    let first = clerks.first().context("a clerk")?;
    let memberships = &first.clients.memberships;
    let ended = repeated(ended, |request| {
        let mut memberships = memberships.clone();
        async move { memberships.end_membership(request).await }
    });
    Box::pin(ended).await?;
    let admit = |clerk: Clerk| async move {
        let request = AdmitMemberRequest {
            name: name.to_owned(),
            union: clerk.union,
            effective_date: Some(samples::day(2021, 7, 1)),
            request_id: request_id(),
            ..AdmitMemberRequest::default()
        };
        let clients = clerk.clients;
        let answer = unhindered(|| {
            let (mut calls, request) = (clients.memberships.clone(), request.clone());
            async move { calls.admit_member(request).await.map(tonic::Response::into_inner) }
        });
        answer.await
    };
    one_wins(clerks, admit, "MEMBERSHIP_STEP_INVALID").await?;
    Ok(())
}

/// Lets all of them begin together; all but one are refused for the reason.
async fn one_wins<F, Fut>(clerks: &[Clerk], work: F, expected: &str) -> Result<String>
where
    F: Fn(Clerk) -> Fut,
    Fut: Future<Output = Result<Result<Member, Status>>>,
{
    let together = Arc::new(Barrier::new(clerks.len()));
    let begin = |clerk: Clerk| {
        let (together, work) = (Arc::clone(&together), Box::pin(work(clerk)));
        async move {
            together.wait().await;
            work.await
        }
    };
    let [one, other] = clerks else { bail!("two clerks, not {}", clerks.len()) };
    let (one, other) = tokio::join!(begin(one.clone()), begin(other.clone()));
    Ok(winner([one?, other?], expected)?.name)
}

/// The answer of the one who won; the other one was refused for the reason.
pub(crate) fn winner(answers: [Result<Member, Status>; 2], expected: &str) -> Result<Member> {
    let mut won = Vec::new();
    for answer in answers {
        match answer {
            Ok(member) => won.push(member),
            Err(status) => {
                ensure!(reason(&status).as_deref() == Some(expected), "{status:?}");
            }
        }
    }
    ensure!(won.len() == 1, "{} clerks won: {won:?}", won.len());
    let member = won.pop().context("the winner")?;
    ensure!(member.membership.is_some(), "{member:?}");
    Ok(member)
}

/// Repeats what another writer, or a busy machine, got in the way of, as every client should; under
/// its `request_id` it has one effect.
async fn unhindered<Fut>(send: impl Fn() -> Fut) -> Result<Result<Member, Status>>
where
    Fut: Future<Output = Result<Member, Status>>,
{
    patience::until("an answer", || async {
        match Box::pin(send()).await {
            Err(status) if reason(&status).as_deref() == Some("CONFLICT") => None,
            Err(status) if status.code() == Code::Unavailable => None,
            answer => Some(answer),
        }
    })
    .await
}

/// The person is found by the document, and is not entered twice.
async fn known_still(clerks: &[Clerk], number: u32, names: &[String]) -> Result<()> {
    let name = names.get(usize::try_from(number)?).context("a person")?;
    let clerk = clerks.first().context("a clerk")?;
    let request = LookupMembersRequest { document: Some(document(number)), ..Default::default() };
    let found = clerk.clients.members.clone().lookup_members(request).await?.into_inner().members;
    ensure!(found.len() == 1 && found[0].name == *name, "{number}: {found:?}");
    let member = Member {
        display_name: "某某".to_owned(),
        documents: vec![document(number)],
        ..Member::default()
    };
    let request = CreateMemberRequest {
        member: Some(member),
        union: clerk.union.clone(),
        way_in: WayIn::Admitted.into(),
        effective_date: Some(samples::day(2021, 1, 1)),
        validate_only: true,
        ..CreateMemberRequest::default()
    };
    let answer = clerk.clients.members.clone().create_member(request).await;
    let refused = answer.err().context("entered twice")?;
    ensure!(reason(&refused).as_deref() == Some("MEMBER_EXISTS"), "{refused:?}");
    Ok(())
}

async fn rotate(suite: &Suite) -> Result<String> {
    keys(suite, &["rotate", "blind_index", "--active-in", "1"]).await
}

/// Whether nothing is found by the old key any more.
async fn renewed(suite: &Suite) -> Result<bool> {
    let told = keys(suite, &["list"]).await?;
    let rows = |version: u32| -> Option<u64> {
        let head = format!("blind_index version {version},");
        let line = told.lines().find(|line| line.starts_with(&head))?;
        line.split(", ").find_map(|part| part.strip_suffix(" rows"))?.parse().ok()
    };
    Ok(rows(2).is_some_and(|rows| rows > 0) && rows(1).unwrap_or_default() == 0)
}

async fn keys(suite: &Suite, words: &[&str]) -> Result<String> {
    let data = suite.data().display().to_string();
    let mut all = vec!["--data", data.as_str()];
    all.extend(suite.database_url().iter().flat_map(|url| ["--database-url", url]));
    all.push("keys");
    all.extend(words);
    let output = suite.command_line(&all).await?;
    ensure!(output.status.success(), "{words:?}: {}{}", output.stdout, output.stderr);
    Ok(output.stdout)
}
