//! Bad input of every kind: never a panic, a hang, a partial write or a leaked driver text.

mod connections;
mod files;
mod messages;
mod pages;
mod reader;
mod repeats;
mod texts;
mod uploads;
pub(crate) mod workbook;
