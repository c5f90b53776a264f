//! Spreadsheets as nobody should send them, over the RPC and from the command line.

use anyhow::{Context, Result, bail, ensure};
use unionhall_proto::common::v1::{ImportBatch, ImportFault, import_batch::State};
use unionhall_proto::registry::v1::ListEmployersRequest;
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    faults::signal::resident_bytes,
    imports::{self, Upload},
    on_every_layout,
    refusals::unharmed,
    samples,
    suite::{Layout, Suite},
};

use super::workbook;

/// The command line's exit code for a file with faults (`EX_DATAERR`).
const EXIT_DATA: i32 = 65;
const MEBIBYTE: u64 = 1024 * 1024;

/// A file and what must be found in it.
struct Case {
    file: &'static str,
    content: Vec<u8>,
    /// Codes of which one must be found.
    codes: &'static [&'static str],
    /// The file as a whole is refused; otherwise its rows have faults.
    rejected: bool,
}

fn case(
    file: &'static str,
    content: impl Into<Vec<u8>>,
    rejected: bool,
    codes: &'static [&'static str],
) -> Case {
    Case { file, content: content.into(), codes, rejected }
}

fn cases() -> Vec<Case> {
    let csv = samples::csv(1..4);
    let (header, rows) = csv.split_once('\n').unwrap();
    let workbook = workbook::of_rows(&workbook::rows(1..500), "");
    let merged = "<mergeCells><mergeCell ref=\"C2:C3\"/></mergeCells>";
    let formula = "<row><c><f>1+1</f><v>2</v></c></row>";
    let wide = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(200_000));
    let mut gbk_and_utf8 = csv.clone().into_bytes();
    gbk_and_utf8.extend([0xff, 0xfe, 0x81, 0x20, b'\n']);
    let utf16: Vec<u8> = csv.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        case("header.csv", format!("姓名,身份证号\n{rows}"), true, &["UNKNOWN_COLUMN"]),
        case("no-header.csv", rows.to_owned(), true, &["UNKNOWN_COLUMN", "MISSING_COLUMN"]),
        case("titled.csv", format!("登记表,,\n{csv}"), true, &["HEADER_NOT_FIRST"]),
        case("twice.csv", format!("{csv}{header}\n"), false, &["SECOND_HEADER"]),
        case(
            "merged.xlsx",
            workbook::of_rows(&workbook::rows(1..4), merged),
            false,
            &["MERGED_CELLS"],
        ),
        case(
            "formula.xlsx",
            workbook::of_rows(&(workbook::rows(1..4) + formula), ""),
            false,
            &["FORMULA_CELL"],
        ),
        case(
            "formula.csv",
            format!("{header}\n=cmd|'/c calc'!A1,{}\n", row_tail(7)),
            false,
            &["FORMULA_CELL"],
        ),
        case("empty.xlsx", workbook::of_rows("", ""), true, &["EMPTY_SHEET"]),
        case("no-rows.csv", format!("{header}\n"), true, &["NO_DATA_ROWS"]),
        case(
            "wide.xlsx",
            workbook::of_rows(&(workbook::rows(1..2) + &wide), ""),
            true,
            &["TOO_MANY_COLUMNS"],
        ),
        case("wide.csv", format!("{}\n", "列,".repeat(200_000)), true, &["TOO_MANY_COLUMNS"]),
        case("bomb.xlsx", workbook::of_sheet(&vec![b' '; 600 << 20]), true, &["EXPANDS_TOO_FAR"]),
        case("encoding.csv", gbk_and_utf8, true, &["WRONG_ENCODING"]),
        case("utf16.csv", [&[0xff, 0xfe], &utf16[..]].concat(), true, &["UTF16_ENCODING"]),
        case(
            "cut.xlsx",
            &workbook[..workbook.len() / 2],
            true,
            &["FILE_TRUNCATED", "FILE_DAMAGED"],
        ),
        case("cut.csv", format!("{csv}\"北京试样"), true, &["UNCLOSED_QUOTE"]),
        case("nothing.csv", "", true, &["EMPTY_FILE", "IMPORT_UPLOAD_INVALID"]),
        case("page.xlsx", "<html><body>404</body></html>", true, &["NOT_A_SPREADSHEET"]),
        case(
            "codes.csv",
            format!(
                "{header}\n{}\n",
                samples::row(8).replace(&samples::credit_code(8), "911101020000000000")
            ),
            false,
            &["CREDIT_CODE_CHECK"],
        ),
    ]
}

/// A row without its name.
fn row_tail(number: u32) -> String {
    samples::row(number).split_once(',').unwrap().1.to_owned()
}

