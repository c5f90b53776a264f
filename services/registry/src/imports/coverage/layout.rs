//! The coverage sheet.

use unionhall_kit::{
    civil::CivilDate,
    sheet::{Column as SheetColumn, ColumnKind, Layout},
};

use crate::{
    columns::{Column, coverage as columns},
    imports::places::Places,
};

/// The columns, with the areas of `today`.
pub(super) fn layout(places: &Places, today: CivilDate) -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = match column {
            columns::EMPLOYER => made.required(),
            columns::UNION_AREA => made.offering(places.offered(today)),
            _ => made,
        };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    Layout::new(columns::SHEET, columns::ALL.map(column).into())
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::EMPLOYER => ColumnKind::Identifier,
        columns::FROM | columns::UNTIL => ColumnKind::Date,
        _ => ColumnKind::Text,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::EMPLOYER => (
            "统一社会信用代码或组织机构代码；一个单位一行",
            "credit code or organisation code; one row an employer",
        ),
        columns::NAME => ("用于核对代码，可留空", "to check the code by; may be empty"),
        columns::UNION => (
            "工会统一社会信用代码或全称；仅终止覆盖时留空",
            "credit code or full name of the union; empty only to end a coverage",
        ),
        columns::UNION_AREA => (
            "同名工会须填写其住所或所辖区域",
            "of unions with one name: the area of the seat or the territory",
        ),
        columns::FROM => ("留空则为今日", "empty means today"),
        columns::PREVIOUS => {
            ("单位已由其他工会覆盖时必填", "needed where another union covers the employer so far")
        }
        columns::UNTIL => ("自此日起没有工会覆盖", "from this day on no union covers the employer"),
        _ => ("", ""),
    }
}
