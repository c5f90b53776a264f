//! Those who write while the keys rotate: two clerks who admit one person at one time, and one who
//! passes members on from union to union.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Response, Status};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, CreateMemberRequest, DecideTransferRequest, LookupMembersRequest, Member,
    TransferMemberRequest, TransferOutcome, WayIn,
};
use unionhall_tests::{
    client::{Clients, reason, request_id},
    patience, samples,
};

use super::{line::Phone, readers::look_up, roll::Roll};
use crate::admission::{document, winner};

/// Persons who are passed on.
const PASSED_ON: usize = 200;

/// What the clerks did, as it was acknowledged.
#[derive(Default)]
pub(super) struct Books {
    /// Records of persons who were new, with the union of the clerk who won.
    pub(super) entered: HashMap<String, String>,
    /// The same of those who were known and had no membership, by row.
    pub(super) readmitted: HashMap<usize, String>,
    /// By row: how often somebody was passed on, and the last union.
    pub(super) passed_on: HashMap<usize, (usize, String)>,
}

#[derive(Clone)]
pub(super) struct Clerks {
    pub(super) phone: Phone,
    pub(super) roll: Arc<Roll>,
    /// The unions of the two clerks.
    pub(super) unions: [String; 2],
    pub(super) books: Arc<Mutex<Books>>,
    pub(super) stop: CancellationToken,
}

impl Clerks {
    /// New persons and former members in turn, as long as there are any.
    pub(super) async fn race(self) -> Result<()> {
        let left =
            |row: &usize| ["退会", "转出"].contains(&self.roll.persons[*row].way_out.as_str());
        let mut former = (0..self.roll.persons.len()).filter(left);
        for number in 0.. {
            if self.stop.is_cancelled() {
                break;
            }
            self.enter(number).await.with_context(|| format!("new person {number}"))?;
            if let Some(row) = former.next() {
                self.readmit(row).await.with_context(|| format!("row {row}"))?;
            }
        }
        Ok(())
    }

    /// Both clerks enter one person whom the register does not know.
    async fn enter(&self, number: u32) -> Result<()> {
        let member = Member {
            display_name: "某某".to_owned(),
            documents: vec![document(number)],
            ..Member::default()
        };
        let request = |union: &String| CreateMemberRequest {
            member: Some(member.clone()),
            union: union.clone(),
            way_in: WayIn::Admitted.into(),
            effective_date: Some(samples::day(2021, 1, 1)),
            request_id: request_id(),
            ..CreateMemberRequest::default()
        };
        let [one, other] = self.unions.each_ref().map(|union| {
            self.told(request(union), |clients: Clients, request| async move {
                clients.members.clone().create_member(request).await
            })
        });
        let (one, other) = tokio::join!(Box::pin(one), Box::pin(other));
        let (name, union) = place(winner([one?, other?], "MEMBER_EXISTS")?)?;
        ensure!(self.books.lock().entered.insert(name, union).is_none(), "two in one record");
        Ok(())
    }

    /// Both clerks take one person in whose membership had ended.
    async fn readmit(&self, row: usize) -> Result<()> {
        let name = self.record(row).await?;
        let request = |union: &String| AdmitMemberRequest {
            name: name.clone(),
            union: union.clone(),
            effective_date: Some(samples::day(2024, 1, 1)),
            request_id: request_id(),
            ..AdmitMemberRequest::default()
        };
        let [one, other] = self.unions.each_ref().map(|union| {
            self.told(request(union), |clients: Clients, request| async move {
                clients.memberships.clone().admit_member(request).await
            })
        });
        let (one, other) = tokio::join!(Box::pin(one), Box::pin(other));
        let (_, union) = place(winner([one?, other?], "MEMBERSHIP_STEP_INVALID")?)?;
        self.books.lock().readmitted.insert(row, union);
        Ok(())
    }

    /// Passes some members on from one clerk's union to the other's, round and round.
    pub(super) async fn pass_on(self) -> Result<()> {
        let stays = |row: &usize| self.roll.persons[*row].way_out.is_empty();
        let some = (0..self.roll.persons.len()).filter(stays).take(PASSED_ON);
        let some: Vec<usize> = some.collect();
        for round in 0.. {
            let union = &self.unions[round % 2];
            for row in &some {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                self.transfer(*row, union).await.with_context(|| format!("row {row}"))?;
            }
        }
        Ok(())
    }

    async fn transfer(&self, row: usize, union: &str) -> Result<()> {
        let (name, day) = (self.record(row).await?, Some(samples::day(2024, 1, 1)));
        let ask = TransferMemberRequest {
            name: name.clone(),
            union: union.to_owned(),
            effective_date: day,
            request_id: request_id(),
            ..TransferMemberRequest::default()
        };
        let asked = self.told(ask, |clients: Clients, ask| async move {
            clients.memberships.clone().transfer_member(ask).await
        });
        Box::pin(asked).await??;
        let decide = DecideTransferRequest {
            name,
            outcome: TransferOutcome::Accepted.into(),
            effective_date: day,
            request_id: request_id(),
            ..DecideTransferRequest::default()
        };
        let decided = self.told(decide, |clients: Clients, decide| async move {
            clients.memberships.clone().decide_transfer(decide).await
        });
        let (_, at) = place(Box::pin(decided).await??)?;
        ensure!(at == union, "at {at}");
        let mut books = self.books.lock();
        let (times, last) = books.passed_on.entry(row).or_default();
        (*times, *last) = (*times + 1, at);
        Ok(())
    }

    /// The record of somebody in the sheet, by the document.
    async fn record(&self, row: usize) -> Result<String> {
        let person = &self.roll.persons[row];
        let request =
            LookupMembersRequest { document: Some(person.document()), ..Default::default() };
        let found = look_up(&self.phone, request).await?;
        ensure!(found.len() == 1 && person.is(&found[0].name), "{found:?}");
        Ok(found[0].name.clone())
    }

    /// What is answered at last. What another writer or a busy machine got in the way of is told
    /// again, as every client should; under its `request_id` it has one effect.
    async fn told<Q, F>(
        &self,
        request: Q,
        send: impl Fn(Clients, Q) -> F + Copy,
    ) -> Result<Result<Member, Status>>
    where
        Q: Clone,
        F: Future<Output = Result<Response<Member>, Status>>,
    {
        patience::until("an answer", || async {
            match Box::pin(self.phone.ask(|clients| send(clients, request.clone()))).await {
                Err(status) if reason(&status).as_deref() == Some("CONFLICT") => None,
                Err(status) if status.code() == Code::Unavailable => None,
                answer => Some(answer),
            }
        })
        .await
    }
}

/// The record and the union of its open membership.
fn place(member: Member) -> Result<(String, String)> {
    let union = member.membership.context("an open membership")?.union;
    Ok((member.name, union))
}
