//! What a service tells the pipeline about one kind of row.

use std::sync::Arc;

use super::{Actor, CHUNK_ROWS};
use crate::{
    access::Caller,
    fault::Outcome,
    ledger::Entry,
    sheet::{CellFault, FaultKind, Layout, Record},
};

/// Imports one kind of row. Pass 1 and pass 2 must decide alike on an unchanged register.
#[async_trait::async_trait]
pub trait Importer: Send + Sync + 'static {
    /// How the contract calls it, for instance `employers`.
    fn kind(&self) -> &'static str;

    /// What a caller needs for rows of this kind: a sheet must not do what its sender may not.
    fn needs(&self) -> Needs;

    /// Rows, or effects that are taken back, in one transaction. Fewer than [`CHUNK_ROWS`] where
    /// a row can make more than one event.
    fn rows_a_chunk(&self) -> usize {
        CHUNK_ROWS
    }

    /// The columns, with the code lists as of today.
    async fn layout(&self) -> Outcome<Arc<Layout>>;

    /// What no other row of the file may share with this one.
    fn keys(&self, row: &Record) -> Vec<RowKey>;

    /// Whether a chunk may be begun before the one ahead of it is committed: no row builds on what an
    /// earlier row writes.
    fn rows_are_independent(&self) -> bool {
        false
    }

    /// Begins pass 1 over one file. The checks may remember what earlier rows would change.
    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>>;

    /// Pass 2: writes these rows, each of which was without fault in pass 1, and notes their
    /// events and figures. One answer a row, in order. A row that the register no longer takes is
    /// refused by its faults and leaves nothing.
    async fn apply(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        rows: &[Record],
    ) -> Outcome<Vec<Applied>>;

    /// Takes effects back, which come last row first. One answer an effect, in order.
    async fn undo(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        effects: &[Effect],
    ) -> Outcome<Vec<Undone>>;

    /// What [`apply`](Self::apply) or [`undo`](Self::undo) wrote is committed.
    fn committed(&self) {}
}

/// Pass 1 over one file.
#[async_trait::async_trait]
pub trait Checks: Send {
    /// What the register says of these rows, the next ones of the file. One answer a row, in
    /// order. Rows may have faults of their cells already; their other cells are judged too.
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>>;

    /// What the audit shall keep of the pass as a whole, where it answered questions that are noted
    /// when they are asked one by one.
    fn account(&self) -> Option<String> {
        None
    }
}

/// Permissions that a kind of row asks for beside those of the import itself. Words of the policy,
/// which are only compared here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// To upload, check, commit and take back; all of them.
    pub write: &'static [&'static str],
    /// To read what is wrong with rows; all of them.
    pub read: &'static [&'static str],
}

impl Needs {
    /// `PERMISSION_DENIED` unless the caller may send such rows.
    pub(super) fn to_write(self, caller: &Caller) -> Outcome<()> {
        self.write.iter().try_for_each(|permission| caller.require(permission))
    }

    /// `PERMISSION_DENIED` unless the caller may read of such rows.
    pub(super) fn to_read(self, caller: &Caller) -> Outcome<()> {
        self.read.iter().try_for_each(|permission| caller.require(permission))
    }
}

/// Something by which rows of one file are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey {
    /// The column that a repetition is reported in.
    pub column: &'static str,
    /// The value in the form that is compared, whatever column it stands in.
    pub value: String,
}

/// What pass 1 found about a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What the domain finds wrong, beside the faults that the row has already.
    pub faults: Vec<CellFault>,
    /// The register has it all.
    pub unchanged: bool,
}

/// What pass 2 did with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Nothing, for these reasons.
    Refused(Vec<CellFault>),
    /// Nothing: the register has it all.
    Unchanged,
    /// It wrote.
    Changed(Effect),
}

/// What a row did to a record: enough to take it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Resource name.
    pub record: String,
    /// The version before; 0 where the row created it.
    pub version_before: i64,
    /// The version after. While the record still has it, the effect can be taken back.
    pub version_after: i64,
    /// Whatever the importer needs to restore the record; protected values stay sealed in it.
    pub before: Vec<u8>,
}

/// What became of an effect that was to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// It is taken back.
    Done,
    /// It stands, for instance because the record changed since.
    Refused(&'static FaultKind),
}
