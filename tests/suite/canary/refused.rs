//! What is wrong, too long, taken, or in the wrong place.

use anyhow::{Result, ensure};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, ApplicationOutcome, DecideApplicationRequest, DecideTransferRequest,
    EndMembershipRequest, EraseMemberRequest, GetMemberRequest, ListMembersRequest,
    LookupMembersRequest, Member, ProtectedField, RevealMemberRequest, TransferOutcome, WayIn,
    WayOut,
};
use unionhall_tests::samples::day;

use super::{Canary, looking, of_kind, person};

impl Canary {
    /// What is wrong, too long, taken, or in the wrong place.
    pub(super) async fn what_is_refused(&mut self, member: &str) -> Result<()> {
        let taken = self.card();
        let entry = person(vec![of_kind("111", taken.clone())], String::new());
        self.create(self.entry(entry, WayIn::Admitted, day(2014, 3, 1))).await?;
        let (card, mobile, passport) = (self.card(), self.mobile(), self.passport());
        let slip = self.slip(&card);
        let documents = |number: &str| vec![of_kind("111", number.to_owned())];
        for wrong in [
            person(documents(&taken), String::new()),
            person(documents(&slip), mobile.clone()),
            person(documents(&card.repeat(3)), mobile.clone()),
            person(documents(&card), mobile.repeat(4)),
            person(documents(&card), format!("{mobile}7")),
            person(documents(&card), format!("x{mobile}")),
            person(vec![of_kind("999", card.clone())], mobile.clone()),
            person(vec![of_kind(&card, card.clone())], mobile.clone()),
            person(vec![of_kind("414", card.clone())], mobile.clone()),
            person(vec![of_kind("111", passport.clone())], mobile.clone()),
            Member {
                sex: "9".to_owned(),
                birth_date: Some(day(1889, 1, 1)),
                ..person(documents(&card), mobile.clone())
            },
            Member {
                display_name: format!("鹤{card}"),
                ..person(documents(&card), mobile.clone())
            },
            Member { display_name: card.clone(), ..person(vec![], mobile.clone()) },
            Member { residence: mobile.clone(), ..person(documents(&card), mobile.clone()) },
            Member { worker_group: card.clone(), ..person(documents(&card), mobile.clone()) },
        ] {
            let mut members = self.clients.members.clone();
            let entry = self.entry(wrong, WayIn::Admitted, day(2014, 3, 1));
            self.net.refused("a refused CreateMember", members.create_member(entry)).await?;
        }
        let mut members = self.clients.members.clone();
        for filter in [
            format!("display_name = \"{card}"),
            format!("document = {card}"),
            format!("union = {mobile}"),
        ] {
            let request = ListMembersRequest { filter, ..ListMembersRequest::default() };
            self.net.refused("a refused ListMembers", members.list_members(request)).await?;
        }
        let request = GetMemberRequest { name: format!("members/{card}"), day: None };
        self.net.refused("a refused GetMember", members.get_member(request)).await?;
        for (document, mobile) in [
            (Some(of_kind("111", slip.clone())), String::new()),
            (Some(of_kind("111", card.repeat(3))), String::new()),
            (None, format!("{mobile}7")),
            (Some(of_kind("111", card.clone())), mobile.clone()),
        ] {
            let request = LookupMembersRequest { document, mobile };
            self.net.refused("a refused lookup", members.lookup_members(request)).await?;
        }
        for (document, mobile) in [
            (Some(of_kind("111", taken)), String::new()),
            (Some(of_kind("111", card.clone())), String::new()),
            (None, mobile.clone()),
        ] {
            let request = LookupMembersRequest { document, mobile };
            self.net.told("LookupMembers", members.lookup_members(request)).await?;
        }
        let mut protection = self.clients.protection.clone();
        let look = RevealMemberRequest {
            reason: format!("核对{card}"),
            ..looking(member, &[ProtectedField::Mobile])
        };
        self.net.refused("a refused look", protection.reveal_member(look)).await?;
        let erasure = EraseMemberRequest {
            name: member.to_owned(),
            reason: format!("删除{mobile}"),
            ..EraseMemberRequest::default()
        };
        self.net.refused("a refused erasure", protection.erase_member(erasure)).await?;
        Ok(())
    }

    /// Numbers in the notes of steps, which are plain.
    pub(super) async fn notes(&mut self, name: &str) -> Result<()> {
        let (card, mobile, passport) = (self.card(), self.mobile(), self.passport());
        let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
        for note in [
            card.clone(),
            format!("转往某工会，身份证{} {}", &card[..6], &card[6..]),
            card.chars().map(wide).collect(),
            format!("电话{mobile}"),
            [&mobile[..3], &mobile[3..7], &mobile[7..]].join("-"),
            format!("护照{passport}"),
        ] {
            let (name, union) = (name.to_owned(), self.union.clone());
            let mut memberships = self.clients.memberships.clone();
            let mut reasons = Vec::new();
            for way_out in [WayOut::Expelled, WayOut::Transferred] {
                let end = EndMembershipRequest {
                    name: name.clone(),
                    way_out: way_out.into(),
                    note: note.clone(),
                    ..EndMembershipRequest::default()
                };
                let asked = memberships.end_membership(end);
                reasons.push(self.net.refused("a refused EndMembership", asked).await?);
            }
            let decision = DecideApplicationRequest {
                name: name.clone(),
                outcome: ApplicationOutcome::Refused.into(),
                note: note.clone(),
                ..DecideApplicationRequest::default()
            };
            let asked = memberships.decide_application(decision);
            reasons.push(self.net.refused("a refused DecideApplication", asked).await?);
            let transfer = DecideTransferRequest {
                name: name.clone(),
                outcome: TransferOutcome::Refused.into(),
                note: note.clone(),
                ..DecideTransferRequest::default()
            };
            let asked = memberships.decide_transfer(transfer);
            reasons.push(self.net.refused("a refused DecideTransfer", asked).await?);
            let (transferred, copied) = (true, note.clone());
            let admission =
                AdmitMemberRequest { name, union, transferred, note: copied, ..Default::default() };
            let asked = memberships.admit_member(admission);
            reasons.push(self.net.refused("a refused AdmitMember", asked).await?);
            let somebody = person(vec![of_kind("111", self.card())], String::new());
            let mut entry = self.entry(somebody, WayIn::Transferred, day(2014, 3, 1));
            entry.note.clone_from(&note);
            let mut members = self.clients.members.clone();
            let asked = members.create_member(entry);
            reasons.push(self.net.refused("a refused CreateMember", asked).await?);
            ensure!(reasons.iter().all(|why| why == "MEMBER_TEXT_INVALID"), "{reasons:?}");
        }
        Ok(())
    }
}
