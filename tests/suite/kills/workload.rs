//! Writers that go on until the register is killed, and then learn what became of each write.

use std::{collections::HashMap, sync::Arc};

use anyhow::Result;
use parking_lot::Mutex;
use prost_types::FieldMask;
use rand::{Rng, seq::IndexedRandom};
use tokio::sync::watch;
use tonic::{Code, Response, Status};
use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, CoverEmployerRequest, CreateEmployerRequest, CreateUnionRequest,
    Employer, Mark, MarkUnionRequest, RecordWorkforceRequest, UncoverEmployerRequest, Union,
    UpdateEmployerRequest, Workforce,
};
use unionhall_tests::{
    client::{self, Clients},
    patience, samples,
};
use uuid::Uuid;

use super::history::{Deed, Operation, Outcome};

/// First day of the telephones and addresses that the writers give.
const CHANGED_ON: Date = Date { year: 2021, month: 2, day: 1 };
/// Day of the headcounts that the writers record.
const COUNTED_ON: Date = Date { year: 2021, month: 6, day: 30 };
/// First day on which the employers that the writers close are closed.
const CLOSED_ON: Date = Date { year: 2022, month: 5, day: 1 };

/// First day of the unions that the writers enter.
const FOUNDED_ON: Date = Date { year: 2010, month: 1, day: 1 };
/// First day on which they cover an employer.
const COVERED_ON: Date = Date { year: 2021, month: 3, day: 1 };
/// First day of their marks.
const MARKED_ON: Date = Date { year: 2021, month: 4, day: 1 };
/// First day on which they cover it no more.
const UNCOVERED_ON: Date = Date { year: 2021, month: 12, day: 1 };
const MARK: &str = "SERVICE_STATION";

/// What all writers share. Clones share it too.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    papers: Mutex<Papers>,
    acknowledged: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Papers {
    operations: Vec<Operation>,
    records: Vec<String>,
    unions: Vec<String>,
    /// How far those came that one tried to cover or to close.
    courses: HashMap<String, Course>,
    numbers: u32,
}

/// How far an employer came. Each step is tried once, after the one before was answered: so what a
/// version shows is the step that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It is to be covered, or not to be any more.
    UnderWay,
    Covered,
    Uncovered,
    Closed,
}

impl Papers {
    /// What to do next, and to whom.
    fn choose(&mut self, roll: u32) -> (Deed, String, String) {
        let mut rng = rand::rng();
        let target = self.records.choose(&mut rng).cloned().unwrap_or_default();
        let union = self.unions.choose(&mut rng).cloned().unwrap_or_default();
        let course = self.courses.get(&target).copied();
        let none = String::new;
        match roll {
            _ if target.is_empty() => (Deed::Create, none(), none()),
            0..4 => (Deed::Create, none(), none()),
            4..9 => (Deed::Phone, target, none()),
            9..13 => (Deed::Headcount, target, none()),
            13..17 => (Deed::Move, target, none()),
            17 if course != Some(Course::UnderWay) => {
                self.courses.insert(target.clone(), Course::Closed);
                (Deed::Close, target, none())
            }
            18..23 if course.is_none() && !union.is_empty() => {
                self.courses.insert(target.clone(), Course::UnderWay);
                (Deed::Cover, target, union)
            }
            18..23 if course == Some(Course::Covered) => {
                self.courses.insert(target.clone(), Course::UnderWay);
                (Deed::Uncover, target, none())
            }
            23..25 if !union.is_empty() => (Deed::Mark, union, none()),
            _ => (Deed::Found, none(), none()),
        }
    }

    /// What follows from an acknowledged write.
    fn learn(&mut self, number: u32, record: &str) {
        let Some(done) = self.operations.iter().rfind(|one| one.number == number) else { return };
        let target = done.target.clone();
        match done.deed {
            Deed::Create => self.records.push(record.to_owned()),
            Deed::Found => self.unions.push(record.to_owned()),
            Deed::Cover => drop(self.courses.insert(target, Course::Covered)),
            Deed::Uncover => drop(self.courses.insert(target, Course::Uncovered)),
            _ => {}
        }
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        let acknowledged = watch::Sender::new(0);
        Self(Arc::new(Shared { papers: Mutex::default(), acknowledged }))
    }

