//! The sheet of the base register.

use unionhall_kit::{
    civil::CivilDate,
    sheet::{Column as SheetColumn, ColumnKind, Layout},
};

use crate::{
    columns::{self, Column, base_register},
    imports::{offered, places::Places},
    reference::{ListId, ReferenceBook},
};

/// The columns, with the code list and the areas of `today`.
pub(super) fn layout(reference: &ReferenceBook, places: &Places, today: CivilDate) -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = if is_required(column) { made.required() } else { made };
        let made = match column {
            columns::OWNERSHIP => made.offering(offered(reference.list(ListId::Ownership))),
            base_register::AREA => made.offering(places.offered(today)),
            _ => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    Layout::new(base_register::SHEET, base_register::ALL.map(column).into())
}

fn is_required(column: Column) -> bool {
    [base_register::EDITION, columns::NAME, base_register::AREA].contains(&column)
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::CREDIT_CODE | columns::ORGANISATION_CODE => ColumnKind::Identifier,
        _ => ColumnKind::Text,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        base_register::EDITION => (
            "已创建且尚未启用的底册版本名称",
            "the edition of a base register that was created and does not count yet",
        ),
        columns::CREDIT_CODE => (
            "18位；没有的企业填写组织机构代码",
            "18 characters; an enterprise without one has its organisation code instead",
        ),
        columns::ORGANISATION_CODE => (
            "9位；须与统一社会信用代码第9至17位一致",
            "9 characters; positions 9-17 of the credit code",
        ),
        base_register::AREA => (
            "街道或社区的区域标识、行政区划代码或名称",
            "label, official code or name of the sub-district or community",
        ),
        _ => ("", ""),
    }
}
