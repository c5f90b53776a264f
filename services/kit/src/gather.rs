//! One turn of patience: whoever makes a system call or a statement for many lets those go first
//! that are ready to join.
//!
//! tokio runs a task that was just woken before all others of its thread. A connection would so
//! write every answer by itself, though the next ones are ready, and a reader would ask the
//! database for one key. One turn costs no time that is not worked in, and nobody waits for
//! company that has not come yet.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

/// Comes back when the tasks that are ready now had their turn.
pub async fn one_turn() {
    let mut had = false;
    poll_fn(|context| {
        if had {
            return Poll::Ready(());
        }
        had = true;
        // A task that wakes itself goes behind the others.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A future that takes its turn behind the others, every time that it is woken.
pub struct Gathering<F> {
    inner: Pin<Box<F>>,
    waited: bool,
}

impl<F: Future> Gathering<F> {
    /// This future, made patient.
    pub fn new(inner: F) -> Self {
        Self { inner: Box::pin(inner), waited: false }
    }
}

impl<F: Future> Future for Gathering<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.waited = !self.waited;
        if self.waited {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.inner.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn those_who_are_ready_join_before_the_work_is_done() {
        let (sender, mut waiting) = mpsc::channel(8);
        let reader = tokio::spawn(Gathering::new(async move {
            let mut taken = Vec::new();
            let mut batches = Vec::new();
            while waiting.recv_many(&mut taken, 8).await > 0 {
                batches.push(std::mem::take(&mut taken));
            }
            batches
        }));
        one_turn().await;
        for number in 0..3 {
            let sender = sender.clone();
            tokio::spawn(async move { sender.send(number).await });
        }
        drop(sender);
        assert_eq!(reader.await.unwrap(), [[0, 1, 2]]);
    }

    #[tokio::test]
    async fn a_lone_one_is_not_kept_waiting() {
        let answer = Gathering::new(async {
            one_turn().await;
            7
        });
        assert_eq!(answer.await, 7);
    }
}
