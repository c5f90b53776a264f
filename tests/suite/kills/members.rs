//! The register is killed while members follow a merger and clerks record steps of them. Nobody is lost
//! on the way, nothing that was acknowledged is undone, the feed tells every version once and in order,
//! and the figures of both unions are as a count of the members finds them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use rand::Rng;
use tokio::task::JoinSet;
use tonic::Code;
use unionhall_proto::{
    common::v1::{BatchGetFiguresRequest, ListChangesRequest},
    registry::v1::{
        Approval, CreateMemberRequest, EndMembershipRequest, GetStructureChangeRequest,
        IdentityDocument, ListMembersRequest, Member, MergeUnionsRequest, ResumeMembershipRequest,
        RetainMembershipRequest, RetentionCause, StructureChange, UnionDecision, WayIn, WayOut,
        member, structure_change::State,
    },
};
use unionhall_tests::{
    client::{Clients, reason, repeated, request_id},
    engine::Engine,
    lanes, on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples, soak,
    suite::{Layout, Plan, Suite},
};

const CYCLES: i32 = 4;
/// Several chunks.
const MEMBERS: usize = 900;
const WRITERS: usize = 3;

on_both_engines!(soak_kill_amid_members);

async fn soak_kill_amid_members(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let mut home = union(&suite.connect().await?, 0).await?;
    let crowd = Crowd { members: Arc::new(enter(&suite, &home).await?), recorded: Arc::default() };
    let mut interrupted = 0;
    for cycle in 1..=CYCLES {
        let clients = suite.connect().await?;
        let target = union(&clients, cycle).await?;
        let change = merge(&clients, &home, &target, cycle).await?;
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            writers.spawn(crowd.clone().write_until_cut(suite.connect().await?, cycle));
        }
        let before = crowd.recorded();
        patience::until("some to follow, and steps of those", || async {
            let found = look(&clients, &change.name).await.ok()?;
            let some = found.moved_member_count > 0 && crowd.recorded() > before;
            (some || found.state() == State::Done).then_some(())
        })
        .await?;
        suite.kill().await?;
        while let Some(ended) = writers.join_next().await {
            ended??;
        }
        suite.start_again().await?;
        let clients = suite.connect().await?;
        let found = look(&clients, &change.name).await?;
        interrupted += usize::from(found.state() == State::Applying);
        patience::until("the last member to follow", || async {
            let change = look(&clients, &change.name).await.ok()?;
            (change.state() == State::Done).then_some(())
        })
        .await
        .with_context(|| suite.logs())?;
        let within = || format!("cycle {cycle}\n{}", suite.logs());
        crowd.recount(&clients, (&home, &target), cycle).await.with_context(within)?;
        home = target;
    }
    ensure!(interrupted > 0, "every change was done before the register was killed");
    soak::record(
        &format!("kill -9 while members follow, {engine:?}"),
        &format!(
            "{CYCLES} kills, {interrupted} amid {MEMBERS} members on their way, {} steps beside it: \
             nobody lost, nothing twice, figures as counted",
            crowd.recorded()
        ),
    )
}

async fn union(clients: &Clients, number: i32) -> Result<String> {
    let request = samples::joint_union(number);
    Ok(clients.unions.clone().create_union(request).await?.into_inner().name)
}

async fn enter(suite: &Suite, home: &str) -> Result<Vec<Mutex<Known>>> {
    let (clients, home) = (suite.connect().await?, home.to_owned());
    lanes::each((0..MEMBERS).collect(), move |number| {
        let (clients, union) = (clients.clone(), home.clone());
        async move {
            let document = IdentityDocument {
                document_type: "414".to_owned(),
                number: format!("E{number:08}"),
                ..IdentityDocument::default()
            };
            let member = Member {
                display_name: "某某".to_owned(),
                documents: vec![document],
                ..Member::default()
            };
            let request = CreateMemberRequest {
                member: Some(member),
                union,
                way_in: WayIn::Admitted.into(),
                effective_date: Some(samples::day(2021, 1, 1)),
                request_id: request_id(),
                ..CreateMemberRequest::default()
            };
            let entered = repeated(request, |request| {
                let mut members = clients.members.clone();
                async move { members.create_member(request).await }
            });
            let entered = entered.await?;
            Ok(Mutex::new(Known { name: entered.name, version: 1, retained: false }))
        }
    })
    .await
}

async fn merge(clients: &Clients, home: &str, target: &str, cycle: i32) -> Result<StructureChange> {
    let approval = Approval { body: "某某总工会".to_owned(), number: "1号".to_owned() };
    let decision = UnionDecision {
        approval: Some(approval),
        decided_on: Some(samples::day(2021, 12, 1)),
        ..UnionDecision::default()
    };
    let request = MergeUnionsRequest {
        name: target.to_owned(),
        sources: vec![home.to_owned()],
        decision: Some(decision),
        effective_date: Some(samples::day(2022, cycle + 1, 1)),
        ..MergeUnionsRequest::default()
    };
    Ok(clients.unions.clone().merge_unions(request).await?.into_inner())
}

async fn look(clients: &Clients, name: &str) -> Result<StructureChange> {
    let request = GetStructureChangeRequest { name: name.to_owned() };
    Ok(clients.areas.clone().get_structure_change(request).await?.into_inner())
}

/// What a writer knows of a member.
#[derive(Debug)]
struct Known {
    name: String,
    /// The version that was last acknowledged.
    version: i64,
    retained: bool,
}

#[derive(Clone)]
struct Crowd {
    members: Arc<Vec<Mutex<Known>>>,
    /// Steps that were acknowledged.
    recorded: Arc<AtomicUsize>,
}

