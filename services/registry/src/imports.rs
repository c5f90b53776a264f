//! Spreadsheets of areas and employers (批量导入): what their rows mean to the register.

mod areas;
mod employers;
pub mod kinds;
mod places;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use unionhall_kit::{
    imports::{Importer, Imports},
    sheet::{CellFault, CodeEntry, CodeList, Record, kinds::UNKNOWN_CODE},
};

use crate::{Register, columns::Column, reference, rules::Refusal};

/// The imports into this register. All of one process ring the same bells.
pub fn imports(register: &Register) -> Arc<Imports> {
    let importers: [Arc<dyn Importer>; 2] = [
        Arc::new(areas::AreaImport::new(register.clone())),
        Arc::new(employers::EmployerImport::new(register.clone())),
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
    let fault = refusal.to_fault();
    CellFault {
        code: fault.reason().name,
        remedy_en: fault.english(),
        remedy_zh: fault.chinese(),
        // Place and value; what it says is replaced.
        ..row.fault(column.key, &UNKNOWN_CODE)
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
