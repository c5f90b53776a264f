//! The columns of the spreadsheets, so that templates, imports and synthetic files agree.

pub mod area;
pub mod base_register;
pub mod confirmation;
pub mod coverage;
pub mod member;
pub mod union;

/// The name of the employer sheet (单位信息表) in a workbook.
pub const EMPLOYER_SHEET: &str = "用人单位";

/// A column: how the program, a Chinese header and an English header call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Stable key, lower snake case.
    pub key: &'static str,
    /// The Chinese header that the template writes.
    pub zh: &'static str,
    /// The English header.
    pub en: &'static str,
    /// Both headers, then others that sheets of unions have.
    pub headers: &'static [&'static str],
}

macro_rules! columns {
    ($all:ident; $(
        $(#[$doc:meta])+ $name:ident: $key:literal, $zh:literal, $en:literal $(, $other:literal)*;
    )+) => {
        $($(#[$doc])+ pub const $name: $crate::columns::Column = $crate::columns::Column {
            key: $key,
            zh: $zh,
            en: $en,
            headers: &[$zh, $en $(, $other)*],
        };)+
        /// Every column, in the order of the template.
        pub const $all: [$crate::columns::Column; [$($key),+].len()] = [$($name),+];
    };
}
use columns;

columns! {
    EMPLOYER;
    /// The registered name.
    NAME: "name", "单位名称", "Name";
    /// Unified social credit code (GB 32100-2015), 18 characters.
    CREDIT_CODE: "credit_code", "统一社会信用代码", "Unified social credit code";
    /// Organisation code (GB 11714), 9 characters; for employers without a credit code.
    ORGANISATION_CODE: "organisation_code", "组织机构代码", "Organisation code";
    /// A code or name of the list `ownership`.
    OWNERSHIP: "ownership", "单位性质", "Ownership nature";
    /// A code or name of the list `economic_type`.
    ECONOMIC_TYPE: "economic_type", "经济类型", "Economic type";
    /// A code or name of the list `industry`.
    INDUSTRY: "industry", "行业代码", "Industry code";
    /// The edition of the industry code: 2011 or 2017.
    INDUSTRY_EDITION: "industry_edition", "行业标准版本", "Industry edition";
    /// The area of registration: a label, an official code or a name.
    REGISTERED_AREA: "registered_area", "注册地区", "Registered area";
    /// Street and number of registration.
    REGISTERED_ADDRESS: "registered_address", "注册地址", "Registered address";
    /// The community where the employer works: a label, an official code or a name.
    ACTUAL_AREA: "actual_area", "实际所在社区", "Actual community";
    /// Street and number where the employer works.
    ACTUAL_ADDRESS: "actual_address", "实际地址", "Actual address";
    /// The day of establishment.
    ESTABLISHED_ON: "established_on", "成立日期", "Established on";
    /// Employees on the day of the count.
    EMPLOYEES: "employees", "职工人数", "Employees";
    /// Women among them.
    FEMALE_EMPLOYEES: "female_employees", "女职工人数", "Female employees";
    /// Migrant workers among them.
    MIGRANT_EMPLOYEES: "migrant_employees", "农民工人数", "Migrant workers";
    /// The day of the count.
    COUNTED_ON: "counted_on", "人数统计日期", "Counted on";
    /// The telephone of the office.
    PHONE: "phone", "联系电话", "Telephone";
    /// A code or name of the list `employer_status`.
    STATUS: "status", "状态", "Status";
    /// The first day on which the row's facts hold.
    EFFECTIVE_ON: "effective_on", "生效日期", "Effective on";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_and_headers_tell_the_columns_apart() {
        let texts: HashSet<_> = EMPLOYER.iter().flat_map(|c| [c.key, c.zh, c.en]).collect();
        assert_eq!((EMPLOYER.len(), texts.len()), (19, 3 * 19));
        let texts: HashSet<_> = area::ALL.iter().flat_map(|c| [c.key, c.zh, c.en]).collect();
        assert_eq!((area::ALL.len(), texts.len()), (6, 3 * 6));
        let texts: Vec<_> = member::ALL.iter().flat_map(|c| c.headers).collect();
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len());
    }
}
