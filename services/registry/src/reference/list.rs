//! One edition of one code list.

use std::collections::{BTreeMap, HashMap};

use kit::{
    civil::{CivilDate, Period},
    text,
};
use serde::Deserialize;
use unionhall_kit as kit;

use super::{ListId, ReferenceError, period};

/// One code with its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code as stored, unique in its edition.
    pub code: String,
    /// The Chinese name.
    pub name_zh: String,
    /// The English name.
    pub name_en: String,
    /// The days on which a new record may carry the code.
    pub validity: Period,
    /// The code of the heading above, where the list has headings.
    pub parent: Option<String>,
    /// Older or shorter names that a look-up understands.
    pub aliases: Vec<String>,
    /// Remarks; says where a row rests on general knowledge rather than on a text at hand.
    pub note: String,
    /// The law or standard that the row comes from.
    pub source: String,
}

/// Why a look-up has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Miss {
    /// The list has no such code, name or alias.
    #[error("the list has no such code or name")]
    Unknown,
    /// The code, or every shipped edition of the list, is not in force on that day.
    #[error("the code is not in force on that day")]
    NotInForce,
}

/// One edition of a code list. A code occurs once: a changed meaning takes a new edition.
#[derive(Debug)]
pub struct CodeList {
    id: ListId,
    resource_id: String,
    edition: String,
    name_zh: String,
    name_en: String,
    source: String,
    in_force: Period,
    codes: Vec<Code>,
    by_text: HashMap<String, usize>,
}

impl CodeList {
    /// Which list this is an edition of.
    pub fn id(&self) -> ListId {
        self.id
    }

    /// How the contract names this edition, `codeLists/{resource_id}`: the list's id, followed by the
    /// edition where several ship (`industry_2011`, `industry_2017`).
    pub fn resource_id(&self) -> &str {
        &self.resource_id
    }

    /// The edition: the year of its standard, or a running number.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The Chinese name of the list.
    pub fn name_zh(&self) -> &str {
        &self.name_zh
    }

    /// The English name of the list.
    pub fn name_en(&self) -> &str {
        &self.name_en
    }

    /// The standard that the list follows.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The days on which this is the edition in force.
    pub fn in_force(&self) -> Period {
        self.in_force
    }

    /// The codes in the order of the standard, headings before what they head.
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// What `text` means: a code, a name in either language, or an alias. Width, case and
    /// surrounding space do not matter. A name that a heading shares with its only division
    /// (教育: P and P83) means the division, which says more.
    pub fn find(&self, text: &str) -> Option<&Code> {
        self.by_text.get(&key(text)).and_then(|index| self.codes.get(*index))
    }

    /// What `text` means to a record of `day`.
    pub fn lookup(&self, text: &str, day: CivilDate) -> Result<&Code, Miss> {
        let code = self.find(text).ok_or(Miss::Unknown)?;
        if code.validity.covers(day) { Ok(code) } else { Err(Miss::NotInForce) }
    }
}

/// The form in which texts are compared.
fn key(text: &str) -> String {
    text::normalised(&text::half_width(text)).to_lowercase()
}

#[derive(Deserialize)]
struct CatalogueRow {
    id: String,
    edition: String,
    name_zh: String,
    name_en: String,
    valid_from: String,
    valid_until: String,
    source: String,
}

#[derive(Deserialize)]
struct CodeRow {
    code: String,
    name_zh: String,
    name_en: String,
    valid_from: String,
    valid_until: String,
    parent: String,
    aliases: String,
    note: String,
    source: String,
}

/// The lists of a catalogue; every catalogue row has its text and the other way round.
pub(super) fn read_catalogue(
    catalogue: &str,
    texts: &[(&str, &str, &str)],
) -> Result<Vec<CodeList>, ReferenceError> {
    let mut unread: BTreeMap<String, &str> =
        texts.iter().map(|(id, edition, text)| (format!("{id} {edition}"), *text)).collect();
    let editions = |id: &str| texts.iter().filter(|(other, ..)| *other == id).count();
    let mut lists = Vec::with_capacity(texts.len());
    for row in rows::<CatalogueRow>("lists.csv", catalogue)? {
        let file = format!("{} {}", row.id, row.edition);
        let text = unread
            .remove(&file)
            .ok_or_else(|| ReferenceError::new("lists.csv", format!("no text for {file}")))?;
        let resource_id =
            if editions(&row.id) > 1 { file.replace(' ', "_") } else { row.id.clone() };
        lists.push(read_list(&file, resource_id, row, text)?);
    }
    match unread.first_key_value() {
        Some((key, _)) => Err(ReferenceError::new("lists.csv", format!("no row for {key}"))),
        None => Ok(lists),
    }
}

fn read_list(
    file: &str,
    resource_id: String,
    row: CatalogueRow,
    text: &str,
) -> Result<CodeList, ReferenceError> {
    let id = ListId::parse(&row.id).ok_or_else(|| ReferenceError::new(file, "unknown list"))?;
    let codes = rows::<CodeRow>(file, text)?
        .into_iter()
        .map(|code| read_code(file, code))
        .collect::<Result<Vec<_>, _>>()?;
    let by_text = index(file, &codes)?;
    Ok(CodeList {
        id,
        resource_id,
        in_force: period(file, &row.valid_from, &row.valid_until)?,
        edition: row.edition,
        name_zh: row.name_zh,
        name_en: row.name_en,
        source: row.source,
        codes,
        by_text,
    })
}

fn read_code(file: &str, row: CodeRow) -> Result<Code, ReferenceError> {
    Ok(Code {
        validity: period(file, &row.valid_from, &row.valid_until)?,
        parent: Some(row.parent).filter(|parent| !parent.is_empty()),
        aliases: row.aliases.split(';').filter(|a| !a.is_empty()).map(str::to_owned).collect(),
        code: row.code,
        name_zh: row.name_zh,
        name_en: row.name_en,
        note: row.note,
        source: row.source,
    })
}

/// Every text by which a code can be found. Two codes may share one only as heading and division.
fn index(file: &str, codes: &[Code]) -> Result<HashMap<String, usize>, ReferenceError> {
    let mut by_text: HashMap<String, usize> = HashMap::new();
    for (position, code) in codes.iter().enumerate() {
        if code.parent.as_ref().is_some_and(|p| !codes[..position].iter().any(|c| c.code == *p)) {
            return Err(ReferenceError::new(
                file,
                format!("{} stands before its heading", code.code),
            ));
        }
        let names = [&code.code, &code.name_zh, &code.name_en].into_iter().chain(&code.aliases);
        for name in names {
            let Some(earlier) = by_text.insert(key(name), position) else { continue };
            if earlier != position && code.parent.as_ref() != Some(&codes[earlier].code) {
                return Err(ReferenceError::new(file, format!("'{name}' has two meanings")));
            }
        }
    }
    Ok(by_text)
}

pub(super) fn rows<Row: for<'de> Deserialize<'de>>(
    file: &str,
    text: &str,
) -> Result<Vec<Row>, ReferenceError> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| ReferenceError::new(file, error))
}
