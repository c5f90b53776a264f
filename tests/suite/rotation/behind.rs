//! Two servers on one database, of which one does not get the new key by which persons are found. It
//! takes no part until it has it; the other one goes on; and nobody is in the register twice.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tonic::Status;
use unionhall_proto::registry::v1::{
    CreateMemberRequest, IdentityDocument, ListMembersRequest, LookupMembersRequest, Member, WayIn,
};
use unionhall_tests::{
    client::{Clients, reason, repeated, request_id, until_serving},
    engine::Engine,
    imports::Upload,
    patience,
    policy::{Policy, UNBOUNDED},
    samples,
    suite::{Layout, Plan, Suite},
};

use super::keys;

const READINESS: &str = "readiness";
const TOLD: &str = "a key that is in use is missing here";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_an_old_key_file_takes_no_part() -> Result<()> {
    let (one, folder) = (server(None).await?, TempDir::new()?);
    let other = server(Some((&one, folder.path()))).await?;
    let (clerk, late) = (one.connect().await?, other.connect().await?);
    let union = union(&clerk).await?;
    let told = || format!("{}\n{}", one.logs(), other.logs());

    let mut names = vec![enter(&clerk, &union, 0).await??, enter(&late, &union, 1).await??];
    keys(&one, &["rotate", "blind_index", "--active-in", "5"], Ok("it seals from")).await?;
    // It enters persons for as long as it is let: before the key is in use, and while the other
    // server begins to use it.
    let entering = async {
        loop {
            match enter(&late, &union, u32::try_from(names.len())?).await? {
                Ok(name) => names.push(name),
                Err(status) => return anyhow::Ok(status),
            }
        }
    };
    let refused = patience::within("a refusal", Box::pin(entering)).await.with_context(told)??;
    ensure!(reason(&refused).as_deref() == Some("KEY_MISSING"), "{refused:?}\n{}", told());
    ensure!(names.len() > 2, "it entered nobody after the rotation began");
    patience::until("the server not to be ready", || async { until_unready(&other).await.ok() })
        .await
        .with_context(told)?;
    let log = other.processes()[0].log()?;
    ensure!(log.contains(TOLD) && log.contains("blind_index.toml lacks version 2"), "{log}");

    takes_no_part(&late, &union, &names).await.with_context(told)?;
    goes_on(&clerk, &union, &mut names).await.with_context(told)?;
    patience::until("the last value of the old key to be removed", || async {
        let told = keys(&one, &["list"], Ok("blind_index version 2")).await.ok()?;
        told.lines()
            .find(|line| line.starts_with("blind_index version 1,"))?
            .ends_with(", 0 rows")
            .then_some(())
    })
    .await
    .with_context(told)?;
    takes_no_part(&late, &union, &names).await.with_context(told)?;
    goes_on(&clerk, &union, &mut names).await.with_context(told)?;

    let file = Path::new("keys/blind_index.toml");
    fs::copy(one.data().join(file), other.data().join(file))?;
    until_serving(other.address(), READINESS).await.with_context(told)?;
    goes_on(&late, &union, &mut names).await.with_context(told)?;
    goes_on(&clerk, &union, &mut names).await.with_context(told)?;
    let listed = ListMembersRequest { page_size: 1_000, ..ListMembersRequest::default() };
    let listed = clerk.members.clone().list_members(listed).await?.into_inner().members;
    ensure!(listed.len() == names.len(), "{} records of {} persons", listed.len(), names.len());
    Ok(())
}

/// A server with a folder of its own; the second one has the keys and the database of the first one.
async fn server(beside: Option<(&Suite, &Path)>) -> Result<Suite> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let plan = Plan::new(Engine::Postgres, Layout::All).policy(policy);
    let plan = plan.variable("UNIONHALL__LOOKS_AN_HOUR", "1000000000");
    let Some((first, folder)) = beside else { return plan.start().await };
    let data = folder.join("data");
    fs::create_dir_all(data.join("keys"))?;
    for file in fs::read_dir(first.data().join("keys"))? {
        let file = file?;
        fs::copy(file.path(), data.join("keys").join(file.file_name()))?;
    }
    let url = first.database_url().context("a database of its own")?;
    plan.data(data).database_url(url).start().await
}

