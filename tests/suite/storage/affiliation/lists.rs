//! What the writers do with editions of the base register, which count while employers come, are
//! covered and end, and while areas move.

use anyhow::Result;
use unionhall_kit::ledger::Done;
use unionhall_proto::registry::v1::{
    ActivateBaseRegisterRequest, DeactivateBaseRegisterRequest, RetireBaseRegisterRequest,
    base_register_service_server::BaseRegisterService,
};
use unionhall_registry::{
    rules::{
        area::AreaPath,
        base_register::{BaseRegister, BaseRegisterId, Edition, finding::Entry},
        name::Name,
        organisation_code::OrganisationCode,
    },
    store::base_registers::{self, NewEntry},
};

use super::{deeds::Dice, hall::Hall};
use crate::storage::restructure::{call, day};

/// Editions, each of which can count after another.
const EDITIONS: usize = 3;
/// Serial numbers that an edition lists; some are those of employers.
const LISTED: u32 = 300;

impl Hall {
    /// Drafts that list whoever comes next, each some more.
    pub(super) async fn furnish_lists(&self) -> Result<()> {
        for number in 1..=EDITIONS {
            let ids = self.register.ledger.ids();
            let edition = BaseRegister {
                edition: Edition::parse(&format!("第{number}版"))?,
                source: Name::parse("某某局")?,
                as_of: day("2010-12-31"),
                area: AreaPath::parse("110102")?,
                entries: i64::from(LISTED),
                counts: None,
                successor: None,
            };
            let entry = self.register.ledger.begin_own("c", "m").await?;
            let id = BaseRegisterId(ids.fresh());
            let record = base_registers::insert(entry.conn(), id, edition, entry.now()).await??;
            let first = u32::try_from(50 * number)?;
            let listed = (first..first + LISTED).map(|serial| self.listed(serial));
            let listed = listed.collect::<Result<Vec<_>>>()?;
            base_registers::insert_entries(entry.conn(), &record, &listed).await?;
            entry.commit(Done { record: record.name(), version: 1 }).await?;
            self.lists_came(record.name());
        }
        Ok(())
    }

    fn listed(&self, serial: u32) -> Result<NewEntry> {
        let community = self.community(serial as usize);
        let entry = Entry {
            name: Name::parse(&format!("北京第{serial}商店"))?,
            credit_code: None,
            organisation_code: OrganisationCode::compose(&format!("T{serial:07}"))?,
            ownership: None,
            area: AreaPath::parse(community.trim_start_matches("areas/"))?,
        };
        Ok(NewEntry { id: self.register.ledger.ids().fresh(), entry })
    }

    /// Lets an edition count, or count no more, from some day on; or takes that back.
    pub(super) async fn turn_list(&self, dice: &Dice) -> Result<()> {
        let (name, effective_date) = (self.list(dice.one), self.date(dice.day));
        match dice.other % 5 {
            0..3 => {
                let request = ActivateBaseRegisterRequest {
                    name,
                    effective_date,
                    ..ActivateBaseRegisterRequest::default()
                };
                let answer = self.lists.activate_base_register(call(request)).await;
                self.answered("activate a list", answer).map(drop)
            }
            3 => {
                let request = DeactivateBaseRegisterRequest { name, ..Default::default() };
                let answer = self.lists.deactivate_base_register(call(request)).await;
                self.answered("take an activation back", answer).map(drop)
            }
            _ => {
                let request = RetireBaseRegisterRequest {
                    name,
                    effective_date,
                    ..RetireBaseRegisterRequest::default()
                };
                let answer = self.lists.retire_base_register(call(request)).await;
                self.answered("retire a list", answer).map(drop)
            }
        }
    }
}
