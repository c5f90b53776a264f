//! Spreadsheets of areas, employers, unions, coverage, members and the base register (批量导入): what
//! their rows mean to the register.

mod areas;
mod base_register;
pub(crate) mod confirmations;
mod coverage;
mod employers;
pub mod kinds;
mod members;
mod named;
mod places;
mod unions;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use unionhall_kit::{
    civil::CivilDate,
    fault::Fault,
    imports::{Importer, Imports},
    sheet::{CellFault, CodeEntry, CodeList, Record, kinds::UNKNOWN_CODE},
};

use crate::{
    Register,
    columns::Column,
    reference::{self, Miss},
    rules::{Refusal, employer::change::EmployerFault},
};

/// The imports into this register. All of one process ring the same bells.
pub fn imports(register: &Register) -> Arc<Imports> {
    let importers: [Arc<dyn Importer>; 7] = [
        Arc::new(areas::AreaImport::new(register.clone())),
        Arc::new(employers::EmployerImport::new(register.clone())),
        Arc::new(base_register::BaseRegisterImport::new(register.clone())),
        Arc::new(unions::UnionImport::new(register.clone())),
        Arc::new(coverage::CoverageImport::new(register.clone())),
        Arc::new(members::MemberImport::new(register.clone())),
        Arc::new(confirmations::ConfirmationImport::new(register.clone())),
    ];
    Imports::new(
        register.ledger.clone(),
        register.vault.clone(),
        register.pager.clone(),
        register.imports,
        register.import_bells.clone(),
        importers,
    )
}

/// A decision against a row, told under the column that it concerns.
fn refused(row: &Record, column: Column, refusal: &impl Refusal) -> CellFault {
    told(row, column, &refusal.to_fault())
}

/// The same of a fault that was told already.
fn told(row: &Record, column: Column, fault: &Fault) -> CellFault {
    CellFault {
        code: fault.reason().name,
        remedy_en: fault.english(),
        remedy_zh: fault.chinese(),
        // Place and value; what it says is replaced.
        ..row.fault(column.key, &UNKNOWN_CODE)
    }
}

/// Codes that a report names of a list.
const NAMED: usize = 8;

/// The code that a cell means on a day, by its list; no fault where the cell is empty or has its own.
fn code_of(
    row: &Record,
    column: Column,
    (list, day): (Option<&reference::CodeList>, CivilDate),
) -> Result<String, Option<CellFault>> {
    let (given, list) = (row.text(column.key).ok_or(None)?, list.ok_or(None)?);
    match list.lookup(given, day) {
        Ok(code) => Ok(code.code.clone()),
        Err(Miss::Unknown) => {
            let known = list.codes().iter().take(NAMED);
            let known: Vec<String> =
                known.map(|code| format!("{} {}", code.code, code.name_zh)).collect();
            let more = if list.codes().len() > NAMED { ", …" } else { "" };
            let fault = row.fault(column.key, &UNKNOWN_CODE);
            Err(Some(fault.with("known", known.join(", ") + more)))
        }
        Err(Miss::NotInForce) => {
            let fault = EmployerFault::CodeUnknown(list.id().as_str(), given.to_owned(), day);
            Err(Some(refused(row, column, &fault)))
        }
    }
}

/// A shipped list as templates offer it.
fn offered(list: &reference::CodeList) -> Arc<CodeList> {
    let entry = |code: &reference::Code| CodeEntry {
        code: code.code.clone(),
        zh: code.name_zh.clone(),
        en: code.name_en.clone(),
    };
    Arc::new(CodeList::new(list.codes().iter().map(entry)))
}
