//! Who approved an establishment, or decided on a merger, a split or a dissolution, where the register
//! knows the union.

use sea_orm::ConnectionTrait;
use unionhall_kit::{civil::CivilDate, fault::Outcome, ledger::Entry};

use crate::{
    rules::{
        Refusal,
        union::{UnionId, affiliation::MAX_DEPTH, approval::Decision, ending::signed},
    },
    store::unions::{self, UnionRecord},
};

/// The union above and those above it on the day, from below upwards: one of them approves.
pub(in crate::api) async fn those_above(
    conn: &impl ConnectionTrait,
    superior: Option<UnionId>,
    on: CivilDate,
) -> Outcome<Vec<UnionRecord>> {
    let (mut above, mut next) = (Vec::new(), superior);
    while let Some(id) = next.filter(|_| above.len() < MAX_DEPTH) {
        let Some(record) = unions::load(conn, &[id]).await?.remove(&id) else { break };
        next = record.facts.superiors.on(on).copied();
        above.push(record);
    }
    Ok(above)
}

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
