//! What a row does to the register.

use unionhall_kit::sheet::CellFault;
use unionhall_kit::sheet::Record;

use super::draft::Draft;
use crate::{
    columns::{self, Column},
    imports::refused,
    rules::employer::{
        EmployerFacts,
        change::{EmployerFault, Surroundings, amend, enter},
    },
    store::employers::EmployerRecord,
};

/// A decision about one row.
pub(super) enum Decision {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all.
    Unchanged,
    /// An employer comes in with these facts.
    Enter(EmployerFacts),
    /// The employer that is held has these facts from now on.
    Amend(EmployerFacts),
}

/// Decides on a row about `held`, or about an employer that is not known. A row with a faulty cell
/// is refused without a look at the whole, which would only repeat the fault.
pub(super) fn decide(
    row: &Record,
    draft: &Draft,
    held: Option<&EmployerRecord>,
    around: Surroundings<'_>,
) -> Decision {
    if !(row.faults.is_empty() && draft.faults.is_empty()) {
        return Decision::Refused(draft.faults.clone());
    }
    let entered = || enter(&draft.changes, draft.from, around);
    let decided = match held {
        None => entered().map(Decision::Enter),
        Some(record) => match amend(&record.facts, &draft.changes, draft.from, around) {
            Ok(facts) if facts == record.facts => Ok(Decision::Unchanged),
            Ok(facts) => Ok(Decision::Amend(facts)),
            // The very row by which an employer came in as one that had ended.
            Err(EmployerFault::Closed(_)) if entered().as_ref() == Ok(&record.facts) => {
                Ok(Decision::Unchanged)
            }
            Err(fault) => Err(fault),
        },
    };
    decided.unwrap_or_else(|fault| Decision::Refused(vec![refused(row, concerns(&fault), &fault)]))
}

fn concerns(fault: &EmployerFault) -> Column {
    match fault {
        EmployerFault::NotIdentified | EmployerFault::CodesDiffer(..) => columns::CREDIT_CODE,
        EmployerFault::Incomplete("ownership") => columns::OWNERSHIP,
        EmployerFault::Incomplete("actual_address") | EmployerFault::AreaNotOpen(..) => {
            columns::ACTUAL_AREA
        }
        EmployerFault::Incomplete(_) => columns::NAME,
        EmployerFault::CodeUnknown("ownership", ..) => columns::OWNERSHIP,
        EmployerFault::CodeUnknown("economic_type", ..) => columns::ECONOMIC_TYPE,
        EmployerFault::CodeUnknown(..) => columns::INDUSTRY,
        EmployerFault::BeforeLaterStatus(..) | EmployerFault::CoveredLater(..) => columns::STATUS,
        EmployerFault::InFuture(_)
        | EmployerFault::BeforeRecord(..)
        | EmployerFault::BeforeEstablishment(..)
        | EmployerFault::Closed(_) => columns::EFFECTIVE_ON,
    }
}
