//! What a row does to an edition.

use unionhall_kit::{
    civil::CivilDate,
    imports::kinds::OUT_OF_SCOPE,
    path::{Line, Scope},
    sheet::{CellFault, Record},
};

use super::Known;
use crate::{
    columns::{self, base_register},
    imports::{code_of, employers::identity::Identity, kinds, places::Places, refused},
    reference::{ListId, ReferenceBook},
    rules::{
        area::AreaPath,
        base_register::{BaseRegisterFault, Edition, finding::Entry},
        employer::code::OwnershipCode,
        name::Name,
    },
    store::base_registers::BaseRegisterRecord,
};

/// The drafts that rows can name.
pub(super) struct Drafts(Vec<BaseRegisterRecord>);

impl Drafts {
    pub(super) fn of(drafts: Vec<BaseRegisterRecord>) -> Self {
        Self(drafts)
    }

    pub(super) fn all(&self) -> &[BaseRegisterRecord] {
        &self.0
    }

    /// The draft with this edition that lies where the sender may write.
    fn named(&self, edition: &Edition, scope: &Scope) -> Option<&BaseRegisterRecord> {
        let mut bearing = self.0.iter().filter(|one| {
            let register = &one.register;
            register.edition == *edition && scope.covers(Line::Area, register.area.path())
        });
        bearing.next()
    }
}

/// What rows are read against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) reference: &'a ReferenceBook,
    pub(super) places: &'a Places,
    pub(super) scope: &'a Scope,
    pub(super) drafts: &'a Drafts,
    pub(super) known: &'a Known,
    pub(super) today: CivilDate,
}

/// A decision about one row.
pub(super) enum Decision<'a> {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The draft has it all.
    Unchanged,
    /// The draft lists it.
    List(&'a BaseRegisterRecord, Entry),
}

pub(super) fn decide<'a>(row: &Record, identity: &Identity, around: Around<'a>) -> Decision<'a> {
    let mut faults = identity.faults.clone();
    let draft = draft(row, around).map_err(|fault| faults.extend(fault)).ok();
    let day = draft.map_or(around.today, |draft| draft.register.as_of);
    let entry = entry(row, identity, (around, day), &mut faults);
    if let (Some(draft), Some(entry)) = (draft, &entry) {
        faults.extend(outside(row, draft, &entry.area));
    }
    match (draft, entry) {
        (Some(draft), Some(entry)) if faults.is_empty() && row.faults.is_empty() => {
            match around.known.of(draft.id, &entry.organisation_code) {
                None => Decision::List(draft, entry),
                Some(known) if known.entry == entry => Decision::Unchanged,
                Some(_) => {
                    Decision::Refused(vec![row.fault(identity.column.key, &kinds::ALREADY_LISTED)])
                }
            }
        }
        _ => Decision::Refused(faults),
    }
}

/// The draft that the row names; no fault beside that of the cell where the cell has one.
fn draft<'a>(
    row: &Record,
    around: Around<'a>,
) -> Result<&'a BaseRegisterRecord, Option<CellFault>> {
    let given = row.text(base_register::EDITION.key).ok_or(None)?;
    let edition = Edition::parse(given);
    let edition = edition
        .map_err(|_| Some(refused(row, base_register::EDITION, &BaseRegisterFault::Edition)))?;
    around
        .drafts
        .named(&edition, around.scope)
        .ok_or_else(|| Some(row.fault(base_register::EDITION.key, &kinds::BASE_REGISTER_UNKNOWN)))
}

fn entry(
    row: &Record,
    identity: &Identity,
    (around, day): (Around<'_>, CivilDate),
    faults: &mut Vec<CellFault>,
) -> Option<Entry> {
    let name = row.text(columns::NAME.key).and_then(|given| {
        let name = Name::parse(given);
        name.map_err(|fault| faults.push(refused(row, columns::NAME, &fault))).ok()
    });
    let list = around.reference.on(ListId::Ownership, day);
    let ownership = code_of(row, columns::OWNERSHIP, (list, day));
    let ownership = ownership.map_err(|fault| faults.extend(fault)).ok();
    let ownership = ownership.and_then(|code| OwnershipCode::parse(&code).ok());
    let area = row.text(base_register::AREA.key).and_then(|given| {
        let area = around.places.read(row, base_register::AREA, given, day);
        area.map_err(|fault| faults.push(fault)).ok()
    });
    let code = identity.code.as_ref()?;
    Some(Entry {
        name: name?,
        credit_code: code.credit_code().cloned(),
        organisation_code: code.organisation_code(),
        ownership,
        area: area?,
    })
}

/// Whether the enterprise is listed outside the district, or where nothing was on the day.
fn outside(row: &Record, draft: &BaseRegisterRecord, area: &AreaPath) -> Option<CellFault> {
    let beyond = !area.within(&draft.register.area);
    beyond.then(|| row.fault(base_register::AREA.key, &OUT_OF_SCOPE))
}
