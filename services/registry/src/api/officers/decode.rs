//! What a request says of an office, as the domain's values.

use std::{collections::BTreeSet, num::NonZeroU16};

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
};
use unionhall_proto::registry::v1::{Officer, officer::Bar as BarMessage};
use uuid::Uuid;

use super::codes;
use crate::{
    api::{unions, wire},
    rules::{
        Refusal,
        name::Name,
        office::{Bar, Committee, Office, OfficeId, Position, WayIn},
        union::UnionId,
    },
    store::officers::COLLECTION,
};

/// The union and the id in the name of an office.
pub(in crate::api) fn name(name: &str) -> Outcome<(UnionId, OfficeId)> {
    let (union, id) = below(name, COLLECTION)?;
    Ok((union, OfficeId(id)))
}

/// The union and the id in the name of what stands in a collection below it.
pub(in crate::api) fn below(name: &str, collection: &str) -> Outcome<(UnionId, Uuid)> {
    let parts = name.split_once(&format!("/{collection}"));
    let id = parts.and_then(|(union, id)| Some((union, Uuid::try_parse(id).ok()?)));
    let shape = format!("must be unions/, a UUID, /{collection} and a UUID in lower case");
    let (union, id) = id.ok_or_else(|| wire::invalid("name", &shape))?;
    Ok((unions::id(union)?, id))
}

/// The office that is to be filled, from `today` where no day is given.
pub(super) fn office(given: &Officer, today: CivilDate) -> Outcome<Office> {
    let from = wire::day("officer.valid_from", given.valid_from.as_ref())?;
    Ok(Office {
        holder: holder(&given.display_name)?,
        committee: committee(given)?,
        position: position(given)?,
        full_time: given.full_time,
        term: u16::try_from(given.term_number).ok().and_then(NonZeroU16::new),
        way_in: way_in(given)?,
        bars: bars("officer.bars", &given.bars)?,
        election: None,
        from: from.unwrap_or(today),
        end: None,
    })
}

/// The name of a person. What is wrong with it is told without it.
pub(in crate::api) fn holder(given: &str) -> Outcome<Name> {
    Name::parse_area(given).map_err(|fault| fault.to_fault())
}

fn committee(given: &Officer) -> Outcome<Committee> {
    codes::committee(given.committee()).ok_or_else(|| required("officer.committee"))
}

fn position(given: &Officer) -> Outcome<Position> {
    codes::position(given.position()).ok_or_else(|| required("officer.position"))
}

fn way_in(given: &Officer) -> Outcome<WayIn> {
    codes::way_in(given.way_in()).ok_or_else(|| required("officer.way_in"))
}

/// Declared facts; each is one that the contract knows.
pub(in crate::api) fn bars(field: &str, given: &[i32]) -> Outcome<BTreeSet<Bar>> {
    let bar = |code: &i32| BarMessage::try_from(*code).ok().and_then(codes::bar);
    let bar = |code: &i32| bar(code).ok_or_else(|| wire::invalid(field, "names no known fact"));
    given.iter().map(bar).collect()
}

/// `INVALID_FIELD` for a field that has to be there.
pub(in crate::api) fn required(field: &str) -> Fault {
    wire::invalid(field, "is required")
}