    /// Every operation so far.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        self.0.papers.lock().operations.clone()
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        *self.0.acknowledged.borrow()
    }

    /// Numbers that no operation has, for spreadsheets.
    pub(crate) fn numbers(&self, count: u32) -> std::ops::Range<u32> {
        let mut papers = self.0.papers.lock();
        let first = papers.numbers + 1;
        papers.numbers += count;
        first..first + count
    }

    /// Returns when so many writes were acknowledged.
    pub(crate) async fn until_acknowledged(&self, count: usize) -> Result<()> {
        let mut seen = self.0.acknowledged.subscribe();
        let waiting = seen.wait_for(|now| *now >= count);
        patience::within(&format!("{count} acknowledged writes"), waiting).await??;
        Ok(())
    }

    /// Writes until an answer does not come.
    pub(crate) async fn write_until_cut(self, clients: Clients) {
        while self.write(&clients).await.is_none() {}
    }

    /// Writes for ever, and repeats each write that has no answer until it has one.
    pub(crate) async fn write_on(self, clients: Clients) -> Result<()> {
        loop {
            if let Some(open) = self.write(&clients).await {
                let what = format!("the outcome of write {}", open.number);
                patience::until(&what, || async {
                    self.repeat(&clients, &open).await.then_some(())
                })
                .await?;
            }
        }
    }

    /// Repeats every write whose outcome is unknown, under its request id, until it is known.
    pub(crate) async fn resolve(&self, clients: &Clients) -> Result<usize> {
        let open = |one: &Operation| one.outcome == Outcome::Unknown;
        let unknown: Vec<_> = self.operations().into_iter().filter(open).collect();
        for operation in &unknown {
            // A first attempt may still hold its locks: the server learns late that nobody waits.
            let what = format!("an answer to {operation:?} from a register that serves");
            patience::until(&what, || async {
                self.repeat(clients, operation).await.then_some(())
            })
            .await?;
        }
        Ok(unknown.len())
    }

    /// Makes one write; gives it back when its outcome is unknown.
    async fn write(&self, clients: &Clients) -> Option<Operation> {
        let operation = self.next();
        let outcome = Box::pin(send(clients, &operation, false)).await;
        self.note(operation.number, &outcome);
        (outcome == Outcome::Unknown).then_some(operation)
    }

    async fn repeat(&self, clients: &Clients, operation: &Operation) -> bool {
        let outcome = Box::pin(send(clients, operation, true)).await;
        self.note(operation.number, &outcome);
        outcome != Outcome::Unknown
    }

    fn next(&self) -> Operation {
        let mut rng = rand::rng();
        let mut papers = self.0.papers.lock();
        papers.numbers += 1;
        let number = papers.numbers;
        let (deed, target, union) = papers.choose(rng.random_range(0..26));
        let operation = Operation {
            request_id: Uuid::from_u128(rng.random()),
            number,
            deed,
            target,
            union,
            outcome: Outcome::Unknown,
        };
        papers.operations.push(operation.clone());
        operation
    }

    fn note(&self, number: u32, outcome: &Outcome) {
        let mut papers = self.0.papers.lock();
        if let Some(operation) = papers.operations.iter_mut().rfind(|one| one.number == number) {
            operation.outcome = outcome.clone();
        }
        if let Outcome::Acknowledged { record, .. } = outcome {
            papers.learn(number, record);
            self.0.acknowledged.send_modify(|count| *count += 1);
        }
    }
}

/// Sends one write and reads its answer.
async fn send(clients: &Clients, operation: &Operation, repeated: bool) -> Outcome {
    let answer = match operation.deed {
        Deed::Create => create(clients, operation).await.map(shown),
        Deed::Phone | Deed::Move => update(clients, operation).await.map(shown),
        Deed::Headcount => count(clients, operation).await.map(shown),
        Deed::Close => close(clients, operation).await.map(shown),
        Deed::Cover => cover(clients, operation).await.map(shown),
        Deed::Uncover => uncover(clients, operation).await.map(shown),
        Deed::Found => found(clients, operation).await.map(shown_union),
        Deed::Mark => mark(clients, operation).await.map(shown_union),
    };
    match answer {
        Ok((record, etag)) => {
            Outcome::Acknowledged { version: etag.parse().unwrap_or(0), record, repeated }
        }
        Err(status) => refusal(&status),
    }
}

