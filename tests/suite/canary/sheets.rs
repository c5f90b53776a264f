//! Sheets of members and of confirmations: numbers in every column, right and wrong, in files that
//! can be read and in others, and what is told of them.

use anyhow::{Context, Result, ensure};
use prost::Message;
use tokio_stream::iter;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, GetImportTemplateRequest, ImportBatch,
    ListImportBatchesRequest, ListImportFaultsRequest, TemplateFormat, UndoImportBatchRequest,
    ValidateImportBatchRequest, WatchImportBatchRequest, import_batch::State,
    upload_import_request::Piece,
};
use unionhall_tests::{imports::Upload, samples::day, suite::Suite};

use super::{Canary, UNION, of_kind, person};
use crate::bad_input::workbook;
use unionhall_proto::registry::v1::WayIn;

const MEMBERS: [&str; 25] = [
    "姓名",
    "证件类型",
    "证件号码",
    "证件有效期至",
    "性别",
    "出生日期",
    "民族",
    "学历",
    "手机号码",
    "居住地",
    "工作单位",
    "就业状态",
    "职工群体",
    "是否农民工",
    "所在工会",
    "工会所在区域",
    "入会方式",
    "入会日期",
    "申请入会日期",
    "原工会",
    "离会方式",
    "离会日期",
    "离会说明",
    "信息确认",
    "生效日期",
];
const CONFIRMATIONS: [&str; 8] = [
    "会员标识",
    "姓名",
    "证件号码（隐去）",
    "上次确认日期",
    "核对结果",
    "离会方式",
    "离会日期",
    "离会说明",
];

/// A batch, and how many of its rows are without fault.
pub(super) struct Sent {
    name: String,
    good: usize,
}