async fn until_unready(suite: &Suite) -> Result<()> {
    let check = suite.grpcurl();
    let body = format!("{{\"service\": \"{READINESS}\"}}");
    let output = check.run(&["-d", &body], &["grpc.health.v1.Health/Check"]).await?;
    ensure!(output.stdout.contains("NOT_SERVING"), "{}", output.stdout);
    Ok(())
}

async fn union(clients: &Clients) -> Result<String> {
    let mut request = samples::joint_union(1);
    request.request_id = request_id();
    let entered = repeated(request, |request| {
        let mut unions = clients.unions.clone();
        async move { unions.create_union(request).await }
    });
    Ok(Box::pin(entered).await?.name)
}

fn document(number: u32) -> IdentityDocument {
    IdentityDocument {
        document_type: "111".to_owned(),
        number: samples::resident_number(number),
        ..IdentityDocument::default()
    }
}

/// The record of a person who is new, or why there is none.
async fn enter(clients: &Clients, union: &str, number: u32) -> Result<Result<String, Status>> {
    let member = Member {
        display_name: samples::person_name(number),
        documents: vec![document(number)],
        ..Member::default()
    };
    let request = CreateMemberRequest {
        member: Some(member),
        union: union.to_owned(),
        way_in: WayIn::Admitted.into(),
        effective_date: Some(samples::day(2021, 1, 1)),
        request_id: request_id(),
        ..CreateMemberRequest::default()
    };
    let answer = patience::until("an answer", || async {
        match clients.members.clone().create_member(request.clone()).await {
            Err(status) if reason(&status).as_deref() == Some("CONFLICT") => None,
            answer => Some(answer),
        }
    });
    Ok(answer.await?.map(|created| created.into_inner().name))
}

async fn found(clients: &Clients, number: u32) -> Result<Vec<String>, Status> {
    let document = Some(document(number));
    let request = LookupMembersRequest { document, ..LookupMembersRequest::default() };
    let found = clients.members.clone().lookup_members(request).await?.into_inner();
    Ok(found.members.into_iter().map(|member| member.name).collect())
}

/// Whatever goes by a document is refused with one reason, for persons who are there and for others.
async fn takes_no_part(late: &Clients, union: &str, names: &[String]) -> Result<()> {
    let missing = |status: &Status| reason(status).as_deref() == Some("KEY_MISSING");
    for number in [0, 1, u32::try_from(names.len())? + 7] {
        let sought = found(late, number).await;
        ensure!(sought.as_ref().is_err_and(missing), "person {number}: {sought:?}");
        let entered = enter(late, union, number).await?;
        ensure!(entered.as_ref().is_err_and(missing), "person {number}: {entered:?}");
    }
    let sheet = Upload::employers("employers.csv", samples::csv(0..3));
    let uploaded = sheet.send(late).await;
    ensure!(uploaded.as_ref().is_err_and(missing), "{uploaded:?}");
    // What needs no such key goes on.
    let read = ListMembersRequest { page_size: 1, ..ListMembersRequest::default() };
    ensure!(late.members.clone().list_members(read).await?.into_inner().members.len() == 1, "one");
    Ok(())
}

/// Everybody is found as the record that was told, is not entered again, and new ones are entered.
async fn goes_on(clerk: &Clients, union: &str, names: &mut Vec<String>) -> Result<()> {
    let known = |status: &Status| reason(status).as_deref() == Some("MEMBER_EXISTS");
    for (number, name) in (0..).zip(&*names) {
        let sought = found(clerk, number).await?;
        ensure!(sought == [name.as_str()], "person {number}: {sought:?} and not {name}");
        let again = enter(clerk, union, number).await?;
        ensure!(again.as_ref().is_err_and(known), "person {number} was entered again: {again:?}");
    }
    names.push(enter(clerk, union, u32::try_from(names.len())?).await??);
    Ok(())
}
