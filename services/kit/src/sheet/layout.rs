//! What a spreadsheet of one kind must look like: its columns, their kinds and code lists.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::fault::{FaultKind, starred};
use crate::text::{half_width, normalised};

/// One entry of a code list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code as stored.
    pub code: String,
    /// The Chinese name.
    pub zh: String,
    /// The English name.
    pub en: String,
}

/// A list of codes, each found by its code, its Chinese or its English name.
#[derive(Debug)]
pub struct CodeList {
    entries: Vec<CodeEntry>,
    by_code: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
}

/// What a look-up in a [`CodeList`] gave.
#[derive(Debug, PartialEq, Eq)]
pub enum CodeMatch<'l> {
    /// Exactly one entry.
    One(&'l CodeEntry),
    /// A name that several entries share.
    Several(Vec<&'l CodeEntry>),
    /// Nothing.
    None,
}

impl CodeList {
    /// A list in the order in which the template shows it.
    pub fn new(entries: impl IntoIterator<Item = CodeEntry>) -> Self {
        let entries: Vec<CodeEntry> = entries.into_iter().collect();
        let mut by_code = HashMap::new();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_code.insert(fold(&entry.code), at);
            for name in HashSet::from([fold(&entry.zh), fold(&entry.en)]) {
                if !name.is_empty() {
                    by_name.entry(name).or_default().push(at);
                }
            }
        }
        Self { entries, by_code, by_name }
    }

    /// The entries in order.
    pub fn entries(&self) -> &[CodeEntry] {
        &self.entries
    }

    /// The entry that `text` means; a code wins over a name.
    pub fn find(&self, text: &str) -> CodeMatch<'_> {
        let text = fold(text);
        if let Some(at) = self.by_code.get(&text) {
            return CodeMatch::One(&self.entries[*at]);
        }
        match self.by_name.get(&text).map(Vec::as_slice) {
            Some([at]) => CodeMatch::One(&self.entries[*at]),
            Some(several) => {
                CodeMatch::Several(several.iter().map(|at| &self.entries[*at]).collect())
            }
            None => CodeMatch::None,
        }
    }

    /// Whether each Chinese name belongs to one code only, so that people can choose by it.
    pub fn has_distinct_names(&self) -> bool {
        let mut seen = HashSet::new();
        self.entries.iter().all(|entry| !entry.zh.is_empty() && seen.insert(fold(&entry.zh)))
    }
}

/// What the cells of a column are.
#[derive(Debug, Clone)]
pub enum ColumnKind {
    /// Names and descriptions.
    Text,
    /// Numbers of documents, codes of employers, telephone numbers: text whose digits matter.
    /// A numeric cell is always a fault.
    Identifier,
    /// A civil date.
    Date,
    /// A civil date, or a text that the domain reads: a period, or a word such as 长期.
    DateOrText,
    /// A whole number from zero up.
    Count,
    /// One code of a list.
    Code(Arc<CodeList>),
}

/// One column of a [`Layout`].
#[derive(Debug, Clone)]
pub struct Column {
    /// How the program names it.
    pub key: &'static str,
    /// Accepted headers: the Chinese one, which the template shows, then its aliases.
    pub headers: &'static [&'static str],
    /// What its cells are.
    pub kind: ColumnKind,
    /// Whether the column must be there and each of its cells filled.
    pub required: bool,
    /// Whether reports mask its values.
    pub protected: bool,
    /// Codes that the template offers; what the column accepts beyond its kind, a domain says.
    pub offered: Option<Arc<CodeList>>,
    /// The rule in English, for the template.
    pub rule_en: &'static str,
    /// The rule in Chinese, for the template.
    pub rule_zh: &'static str,
}

impl Column {
    /// An optional, open column.
    pub fn new(key: &'static str, headers: &'static [&'static str], kind: ColumnKind) -> Self {
        let (required, protected, offered) = (false, false, None);
        Self { key, headers, kind, required, protected, offered, rule_en: "", rule_zh: "" }
    }

    /// Requires the column and each of its cells.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Masks its values in reports.
    #[must_use]
    pub fn protected(mut self) -> Self {
        self.protected = true;
        self
    }

    /// Offers these codes in the template.
    #[must_use]
    pub fn offering(mut self, codes: Arc<CodeList>) -> Self {
        self.offered = Some(codes);
        self
    }

    /// The codes that the template shows for it.
    pub(super) fn codes(&self) -> Option<&CodeList> {
        match &self.kind {
            ColumnKind::Code(list) => Some(list),
            _ => self.offered.as_deref(),
        }
    }

    /// Tells its rule in the template.
    #[must_use]
    pub fn rule(mut self, zh: &'static str, en: &'static str) -> Self {
        (self.rule_zh, self.rule_en) = (zh, en);
        self
    }

    /// The header that the template shows.
    pub fn title(&self) -> &'static str {
        self.headers.first().copied().unwrap_or(self.key)
    }
}

