//! What a step asks of the union to which the case came.

use unionhall_kit::civil::CivilDate;

use super::{fault::FormationFault, stage::State, step::Deed};
use crate::rules::union::UnionFacts;

/// Whether the step looks at the union.
pub fn asks(deed: &Deed) -> bool {
    matches!(deed, Deed::Activation | Deed::Abandonment(_))
}

/// Whether the step can be taken beside the union as it is; `None` for one that was withdrawn. A
/// union works only while it exists, and once it exists its case is given up only when it is gone.
pub fn fits(
    deed: &Deed,
    state: State,
    union: Option<&UnionFacts>,
    day: CivilDate,
) -> Result<(), FormationFault> {
    let exists = union.is_some_and(|facts| facts.active_on(day));
    let (problem, zh) = match deed {
        Deed::Activation if !exists => ("the union does not exist on that day", "工会在该日不存在"),
        Deed::Abandonment(_) if exists => ("the union is established", "工会已批复成立"),
        _ => return Ok(()),
    };
    let (problem, zh) = (problem.to_owned(), zh.to_owned());
    Err(FormationFault::OutOfOrder { state, step: deed.name(), problem, zh })
}
