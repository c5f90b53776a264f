//! Filters of lists: the part of AIP-160 that an index or a page scan serves. Here the reader of
//! the terms, and the filter of employers.
//!
//! `term AND term ...`, each term `field = value`; a value is a bare word or stands in double
//! quotes, in which `\"` and `\\` are the characters themselves.

use unionhall_kit::{fault::Reason, reasons as kit_reasons};

use super::{
    Refusal,
    area::AreaPath,
    employer::{
        Status,
        code::{Industry, IndustryCode, IndustryEdition, OwnershipCode},
    },
};

/// What a listed employer must be. Every term holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmployerFilter {
    /// It stands in this area or below.
    pub area: Option<AreaPath>,
    /// Its state.
    pub state: Option<Status>,
    /// Whether its record is valid.
    pub valid: Option<bool>,
    /// Its ownership nature.
    pub ownership: Option<OwnershipCode>,
    /// Its industry.
    pub industry: Option<Industry>,
    /// The beginning of its name, never empty.
    pub name_prefix: Option<String>,
}

/// Where a filter breaks off, and what would stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {remedy}")]
pub struct FilterFault {
    /// Counted from 1.
    pub at: usize,
    /// What the reader expected.
    pub remedy: &'static str,
    /// The same in Chinese.
    pub remedy_zh: &'static str,
}

/// One term of a filter.
pub struct Term {
    /// The field.
    pub field: String,
    /// What it is to be.
    pub value: String,
    field_at: usize,
    value_at: usize,
}

impl Term {
    /// The value is none of the field; the remedy in English and Chinese.
    pub fn bad(&self, (remedy, remedy_zh): (&'static str, &'static str)) -> FilterFault {
        fault(self.value_at, remedy, remedy_zh)
    }

    /// The field is none of the list.
    pub fn unknown(&self, remedy: &'static str, remedy_zh: &'static str) -> FilterFault {
        fault(self.field_at, remedy, remedy_zh)
    }
}

/// Reads the terms of a filter one by one; `take` answers whether the field was free.
pub fn terms(
    text: &str,
    mut take: impl FnMut(&Term) -> Result<bool, FilterFault>,
) -> Result<(), FilterFault> {
    let mut reader = Reader { text: text.chars().collect(), at: 0 };
    reader.skip_spaces();
    while !reader.ended() {
        let term = reader.term()?;
        if !take(&term)? {
            return Err(fault(term.field_at, "name each field once", "每个字段只能写一次"));
        }
        reader.skip_spaces();
        if reader.ended() {
            break;
        }
        let at = reader.at;
        if reader.bare() != "AND" {
            return Err(fault(at, "write AND between two terms", "两个条件之间请写 AND"));
        }
        reader.skip_spaces();
        if reader.ended() {
            return Err(fault(reader.at, "write a term after AND", "AND 之后请再写一个条件"));
        }
    }
    Ok(())
}

/// What an area label looks like.
pub const AREA: (&str, &str) =
    ("write an area label of 2, 4, 6, 9 or 12 digits", "请写2、4、6、9或12位数字的区域编号");
/// What the beginning of a name looks like.
pub const PREFIX: (&str, &str) = (
    "write the beginning of the name and '*', for instance \"北京*\"",
    "请写名称开头和“*”，例如 \"北京*\"",
);

impl EmployerFilter {
    /// Reads a filter; an empty one wants everything.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        terms(text, |term| filter.term(term))?;
        Ok(filter)
    }

    fn term(&mut self, term: &Term) -> Result<bool, FilterFault> {
        let value = term.value.as_str();
        let read = match term.field.as_str() {
            "area" => put(&mut self.area, AreaPath::parse(value).ok()).ok_or(AREA),
            "state" => put(&mut self.state, Status::from_code(value))
                .ok_or(("write ACTIVE, SUSPENDED or CLOSED", "请写 ACTIVE、SUSPENDED 或 CLOSED")),
            "valid" => put(&mut self.valid, value.parse().ok())
                .ok_or(("write true or false", "请写 true 或 false")),
            "ownership" => put(&mut self.ownership, OwnershipCode::parse(value).ok()).ok_or((
                "write a code of codeLists/ownership",
                "请写 codeLists/ownership 中的代码",
            )),
            "industry" => put(&mut self.industry, industry(value)).ok_or((
                "write edition and code, for instance 2017:83",
                "请写版本和代码，例如 2017:83",
            )),
            "display_name" => put(&mut self.name_prefix, prefix(value)).ok_or(PREFIX),
            _ => {
                return Err(term.unknown(
                    "name one of area, state, valid, ownership, industry or display_name",
                    "请写 area、state、valid、ownership、industry 或 display_name 之一",
                ));
            }
        };
        read.map_err(|remedy| term.bad(remedy))
    }
}

/// Sets the value of a term: whether the field was free; `None` for a value that is none.
pub fn put<T>(field: &mut Option<T>, value: Option<T>) -> Option<bool> {
    let value = value?;
    Some(field.replace(value).is_none())
}

