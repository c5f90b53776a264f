//! The kinds of fault that only rows of the register can have. Beside them stand the refusals of
//! the rules, under the names of their reasons.

unionhall_kit::fault_kinds! {
    /// The check characters of a credit code do not fit the others.
    CREDIT_CODE_CHECK:
        "the unified social credit code is mistyped: {problem}; compare it with the certificate",
        "统一社会信用代码录入有误：{problem_zh}，请与证照核对";
    /// The check character of an organisation code does not fit the others.
    ORGANISATION_CODE_CHECK:
        "the organisation code is mistyped: {problem}; compare it with the certificate",
        "组织机构代码录入有误：{problem_zh}，请与证照核对";
    /// No area has the label, official code or name on the day.
    AREA_UNKNOWN:
        "no area has this label, official code or name on {day}; take it from the template's list",
        "{day}没有该区域，请按模板代码表填写区域标识、行政区划代码或名称";
    /// Several areas have the name.
    AREA_AMBIGUOUS:
        "several areas have this name; enter the label instead: {known}",
        "多个区域使用此名称，请填写区域标识：{known}";
    /// A value needs another one beside it.
    NEEDS_COLUMN:
        "this needs a value in the column '{column}' too",
        "填写此项时，“{column}”也须填写";
    /// The label of an area begins with the label of the area above.
    PARENT_DIFFERS:
        "the label lies below {parent}; correct the label or the parent",
        "按区域标识，其上级应为{parent}，请更正标识或上级";
    /// An area in which the employer stood before the import has ended since.
    AREA_CLOSED:
        "the area of the facts from before has ended since, so that they were not restored; change the employer itself",
        "导入前所在区域现已撤销，未恢复原信息；请直接修改该单位";
    /// An area that an import entered is in use, so the undo cannot end it.
    AREA_IN_USE:
        "employers or other areas lie in the area, so that it was not ended; move them first",
        "该区域内仍有单位或下级区域，未予撤销；请先行迁出";
    /// An area had no official code before the import, and a code is only ever succeeded.
    AREA_CODE_STAYS:
        "the area had no official code before, and a code can only be followed by another",
        "该区域此前没有行政区划代码，代码只能由新代码接替，未予撤销";
}
