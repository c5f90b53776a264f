//! The kinds of fault that any import can find beyond the sheet itself.

crate::fault_kinds! {
    /// An earlier row of the file has the same key.
    DUPLICATE_IN_FILE:
        "line {first_line} has the same value; keep one of the two rows",
        "与第 {first_line} 行重复，请保留其中一行";
    /// The batch has as many faults as are kept.
    TOO_MANY_FAULTS:
        "too many faults: those of the first {rows} rows are all listed, the rows from line {from_line} on were not checked; mend what is listed, then upload the file again",
        "错误过多：前 {rows} 行的错误已全部列出，自第 {from_line} 行起未检查；请先更正所列错误，再重新上传文件";
    /// The row belongs to a place that the sender may not change.
    OUT_OF_SCOPE:
        "this lies outside your scope; send the row to the office that it belongs to",
        "不在您的管辖范围内，请交由所属单位填报";
    /// A record changed after the batch, so the undo left it alone.
    CHANGED_SINCE:
        "the record has changed since this import; correct it by hand if need be",
        "该记录在本次导入后已被修改，未予撤销；如有需要请手工更正";
}