fn industry(text: &str) -> Option<Industry> {
    let (edition, code) = text.split_once(':')?;
    let edition = IndustryEdition::parse(edition)?;
    Some(Industry { edition, code: IndustryCode::parse(code).ok()? })
}

/// The beginning of a name, which `*` follows.
pub fn prefix(text: &str) -> Option<String> {
    let prefix = text.strip_suffix('*')?;
    (!prefix.trim().is_empty() && !prefix.contains('*')).then(|| prefix.to_owned())
}

fn fault(at: usize, remedy: &'static str, remedy_zh: &'static str) -> FilterFault {
    FilterFault { at: at + 1, remedy, remedy_zh }
}

struct Reader {
    text: Vec<char>,
    at: usize,
}

impl Reader {
    fn term(&mut self) -> Result<Term, FilterFault> {
        let field_at = self.at;
        let field = self.bare();
        self.skip_spaces();
        if !self.take('=') {
            return Err(fault(
                self.at,
                "write '=' after the field; no other comparison is known",
                "字段之后请写“=”，不支持其他比较符",
            ));
        }
        self.skip_spaces();
        let value_at = self.at;
        Ok(Term { field, value: self.value()?, field_at, value_at })
    }

    fn ended(&self) -> bool {
        self.at == self.text.len()
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// A word up to white space, `=` or a quote.
    fn bare(&mut self) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !matches!(c, '=' | '"')) {
            self.at += 1;
        }
        self.text[from..self.at].iter().collect()
    }

    fn value(&mut self) -> Result<String, FilterFault> {
        let from = self.at;
        if !self.take('"') {
            let word = self.bare();
            return if word.is_empty() {
                Err(fault(from, "write a value after '='", "“=”之后请写取值"))
            } else {
                Ok(word)
            };
        }
        let mut value = String::new();
        while let Some(character) = self.peek() {
            self.at += 1;
            match character {
                '"' => return Ok(value),
                '\\' => match self.peek().filter(|c| matches!(c, '"' | '\\')) {
                    Some(escaped) => {
                        self.at += 1;
                        value.push(escaped);
                    }
                    None => {
                        return Err(fault(
                            self.at,
                            "write \\\" or \\\\ inside quotes",
                            "引号内请写 \\\" 或 \\\\",
                        ));
                    }
                },
                other => value.push(other),
            }
        }
        Err(fault(from, "close the quotes that begin here", "此处的引号未闭合"))
    }
}

impl Refusal for FilterFault {
    fn reason(&self) -> &'static Reason {
        &kit_reasons::INVALID_FILTER
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = format!("第{}个字符处：{}", self.at, self.remedy_zh);
        let position = self.at.to_string();
        vec![("detail", self.to_string()), ("detail_zh", zh), ("position", position)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn terms_are_read_whatever_their_spacing() {
        let text = r#" area=110102 AND state = ACTIVE AND valid = false
            AND ownership = 57 AND industry = "2017:83" AND display_name = "北京 \"某\\*" "#;
        let filter = EmployerFilter::parse(text).unwrap();
        assert_eq!(filter.area.unwrap().as_str(), "110102");
        assert_eq!(filter.state, Some(Status::Active));
        assert_eq!(filter.valid, Some(false));
        assert_eq!(filter.ownership.unwrap().as_str(), "57");
        assert_eq!(filter.industry.unwrap().code.as_str(), "83");
        assert_eq!(filter.name_prefix.as_deref(), Some("北京 \"某\\"));
        assert_eq!(EmployerFilter::parse("  "), Ok(EmployerFilter::default()));
    }

    #[test]
    fn a_fault_names_its_place_and_a_remedy() {
        for (text, at, remedy) in [
            ("area", 5, "'='"),
            ("area != 11", 6, "'='"),
            ("area = ", 8, "value"),
            ("area = 110", 8, "label"),
            ("state = RESTING", 9, "SUSPENDED"),
            ("valid = yes", 9, "true"),
            ("ownership = 私营", 13, "codeLists"),
            ("industry = 83", 12, "2017:83"),
            ("industry = 2002:83", 12, "2017:83"),
            ("display_name = 北京", 16, "'*'"),
            ("display_name = \"*\"", 16, "'*'"),
            ("display_name = \"a*b*\"", 16, "'*'"),
            ("display_name = \"北京", 16, "quotes"),
            ("display_name = \"a\\x*\"", 19, "inside"),
            ("phone = 1", 1, "one of"),
            ("area = 11 OR area = 12", 11, "AND"),
            ("area = 11 AND", 14, "after AND"),
            ("area = 11 AND area = 12", 15, "once"),
            ("= 11", 1, "one of"),
        ] {
            let fault = EmployerFilter::parse(text).unwrap_err();
            assert_eq!(fault.at, at, "{text}: {fault}");
            assert!(fault.remedy.contains(remedy), "{text}: {fault}");
            let zh = fault.to_fault().chinese();
            assert!(zh.contains(&format!("第{at}个字符处：")), "{text}: {zh}");
            assert!(!zh.contains("write") && !zh.contains("one of"), "{text}: {zh}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = EmployerFilter::parse(&text);
        }
    }
}
