//! The kinds of fault that any spreadsheet can have. What a domain finds wrong it declares itself.

crate::fault_kinds! {
    /// The file has no bytes.
    EMPTY_FILE:
        "the file is empty; choose the file again",
        "文件为空，请重新选择文件";
    /// HTML, PDF, XLSB, ODS or another container.
    NOT_A_SPREADSHEET:
        "the file is neither XLSX nor CSV; open it in Excel or WPS and save it as .xlsx",
        "文件不是 XLSX 或 CSV，请用 Excel 或 WPS 打开后另存为 .xlsx";
    /// The binary format before 2007.
    LEGACY_XLS:
        "the file has the old .xls format; save it as .xlsx",
        "文件为旧版 .xls 格式，请另存为 .xlsx";
    /// The workbook needs a password.
    ENCRYPTED_FILE:
        "the file is protected by a password; remove the password and save it again",
        "文件设有打开密码，请取消密码后重新保存";
    /// The file ends too early.
    FILE_TRUNCATED:
        "the file ends too early; upload the complete file again",
        "文件不完整，请重新上传完整文件";
    /// The container or its XML is broken.
    FILE_DAMAGED:
        "the file is damaged; open it in Excel or WPS, save it as .xlsx and upload it again",
        "文件已损坏，请用 Excel 或 WPS 打开并另存为 .xlsx 后重新上传";
    /// The spooled upload could not be read: no fault of the sender.
    READ_FAILED:
        "the upload could not be read back; upload the file again",
        "无法读取已上传的文件，请重新上传";
    /// The compressed file would expand beyond all use.
    EXPANDS_TOO_FAR:
        "the file expands to far more than it should; copy the rows into a new workbook",
        "文件解压后体积异常，请将数据复制到新的工作簿后再上传";
    /// The container has too many parts.
    TOO_MANY_PARTS:
        "the workbook has too many parts; copy the rows into a new workbook",
        "工作簿部件过多，请将数据复制到新的工作簿后再上传";
    /// More distinct text than the reader's memory allows.
    TOO_MUCH_TEXT:
        "the workbook has more text than can be read at once; save the sheet as CSV UTF-8",
        "工作簿文本过多，请将工作表另存为“CSV UTF-8”后上传";
    /// More rows than an XLSX upload may have.
    TOO_MANY_ROWS:
        "the sheet has more than {limit} rows; divide it or save it as CSV UTF-8",
        "工作表超过 {limit} 行，请拆分或另存为“CSV UTF-8”";
    /// More columns than any layout has.
    TOO_MANY_COLUMNS:
        "the sheet has more than {limit} columns; use the template and delete the others",
        "工作表超过 {limit} 列，请使用模板并删除多余的列";
    /// The CSV is neither UTF-8 nor GB18030.
    WRONG_ENCODING:
        "line {broken_line} is neither UTF-8 nor GB18030; save the file as CSV UTF-8 or as .xlsx",
        "第 {broken_line} 行既非 UTF-8 也非 GB18030 编码，请另存为“CSV UTF-8”或 .xlsx";
    /// The CSV is UTF-16, as Excel's "Unicode text" is.
    UTF16_ENCODING:
        "the file is UTF-16; save it as CSV UTF-8 or as .xlsx",
        "文件为 UTF-16 编码，请另存为“CSV UTF-8”或 .xlsx";
    /// The CSV has NUL bytes.
    NUL_BYTE:
        "line {broken_line} has NUL bytes; the file is damaged or no CSV; save it again as CSV UTF-8",
        "第 {broken_line} 行含有空字节，文件已损坏或不是 CSV，请重新另存为“CSV UTF-8”";
    /// One line holds more text than any row can need.
    LINE_TOO_LONG:
        "the line has more than {limit} bytes; check for a missing quote or line break",
        "该行超过 {limit} 字节，请检查是否缺少引号或换行";
    /// A quoted field never ends.
    UNCLOSED_QUOTE:
        "a quote opened in this line is never closed; the file may be cut off; close the quote",
        "该行有未闭合的引号，文件可能不完整，请补全引号";
    /// Text follows a closing quote.
    BAD_QUOTE:
        "text follows the closing quote; double each quote inside a quoted value",
        "引号闭合后仍有文字，请将值内的引号写成两个引号";
    /// No header, no rows.
    EMPTY_SHEET:
        "the sheet is empty; fill in the template",
        "工作表为空，请填写模板后上传";
    /// A header and nothing else.
    NO_DATA_ROWS:
        "the sheet has a header but no rows; fill in at least one row",
        "工作表只有表头，没有数据，请至少填写一行";
    /// The header comes after other lines.
    HEADER_NOT_FIRST:
        "the header is in line {header_line}; delete the lines above it",
        "表头位于第 {header_line} 行，请删除其上方的各行";
    /// The header is repeated among the rows.
    SECOND_HEADER:
        "this line is a second header; delete it",
        "该行为重复的表头，请删除";
    /// A header that the layout does not have.
    UNKNOWN_COLUMN:
        "column {letters} is not in the template; delete it or correct its header",
        "模板中没有第 {letters} 列的表头，请删除该列或更正表头";
    /// A header that the layout needs.
    MISSING_COLUMN:
        "the required column is missing; add it from the template",
        "缺少必需的列，请按模板补充";
    /// One column twice.
    DUPLICATE_COLUMN:
        "columns {first} and {letters} have the same header; keep one of them",
        "第 {first} 列与第 {letters} 列表头重复，请保留其中一列";
    /// Values under no header.
    UNNAMED_COLUMN:
        "the row has values in columns without a header ({letters}); move or delete them",
        "该行在没有表头的列（{letters}）中有值，请移动或删除";
    /// Merged cells have one value for several rows or columns.
    MERGED_CELLS:
        "cells {range} are merged; unmerge them and fill in every cell",
        "单元格 {range} 已合并，请取消合并并逐格填写";
    /// A formula instead of a value.
    FORMULA_CELL:
        "the cell holds a formula; paste it as a value",
        "单元格含有公式，请粘贴为数值";
    /// An error of the spreadsheet itself, such as #N/A.
    ERROR_CELL:
        "the cell shows an error of the spreadsheet; enter the value",
        "单元格显示错误值，请填写正确内容";
    /// More characters than Excel itself allows in a cell.
    CELL_TOO_LONG:
        "the cell has more than {limit} characters; shorten it",
        "单元格超过 {limit} 个字符，请缩短";
    /// A control character, a line break, an invisible mark or an emoji.
    FORBIDDEN_CHARACTER:
        "the cell has a line break, an invisible character or an emoji; type the value anew",
        "单元格含有换行、不可见字符或表情符号，请重新录入";
    /// A required cell is empty.
    MISSING_VALUE:
        "the value is required; fill it in",
        "该项为必填项，请填写";
    /// The spreadsheet took an identifier for a number, which destroys zeros and digits.
    NUMERIC_IDENTIFIER:
        "the number or code was stored as a numeric value, which may lose digits; set the column's format to Text and enter it again",
        "号码被存为数值，可能丢失数字；请将该列设为“文本”格式后重新录入";
    /// A number in a text column that is not plainly whole.
    NUMERIC_TEXT:
        "the cell holds a number where text is expected; set its format to Text and enter it again",
        "此处应为文字而单元格为数值，请将单元格设为“文本”格式后重新录入";
    /// The spreadsheet took the text for a date, as it does with `3-1`.
    DATE_FOR_TEXT:
        "the spreadsheet turned the value into a date; set its format to Text and enter it again",
        "表格软件已将该值转换为日期，请将单元格设为“文本”格式后重新录入";
    /// TRUE or FALSE where it means nothing.
    BOOLEAN_CELL:
        "the cell holds TRUE or FALSE; enter the value as text",
        "单元格为逻辑值 TRUE/FALSE，请以文字填写";
    /// Not written as a date.
    INVALID_DATE:
        "the date cannot be read; write it as 2014-02-27",
        "无法识别该日期，请按 2014-02-27 的格式填写";
    /// Written as a date that no calendar has.
    IMPOSSIBLE_DATE:
        "this date does not exist; correct it",
        "该日期不存在，请更正";
    /// Not a whole number from zero up.
    INVALID_COUNT:
        "a whole number without a unit is expected, for instance 120",
        "应填写不带单位的整数，例如 120";
    /// Not in the code list.
    UNKNOWN_CODE:
        "the value is not in the code list; choose one of: {known}",
        "该值不在代码表中，可选：{known}";
    /// A name that several codes share.
    AMBIGUOUS_CODE:
        "several codes have this name; enter the code: {known}",
        "多个代码使用此名称，请填写代码：{known}";
}
