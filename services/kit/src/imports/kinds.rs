//! The kinds of fault that any import can find beyond the sheet itself.

crate::fault_kinds! {
    /// An earlier row of the file has the same key.
    DUPLICATE_IN_FILE:
        "line {first_line} has the same value; keep one of the two rows",
        "与第 {first_line} 行重复，请保留其中一行";
    /// The row belongs to a place that the sender may not change.
    OUT_OF_SCOPE:
        "this lies outside your scope; send the row to the office that it belongs to",
        "不在您的管辖范围内，请交由所属单位填报";
    /// A record changed after the batch, so the undo left it alone.
    CHANGED_SINCE:
        "the record has changed since this import; correct it by hand if need be",
        "该记录在本次导入后已被修改，未予撤销；如有需要请手工更正";
}