type Cells = Vec<(&'static str, String)>;

/// A line of CSV; of two cells of one column the last one counts.
fn line(header: &[&str], cells: &Cells) -> String {
    let cell = |column: &&str| {
        let found = cells.iter().rev().find(|(name, _)| name == column);
        found.map_or("", |(_, value)| value.as_str()).to_owned()
    };
    header.iter().map(cell).collect::<Vec<_>>().join(",")
}

fn with(cells: &Cells, more: &[(&'static str, &str)]) -> Cells {
    let more = more.iter().map(|(column, value)| (*column, (*value).to_owned()));
    cells.iter().cloned().chain(more).collect()
}

fn of_members(number: &str) -> Cells {
    let cells = [("姓名", "鹤某"), ("证件号码", number), ("所在工会", UNION)];
    with(&with(&Vec::new(), &cells), &[("入会日期", "2014-03-01")])
}

fn file(header: &[&str], rows: &[Cells]) -> String {
    let rows = rows.iter().map(|cells| line(header, cells));
    std::iter::once(header.join(",")).chain(rows).collect::<Vec<_>>().join("\n")
}

impl Canary {
    /// Sends a sheet of members, which waits until it is checked.
    pub(super) async fn send_members(&mut self) -> Result<Sent> {
        let good = self.good_rows();
        let mut rows = good.clone();
        rows.extend(self.numbers_in_every_column());
        rows.extend(self.wrong_numbers(&good).await?);
        let mut content = file(&MEMBERS, &rows);
        // Beyond the last heading, and behind a closing quote.
        let (beyond, behind) = (of_members(&self.card()), self.card());
        content += &format!("\n{},{}", line(&MEMBERS, &beyond), self.card());
        content += &format!("\n\"鹤\"{behind},,{behind}\n");
        let file_name = format!("会员 {}.csv", self.card());
        let name = self.send("members", &file_name, content.into_bytes()).await?;
        Ok(Sent { name, good: good.len() })
    }

    /// Checks that sheet, applies it, changes somebody by another one, and takes both back.
    pub(super) async fn import_members(&mut self, sent: &Sent) -> Result<()> {
        let batch = self.check(&sent.name).await?;
        ensure!(batch.state() == State::Validated, "{batch:?}");
        let rows = usize::try_from(batch.row_count)?;
        ensure!(rows > 3 * MEMBERS.len() && batch.fault_count > batch.row_count / 2, "{batch:?}");
        ensure!(usize::try_from(batch.valid_row_count)? == sent.good, "{batch:?}");
        let applied = self.apply(&sent.name).await?;
        ensure!(usize::try_from(applied.applied_row_count)? == sent.good, "{applied:?}");
        let number = self.entered.clone();
        let renewed = with(&of_members(&number), &[("手机号码", &self.mobile()), ("学历", "大专")]);
        let content = file(&MEMBERS, &[renewed]).into_bytes();
        let renewed = self.send("members", "renewed.csv", content).await?;
        self.check(&renewed).await?;
        ensure!(self.apply(&renewed).await?.applied_row_count == 1);
        self.undo(&renewed).await?;
        // Somebody changed meanwhile, which is told.
        ensure!(self.undo(&sent.name).await?.refused_undo_count == 1);
        let mut imports = self.clients.imports.clone();
        let list = imports.list_import_batches(ListImportBatchesRequest::default());
        self.net.told("ListImportBatches", list).await?;
        for (kind, format) in
            [("members", TemplateFormat::Xlsx), ("confirmations", TemplateFormat::Csv)]
        {
            let (kind, format) = (kind.to_owned(), format.into());
            let asked = imports.get_import_template(GetImportTemplateRequest { kind, format });
            let template = self.net.told("GetImportTemplate", asked).await?;
            self.net.keep_sheet("GetImportTemplate", template.content.to_vec())?;
        }
        Ok(())
    }

    /// Files that cannot be read, or not to their end.
    pub(super) async fn broken_files(&mut self) -> Result<()> {
        let (card, mobile, passport) = (self.card(), self.mobile(), self.passport());
        let header = MEMBERS.join(",");
        let row = line(&MEMBERS, &of_members(&card));
        let utf16 = format!("\u{FEFF}{header}\n{row}\n");
        let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let texts = [
            format!("姓名,{card},所在工会\n鹤某,{mobile},{passport}\n"),
            format!("{card},{mobile},{passport}\n{card},{mobile},{passport}\n"),
            format!("鹤某,{card},{mobile}\n{header}\n{row}\n"),
            format!("{header},婚姻状况{card},{mobile}\n{row}\n"),
            format!("{header},{header}\n{row}\n"),
            format!("{header}\n{row}\n\"{card},{mobile}\n"),
            format!("{header}\n{row}{card}\0{mobile}\n"),
            format!("<html>{card} {mobile}</html>"),
        ];
        let undecodable = [format!("{header}\n{row}{mobile}").as_bytes(), b"\xFF\xFE\x81"].concat();
        let cut = [b"PK\x03\x04", card.as_bytes()].concat();
        let mut files: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        files.extend([utf16, undecodable, cut]);
        for content in files {
            let batch = self.send("members", &format!("{mobile}.csv"), content).await?;
            let batch = self.check(&batch).await?;
            ensure!(batch.fault_count > 0, "{batch:?}");
        }
        let mut upload = self.upload("members", "other.csv", row.into_bytes());
        if let Some(Piece::Header(header)) = upload.first_mut().and_then(|p| p.piece.as_mut()) {
            header.file_sha256 = "00".repeat(32);
        }
        let mut imports = self.clients.imports.clone();
        let asked = imports.upload_import(iter(upload));
        self.net.refused("a refused UploadImport", asked).await?;
        Ok(())
    }

    /// A workbook: numbers as its sheet's name, as numeric cells, as formulas.
    pub(super) async fn workbook(&mut self) -> Result<()> {
        let (card, mobile) = (self.card(), self.mobile());
        let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
        let number = |digits: &str| format!("<c><v>{digits}</v></c>");
        let digits = card.replace('X', "0");
        let cells = [
            [text("鹤某"), number(&digits), text(UNION), text("2014-03-01")],
            [number(&mobile), text(&card), text(UNION), text("2014-03-01")],
            [text("鹤某"), format!("<c><f>\"{card}\"</f><v>0</v></c>"), text(UNION), text("")],
            [text(&card), text(&mobile), format!("<c t=\"e\"><v>{mobile}</v></c>"), text("x")],
        ];
        let rows: String = cells.map(|row| format!("<row>{}</row>", row.concat())).concat();
        let header = workbook::row("姓名,证件号码,所在工会,入会日期");
        let sheet = format!("<worksheet><sheetData>{header}{rows}</sheetData></worksheet>");
        let content = workbook::of_named(&card, sheet.as_bytes());
        let batch = self.send("members", &format!("{mobile}.xlsx"), content).await?;
        let batch = self.check(&batch).await?;
        ensure!((batch.row_count, batch.valid_row_count) == (4, 0), "{batch:?}");
        Ok(())
    }

    /// The filled-in sheet of who is confirmed.
    pub(super) async fn import_confirmations(&mut self, member: &str) -> Result<()> {
        let somebody = person(vec![of_kind("111", self.card())], String::new());
        let left = self.create(self.entry(somebody, WayIn::Admitted, day(2014, 3, 1))).await?;
        let cells = |name: &str| -> Cells {
            vec![("会员标识", name.to_owned()), ("姓名", "鹤某".to_owned())]
        };
        let card = self.card();
        let confirmed = [("核对结果", "确认"), ("证件号码（隐去）", card.as_str())];
        let mut rows = vec![with(&cells(member), &confirmed)];
        let note = format!("转往外区，{}", self.card());
        let out = [("核对结果", "已离开"), ("离会方式", "转出"), ("离会日期", "2020-01-01")];
        rows.push(with(&with(&cells(&left), &out), &[("离会说明", &note)]));
        for column in CONFIRMATIONS {
            for number in [self.card(), self.mobile(), self.passport()] {
                rows.push(with(&cells(member), &[(column, &number)]));
            }
        }
        let content = file(&CONFIRMATIONS, &rows).into_bytes();
        let file_name = format!("核对{}.csv", self.mobile());
        let name = self.send("confirmations", &file_name, content).await?;
        let batch = self.check(&name).await?;
        ensure!(batch.valid_row_count == 1, "{batch:?}");
        self.apply(&name).await?;
        self.undo(&name).await?;
        Ok(())
    }

    /// The command that imports, with its report of faults.
    pub(super) async fn by_command(&mut self, suite: &Suite) -> Result<()> {
        let (card, mobile) = (self.card(), self.mobile());
        let folder = tempfile::tempdir()?;
        let sheet = folder.path().join("people.csv");
        let mut row = with(&of_members(&card), &[("姓名", &mobile)]);
        row = with(&row, &[("离会说明", &self.passport()), ("工作单位", &card)]);
        let slip = of_members(&self.slip(&card));
        std::fs::write(&sheet, file(&MEMBERS, &[row, slip]))?;
        let report = suite.folder().join("faults.csv").display().to_string();
        let (sheet, data) = (sheet.display().to_string(), suite.data().display().to_string());
        let server = format!("http://{}", suite.address());
        let words = ["import", "members", &sheet, "--dry-run", "--report", &report];
        let where_to = ["--server", &server, "--data", &data];
        let output = suite.command_line(&[&words[..], &where_to].concat()).await?;
        ensure!(output.stdout.contains("every fault"), "{output:?}");
        let told = std::fs::read_to_string(&report)?;
        ensure!(told.contains("PERSON_NAME_INVALID") && told.contains("DOCUMENT_INVALID"));
        self.net.keep("unionhall import", output.stdout.into_bytes());
        self.net.keep("unionhall import", output.stderr.into_bytes());
        Ok(())
    }

    fn good_rows(&mut self) -> Vec<Cells> {
        self.entered = self.card();
        let first = with(&of_members(&self.entered), &[("手机号码", &self.mobile())]);
        let mobile = self.mobile();
        let spaced = [&mobile[..3], &mobile[3..7], &mobile[7..]].join(" ");
        let second = [("证件类型", "414"), ("手机号码", spaced.as_str())];
        let second = with(&of_members(&self.passport()), &second);
        let card = self.card();
        let spaced = format!("{} {} {}", &card[..6], &card[6..14], &card[14..]);
        let out = [("离会方式", "开除会籍"), ("离会日期", "2015-01-01")];
        let third = with(&with(&of_members(&spaced), &out), &[("离会说明", "西工发〔2014〕5号")]);
        let fourth = with(&of_members(&self.card()), &[("入会方式", "申请入会")]);
        vec![first, second, third, fourth]
    }

    /// A document, a mobile number and a passport in each column that is for something else.
    fn numbers_in_every_column(&mut self) -> Vec<Cells> {
        let mut rows = Vec::new();
        for column in MEMBERS {
            let numbers =
                [("证件号码", self.card()), ("手机号码", self.mobile()), ("护照", self.passport())];
            for (_, number) in numbers.into_iter().filter(|(own, _)| *own != column) {
                let row = of_members(&self.card());
                let row = match column {
                    "原工会" => with(&row, &[("入会方式", "转入")]),
                    "离会说明" => {
                        with(&row, &[("离会方式", "转出"), ("离会日期", "2015-01-01")])
                    }
                    _ => row,
                };
                rows.push(with(&row, &[(column, &number)]));
            }
        }
        rows
    }

    /// Numbers in their own column, or in words, which no row may have.
    async fn wrong_numbers(&mut self, good: &[Cells]) -> Result<Vec<Cells>> {
        let taken = self.card();
        let entry = person(vec![of_kind("111", taken.clone())], String::new());
        self.create(self.entry(entry, WayIn::Admitted, day(2014, 3, 1))).await?;
        let mut rows = vec![with(&of_members(&taken), &[("姓名", "鸦某")])];
        rows.push(good.first().context("a row")?.clone());
        let (card, mobile) = (self.card(), self.mobile());
        let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
        let slip = self.slip(&card);
        for number in [slip, format!("{card}0"), card.repeat(3), format!("证{card}")] {
            rows.push(of_members(&number));
        }
        for (column, value) in [
            ("出生日期", "1889-01-01".to_owned()),
            ("手机号码", format!("{mobile}7")),
            ("手机号码", format!("x{mobile}")),
            ("手机号码", mobile.repeat(4)),
            ("姓名", format!("鹤{card}")),
            ("姓名", card.chars().map(wide).collect()),
            ("姓名", format!("鹤 {} {} {}", &card[..6], &card[6..14], &card[14..])),
            ("姓名", format!("鹤某{}", [&mobile[..3], &mobile[3..7], &mobile[7..]].join("-"))),
            ("所在工会", format!("{UNION}{mobile}")),
            ("工作单位", format!("{card}公司")),
            ("证件类型", "999".to_owned()),
        ] {
            rows.push(with(&of_members(&self.card()), &[(column, &value)]));
        }
        Ok(rows)
    }

    fn upload(
        &self,
        kind: &str,
        file_name: &str,
        content: Vec<u8>,
    ) -> Vec<unionhall_proto::common::v1::UploadImportRequest> {
        Upload { kind: kind.to_owned(), ..Upload::employers(file_name, content) }.pieces()
    }

    async fn send(&mut self, kind: &str, file_name: &str, content: Vec<u8>) -> Result<String> {
        let pieces = self.upload(kind, file_name, content);
        let mut imports = self.clients.imports.clone();
        Ok(self.net.told("UploadImport", imports.upload_import(iter(pieces))).await?.name)
    }

    async fn check(&mut self, batch: &str) -> Result<ImportBatch> {
        let mut imports = self.clients.imports.clone();
        let name = batch.to_owned();
        let request = ValidateImportBatchRequest { name, ..ValidateImportBatchRequest::default() };
        let asked = imports.validate_import_batch(request);
        self.net.told("ValidateImportBatch", asked).await?;
        self.rested(batch).await
    }

    async fn apply(&mut self, batch: &str) -> Result<ImportBatch> {
        let mut imports = self.clients.imports.clone();
        let request = CommitImportBatchRequest {
            name: batch.to_owned(),
            only_valid_rows: true,
            ..CommitImportBatchRequest::default()
        };
        self.net.told("CommitImportBatch", imports.commit_import_batch(request)).await?;
        self.rested(batch).await
    }

    async fn undo(&mut self, batch: &str) -> Result<ImportBatch> {
        let mut imports = self.clients.imports.clone();
        let name = batch.to_owned();
        let request = UndoImportBatchRequest { name, ..UndoImportBatchRequest::default() };
        self.net.told("UndoImportBatch", imports.undo_import_batch(request)).await?;
        self.rested(batch).await
    }

    /// The batch once it rests, with every fault.
    async fn rested(&mut self, batch: &str) -> Result<ImportBatch> {
        let mut imports = self.clients.imports.clone();
        let request = WatchImportBatchRequest { name: batch.to_owned() };
        let mut stream = imports.watch_import_batch(request).await?.into_inner();
        while let Some(message) = stream.message().await? {
            self.net.keep("WatchImportBatch", message.encode_to_vec());
        }
        let list = ListImportFaultsRequest {
            parent: batch.to_owned(),
            page_size: 1_000,
            ..ListImportFaultsRequest::default()
        };
        let faults = self.net.told("ListImportFaults", imports.list_import_faults(list)).await?;
        ensure!(faults.next_page_token.is_empty(), "more faults than are looked at");
        let request = GetImportBatchRequest { name: batch.to_owned() };
        let batch = self.net.told("GetImportBatch", imports.get_import_batch(request)).await?;
        ensure!(batch.failure.is_none(), "{batch:?}");
        Ok(batch)
    }
}
