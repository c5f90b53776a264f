//! The area sheet.

use unionhall_kit::sheet::{Column as SheetColumn, ColumnKind, Layout};

use crate::columns::{Column, area as columns};

pub(super) fn layout() -> Layout {
    let column = |column: Column| {
        let made = SheetColumn::new(column.key, column.headers, kind(column));
        let made = if column == columns::NAME { made.required() } else { made };
        let (zh, en) = rule(column);
        made.rule(zh, en)
    };
    Layout::new(columns::SHEET, columns::ALL.map(column).into())
}

fn kind(column: Column) -> ColumnKind {
    match column {
        columns::EDITION | columns::VALID_FROM => ColumnKind::Date,
        _ => ColumnKind::Text,
    }
}

fn rule(column: Column) -> (&'static str, &'static str) {
    match column {
        columns::LABEL => (
            "2、4、6、9或12位数字，以上级标识开头；留空则取行政区划代码",
            "2, 4, 6, 9 or 12 digits that begin with the parent's label; empty means the official code",
        ),
        columns::OFFICIAL_CODE => ("2至12位数字", "2 to 12 digits"),
        columns::EDITION => {
            ("公布该代码的版本截止日期", "the cut-off date of the edition that prints the code")
        }
        columns::NAME => ("至多60个字符", "at most 60 characters"),
        columns::PARENT => (
            "用于核对；上级的标识、代码或名称",
            "for comparison: the label, code or name of the parent",
        ),
        columns::VALID_FROM => (
            "新区域、新名称或新代码的首日；留空则为今日",
            "the first day of a new area, name or code; empty means today",
        ),
        _ => ("", ""),
    }
}
