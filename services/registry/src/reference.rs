//! The code lists (代码表) and areas that ship with the program: dated, with Chinese and English
//! names, the same on every installation of one version.
//!
//! Everything here is parsed from texts compiled into the program. A list that does not parse is
//! an error at start-up and never a panic; a test proves that the shipped ones do.

use std::sync::OnceLock;

use kit::civil::{CivilDate, Period};

mod area;
mod list;
#[cfg(test)]
mod tests;

pub use area::{ShippedArea, shipped_areas};
pub use list::{Code, CodeList, Miss};
use unionhall_kit as kit;

/// A code list, whatever its edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListId {
    /// 单位性质: what kind of body an employer is.
    Ownership,
    /// 经济类型 (GB/T 12402-2000): whose capital an employer is.
    EconomicType,
    /// 国民经济行业分类 (GB/T 4754): sections and two-digit divisions, editions 2011 and 2017.
    Industry,
    /// 民族 (GB 3304-1991).
    Ethnicity,
    /// 性别 (GB/T 2261.1-2003).
    Sex,
    /// 政治面貌 (GB/T 4762-1984).
    PoliticalStatus,
    /// 学历 (GB/T 4658-2006).
    Education,
    /// 证件类型 (GA/T 517, a selection).
    DocumentType,
    /// 职工群体: the groups that recruitment drives name.
    WorkerGroup,
    /// 就业状态 of a member.
    EmploymentStatus,
    /// 单位状态 of an employer.
    EmployerStatus,
    /// 登记管理部门和机构类别: the first two characters of a credit code (GB 32100-2015).
    CreditCodeCategory,
    /// 行政区划级别: the levels of the area tree.
    AreaLevel,
    /// 工会组织类型: what a union unites.
    UnionType,
    /// 工会组织形式: how a union is organised.
    UnionForm,
    /// 工会组织层级: where a union stands in the hierarchy.
    UnionLevel,
    /// 工会标记: what a union bears from a day on.
    UnionMark,
}

impl ListId {
    /// Every list, in the order in which they are shown.
    pub const ALL: [Self; 17] = [
        Self::Ownership,
        Self::EconomicType,
        Self::Industry,
        Self::Ethnicity,
        Self::Sex,
        Self::PoliticalStatus,
        Self::Education,
        Self::DocumentType,
        Self::WorkerGroup,
        Self::EmploymentStatus,
        Self::EmployerStatus,
        Self::CreditCodeCategory,
        Self::AreaLevel,
        Self::UnionType,
        Self::UnionForm,
        Self::UnionLevel,
        Self::UnionMark,
    ];

    /// The id by which the shipped catalogue knows the list.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::EconomicType => "economic_type",
            Self::Industry => "industry",
            Self::Ethnicity => "ethnicity",
            Self::Sex => "sex",
            Self::PoliticalStatus => "political_status",
            Self::Education => "education",
            Self::DocumentType => "document_type",
            Self::WorkerGroup => "worker_group",
            Self::EmploymentStatus => "employment_status",
            Self::EmployerStatus => "employer_status",
            Self::CreditCodeCategory => "credit_code_category",
            Self::AreaLevel => "area_level",
            Self::UnionType => "union_type",
            Self::UnionForm => "union_form",
            Self::UnionLevel => "union_level",
            Self::UnionMark => "union_mark",
        }
    }

    /// The list with the id `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.as_str() == text)
    }
}

/// Whether `day` stands for "always" in the shipped lists: 1900-01-01 is before every record.
pub fn is_always(day: CivilDate) -> bool {
    (day.year(), day.month(), day.day()) == (1900, 1, 1)
}

/// A shipped text is not as it must be: the program was built wrongly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shipped data {file}: {problem}")]
pub struct ReferenceError {
    file: String,
    problem: String,
}

impl ReferenceError {
    fn new(file: &str, problem: impl ToString) -> Self {
        Self { file: file.to_owned(), problem: problem.to_string() }
    }
}

const CATALOGUE: &str = include_str!("../data/reference/lists.csv");

