//! An office as the contract shows it.

use unionhall_kit::fault::Outcome;
use unionhall_proto::registry::v1::{Officer, officer::WayOut as WayOutMessage};

use super::codes;
use crate::{
    api::{findings, unions::shown_approval, wire::timestamp},
    rules::{office::barred, union::UnionFacts},
    store::{elections, officers::OfficeRecord},
};

/// The office, with the end that its union gives it.
pub(in crate::api) fn officer(record: &OfficeRecord, union: &UnionFacts) -> Outcome<Officer> {
    let office = &record.office;
    let ended = office.ended(union);
    let way_out = ended.map_or(WayOutMessage::Unspecified, |(_, way)| codes::way_out_message(way));
    let consent = office.end.as_ref().and_then(|end| end.consent.as_ref());
    let rules = findings::rules()?;
    let on = (union.types.on(office.from).copied(), office.from);
    let broken = barred(&office.bars, office.position, on, rules, "bars");
    Ok(Officer {
        name: record.name(),
        display_name: office.holder.to_string(),
        committee: codes::committee_message(office.committee).into(),
        position: codes::position_message(office.position).into(),
        full_time: office.full_time,
        valid_from: Some(office.from.into()),
        valid_until: ended.map(|(on, _)| on.into()),
        term_number: office.term.map_or(0, |number| i32::from(number.get())),
        way_in: codes::way_in_message(office.way_in).into(),
        way_out: way_out.into(),
        bars: office.bars.iter().map(|bar| codes::bar_message(*bar).into()).collect(),
        election: office
            .election
            .map(|id| elections::resource_name(record.union, id))
            .unwrap_or_default(),
        move_consent: consent.map(shown_approval),
        findings: findings::messages(&broken),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.etag(),
    })
}
