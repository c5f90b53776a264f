//! The facts of a member as one text, for what is to be restored.

use serde::{Deserialize, Serialize};
use unionhall_kit::fault::Outcome;

use super::fact::{Fact, facts, rows};
use crate::{
    rules::member::{MemberFacts, confirmation::Confirmations},
    store::dated::{self, broken},
};

#[derive(Serialize, Deserialize)]
struct Kept {
    facts: String,
    confirmations: Confirmations,
}

/// The facts with the confirmations as a text; numbers stay sealed in it, a name does not.
pub fn facts_text(facts: &MemberFacts) -> Outcome<String> {
    let (text, confirmations) = (dated::written(rows(facts))?, facts.confirmations.clone());
    serde_json::to_string(&Kept { facts: text, confirmations }).map_err(broken)
}

/// The facts in a text of [`facts_text`].
pub fn facts_of(text: &[u8]) -> Outcome<MemberFacts> {
    let kept: Kept = serde_json::from_slice(text).map_err(broken)?;
    let found = facts(dated::read::<Fact>(&kept.facts)?)?;
    Ok(MemberFacts { confirmations: kept.confirmations, ..found })
}