fn shown(answer: Response<Employer>) -> (String, String) {
    let employer = answer.into_inner();
    (employer.name, employer.etag)
}

fn shown_union(answer: Response<Union>) -> (String, String) {
    let union = answer.into_inner();
    (union.name, union.etag)
}

/// A refusal that says what is wrong had no effect; anything else tells nothing.
pub(super) fn refusal(status: &Status) -> Outcome {
    let told = matches!(
        status.code(),
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::NotFound
            | Code::AlreadyExists
            | Code::ResourceExhausted
    );
    match client::reason(status) {
        Some(reason) if told => Outcome::Refused(reason),
        _ => Outcome::Unknown,
    }
}

type Answer = Result<Response<Employer>, Status>;

async fn create(clients: &Clients, operation: &Operation) -> Answer {
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(operation.number)),
        request_id: operation.request_id.to_string(),
        ..CreateEmployerRequest::default()
    };
    clients.employers.clone().create_employer(request).await
}

async fn update(clients: &Clients, operation: &Operation) -> Answer {
    let number = operation.number;
    let path = if operation.deed == Deed::Phone { "phone" } else { "actual_address" };
    let employer = Employer {
        name: operation.target.clone(),
        phone: samples::phone(number),
        actual_address: Some(samples::address(samples::community(number), number)),
        ..Employer::default()
    };
    let request = UpdateEmployerRequest {
        employer: Some(employer),
        update_mask: Some(FieldMask { paths: vec![path.to_owned()] }),
        effective_date: Some(CHANGED_ON),
        request_id: operation.request_id.to_string(),
        ..UpdateEmployerRequest::default()
    };
    clients.employers.clone().update_employer(request).await
}

async fn count(clients: &Clients, operation: &Operation) -> Answer {
    let workforce = Workforce {
        counted_on: Some(COUNTED_ON),
        employee_count: samples::headcount(operation.number),
        ..Workforce::default()
    };
    let request = RecordWorkforceRequest {
        name: operation.target.clone(),
        workforce: Some(workforce),
        request_id: operation.request_id.to_string(),
        ..RecordWorkforceRequest::default()
    };
    clients.employers.clone().record_workforce(request).await
}

async fn close(clients: &Clients, operation: &Operation) -> Answer {
    let request = CloseEmployerRequest {
        name: operation.target.clone(),
        effective_date: Some(CLOSED_ON),
        request_id: operation.request_id.to_string(),
        ..CloseEmployerRequest::default()
    };
    clients.employers.clone().close_employer(request).await
}

async fn cover(clients: &Clients, operation: &Operation) -> Answer {
    let request = CoverEmployerRequest {
        name: operation.target.clone(),
        union: operation.union.clone(),
        effective_date: Some(COVERED_ON),
        request_id: operation.request_id.to_string(),
        ..CoverEmployerRequest::default()
    };
    clients.coverage.clone().cover_employer(request).await
}

async fn uncover(clients: &Clients, operation: &Operation) -> Answer {
    let request = UncoverEmployerRequest {
        name: operation.target.clone(),
        effective_date: Some(UNCOVERED_ON),
        request_id: operation.request_id.to_string(),
        ..UncoverEmployerRequest::default()
    };
    clients.coverage.clone().uncover_employer(request).await
}

async fn found(clients: &Clients, operation: &Operation) -> Result<Response<Union>, Status> {
    let number = operation.number;
    let union = Union {
        display_name: samples::union_name(number),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(samples::address(samples::community(number), number)),
        ..Union::default()
    };
    let request = CreateUnionRequest {
        union: Some(union),
        effective_date: Some(FOUNDED_ON),
        request_id: operation.request_id.to_string(),
        ..CreateUnionRequest::default()
    };
    clients.unions.clone().create_union(request).await
}

async fn mark(clients: &Clients, operation: &Operation) -> Result<Response<Union>, Status> {
    let note = samples::note(operation.number);
    let mark = Mark { mark: MARK.to_owned(), note, ..Mark::default() };
    let request = MarkUnionRequest {
        name: operation.target.clone(),
        mark: Some(mark),
        effective_date: Some(MARKED_ON),
        request_id: operation.request_id.to_string(),
        ..MarkUnionRequest::default()
    };
    clients.unions.clone().mark_union(request).await
}
