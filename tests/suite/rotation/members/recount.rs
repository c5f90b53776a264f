//! What must hold of every record when all is done.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::BatchGetFiguresRequest,
    registry::v1::{ListMembersRequest, Member, member::State},
};
use unionhall_tests::{client::Clients, samples};

use super::{clerks::Books, roll::Roll};

/// Every record by its name.
pub(super) async fn everybody(clients: &Clients) -> Result<HashMap<String, Member>> {
    let (mut found, mut page_token) = (HashMap::new(), String::new());
    loop {
        let list = ListMembersRequest { page_size: 1_000, page_token, ..Default::default() };
        let page = clients.members.clone().list_members(list).await?.into_inner();
        found.extend(page.members.into_iter().map(|member| (member.name.clone(), member)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

/// One record a person, one open membership at most at any time, and what was acknowledged.
pub(super) fn hold(everybody: &HashMap<String, Member>, roll: &Roll, books: &Books) -> Result<()> {
    let expected = roll.persons.len() + books.entered.len();
    ensure!(everybody.len() == expected, "{} records of {expected} persons", everybody.len());
    for member in everybody.values() {
        one_at_a_time(member)?;
    }
    let stands = |name: &str, union: &str| {
        let member = everybody.get(name).with_context(|| format!("{name} is lost"))?;
        let open = member.membership.as_ref();
        ensure!(open.is_some_and(|open| open.union == union), "{member:?}, not {union}");
        Ok(member)
    };
    for (name, union) in &books.entered {
        let member = stands(name, union)?;
        ensure!(member.passages.len() == 1, "{member:?}");
    }
    let record = |row: &usize| roll.persons[*row].record().context("a record");
    for (row, union) in &books.readmitted {
        stands(record(row)?, union)?;
    }
    for (row, (times, union)) in &books.passed_on {
        let member = stands(record(row)?, union)?;
        let accepted = member.passages.iter().filter(|one| one.kind == "TRANSFER_ACCEPTED");
        let accepted = accepted.count();
        // The clerk may have been stopped before the answer was noted, never after.
        ensure!(accepted == *times, "{accepted} of {times}: {member:?}");
    }
    Ok(())
}

fn one_at_a_time(member: &Member) -> Result<()> {
    let mut open = false;
    for passage in &member.passages {
        match passage.kind.as_str() {
            "ADMITTED" | "TRANSFERRED_IN" => {
                ensure!(!open, "two memberships: {member:?}");
                open = true;
            }
            "WITHDRAWN" | "DEEMED_WITHDRAWN" | "EXPELLED" | "DECEASED" | "TRANSFERRED_OUT" => {
                open = false;
            }
            _ => {}
        }
    }
    ensure!(open == member.membership.is_some(), "{member:?}");
    Ok(())
}

/// The figures of the area and of the unions of the clerks are as the records count.
pub(super) async fn figures_agree(
    clients: &Clients,
    everybody: &HashMap<String, Member>,
    unions: &[String],
) -> Result<()> {
    let nodes: Vec<String> =
        std::iter::once("areas/11".to_owned()).chain(unions.iter().cloned()).collect();
    let count = |node: &String, state: State| {
        let within = |member: &&Member| {
            let open = member.membership.as_ref();
            open.is_some_and(|open| !unions.contains(node) || open.union == *node)
        };
        let found = everybody.values().filter(within).filter(|member| member.state() == state);
        i64::try_from(found.count())
    };
    let metrics = ["metrics/members", "metrics/retained_members"];
    let request = BatchGetFiguresRequest {
        metrics: metrics.map(str::to_owned).to_vec(),
        nodes: nodes.clone(),
        day: Some(samples::day(2026, 1, 1)),
        from_day: None,
    };
    let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
    let mut counted = Vec::new();
    for node in &nodes {
        counted.extend([count(node, State::Active)?, count(node, State::Retained)?]);
    }
    let kept: Vec<i64> = answer.figures.iter().map(|figure| figure.value).collect();
    ensure!(kept == counted, "kept {kept:?}, counted {counted:?}");
    Ok(())
}
