//! Writers that go on until the register is killed, and then learn what became of each write.

use std::sync::Arc;

use anyhow::Result;
use parking_lot::Mutex;
use prost_types::FieldMask;
use rand::{Rng, seq::IndexedRandom};
use tokio::sync::watch;
use tonic::{Code, Response, Status};
use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, CreateEmployerRequest, Employer, RecordWorkforceRequest,
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
    numbers: u32,
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
        let outcome = send(clients, &operation, false).await;
        self.note(operation.number, &outcome);
        (outcome == Outcome::Unknown).then_some(operation)
    }

    async fn repeat(&self, clients: &Clients, operation: &Operation) -> bool {
        let outcome = send(clients, operation, true).await;
        self.note(operation.number, &outcome);
        outcome != Outcome::Unknown
    }

    fn next(&self) -> Operation {
        let mut rng = rand::rng();
        let mut papers = self.0.papers.lock();
        papers.numbers += 1;
        let target = papers.records.choose(&mut rng).cloned();
        let (deed, target) = match (rng.random_range(0..20), target) {
            (0..4, _) | (_, None) => (Deed::Create, String::new()),
            (4..10, Some(target)) => (Deed::Phone, target),
            (10..15, Some(target)) => (Deed::Headcount, target),
            (15..19, Some(target)) => (Deed::Move, target),
            (_, Some(target)) => (Deed::Close, target),
        };
        let operation = Operation {
            request_id: Uuid::from_u128(rng.random()),
            number: papers.numbers,
            deed,
            target,
            outcome: Outcome::Unknown,
        };
        papers.operations.push(operation.clone());
        operation
    }

    fn note(&self, number: u32, outcome: &Outcome) {
        let mut papers = self.0.papers.lock();
        let Papers { operations, records, .. } = &mut *papers;
        if let Some(operation) = operations.iter_mut().rfind(|one| one.number == number) {
            operation.outcome = outcome.clone();
            if let Outcome::Acknowledged { record, .. } = outcome {
                if operation.deed == Deed::Create {
                    records.push(record.clone());
                }
                self.0.acknowledged.send_modify(|count| *count += 1);
            }
        }
    }
}

/// Sends one write and reads its answer.
async fn send(clients: &Clients, operation: &Operation, repeated: bool) -> Outcome {
    let answer = match operation.deed {
        Deed::Create => create(clients, operation).await,
        Deed::Phone | Deed::Move => update(clients, operation).await,
        Deed::Headcount => count(clients, operation).await,
        Deed::Close => close(clients, operation).await,
    };
    match answer.map(Response::into_inner) {
        Ok(employer) => Outcome::Acknowledged {
            version: employer.etag.parse().unwrap_or(0),
            record: employer.name,
            repeated,
        },
        Err(status) => refusal(&status),
    }
}

/// A refusal that says what is wrong had no effect; anything else tells nothing.
fn refusal(status: &Status) -> Outcome {
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
