//! The columns of the base register's spreadsheet (底册信息表).

use super::{CREDIT_CODE, Column, NAME, ORGANISATION_CODE, OWNERSHIP};

/// The name of the sheet in a workbook.
pub const SHEET: &str = "底册";

/// The edition that lists the enterprise.
pub const EDITION: Column = Column {
    key: "base_register",
    zh: "底册版本",
    en: "Base register",
    headers: &["底册版本", "Base register"],
};
/// Where the enterprise is listed: a label, an official code or a name.
pub const AREA: Column = Column {
    key: "listed_area",
    zh: "所属地区",
    en: "Listed area",
    headers: &["所属地区", "Listed area"],
};

/// Every column, in the order of the template.
pub const ALL: [Column; 6] = [EDITION, NAME, CREDIT_CODE, ORGANISATION_CODE, OWNERSHIP, AREA];
