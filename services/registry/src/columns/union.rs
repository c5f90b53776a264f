//! The columns of the union spreadsheet (工会信息表).

/// The name of the union sheet in a workbook.
pub const SHEET: &str = "工会";

super::columns! {
    ALL;
    /// The full name.
    NAME: "union_name", "工会名称", "Union name";
    /// Its own credit code, which begins with 81 or 89.
    CODE: "union_code", "工会统一社会信用代码", "Union credit code";
    /// A code or name of the list `union_type`.
    TYPE: "union_type", "组织类型", "Union type";
    /// A code or name of the list `union_form`.
    FORM: "union_form", "组织形式", "Union form";
    /// A code or name of the list `union_level`.
    LEVEL: "union_level", "组织层级", "Union level";
    /// The credit code or organisation code of the employer whose own union it is.
    EMPLOYER: "employer_code", "所属单位代码", "Code of its employer";
    /// The union above: its credit code or its full name.
    SUPERIOR: "superior", "上级工会", "Union above";
    /// The area that it unites: a label, an official code or a name.
    TERRITORY: "territory", "所辖区域", "Territory";
    /// The community of its seat: a label, an official code or a name.
    SEAT_AREA: "seat_area", "住所所在社区", "Community of the seat";
    /// Street and number of its seat.
    SEAT_LINE: "seat_line", "住所地址", "Address of the seat";
    /// The community in which it works, if elsewhere: a label, an official code or a name.
    OFFICE_AREA: "office_area", "办公地点所在社区", "Community of the office";
    /// Street and number of where it works.
    OFFICE_LINE: "office_line", "办公地址", "Address of the office";
    /// The telephone of the office.
    PHONE: "union_phone", "工会电话", "Telephone of the union";
    /// Who answers for it.
    CONTACT: "contact_name", "联系人", "Contact";
    /// The mobile number of the contact.
    MOBILE: "contact_mobile", "联系人手机", "Mobile of the contact";
    /// Who approved its establishment.
    APPROVAL_BODY: "approval_body", "批准机关", "Approving body";
    /// The number of the approval.
    APPROVAL_NUMBER: "approval_number", "批复文号", "Approval number";
    /// The day of its establishment.
    ESTABLISHED_ON: "union_established_on", "建会日期", "Union established on";
    /// The number of the running term.
    TERM_NUMBER: "term_number", "届次", "Term number";
    /// The first day of the running term.
    TERM_BEGINS_ON: "term_begins_on", "本届起始日期", "Term begins on";
    /// How many years the running term lasts: 3 or 5.
    TERM_YEARS: "term_years", "任期年数", "Years of the term";
    /// The day to which its re-election was put off.
    TERM_POSTPONED_TO: "term_postponed_to", "延期换届至", "Term postponed to";
    /// The day from which on it runs a service station.
    SERVICE_STATION_ON: "service_station_on", "服务站设立日期", "Service station since";
    /// What the station is called, or about.
    SERVICE_STATION_NOTE: "service_station_note", "服务站说明", "Note on the service station";
    /// The day from which on it keeps a workers' home.
    WORKERS_HOME_ON: "workers_home_on", "职工之家设立日期", "Workers' home since";
    /// What the home is called, or about.
    WORKERS_HOME_NOTE: "workers_home_note", "职工之家说明", "Note on the workers' home";
    /// The day from which on it is a demonstration unit.
    DEMONSTRATION_UNIT_ON: "demonstration_unit_on", "示范单位命名日期", "Demonstration unit since";
    /// Of what, and named by whom.
    DEMONSTRATION_UNIT_NOTE: "demonstration_unit_note", "示范单位说明", "Note on the demonstration unit";
    /// The day from which on it is the first of its kind.
    MILESTONE_ON: "milestone_on", "首家认定日期", "Milestone since";
    /// The first of what.
    MILESTONE_NOTE: "milestone_note", "首家说明", "Note on the milestone";
    /// The day of its latest award.
    AWARD_ON: "award_on", "获奖日期", "Award since";
    /// Which award.
    AWARD_NOTE: "award_note", "获奖说明", "Note on the award";
    /// The first day on which the row's facts hold.
    EFFECTIVE_ON: "union_effective_on", "信息生效日期", "Facts effective on";
}
