//! A connection that outlives the restarts of the suite.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;
use unionhall_kit::{
    clock::SystemClock,
    ids::{Ids, SystemRandomness},
};

use super::{Imports, explained, imports};
use crate::{cli::Server, settings::Settings};

/// First and longest pause before another try.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// Tries in a row without an answer, over about five minutes.
const TRIES: u32 = 64;

/// Asks the suite, again where it was away.
pub(super) struct Session<'a> {
    server: &'a Server,
    settings: &'a Settings,
    client: Imports,
    ids: Ids,
    told: bool,
}

impl<'a> Session<'a> {
    pub(super) async fn open(server: &'a Server, settings: &'a Settings) -> Result<Self> {
        let client = imports(server, settings).await?;
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemRandomness));
        Ok(Self { server, settings, client, ids, told: false })
    }

    /// For a call that is made once.
    pub(super) fn client(&mut self) -> &mut Imports {
        &mut self.client
    }

    /// An id under which a change that is asked for twice has one effect.
    pub(super) fn request_id(&self) -> String {
        self.ids.fresh().to_string()
    }

    /// Asks until there is an answer.
    pub(super) async fn ask<T>(
        &mut self,
        call: impl AsyncFn(Imports) -> Result<Response<T>, Status>,
    ) -> Result<T> {
        let mut patience = Patience::default();
        loop {
            match call(self.client.clone()).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => self.outlast(&status, &mut patience).await?,
            }
        }
    }

    /// Waits until another try makes sense; an error where none does.
    pub(super) async fn outlast(&mut self, status: &Status, patience: &mut Patience) -> Result<()> {
        let pause = patience.pause().filter(|_| passes(status));
        let Some(pause) = pause else { return Err(explained(status)) };
        if !std::mem::replace(&mut self.told, true) {
            eprintln!(
                "the suite is away ({}); the import goes on there by itself, waiting for it",
                status.message()
            );
        }
        tokio::time::sleep(pause).await;
        // A suite that started anew has written another token.
        if let Ok(client) = imports(self.server, self.settings).await {
            self.client = client;
        }
        Ok(())
    }
}

/// The pauses between tries in a row.
#[derive(Debug, Default)]
pub(super) struct Patience(u32);

impl Patience {
    fn pause(&mut self) -> Option<Duration> {
        let pause = PAUSES.0 * 2_u32.saturating_pow(self.0.min(8));
        self.0 += 1;
        (self.0 <= TRIES).then_some(pause.min(PAUSES.1))
    }
}

/// Whether the suite was away or at the end of a stream's time, rather than against it. A refusal
/// of the suite has its reason; without one the connection broke.
fn passes(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded => true,
        Code::Unknown | Code::Internal | Code::Cancelled => {
            status.get_error_details().error_info().is_none()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use unionhall_kit::{fault::Fault, reasons};

    use super::*;

    #[test]
    fn what_passes_is_asked_again_and_a_refusal_is_not() {
        let of = |reason| passes(&Fault::new(reason).to_status());
        for reason in [
            &reasons::SHUTTING_DOWN,
            &reasons::UPSTREAM_UNAVAILABLE,
            &reasons::STORAGE_UNAVAILABLE,
            &reasons::DEADLINE_EXCEEDED,
        ] {
            assert!(of(reason), "{}", reason.name);
        }
        for reason in [&reasons::INTERNAL, &reasons::NOT_FOUND, &reasons::IMPORT_STATE] {
            assert!(!of(reason), "{}", reason.name);
        }
        assert!(passes(&Status::unknown("transport error")), "the connection broke");
        assert!(!passes(&Status::out_of_range("a message that is too large")));
    }

    #[test]
    fn pauses_grow_to_a_bound_and_end() {
        let mut patience = Patience::default();
        let pauses: Vec<Duration> = std::iter::from_fn(|| patience.pause()).collect();
        assert_eq!((pauses[0], pauses[1]), (PAUSES.0, PAUSES.0 * 2));
        assert_eq!(pauses.last(), Some(&PAUSES.1));
        let whole: Duration = pauses.iter().sum();
        assert!((4 * 60..6 * 60).contains(&whole.as_secs()), "{whole:?}");
    }
}
