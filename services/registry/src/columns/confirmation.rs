//! The columns of the confirmation spreadsheet (信息核对表).

/// The name of the sheet in a workbook.
pub const SHEET: &str = "信息核对";

super::columns! {
    ALL;
    /// The member: `members/{member}` or the id alone.
    MEMBER: "member", "会员标识", "Member";
    /// The name, against which the member is checked.
    NAME: "confirmed_name", "姓名", "Name";
    /// The number of a document, masked; for whoever fills the sheet in.
    DOCUMENT: "masked_document", "证件号码（隐去）", "Masked document";
    /// The last confirmation; for whoever fills the sheet in.
    CONFIRMED_ON: "last_confirmed_on", "上次确认日期", "Last confirmed on";
    /// What was found: confirmed, left, or nothing yet.
    RESULT: "result", "核对结果", "Result";
    /// How the membership ended, or why it is retained.
    WAY_OUT: "way_out", "离会方式", "Way out";
    /// The day of that.
    LEFT_ON: "left_on", "离会日期", "Left on";
    /// The decision by which somebody was expelled, or the union to which somebody went.
    WAY_OUT_NOTE: "way_out_note", "离会说明", "Note on the way out";
}
