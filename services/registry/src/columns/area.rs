//! The columns of the area spreadsheet (区域信息表).

/// The name of the area sheet in a workbook.
pub const SHEET: &str = "区域";

super::columns! {
    ALL;
    /// Our own label, 2, 4, 6, 9 or 12 digits; without it the official code is the label.
    LABEL: "label", "区域标识", "Area label";
    /// The official code (GB/T 2260, statistical divisions).
    OFFICIAL_CODE: "official_code", "行政区划代码", "Official code";
    /// The cut-off date of the edition that gives the official code.
    EDITION: "edition", "代码版本日期", "Edition of the code";
    /// The name from the first day on.
    NAME: "name", "区域名称", "Area name";
    /// The area above, which the label must name too; a label, an official code or a name.
    PARENT: "parent", "上级区域", "Parent area";
    /// The first day of a new area, or of another name or code of a known one.
    VALID_FROM: "valid_from", "启用日期", "Valid from";
}
