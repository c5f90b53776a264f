//! Writers that go on until the register is killed, and then learn what became of each operation.

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use tokio_util::sync::CancellationToken;
use unionhall_kit::clock::{Clock, SystemClock};
use unionhall_proto::registry::v1::GetMemberRequest;
use unionhall_tests::{client::Clients, patience};

use super::{
    choices::Chooser,
    deed::Operation,
    papers::{Desk, Told},
};
use crate::kills::{history::Outcome, workload::refusal};

/// Of so many operations that were done one is asked for once more.
const DOUBTED_EVERY: u128 = 12;

/// One who writes, with dice of his own.
pub(super) struct Writer {
    pub(super) desk: Desk,
    pub(super) random: StdRng,
    /// Members whom the writers want.
    pub(super) members: usize,
}

impl Writer {
    /// Writes until the line is cut.
    pub(super) async fn write(mut self, clients: Clients, cut: CancellationToken) -> Self {
        while !cut.is_cancelled() {
            let chosen = self.choose();
            match <[Operation; 2]>::try_from(chosen) {
                Ok([one, other]) => {
                    let both = [one, other].map(|one| Box::pin(self.carry(&clients, one, &cut)));
                    let [one, other] = both;
                    tokio::join!(one, other);
                }
                Err(chosen) => {
                    for one in chosen {
                        Box::pin(self.carry(&clients, one, &cut)).await;
                    }
                }
            }
        }
        self
    }

    fn choose(&mut self) -> Vec<Operation> {
        let mut papers = self.desk.papers.lock();
        let (random, today) = (&mut self.random, SystemClock.today());
        Chooser { papers: &mut papers, random, today, members: self.members }.next()
    }

    /// Until there is an answer, or the line is cut. Some do not believe the first answer.
    async fn carry(&self, clients: &Clients, operation: Operation, cut: &CancellationToken) {
        let doubts = operation.id.as_u128().is_multiple_of(DOUBTED_EVERY);
        let mut operation = self.desk.sent(operation);
        while !cut.is_cancelled() {
            match send(&self.desk, clients, &operation).await {
                Told::Done if doubts => return self.ask_again(clients, &operation).await,
                Told::Done => return,
                Told::Refused => return look_again(&self.desk, clients, &operation).await,
                Told::Nothing => {
                    operation.sent_before = true;
                    // What answers nothing at once would otherwise be asked without a pause.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// What was done is answered once more, and not done once more.
    async fn ask_again(&self, clients: &Clients, operation: &Operation) {
        let answer = Box::pin(operation.call.clone().send(clients)).await;
        let refused = answer.err().filter(|status| refusal(status) != Outcome::Unknown);
        let mut papers = self.desk.papers.lock();
        papers.asked_again += 1;
        papers.faults.extend(refused.map(|status| {
            format!(
                "{:?} {} was done, and refused when repeated: {status}",
                operation.deed, operation.id
            )
        }));
    }
}

async fn send(desk: &Desk, clients: &Clients, operation: &Operation) -> Told {
    let answer = Box::pin(operation.call.clone().send(clients)).await;
    desk.note(operation, &answer)
}

/// What the person was thought to be was no longer so.
async fn look_again(desk: &Desk, clients: &Clients, operation: &Operation) {
    if !operation.record.starts_with("members/") {
        return;
    }
    let request = GetMemberRequest { name: operation.record.clone(), day: None };
    // The next refusal makes up for an answer that does not come.
    if let Ok(member) = clients.members.clone().get_member(request).await {
        desk.papers.lock().learn(member.get_ref());
    }
}

/// Makes one until it is answered; it must not be refused.
pub(super) async fn answered(desk: &Desk, clients: &Clients, operation: Operation) -> Result<()> {
    let operation = desk.sent(operation);
    let told = again(desk, clients, operation.clone()).await?;
    ensure!(told == Told::Done, "{operation:?} was refused");
    Ok(())
}

/// Repeats every operation whose outcome is unknown, under its request id, until it is known.
pub(super) async fn resolve(desk: &Desk, clients: &Clients) -> Result<usize> {
    let open = desk.open();
    for operation in &open {
        let told = again(desk, clients, operation.clone()).await;
        told.with_context(|| format!("{operation:?}"))?;
    }
    Ok(open.len())
}

async fn again(desk: &Desk, clients: &Clients, operation: Operation) -> Result<Told> {
    patience::until("an answer from a register that serves", || async {
        match send(desk, clients, &operation).await {
            Told::Nothing => None,
            told => Some(told),
        }
    })
    .await
}