/// Why a column that no layout has must not be there at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwanted {
    /// The fault of the column.
    pub kind: &'static FaultKind,
    /// What fills its remedy.
    pub places: Vec<(&'static str, String)>,
}

/// The columns of one kind of spreadsheet.
#[derive(Debug)]
pub struct Layout {
    title: &'static str,
    columns: Vec<Column>,
    by_header: BTreeMap<String, usize>,
    unwanted: Option<fn(&str) -> Option<Unwanted>>,
    of_persons: bool,
}

impl Layout {
    /// A layout. `title` names the sheet: a workbook's sheet of that name is read, else its first
    /// visible one. Two columns must not accept the same header; the first would get it.
    pub fn new(title: &'static str, columns: Vec<Column>) -> Self {
        let mut by_header = BTreeMap::new();
        for (at, column) in columns.iter().enumerate() {
            for header in column.headers.iter().chain([&column.key]) {
                by_header.entry(fold(header)).or_insert(at);
            }
        }
        Self { title, columns, by_header, unwanted: None, of_persons: false }
    }

    /// Refuses headers that ask for what nobody may collect; it is told of each that no column
    /// accepts.
    #[must_use]
    pub fn refusing(mut self, unwanted: fn(&str) -> Option<Unwanted>) -> Self {
        self.unwanted = Some(unwanted);
        self
    }

    /// The rows are of persons, whose numbers slip into wrong columns: reports star what could be
    /// one, wherever it stands.
    #[must_use]
    pub fn of_persons(mut self) -> Self {
        self.of_persons = true;
        self
    }

    /// Whether the rows are of persons.
    pub(super) fn is_of_persons(&self) -> bool {
        self.of_persons
    }

    /// The name of a file or a sheet as reports may show it and batches keep it.
    pub(crate) fn shown_name(&self, name: &str) -> String {
        if self.of_persons { starred(name) } else { name.to_owned() }
    }

    /// Why the header `text` must not be there, if it must not.
    pub(super) fn unwanted(&self, text: &str) -> Option<Unwanted> {
        self.unwanted.and_then(|unwanted| unwanted(text))
    }

    /// The sheet's name in the template.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The columns in the template's order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Where the column `key` stands among [`columns`](Self::columns).
    pub fn position(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }

    /// The column that accepts the header `text`.
    pub(crate) fn column_for(&self, text: &str) -> Option<usize> {
        self.by_header.get(&fold(text)).copied()
    }
}

/// The form in which headers, codes and names are compared: half-width, NFC, lower case, without
/// any white space.
pub(super) fn fold(text: &str) -> String {
    let text = normalised(&half_width(text));
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(code: &str, zh: &str, en: &str) -> CodeEntry {
        CodeEntry { code: code.into(), zh: zh.into(), en: en.into() }
    }

    #[test]
    fn a_code_is_found_by_code_and_by_either_name() {
        let list = CodeList::new([entry("01", "男", "Male"), entry("02", "女", "Female")]);
        for text in ["01", "０１", " 男 ", "MALE", "male"] {
            assert_eq!(list.find(text), CodeMatch::One(&entry("01", "男", "Male")), "{text}");
        }
        assert_eq!(list.find("1"), CodeMatch::None);
        assert!(list.has_distinct_names());
    }

    #[test]
    fn a_shared_name_is_ambiguous_and_a_code_is_not() {
        let list = CodeList::new([entry("a", "南里", "x"), entry("b", "南里", "y")]);
        assert!(matches!(list.find("南里"), CodeMatch::Several(found) if found.len() == 2));
        assert!(matches!(list.find("b"), CodeMatch::One(found) if found.en == "y"));
        assert!(!list.has_distinct_names());
    }

    #[test]
    fn a_name_that_is_alike_in_both_languages_is_one() {
        let list = CodeList::new([entry("1", "VIP", "VIP")]);
        assert!(matches!(list.find("vip"), CodeMatch::One(_)));
    }

    #[test]
    fn names_of_files_of_persons_tell_no_number() {
        let open = Layout::new("单位", Vec::new());
        assert_eq!(open.shown_name("13800000000.csv"), "13800000000.csv");
        let layout = Layout::new("会员", Vec::new()).of_persons();
        let name = format!("{}110102188808080017.xlsx", "某".repeat(120));
        assert_eq!(layout.shown_name(&name), name.replace("110102188808080017", &"*".repeat(18)));
        assert_eq!(layout.shown_name("会员2014-02-27.csv"), "会员2014-02-27.csv");
    }

    #[test]
    fn headers_match_in_any_width_and_spacing() {
        let column = Column::new("name", &["单位名称(全称)", "Name"], ColumnKind::Text);
        let layout = Layout::new("单位", vec![column]);
        for text in ["单位名称（全称）", " 单位 名称(全称)\n", "NAME", "ｎａｍｅ", "name"]
        {
            assert_eq!(layout.column_for(text), Some(0), "{text}");
        }
        assert_eq!(layout.column_for("名称"), None);
    }
}
