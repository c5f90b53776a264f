//! The documented commands, run word for word.
//!
//! A fenced `sh` block holds commands, one a line. A fenced `console` block holds commands after
//! `$ ` and what each prints. A command goes on over lines that end in `\` or inside quotes.
//! `...` on a line of its own, or at a line's end, stands for whatever is printed there. A command
//! can stand in a variable for later ones: `NAME=$(command)`.

mod shape;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::grpcurl::Output;
use crate::suite::Suite;
use crate::tools;

/// One documented command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line of the document, from 1.
    pub line: usize,
    /// What is typed.
    pub text: String,
    /// What the document says it prints; empty where it says nothing.
    pub expected: String,
}

/// What the commands find when they are typed.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The folder they are typed in.
    pub folder: PathBuf,
    /// Shell variables that the document takes as given, such as `TOKEN`.
    pub variables: Vec<(String, String)>,
    /// Words of the document and what stands for them here, such as the address.
    pub words: Vec<(String, String)>,
}

impl Desk {
    /// A desk beside `suite`: `$TOKEN` is set, and `address` as documented is the suite's.
    #[must_use]
    pub fn beside(suite: &Suite, address: &str) -> Self {
        Self {
            folder: suite.folder().to_path_buf(),
            variables: vec![("TOKEN".into(), suite.token().into())],
            words: vec![(address.into(), suite.address().to_string())],
        }
    }
}

/// The commands of a Markdown text whose first word is `program`.
#[must_use]
pub fn steps(markdown: &str, program: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut block: Option<(bool, Vec<(usize, &str)>)> = None;
    for (number, line) in (1..).zip(markdown.lines()) {
        let fence = line.trim_start().strip_prefix("```").map(str::trim);
        match (&mut block, fence) {
            (None, Some("console")) => block = Some((true, Vec::new())),
            (None, Some("sh")) => block = Some((false, Vec::new())),
            (Some((prompted, lines)), Some("")) => {
                found.extend(block_steps(*prompted, lines));
                block = None;
            }
            (Some((_, lines)), _) => lines.push((number, line)),
            (None, _) => {}
        }
    }
    found.retain(|step| step.program() == Some(program));
    found
}

fn block_steps(prompted: bool, lines: &[(usize, &str)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut open = false;
    for (line, text) in lines {
        if open {
            if let Some(step) = steps.last_mut() {
                let more = if prompted { text.strip_prefix("> ").unwrap_or(text) } else { text };
                step.text.push('\n');
                step.text.push_str(more);
                open = is_open(&step.text);
            }
            continue;
        }
        let command = if prompted { text.strip_prefix("$ ") } else { Some(*text) };
        match (command, steps.last_mut()) {
            (Some(command), _) if is_command(command) => {
                open = is_open(command);
                steps.push(Step { line: *line, text: command.into(), expected: String::new() });
            }
            (None, Some(step)) => {
                step.expected.push_str(text);
                step.expected.push('\n');
            }
            _ => {}
        }
    }
    steps
}

fn is_command(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// Whether the shell would ask for more: a trailing backslash or an open quote.
fn is_open(text: &str) -> bool {
    let mut quote = None;
    let mut escaped = false;
    for letter in text.chars() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    quote.is_some() || escaped
}

impl Step {
    /// The word that is called.
    fn program(&self) -> Option<&str> {
        let text = self.assigned().map_or(self.text.as_str(), |(_, command)| command);
        text.split_whitespace().next()
    }

    /// The variable that it sets, and the command whose output it is set to.
    fn assigned(&self) -> Option<(&str, &str)> {
        let (name, command) = self.text.split_once("=$(")?;
        let is_name = name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
        is_name.then_some((name, command))
    }

    /// Types it; a variable that it sets is known from then on.
    ///
    /// # Errors
    /// When it cannot be started, hangs, or a variable stays empty.
    pub async fn take(&self, desk: &mut Desk) -> Result<Output> {
        let Some((name, _)) = self.assigned() else { return self.run(desk).await };
        let text = format!("{}\nprintf %s \"${name}\"", self.text);
        let output = Self { text, ..self.clone() }.run(desk).await?;
        let name = name.to_owned();
        ensure!(!output.stdout.is_empty(), "{name} stays empty: {}", output.stderr);
        desk.variables.push((name, output.stdout.clone()));
        Ok(Output { stdout: String::new(), ..output })
    }

    /// Types it.
    ///
    /// # Errors
    /// When it cannot be started or hangs.
    pub async fn run(&self, desk: &Desk) -> Result<Output> {
        let mut text = self.text.clone();
        for (documented, here) in &desk.words {
            text = text.replace(documented, here);
        }
        let mut command = tokio::process::Command::new("bash");
        command.args(["-c", &text]).current_dir(&desk.folder).env("PATH", search_path()?);
        command.envs(desk.variables.iter().cloned());
        Output::of(command).await
    }

    /// Types it, and compares how it ends and the shape of what it prints with the document.
    ///
    /// # Errors
    /// When it ends otherwise, or prints something else.
    pub async fn check(&self, desk: &mut Desk) -> Result<()> {
        let output = self.take(desk).await?;
        self.compare(&output).with_context(|| {
            let Output { stdout, stderr, status } = &output;
            format!("line {}: {}\n{status}\n{stdout}{stderr}", self.line, self.text)
        })
    }

    fn compare(&self, output: &Output) -> Result<()> {
        // grpcurl prints a refusal so, and exits with 64 + code.
        let refused = self.expected.starts_with("ERROR:");
        ensure!(output.status.success() != refused, "it ended otherwise than documented");
        let printed = if refused { &output.stderr } else { &output.stdout };
        shape::compare(&self.expected, printed)
    }
}

/// The tools under test come first, so that `grpcurl` and `unionhall` mean ours.
fn search_path() -> Result<std::ffi::OsString> {
    let mut folders = Vec::new();
    for program in [PathBuf::from(tools::setting(tools::GRPCURL)?), tools::unionhall()?] {
        folders.extend(program.parent().map(std::path::Path::to_path_buf));
    }
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Ok(std::env::join_paths(folders)?)
}

#[cfg(test)]
mod tests;
