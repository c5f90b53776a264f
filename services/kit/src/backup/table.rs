//! A table as far as its rows are carried: names, never meanings.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BackupError;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns by name, so that their order in the database does not matter.
    pub columns: Vec<String>,
    /// What rows are ordered by, as SQL: the primary key, byte by byte.
    pub key: Vec<String>,
    /// Other tables that it refers to.
    pub parents: Vec<String>,
}

impl Table {
    /// Its name in a statement.
    pub(super) fn quoted(&self) -> String {
        quote(&self.name)
    }

    /// Its columns in a statement.
    pub(super) fn column_list(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| quote(column)).collect();
        columns.join(", ")
    }

    /// All rows in the order of their keys.
    pub(super) fn select(&self) -> String {
        let (columns, order) = (self.column_list(), self.key.join(", "));
        format!("SELECT {columns} FROM {} ORDER BY {order}", self.quoted())
    }
}

/// A name as both engines take it.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What a table held: as many rows, and one hash over all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    /// SHA-256 over the rows in the order of their keys, in hexadecimal. The bytes of a row are the
    /// engine's own, so that sums of different engines are not to be compared.
    pub sha256: String,
}

/// A sum that is being made.
#[derive(Default)]
pub(super) struct Summing {
    rows: u64,
    hash: Sha256,
}

impl Summing {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    pub(super) fn rows(&mut self, rows: u64) {
        self.rows += rows;
    }

    pub(super) fn end(self) -> Sum {
        Sum { rows: self.rows, sha256: hex::encode(self.hash.finalize()) }
    }
}

/// The tables in an order in which they can be filled: what is referred to comes first.
pub fn in_order(mut waiting: Vec<Table>) -> Result<Vec<Table>, BackupError> {
    if let Some(table) = waiting.iter().find(|table| table.key.is_empty()) {
        return Err(BackupError::NoKey(table.name.clone()));
    }
    waiting.sort_by(|one, other| one.name.cmp(&other.name));
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let waits =
            |table: &Table| table.parents.iter().any(|of| *of != table.name && names.contains(of));
        let (still, free): (Vec<_>, Vec<_>) = waiting.into_iter().partition(waits);
        if free.is_empty() {
            return Err(BackupError::Circle(names.join(", ")));
        }
        ordered.extend(free);
        waiting = still;
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, parents: &[&str]) -> Table {
        Table {
            name: name.to_owned(),
            columns: vec!["id".to_owned()],
            key: vec!["\"id\"".to_owned()],
            parents: parents.iter().map(|&parent| parent.to_owned()).collect(),
        }
    }

    fn names(tables: &[Table]) -> Vec<&str> {
        tables.iter().map(|table| table.name.as_str()).collect()
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let tables = vec![table("a", &["c"]), table("b", &["b", "elsewhere"]), table("c", &["b"])];
        assert_eq!(names(&in_order(tables).unwrap()), ["b", "c", "a"]);
    }

    #[test]
    fn a_circle_and_a_table_without_a_key_are_named() {
        let circle = in_order(vec![table("a", &["b"]), table("b", &["a"])]);
        assert!(matches!(circle, Err(BackupError::Circle(names)) if names == "a, b"));
        let keyless = Table { key: Vec::new(), ..table("a", &[]) };
        assert!(matches!(in_order(vec![keyless]), Err(BackupError::NoKey(name)) if name == "a"));
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(table("a\"b", &[]).select(), "SELECT \"id\" FROM \"a\"\"b\" ORDER BY \"id\"");
    }
}
