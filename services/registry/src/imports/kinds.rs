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
    /// No draft of the base register has the edition.
    BASE_REGISTER_UNKNOWN:
        "no base register with this edition is a draft in your scope; create it first, or deactivate it",
        "您管辖范围内没有该版本的底册草稿，请先创建，或先停用该版本";
    /// The draft lists the enterprise otherwise.
    ALREADY_LISTED:
        "this edition lists the enterprise with other contents; undo that import, or delete the draft and begin again",
        "该版本已列入此企业且内容不同，请撤销此前的导入，或删除草稿后重新导入";
    /// The edition counts, so that none of its entries is struck out.
    LISTING_COUNTS:
        "the edition counts; deactivate it before you undo the import",
        "该版本正在使用，请先停用再撤销导入";
    /// The area in which an enterprise is listed has ended.
    AREA_CLOSED_LISTING:
        "the area has ended; enter the one that took its place",
        "该区域已撤销，请填写接替的区域";
    /// The employer has its own union, which a row cannot end with it.
    HAS_OWN_UNION:
        "the employer has its own union; close the employer with CloseEmployer, which ends both, or withdraw the union first",
        "该单位有独立工会，请使用 CloseEmployer 一并注销，或先撤回该工会";
    /// A value that no call could give either.
    VALUE_INVALID:
        "the value cannot be so: it {problem}",
        "填写内容不符合要求：{problem}";
    /// Several unions have the name.
    UNION_AMBIGUOUS:
        "several unions have this name; enter the credit code instead",
        "多个工会使用此名称，请填写工会统一社会信用代码";
    /// The register has something else of the union, which no spreadsheet changes.
    UNION_DIFFERS:
        "the register has another value, which no spreadsheet changes; leave the cell empty, or change the union with UpdateUnion or AffiliateUnion",
        "与已登记内容不一致，此项不能通过表格修改；请留空，或使用 UpdateUnion、AffiliateUnion 修改";
    /// A union that an import entered is in use, so the undo cannot withdraw it.
    UNION_IN_USE:
        "the union covers employers, has unions below it or has officers, so that it was not withdrawn; move those first",
        "该工会已覆盖单位、下辖工会或已有任职人员，未予撤销；请先行处理";
    /// No union that the sender sees is called so.
    UNION_UNKNOWN:
        "no union that you see has this code or name there; enter or import the union first",
        "您管辖范围内没有该代码或名称的工会，请先登记或导入该工会";
    /// Several unions are called so.
    UNION_NAME_SHARED:
        "several unions have this name; enter the credit code or the area of the union: {known}",
        "多个工会使用此名称，请填写工会代码或工会所在区域：{known}";
    /// The employer with the code never had the name.
    EMPLOYER_NAME_DIFFERS:
        "the employer with this code never had this name; correct the code or the name",
        "该代码对应的单位从未使用此名称，请更正代码或名称";
    /// A union that covered the employer before the import has ended since.
    COVERING_UNION_ENDED:
        "the union that covered the employer before has ended since, so that the coverage was not restored; cover the employer anew",
        "导入前覆盖该单位的工会现已终止，未恢复原覆盖关系；请重新办理覆盖";
    /// No employer that the sender sees has the code.
    EMPLOYER_UNKNOWN:
        "no employer that you see has this code; enter or import the employer first",
        "您管辖范围内没有该代码的单位，请先登记或导入该单位";
    /// An area had no official code before the import, and a code is only ever succeeded.
    AREA_CODE_STAYS:
        "the area had no official code before, and a code can only be followed by another",
        "该区域此前没有行政区划代码，代码只能由新代码接替，未予撤销";
    /// A column asks for what the law gives no purpose for; nothing of it is kept.
    NOT_COLLECTED:
        "{matter} is not collected (Personal Information Protection Law art. 6); delete the column and send the file again",
        "“{matter_zh}”不在采集范围（《个人信息保护法》第六条），请删除该列后重新上传";
    /// The person has a membership of another union.
    MEMBER_ELSEWHERE:
        "the person has a membership of another union ({union}); record the transfer with TransferMember, and delete the row",
        "该人员已有其他工会（{union}）的会籍，请办理会籍转移（TransferMember），并删除该行";
    /// The person was a member, and the row does not say from when on again.
    MEMBER_LEFT:
        "the person is a member no more since {day}; enter the day of the new admission, or delete the row",
        "该人员自{day}起已不是会员，如重新入会请填写入会日期，否则请删除该行";
    /// The member with the document has another name.
    MEMBER_NAME_DIFFERS:
        "the member with this document has another name; correct the name or the number, or change the name with UpdateMember",
        "该证件对应的会员姓名不同，请更正姓名或证件号码；改名请使用 UpdateMember";
    /// The register has something else of the member, which no spreadsheet changes.
    MEMBER_DIFFERS:
        "the register has another value, which no spreadsheet changes; correct the cell or leave it empty, or correct the member with UpdateMember",
        "与已登记内容不一致，此项不能通过表格修改；请更正或留空，或使用 UpdateMember 更正";
    /// No employer that the sender sees has the name.
    EMPLOYER_NAME_UNKNOWN:
        "no employer that you see has this full name; enter the code instead, or enter the employer first",
        "您管辖范围内没有该名称的单位，请改填单位代码，或先登记该单位";
    /// Several employers have the name.
    EMPLOYER_NAME_SHARED:
        "several employers have this name; enter the code instead: {known}",
        "多个单位使用此名称，请填写单位代码：{known}";
    /// An employer for whom the member worked before the import has ended since.
    MEMBER_EMPLOYER_ENDED:
        "the employer of the facts from before has ended since, so that they were not restored; change the member itself",
        "导入前的工作单位现已注销，未恢复原信息；请直接修改该会员";
    /// No member that the sender sees has the id.
    MEMBER_UNKNOWN:
        "no member that you see has this id; fill in the sheet that GetConfirmationSheet gives",
        "您管辖范围内没有该标识的会员，请填写由 GetConfirmationSheet 生成的核对表";
}
