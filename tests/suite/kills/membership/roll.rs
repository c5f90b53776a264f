//! What the register shows over the wire against what is known of it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use unionhall_proto::registry::v1::{
    BatchGetMembersRequest, BatchGetUnionsRequest, ListStructureChangesRequest,
    LookupMembersRequest, Member, StructureChange, structure_change::State,
};
use unionhall_tests::{client::Clients, lanes, patience};

use super::{of_members::document, papers::Papers};
use crate::kills::members::everybody;

/// The most that one call gives.
const BATCH: usize = 500;

/// Members by name, records that point elsewhere too.
pub(super) async fn shown(clients: &Clients, names: &[String]) -> Result<HashMap<String, Member>> {
    let mut found = HashMap::new();
    for names in names.chunks(BATCH) {
        let request = BatchGetMembersRequest { names: names.to_vec(), day: None };
        let answer = clients.members.clone().batch_get_members(request).await;
        let answer = answer.with_context(|| format!("acknowledged, but lost: one of {names:?}"));
        let answer = answer?.into_inner();
        found.extend(answer.members.into_iter().map(|member| (member.name.clone(), member)));
    }
    Ok(found)
}

/// Nothing that was acknowledged of these members is undone, and nobody of them is a member twice.
/// Answers the versions at which they are shown.
pub(super) async fn stand(
    clients: &Clients,
    known: &[(String, i64)],
) -> Result<HashMap<String, i64>> {
    let names: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
    let shown = shown(clients, &names).await?;
    let mut versions = HashMap::new();
    for (name, acknowledged) in known {
        let member = shown.get(name).context("a member")?;
        let version: i64 = member.etag.parse()?;
        ensure!(
            version >= *acknowledged,
            "acknowledged as {name} {acknowledged}, but lost: {version}"
        );
        one_at_a_time(member)?;
        versions.insert(name.clone(), version);
    }
    Ok(versions)
}

/// Each way in finds no membership open, each way out finds one.
fn one_at_a_time(member: &Member) -> Result<()> {
    let mut open = false;
    for passage in &member.passages {
        let (before, after) = match passage.kind.as_str() {
            "ADMITTED" | "TRANSFERRED_IN" => (false, true),
            "WITHDRAWN" | "DEEMED_WITHDRAWN" | "EXPELLED" | "DECEASED" | "TRANSFERRED_OUT" => {
                (true, false)
            }
            _ => (open, open),
        };
        ensure!(before == open, "two memberships, or none to end: {member:?}");
        open = after;
    }
    ensure!(open == member.membership.is_some(), "{member:?}");
    Ok(())
}

/// The list shows everybody once who is a record of its own, and nobody else. Answers how many.
pub(super) async fn listed(clients: &Clients, papers: &Papers) -> Result<usize> {
    let listed = everybody(clients).await?;
    let pointers: HashSet<&String> = papers.merged.iter().map(|(source, _)| source).collect();
    let expected = papers.cards.len() - pointers.len();
    ensure!(listed.len() == expected, "{} are listed of {expected}", listed.len());
    for card in papers.cards.iter().filter(|card| !pointers.contains(&card.name)) {
        ensure!(listed.contains_key(&card.name), "{} is not listed", card.name);
    }
    Ok(listed.len())
}

/// Every number finds one record at most, one of which it was acknowledged, and every record is found
/// by one number for each record that is in it. Answers how many numbers were tried.
pub(super) async fn found_once(clients: &Clients, papers: &Papers) -> Result<usize> {
    let into: Arc<HashMap<String, String>> = Arc::new(papers.merged.iter().cloned().collect());
    let own = {
        let into = Arc::clone(&into);
        move |name: &str| {
            let mut at = name.to_owned();
            while let Some(next) = into.get(&at) {
                at.clone_from(next);
            }
            at
        }
    };
    let mut numbers: BTreeMap<String, i32> = BTreeMap::new();
    let mut held: HashMap<String, i32> = HashMap::new();
    for name in papers.documents.values().flatten().collect::<HashSet<_>>() {
        *held.entry(own(name)).or_default() += 1;
    }
    let (tried, asked) = (papers.documents.len(), clients.clone());
    let found = lanes::each(papers.documents.clone().into_iter().collect(), move |(number, of)| {
        let (clients, own) = (asked.clone(), own.clone());
        async move {
            let request = LookupMembersRequest {
                document: Some(document(&number)),
                ..LookupMembersRequest::default()
            };
            let found = clients.members.clone().lookup_members(request).await?.into_inner().members;
            ensure!(found.len() <= 1, "{number} is the number of several: {found:?}");
            let Some(found) = found.into_iter().next() else { return Ok(None) };
            let known = of.iter().any(|name| own(name) == found.name);
            ensure!(known, "{number} finds {}, which never had it: {of:?}", found.name);
            Ok(Some(found.name))
        }
    });
    for name in found.await?.into_iter().flatten() {
        *numbers.entry(name).or_default() += 1;
    }
    for (name, records) in &held {
        let by = numbers.get(name).copied().unwrap_or_default();
        ensure!(by == *records, "{name} is found by {by} numbers of {records} records");
    }
    Ok(tried)
}

/// Waits until everybody followed what became of unions; answers how many members that were.
pub(super) async fn settled(clients: &Clients, papers: &Papers) -> Result<i64> {
    let mut before = (0, 0);
    loop {
        let moved = patience::until("the changes of unions to go on", || async {
            let changes = changes(clients).await.ok()?;
            let left = changes.iter().filter(|change| change.state() != State::Done).count();
            let moved = changes.iter().map(|change| change.moved_member_count).sum::<i64>();
            (left == 0 || (left, moved) != before).then_some((changes, left, moved))
        });
        let (changes, left, moved) = moved.await?;
        before = (left, moved);
        if left == 0 {
            let known: HashSet<&String> = changes.iter().map(|change| &change.name).collect();
            let lost = papers.changes.iter().find(|change| !known.contains(change));
            ensure!(lost.is_none(), "{lost:?} is lost");
            return Ok(moved);
        }
    }
}

async fn changes(clients: &Clients) -> Result<Vec<StructureChange>> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListStructureChangesRequest { page_size: 1_000, page_token };
        let page = clients.areas.clone().list_structure_changes(request).await?.into_inner();
        found.extend(page.structure_changes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

/// Nothing that was acknowledged of unions is undone.
pub(super) async fn unions_stand(clients: &Clients, papers: &Papers) -> Result<()> {
    let known: Vec<_> =
        papers.others.iter().filter(|(name, _)| name.starts_with("unions/")).collect();
    for some in known.chunks(BATCH) {
        let names = some.iter().map(|(name, _)| (*name).clone()).collect();
        let request = BatchGetUnionsRequest { names, day: None };
        let shown = clients.unions.clone().batch_get_unions(request).await?.into_inner().unions;
        ensure!(shown.len() == some.len(), "{} of {} unions", shown.len(), some.len());
        for (union, (name, version)) in shown.iter().zip(some) {
            let stands = union.name == **name && union.etag.parse::<i64>()? >= **version;
            ensure!(stands, "{name} of version {version} is {union:?}");
        }
    }
    Ok(())
}