impl Crowd {
    fn recorded(&self) -> usize {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Retains, resumes and ends memberships until an answer does not come.
    async fn write_until_cut(self, clients: Clients, cycle: i32) -> Result<()> {
        loop {
            let at = rand::rng().random_range(0..self.members.len());
            let (name, retained) = {
                let known = self.members[at].lock();
                (known.name.clone(), known.retained)
            };
            let effective_date = Some(samples::day(2022, cycle + 1, 15));
            let mut calls = clients.memberships.clone();
            let ends = at.is_multiple_of(10) && rand::rng().random_range(0..20) == 0;
            let answer = if ends {
                let way_out = WayOut::Withdrawn.into();
                let request =
                    EndMembershipRequest { name, way_out, effective_date, ..Default::default() };
                calls.end_membership(request).await
            } else if retained {
                let request =
                    ResumeMembershipRequest { name, effective_date, ..Default::default() };
                calls.resume_membership(request).await
            } else {
                let cause = RetentionCause::Unemployed.into();
                let request =
                    RetainMembershipRequest { name, cause, effective_date, ..Default::default() };
                calls.retain_membership(request).await
            };
            match answer {
                Ok(member) => {
                    let member = member.into_inner();
                    let mut known = self.members[at].lock();
                    // Another writer may have been answered first.
                    known.version = known.version.max(member.etag.parse()?);
                    known.retained = member.state() == member::State::Retained;
                    self.recorded.fetch_add(1, Ordering::Relaxed);
                }
                // Still on the way, or another writer was faster.
                Err(status) if status.code() == Code::FailedPrecondition => {
                    let mut known = self.members[at].lock();
                    known.retained = !known.retained;
                }
                Err(status) if reason(&status).as_deref() == Some("CONFLICT") => {}
                Err(_) => return Ok(()),
            }
        }
    }

    async fn recount(
        &self,
        clients: &Clients,
        (home, target): (&str, &str),
        cycle: i32,
    ) -> Result<()> {
        let listed = everybody(clients).await?;
        ensure!(listed.len() == MEMBERS, "{} members", listed.len());
        let mut counted: BTreeMap<(&str, member::State), i64> = BTreeMap::new();
        for member in listed.values() {
            if let Some(membership) = &member.membership {
                ensure!(membership.union == target, "{member:?} did not follow");
                *counted.entry((target, member.state())).or_default() += 1;
            }
            let carried = member.passages.iter().filter(|passage| passage.kind == "CARRIED");
            let carried = i32::try_from(carried.count())?;
            let left = member.membership.is_none();
            ensure!(carried == cycle || (left && carried < cycle), "{member:?}: {carried}");
        }
        for known in self.members.iter() {
            let known = known.lock();
            let shown: i64 = listed.get(&known.name).context("a member")?.etag.parse()?;
            ensure!(
                shown >= known.version,
                "{} was undone: {shown} of {}",
                known.name,
                known.version
            );
        }
        let figures = async |day| -> Result<Vec<i64>> {
            let request = BatchGetFiguresRequest {
                metrics: vec!["metrics/members".into(), "metrics/retained_members".into()],
                nodes: vec![home.to_owned(), target.to_owned()],
                day: Some(day),
                from_day: None,
            };
            let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
            Ok(answer.figures.into_iter().map(|figure| figure.value).collect())
        };
        let of = |state| counted.get(&(target, state)).copied().unwrap_or_default();
        let expected = [0, 0, of(member::State::Active), of(member::State::Retained)];
        let after = figures(samples::day(2022, cycle + 1, 28)).await?;
        ensure!(after == expected, "{after:?}, counted {expected:?}");
        let before = figures(samples::day(2022, cycle, 28)).await?;
        ensure!(before[2..] == [0, 0], "before the merger: {before:?}");
        ordered(clients, &listed).await
    }
}

/// Every member by name.
pub(super) async fn everybody(clients: &Clients) -> Result<HashMap<String, Member>> {
    let mut found = HashMap::new();
    let mut request = ListMembersRequest { page_size: 1_000, ..ListMembersRequest::default() };
    loop {
        let page = clients.members.clone().list_members(request.clone()).await?.into_inner();
        found.extend(page.members.into_iter().map(|member| (member.name.clone(), member)));
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        request.page_token = page.next_page_token;
    }
}

/// The feed tells each version of a member in order, up to the one that stands.
async fn ordered(clients: &Clients, listed: &HashMap<String, Member>) -> Result<()> {
    let caught_up = patience::until("the feed to tell everything", || async {
        match told(clients).await {
            Ok(versions) => {
                let behind = listed.values().find(|member| {
                    let told = versions.get(&member.name).copied().unwrap_or_default();
                    told.to_string() != member.etag
                });
                behind.is_none().then_some(Ok(()))
            }
            Err(error) => Some(Err(error)),
        }
    });
    caught_up.await?
}

async fn told(clients: &Clients) -> Result<HashMap<String, i64>> {
    let mut versions: HashMap<String, i64> = HashMap::new();
    let mut request = ListChangesRequest { page_size: 1_000, ..ListChangesRequest::default() };
    loop {
        let page = clients.changes.clone().list_changes(request.clone()).await?.into_inner();
        if page.changes.is_empty() {
            return Ok(versions);
        }
        for change in page.changes {
            let last = versions.entry(change.record.clone()).or_default();
            let next = change.version == *last || change.version == *last + 1;
            let member = change.record.starts_with("members/");
            ensure!(
                next || !member,
                "{} is told as {} after {last}",
                change.record,
                change.version
            );
            *last = change.version;
        }
        request.cursor = page.next_cursor;
    }
}
