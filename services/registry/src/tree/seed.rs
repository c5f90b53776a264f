//! The areas that a new register starts with.

use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::Done,
    reasons,
};

use crate::{
    api::areas::note,
    reference::{ShippedArea, shipped_areas},
    register::Register,
    rules::{
        area::{
            AreaPath,
            official::OfficialCode,
            plan::{AreaPlan, AreaStep},
        },
        name::Name,
    },
    store::areas::{self, Recorded},
};

/// The service itself, as the books name it.
const CLIENT: &str = "unionhall";
const METHOD: &str = "seed";

/// Enters the shipped areas into a register without any. They are fewer than the events that one
/// transaction may carry (a test says so), so there is no half-made tree to resume.
pub async fn seed(register: &Register) -> Outcome<()> {
    if areas::stamp(register.ledger.db().reader()).await? > 0 {
        return Ok(());
    }
    let mut entry = register.ledger.begin_own(CLIENT, METHOD).await?;
    areas::lock(entry.conn(), &[]).await?;
    if areas::stamp(entry.conn()).await? > 0 {
        return entry.discard().await;
    }
    let plan = plan(&shipped_areas().map_err(broken)?)?;
    let recorded = areas::save(entry.conn(), &Recorded::default(), &plan, entry.now()).await?;
    for path in plan.areas() {
        note::created(&mut entry, &recorded, path);
    }
    entry.commit(Done { record: "areas".to_owned(), version: 1 }).await?;
    register.areas.forget();
    tracing::info!(areas = recorded.marks.len(), "entered the shipped areas");
    Ok(())
}

/// The first day is a convention for the code as well: the edition says when it was printed, not
/// since when it is in use.
fn plan(shipped: &[ShippedArea]) -> Outcome<AreaPlan> {
    let mut steps = Vec::with_capacity(2 * shipped.len());
    for area in shipped {
        let path = AreaPath::parse(area.label.as_str()).map_err(broken)?;
        steps.push(AreaStep::Open {
            path: path.clone(),
            name: Name::parse_area(&area.name).map_err(broken)?,
            from: area.valid_from,
            history_unknown: area.history_unknown,
        });
        steps.push(AreaStep::Code {
            path,
            code: OfficialCode::parse(&area.official_code).map_err(broken)?,
            edition: area.edition,
            from: area.valid_from,
        });
    }
    Ok(AreaPlan { steps })
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new(&reasons::INTERNAL).caused_by(error)
}

#[cfg(test)]
mod tests {
    use unionhall_kit::ledger::events::MAX_EVENTS_A_TRANSACTION;

    use super::*;

    #[test]
    fn one_transaction_carries_the_shipped_areas() {
        let shipped = shipped_areas().unwrap();
        assert!(shipped.len() <= MAX_EVENTS_A_TRANSACTION);
        assert_eq!(plan(&shipped).unwrap().areas().len(), shipped.len());
    }
}
