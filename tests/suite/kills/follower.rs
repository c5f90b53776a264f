//! A consumer of the change feed that outlives the register.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result, bail};
use prost::Message;
use tonic::{Code, Status};
use unionhall_proto::common::v1::{Change, ListChangesRequest, change::Kind};
use unionhall_proto::registry::v1::{Employer, Union, employer::State};
use unionhall_tests::{client::Clients, patience, samples};

use super::history::{Face, Operation, Outcome, Version};

const CHANGES_A_PAGE: i32 = 1_000;

/// What it has seen, and where it goes on.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    cursor: String,
    seen: Vec<Version>,
}

impl Follower {
    /// Everything seen so far, in the order of the feed.
    pub(crate) fn seen(&self) -> &[Version] {
        &self.seen
    }

    /// Follows the feed until an answer does not come, and gives itself back.
    pub(crate) async fn follow_until_cut(mut self, clients: Clients) -> Result<Self> {
        while let Ok(changes) = self.page(&clients, 1).await {
            self.take(changes)?;
        }
        Ok(self)
    }

    /// Follows the feed until it has shown every acknowledged write and every imported employer.
    pub(crate) async fn catch_up(
        &mut self,
        clients: &Clients,
        operations: &[Operation],
        imported: &BTreeSet<u32>,
    ) -> Result<()> {
        let mut missing = Missing::new(operations, imported);
        missing.strike(&self.seen);
        let catching = async {
            while !missing.is_empty() {
                let changes = match self.page(clients, 1).await {
                    // What the contract lets clients repeat: a pool can hold a dead connection.
                    Err(status) if status.code() == Code::Unavailable => continue,
                    page => page?,
                };
                let known = self.seen.len();
                self.take(changes)?;
                missing.strike(&self.seen[known..]);
            }
            anyhow::Ok(())
        };
        let caught = patience::within("the feed to show everything", catching).await;
        caught.with_context(|| format!("{missing:?}"))?
    }

    /// Reads the whole feed again from its beginning.
    pub(crate) async fn anew(clients: &Clients) -> Result<Self> {
        let mut follower = Self::default();
        loop {
            let changes = follower.page(clients, 0).await?;
            if changes.is_empty() {
                return Ok(follower);
            }
            follower.take(changes)?;
        }
    }

    /// The next changes; the cursor moves with them.
    async fn page(&mut self, clients: &Clients, wait: i64) -> Result<Vec<Change>, Status> {
        let request = ListChangesRequest {
            cursor: self.cursor.clone(),
            page_size: CHANGES_A_PAGE,
            wait: Some(prost_types::Duration { seconds: wait, nanos: 0 }),
        };
        let answer = clients.changes.clone().list_changes(request).await?.into_inner();
        self.cursor = answer.next_cursor;
        Ok(answer.changes)
    }

    fn take(&mut self, changes: Vec<Change>) -> Result<()> {
        for change in changes {
            let left = change.kind() == Kind::Left;
            let face = if left { None } else { face(&change)? };
            self.seen.push(Version {
                left,
                position: change.position,
                transaction: change.transaction,
                record: change.record,
                version: change.version,
                area: change.area,
                face,
            });
        }
        Ok(())
    }
}

/// The face of an employer or a union.
fn face(change: &Change) -> Result<Option<Face>> {
    let (collection, _) = change.record.split_once('/').unwrap_or_default();
    if !["employers", "unions"].contains(&collection) {
        return Ok(None);
    }
    let Some(snapshot) = &change.snapshot else { bail!("{} has no snapshot", change.record) };
    let snapshot = snapshot.value.as_slice();
    if collection == "unions" {
        let union = Union::decode(snapshot)?;
        let mark = union.marks.into_iter().next().unwrap_or_default();
        return Ok(Some(Face { identity: union.display_name, note: mark.note, ..Face::default() }));
    }
    let employer = Employer::decode(snapshot)?;
    let address = employer.actual_address.clone().unwrap_or_default();
    Ok(Some(Face {
        closed: employer.state() == State::Closed,
        employees: employer.workforce.map_or(0, |workforce| workforce.employee_count),
        address: address.line,
        phone: employer.phone,
        identity: employer.credit_code,
        union: employer.coverage.map(|coverage| coverage.union).unwrap_or_default(),
        note: String::new(),
    }))
}

/// What the feed has not shown yet.
#[derive(Debug)]
struct Missing {
    versions: HashMap<String, i64>,
    codes: HashSet<String>,
}

impl Missing {
    fn new(operations: &[Operation], imported: &BTreeSet<u32>) -> Self {
        let mut versions = HashMap::new();
        for operation in operations {
            if let Outcome::Acknowledged { record, version, .. } = &operation.outcome {
                let latest = versions.entry(record.clone()).or_insert(*version);
                *latest = (*latest).max(*version);
            }
        }
        let codes = imported.iter().map(|number| samples::credit_code(*number)).collect();
        Self { versions, codes }
    }

    fn is_empty(&self) -> bool {
        self.versions.is_empty() && self.codes.is_empty()
    }

    fn strike(&mut self, seen: &[Version]) {
        for change in seen.iter().filter(|change| !change.left) {
            if self.versions.get(&change.record).is_some_and(|latest| *latest <= change.version) {
                self.versions.remove(&change.record);
            }
            if let Some(face) = &change.face {
                self.codes.remove(&face.identity);
            }
        }
    }
}