/// The texts of the lists by id and edition; `lists.csv` says the rest about each.
const TEXTS: [(&str, &str, &str); 18] = [
    ("ownership", "1", include_str!("../data/reference/ownership.csv")),
    ("economic_type", "2000", include_str!("../data/reference/economic_type.csv")),
    ("industry", "2011", include_str!("../data/reference/industry_2011.csv")),
    ("industry", "2017", include_str!("../data/reference/industry_2017.csv")),
    ("ethnicity", "1991", include_str!("../data/reference/ethnicity.csv")),
    ("sex", "2003", include_str!("../data/reference/sex.csv")),
    ("political_status", "1984", include_str!("../data/reference/political_status.csv")),
    ("education", "2006", include_str!("../data/reference/education.csv")),
    ("document_type", "1", include_str!("../data/reference/document_type.csv")),
    ("worker_group", "1", include_str!("../data/reference/worker_group.csv")),
    ("employment_status", "1", include_str!("../data/reference/employment_status.csv")),
    ("employer_status", "1", include_str!("../data/reference/employer_status.csv")),
    ("credit_code_category", "2015", include_str!("../data/reference/credit_code_category.csv")),
    ("area_level", "1", include_str!("../data/reference/area_level.csv")),
    ("union_type", "1", include_str!("../data/reference/union_type.csv")),
    ("union_form", "1", include_str!("../data/reference/union_form.csv")),
    ("union_level", "1", include_str!("../data/reference/union_level.csv")),
    ("union_mark", "1", include_str!("../data/reference/union_mark.csv")),
];

/// All shipped code lists.
#[derive(Debug)]
pub struct ReferenceBook {
    /// Grouped by id, editions ascending.
    lists: Vec<CodeList>,
}

impl ReferenceBook {
    /// The shipped lists, parsed on the first call and shared from then on.
    pub fn shipped() -> Result<&'static Self, &'static ReferenceError> {
        static BOOK: OnceLock<Result<ReferenceBook, ReferenceError>> = OnceLock::new();
        BOOK.get_or_init(Self::load).as_ref()
    }

    /// Parses the shipped lists.
    pub fn load() -> Result<Self, ReferenceError> {
        let mut lists = list::read_catalogue(CATALOGUE, &TEXTS)?;
        lists.sort_by_key(|list| (list.id(), list.in_force().from()));
        match ListId::ALL.into_iter().find(|id| !lists.iter().any(|list| list.id() == *id)) {
            Some(missing) => Err(ReferenceError::new("lists.csv", format!("no {missing:?}"))),
            None => Ok(Self { lists }),
        }
    }

    /// Every list in every edition, grouped by id, editions ascending.
    pub fn lists(&self) -> &[CodeList] {
        &self.lists
    }

    /// The newest edition of a list.
    pub fn list(&self, id: ListId) -> &CodeList {
        let newest = self.lists.iter().rposition(|list| list.id() == id);
        // `load` refuses a book without every list, so position 0 is never taken.
        &self.lists[newest.unwrap_or(0)]
    }

    /// One edition of a list, for instance `2011` of the industries.
    pub fn edition(&self, id: ListId, edition: &str) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.id() == id && list.edition() == edition)
    }

    /// The edition that the contract names `codeLists/{resource_id}`.
    pub fn by_resource_id(&self, resource_id: &str) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.resource_id() == resource_id)
    }

    /// The edition that is in force on `day`; none before the first shipped one.
    pub fn on(&self, id: ListId, day: CivilDate) -> Option<&CodeList> {
        self.lists.iter().find(|list| list.id() == id && list.in_force().covers(day))
    }

    /// What `text` (a code, a name in either language, or an alias) means on `day` in the edition
    /// in force on that day.
    pub fn lookup(&self, id: ListId, text: &str, day: CivilDate) -> Result<&Code, Miss> {
        self.on(id, day).ok_or(Miss::NotInForce)?.lookup(text, day)
    }
}

/// A period of two cells of a shipped text; an empty second cell leaves it open.
fn period(file: &str, from: &str, until: &str) -> Result<Period, ReferenceError> {
    let day = |text: &str| {
        text.parse::<CivilDate>()
            .map_err(|error| ReferenceError::new(file, format!("date '{text}': {error}")))
    };
    let until = if until.is_empty() { None } else { Some(day(until)?) };
    Period::new(day(from)?, until)
        .ok_or_else(|| ReferenceError::new(file, format!("{from} is after its end")))
}