async fn employers(clients: &Clients) -> Result<usize> {
    let request = ListEmployersRequest::default();
    Ok(clients.employers.clone().list_employers(request).await?.into_inner().employers.len())
}

fn resident(suite: &Suite) -> u64 {
    suite.processes().iter().filter_map(|process| resident_bytes(process.id())).sum()
}

on_every_layout!(a_bad_spreadsheet_is_told_its_faults);

async fn a_bad_spreadsheet_is_told_its_faults(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    let before = resident(&suite);
    for case in cases() {
        let file = case.file;
        over_the_rpc(&clients, &case).await.with_context(|| file)?;
        unharmed(&suite)?;
    }
    ensure!(employers(&clients).await? == 0, "a bad file left a trace in the register");
    let growth = resident(&suite).saturating_sub(before);
    ensure!(growth < 160 * MEBIBYTE, "{} MiB of growth", growth / MEBIBYTE);
    Ok(())
}

async fn over_the_rpc(clients: &Clients, case: &Case) -> Result<()> {
    let upload = Upload::employers(case.file, case.content.clone());
    let batch = match upload.check(clients).await {
        Ok(batch) => batch,
        // An empty file need not become a batch at all.
        Err(status) => {
            let reason = unionhall_tests::client::reason(&status).unwrap_or_default();
            ensure!(case.codes.contains(&reason.as_str()), "{status:?}");
            return Ok(());
        }
    };
    let faults = imports::faults(clients, &batch.name).await?;
    judge(case, &batch, &faults)?;
    match imports::commit(clients, &batch.name).await {
        Err(status) => {
            let reason = unionhall_tests::client::reason(&status);
            let due = if case.rejected { "IMPORT_STATE" } else { "IMPORT_HAS_FAULTS" };
            ensure!(reason.as_deref() == Some(due), "{status:?}");
        }
        Ok(batch) => bail!("a file with faults was committed: {batch:?}"),
    }
    Ok(())
}

fn judge(case: &Case, batch: &ImportBatch, faults: &[ImportFault]) -> Result<()> {
    let state = if case.rejected { State::Rejected } else { State::Validated };
    ensure!(batch.state() == state, "{batch:?} {faults:?}");
    let found: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
    ensure!(found.iter().any(|code| case.codes.contains(code)), "{found:?}");
    ensure!(i64::try_from(faults.len())? == batch.fault_count, "{batch:?}");
    for fault in faults {
        let remedy = fault.remedy.clone().context("a fault without a remedy")?;
        ensure!(!remedy.zh.is_empty() && !remedy.en.is_empty(), "{fault:?}");
        ensure!(!remedy.en.contains('{') && !remedy.zh.contains('{'), "{fault:?}");
    }
    Ok(())
}

on_every_layout!(the_command_line_reports_every_fault);

async fn the_command_line_reports_every_fault(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    for case in cases() {
        // Uploading it once more over the network shows nothing that the RPC did not show.
        if case.content.len() > 8 << 20 {
            continue;
        }
        let file = case.file;
        from_the_command_line(&suite, &case).await.with_context(|| file)?;
        unharmed(&suite)?;
    }
    ensure!(employers(&clients).await? == 0, "a bad file left a trace in the register");

    let good = import(&suite, "good.csv", samples::csv(1..4).as_bytes()).await?;
    ensure!(good.status.success(), "{}{}", good.stdout, good.stderr);
    ensure!(employers(&clients).await? == 3);
    Ok(())
}

async fn import(
    suite: &Suite,
    file: &str,
    content: &[u8],
) -> Result<unionhall_tests::grpcurl::Output> {
    std::fs::write(suite.folder().join(file), content)?;
    let server = format!("http://{}", suite.address());
    let data = suite.data().display().to_string();
    suite.command_line(&["import", "employers", file, "--server", &server, "--data", &data]).await
}

async fn from_the_command_line(suite: &Suite, case: &Case) -> Result<()> {
    let output = import(suite, case.file, &case.content).await?;
    let said = format!("{}{}", output.stdout, output.stderr);
    if case.content.is_empty() {
        ensure!(!output.status.success(), "{said}");
        return Ok(());
    }
    ensure!(output.status.code() == Some(EXIT_DATA), "{:?}: {said}", output.status);
    let report = suite.folder().join(format!("{}.faults.csv", case.file));
    let report = std::fs::read_to_string(report).context("the report")?;
    ensure!(case.codes.iter().any(|code| report.contains(code)), "{report}");
    // A header, then a line for each fault, readable by a spreadsheet program (BOM).
    ensure!(report.starts_with('\u{feff}') && report.lines().count() >= 2, "{report}");
    ensure!(!report.lines().any(|line| line.starts_with('=')), "a formula in the report");
    Ok(())
}
