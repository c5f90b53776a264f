//! The feed as a consumer takes it: every version of every record once, in order, and what each made
//! of a member.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use prost::Message;
use unionhall_proto::{
    common::v1::{Change, ListChangesRequest, change::Kind},
    google::r#type::Date,
    registry::v1::{Member, Passage},
};
use unionhall_tests::{client::Clients, patience};

use super::deed::Effect;

const CHANGES_A_PAGE: i32 = 1_000;
/// How long one call waits for the next change, in seconds.
const WAIT: i64 = 20;
/// What follows for somebody when a union ends.
const BY_RULE: [&str; 6] =
    ["CARRIED", "RETAINED", "REFUSED", "TRANSFER_CANCELLED", "TRANSFER_ASKED", "TRANSFERRED_OUT"];

/// What a consumer has seen.
#[derive(Debug, Default)]
pub(super) struct Feed {
    cursor: String,
    position: i64,
    told: HashMap<String, Told>,
    lives: HashMap<String, Life>,
}

/// The last that was told of a record: the version, and when it was committed.
#[derive(Debug, Default)]
struct Told {
    version: i64,
    moment: (i64, i32),
}

/// What became of a member; the first of it is version 1.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) last: Member,
    pub(super) effects: Vec<Effect>,
}

impl Feed {
    /// What became of each member.
    pub(super) fn lives(&self) -> &HashMap<String, Life> {
        &self.lives
    }

    /// Records that were merged, each with the one in which it is now.
    pub(super) fn pointers(&self) -> Vec<(String, String)> {
        let merged = self.lives.iter().filter(|(_, life)| !life.last.merged_into.is_empty());
        merged.map(|(name, life)| (name.clone(), life.last.merged_into.clone())).collect()
    }

    /// The last version of a record that was told.
    pub(super) fn version(&self, record: &str) -> i64 {
        self.told.get(record).map_or(0, |told| told.version)
    }

    /// Goes on until every record was told of at this version at least.
    pub(super) async fn catch_up(
        &mut self,
        clients: &Clients,
        mut versions: HashMap<String, i64>,
    ) -> Result<()> {
        loop {
            versions.retain(|record, version| self.version(record) < *version);
            if versions.is_empty() {
                return self.go_on(clients, 0).await.map(drop);
            }
            let more = patience::within("the feed to go on", self.go_on(clients, WAIT)).await;
            let more = more.with_context(|| format!("it has not told {versions:?}"))??;
            ensure!(more > 0, "the feed rests and has not told {versions:?}");
        }
    }

    /// Takes what comes next, until nothing does; waits for the first of it so many seconds.
    async fn go_on(&mut self, clients: &Clients, wait: i64) -> Result<usize> {
        let mut taken = 0;
        loop {
            let seconds = if taken == 0 { wait } else { 0 };
            let request = ListChangesRequest {
                cursor: self.cursor.clone(),
                page_size: CHANGES_A_PAGE,
                wait: Some(prost_types::Duration { seconds, nanos: 0 }),
            };
            let page = clients.changes.clone().list_changes(request).await?.into_inner();
            self.cursor = page.next_cursor;
            if page.changes.is_empty() {
                return Ok(taken);
            }
            taken += page.changes.len();
            for change in page.changes {
                self.take(&change)?;
            }
        }
    }

    fn take(&mut self, change: &Change) -> Result<()> {
        let (record, version) = (&change.record, change.version);
        ensure!(change.position == self.position + 1, "a leap to position {}", change.position);
        self.position = change.position;
        let told = self.told.entry(record.clone()).or_default();
        let moment = change.commit_time.map(|at| (at.seconds, at.nanos)).context("a moment")?;
        ensure!(
            moment >= told.moment,
            "{record} version {version}: {moment:?} after {:?}",
            told.moment
        );
        told.moment = moment;
        let is_member = record.starts_with("members/");
        if matches!(change.kind(), Kind::Left | Kind::Entered) {
            // Told beside the change that made it so.
            let near = version == told.version || version == told.version + 1 || !is_member;
            ensure!(near, "{record} left as version {version} after {}", told.version);
            return Ok(());
        }
        let next = version == told.version + 1 || (version > told.version && !is_member);
        ensure!(next, "{record} is told as version {version} after {}", told.version);
        told.version = version;
        if is_member {
            let snapshot = change.snapshot.as_ref().context("a snapshot")?;
            let member = Member::decode(snapshot.value.as_slice())?;
            self.lives.entry(record.clone()).or_default().take(member);
        }
        Ok(())
    }
}

impl Life {
    fn take(&mut self, member: Member) {
        let effect =
            if self.effects.is_empty() { Effect::Entered } else { effect(&self.last, &member) };
        self.effects.push(effect);
        self.last = member;
    }
}

fn effect(before: &Member, after: &Member) -> Effect {
    match (before.merged_into.is_empty(), after.merged_into.is_empty()) {
        (true, false) => return Effect::Pointed,
        (false, true) => return Effect::Restored,
        _ => {}
    }
    if before.passages == after.passages {
        let confirmed = Member {
            etag: after.etag.clone(),
            update_time: after.update_time,
            confirmed_on: after.confirmed_on,
            ..before.clone()
        };
        let only = confirmed == *after && before.confirmed_on != after.confirmed_on;
        return if only { Effect::Confirmed } else { Effect::Changed };
    }
    let Some(put) = put(&before.passages, &after.passages) else { return Effect::Rewritten };
    let by_rule = put.iter().all(|passage| by_rule(passage));
    match put.as_slice() {
        [one] if after.passages.starts_with(&before.passages) => {
            Effect::Stepped { kind: one.kind.clone(), by_rule }
        }
        _ => Effect::Put { by_rule },
    }
}

/// The steps that came, if none went.
fn put<'m>(before: &[Passage], after: &'m [Passage]) -> Option<Vec<&'m Passage>> {
    let mut left = before.iter().peekable();
    let mut put = Vec::new();
    for passage in after {
        if left.next_if(|old| *old == passage).is_none() {
            put.push(passage);
        }
    }
    left.next().is_none().then_some(put)
}

/// Whether nobody but the register itself takes such a step.
fn by_rule(passage: &Passage) -> bool {
    let own_cause = passage.kind == "RETAINED" && passage.cause != "UNION_ENDED";
    BY_RULE.contains(&passage.kind.as_str()) && !own_cause && passage.note != super::NOTE
}

/// The days of a member's steps, the first and the last.
pub(super) fn days(member: &Member) -> Option<(Date, Date)> {
    Some((member.passages.first()?.day?, member.passages.last()?.day?))
}
