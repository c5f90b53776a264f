//! A change of the tree while it is decided on.

use prost::Message;
use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1 as proto;

use super::view;
use crate::{
    register::Register,
    rules::area::{AreaPath, plan::AreaPlan},
    store::areas::{self, Recorded},
};

/// What every change asks beside its wish.
pub(super) struct Ask<'a> {
    pub(super) request_id: &'a str,
    pub(super) validate_only: bool,
    /// The areas that the change touches, beside those that it opens.
    pub(super) touches: &'a [AreaPath],
}

/// A change of the tree, with the tree as it stands in its transaction.
pub(super) struct Draft<'a> {
    pub(super) register: &'a Register,
    pub(super) entry: Box<Entry>,
    pub(super) recorded: Recorded,
    pub(super) validate_only: bool,
}

impl<'a> Draft<'a> {
    /// Begins a change; `Err` carries what an earlier request with the same id did.
    pub(super) async fn begin<T: Message>(
        register: &'a Register,
        call: &Call<T>,
        ask: Ask<'_>,
    ) -> Outcome<Result<Self, Done>> {
        // A trial claims no request id: the same request may follow in earnest.
        let request_id = if ask.validate_only { "" } else { ask.request_id };
        let entry = match register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Err(done)),
        };
        let mut touches = ask.touches.to_vec();
        touches.sort();
        areas::lock(entry.conn(), &touches).await?;
        let recorded = areas::load(entry.conn()).await?;
        Ok(Ok(Self { register, entry, recorded, validate_only: ask.validate_only }))
    }

    /// The civil day of the change.
    pub(super) fn today(&self) -> CivilDate {
        self.entry.today()
    }

    /// `NOT_FOUND`, or `ETAG_MISMATCH` unless the record has this etag; an empty one is none.
    pub(super) fn expect(&self, path: &AreaPath, etag: &str) -> Outcome<()> {
        if self.recorded.tree.get(path).is_none() {
            return Err(not_found(&view::name(path)));
        }
        if etag.is_empty() || etag == self.recorded.version(path).to_string() {
            return Ok(());
        }
        Err(Fault::new(&reasons::ETAG_MISMATCH).with("etag", etag))
    }

    /// Writes the plan that the rules made for this tree.
    pub(super) async fn save(&mut self, plan: &AreaPlan) -> Outcome<()> {
        let (conn, now) = (self.entry.conn(), self.entry.now());
        self.recorded = areas::save(conn, &self.recorded, plan, now).await?;
        Ok(())
    }

    /// Commits, or takes everything back after a trial.
    pub(super) async fn finish(self, done: Done) -> Outcome<()> {
        if self.validate_only {
            return self.entry.discard().await;
        }
        self.entry.commit(done).await?;
        self.register.areas.forget();
        Ok(())
    }

    /// Commits and answers with the area as it is today.
    pub(super) async fn finish_with(self, path: &AreaPath) -> Outcome<proto::Area> {
        let name = view::name(path);
        let area = view::area(&self.recorded, path, self.today());
        let area = area.ok_or_else(|| not_found(&name))?;
        let version = self.recorded.version(path);
        self.finish(Done { record: name, version }).await?;
        Ok(area)
    }
}

/// The area as it is today, for a request that was done before.
pub(super) async fn again(register: &Register, path: &AreaPath) -> Outcome<proto::Area> {
    // The shared tree may be older than the answer that another instance gave.
    register.areas.forget();
    let recorded = register.areas().await?;
    let area = view::area(&recorded, path, register.clock().today());
    area.ok_or_else(|| not_found(&view::name(path)))
}
