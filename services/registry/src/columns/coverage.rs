//! The columns of the coverage spreadsheet (覆盖单位表).

/// The name of the coverage sheet in a workbook.
pub const SHEET: &str = "覆盖单位";

super::columns! {
    ALL;
    /// The credit code or organisation code of the employer.
    EMPLOYER: "covered_employer_code", "单位代码", "Employer code";
    /// The name of the employer, against which the code is checked.
    NAME: "covered_employer_name", "单位名称", "Employer name";
    /// The union that covers it: its credit code or its full name.
    UNION: "covering_union", "覆盖工会", "Covering union";
    /// The area in which that union has its seat or its territory, where several have the name.
    UNION_AREA: "covering_union_area", "工会所在区域", "Area of the union";
    /// The first day of the coverage.
    FROM: "covered_from", "覆盖起始日期", "Covered from";
    /// The union that covered it so far: its credit code or its full name.
    PREVIOUS: "previous_union", "原覆盖工会", "Previous union";
    /// The first day without a union.
    UNTIL: "covered_until", "终止覆盖日期", "Covered until";
}
