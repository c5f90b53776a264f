//! The columns of the member spreadsheet (会员信息表).

/// The name of the member sheet in a workbook.
pub const SHEET: &str = "会员";

super::columns! {
    ALL;
    /// The name.
    NAME: "display_name", "姓名", "Name", "会员姓名";
    /// A code or name of the list `document_type`; empty means a resident identity card.
    DOCUMENT_TYPE: "document_type", "证件类型", "Document type", "证件种类";
    /// The number of the document, by which the person is told.
    DOCUMENT_NUMBER: "document_number", "证件号码", "Document number",
        "身份证号", "身份证号码", "公民身份号码", "居民身份证号码", "证件号";
    /// The last day on which the document is valid, the period, or 长期.
    DOCUMENT_VALIDITY: "document_validity", "证件有效期至", "Document valid until",
        "证件有效期", "有效期至", "有效期止";
    /// A code or name of the list `sex`.
    SEX: "sex", "性别", "Sex";
    /// The day of birth.
    BIRTH_DATE: "birth_date", "出生日期", "Date of birth", "出生年月日";
    /// A code or name of the list `ethnicity`.
    ETHNICITY: "ethnicity", "民族", "Ethnicity";
    /// A code or name of the list `education`.
    EDUCATION: "education", "学历", "Education", "文化程度";
    /// The mobile number.
    MOBILE: "mobile", "手机号码", "Mobile", "手机号", "手机", "移动电话";
    /// The area of the home: a label, an official code or a name.
    RESIDENCE: "residence", "居住地", "Residence", "现居住地";
    /// The employer: its credit or organisation code, or its full name.
    EMPLOYER: "employer", "工作单位", "Employer", "单位", "单位名称", "所在单位";
    /// A code or name of the list `employment_status`.
    EMPLOYMENT_STATUS: "employment_status", "就业状态", "Employment status", "就业状况";
    /// A code or name of the list `worker_group`.
    WORKER_GROUP: "worker_group", "职工群体", "Worker group", "群体类别";
    /// Whether the person is a migrant worker.
    MIGRANT_WORKER: "migrant_worker", "是否农民工", "Migrant worker", "农民工";
    /// The union: its credit code or its full name.
    UNION: "union", "所在工会", "Union", "所属工会", "工会名称";
    /// The area in which that union has its seat or its territory, where several have the name.
    UNION_AREA: "union_area", "工会所在区域", "Area of the union";
    /// How the person came to the union.
    WAY_IN: "way_in", "入会方式", "Way in";
    /// The day of that.
    JOINED_ON: "joined_on", "入会日期", "Joined on", "入会时间";
    /// The day on which the person applied.
    APPLIED_ON: "applied_on", "申请入会日期", "Applied on", "入会申请日期";
    /// The union from which somebody came who was a member elsewhere.
    FORMER_UNION: "former_union", "原工会", "Former union";
    /// How the membership ended, or why it is retained.
    WAY_OUT: "way_out", "离会方式", "Way out";
    /// The day of that.
    LEFT_ON: "left_on", "离会日期", "Left on", "离会时间";
    /// The decision by which somebody was expelled, or the union to which somebody went.
    WAY_OUT_NOTE: "way_out_note", "离会说明", "Note on the way out";
    /// Whether the sender confirms the record as a whole.
    CONFIRMED: "confirmed", "信息确认", "Confirmed";
    /// The first day on which what is new of a known member holds.
    EFFECTIVE_ON: "effective_on", "生效日期", "Effective on";
}
