//! Who decided on a merger, a split or a dissolution, where the register knows the union.

use unionhall_kit::{fault::Outcome, ledger::Entry};

use crate::{
    rules::{
        Refusal,
        union::{approval::Decision, ending::signed},
    },
    store::unions,
};

/// Whether the document is of the union that approved. It is asked once the rules found that union
/// above, so that nothing is told of another.
pub(super) async fn signed_by(entry: &Entry, decision: Option<&Decision>) -> Outcome<()> {
    let named = decision.and_then(|decision| Some((decision, decision.approver?)));
    let Some((decision, id)) = named else { return Ok(()) };
    let Some(approver) = unions::load(entry.conn(), &[id]).await?.remove(&id) else {
        return Ok(());
    };
    signed(decision, &approver.facts).map_err(|fault| fault.to_fault())
}
