//! The employer sheet.

use std::sync::Arc;

use unionhall_kit::{
    civil::CivilDate,
    sheet::{CodeEntry, CodeList, Column as SheetColumn, ColumnKind, Layout},
};

use crate::{
    columns::{self, Column},
    imports::{offered, places::Places},
    reference::{ListId, ReferenceBook},
};

/// The columns, with the code lists and the areas of `today`.
pub(super) fn layout(reference: &ReferenceBook, places: &Places, today: CivilDate) -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(reference, column));
        let made = if is_required(column) { made.required() } else { made };
        let made = match list(column) {
            Some(list) => made.offering(offered(reference.list(list))),
            None if column == columns::ACTUAL_AREA => made.offering(places.offered(today)),
            None => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    Layout::new(columns::EMPLOYER_SHEET, columns::EMPLOYER.map(column).into())
}

fn is_required(column: Column) -> bool {
    [columns::NAME, columns::OWNERSHIP, columns::ACTUAL_AREA].contains(&column)
}

fn kind(reference: &ReferenceBook, column: Column) -> ColumnKind {
    match column {
        columns::CREDIT_CODE | columns::ORGANISATION_CODE | columns::PHONE => {
            ColumnKind::Identifier
        }
        columns::ESTABLISHED_ON | columns::COUNTED_ON | columns::EFFECTIVE_ON => ColumnKind::Date,
        columns::EMPLOYEES | columns::FEMALE_EMPLOYEES | columns::MIGRANT_EMPLOYEES => {
            ColumnKind::Count
        }
        columns::INDUSTRY_EDITION => ColumnKind::Code(Arc::new(editions(reference))),
        // What a code means depends on the day, so lists are looked up where the row is read.
        _ => ColumnKind::Text,
    }
}

fn editions(reference: &ReferenceBook) -> CodeList {
    let industry = reference.lists().iter().filter(|list| list.id() == ListId::Industry);
    CodeList::new(industry.map(|list| CodeEntry {
        code: list.edition().to_owned(),
        zh: list.source().to_owned(),
        en: String::new(),
    }))
}

fn list(column: Column) -> Option<ListId> {
    match column {
        columns::OWNERSHIP => Some(ListId::Ownership),
        columns::ECONOMIC_TYPE => Some(ListId::EconomicType),
        columns::INDUSTRY => Some(ListId::Industry),
        columns::STATUS => Some(ListId::EmployerStatus),
        _ => None,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::CREDIT_CODE => (
            "18位；没有的单位填写组织机构代码",
            "18 characters; an employer without one has its organisation code instead",
        ),
        columns::ORGANISATION_CODE => (
            "9位；须与统一社会信用代码第9至17位一致",
            "9 characters; positions 9-17 of the credit code",
        ),
        columns::INDUSTRY_EDITION => (
            "留空则按生效日期适用的版本",
            "empty means the edition that was in force on the first day",
        ),
        columns::ACTUAL_AREA | columns::REGISTERED_AREA => {
            ("社区的区域标识、行政区划代码或名称", "label, official code or name of the community")
        }
        columns::COUNTED_ON => {
            ("留空则为生效日期", "empty means the first day on which the row holds")
        }
        columns::EFFECTIVE_ON => (
            "该行信息自此日起生效；留空则为成立日期（新单位）或今日",
            "the row holds from this day on; empty means the day of establishment, or today",
        ),
        columns::STATUS => ("留空则为在业", "empty means active"),
        _ => ("", ""),
    }
}
