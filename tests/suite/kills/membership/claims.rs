//! What the feed tells against what was acknowledged: every version of a member is the work of one
//! write that was acknowledged, or of the register itself, and every acknowledged write made one.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, ensure};

use super::{
    deed::{Deed, Effect, Wrote},
    feed::Life,
    papers::Papers,
};

/// What the writers are not answerable for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// Versions that follow the end of a union.
    pub(super) followed: i64,
    /// Members confirmed with their union.
    pub(super) confirmed: i64,
}

/// Assigns every version; `seeded` were entered before the writers came.
pub(super) fn assign(
    papers: &Papers,
    lives: &HashMap<String, Life>,
    seeded: &[String],
) -> Result<Rest> {
    let mut found = Vec::new();
    let mut taken: HashMap<&str, HashSet<i64>> = HashMap::new();
    for name in seeded {
        taken.entry(name).or_default().insert(1);
    }
    let effect = |record: &str, version: i64| {
        let at = usize::try_from(version - 1).ok()?;
        lives.get(record)?.effects.get(at)
    };
    // Those that can be but one first, then the ones with the fewest choices.
    let mut wrote: Vec<&Wrote> = papers.wrote.iter().collect();
    wrote.sort_by_key(|one| (!one.exact, one.deed == Deed::Confirm, one.version));
    for one in wrote {
        let of_record = taken.entry(&one.record).or_default();
        let told = i64::try_from(lives.get(&one.record).map_or(0, |life| life.effects.len()))?;
        let first = if one.exact { one.version } else { one.behind + 1 };
        let able = || {
            (first..=one.version.min(told)).filter_map(|version| {
                let effect = effect(&one.record, version).filter(|effect| one.made(effect))?;
                (!of_record.contains(&version)).then_some((version, effect))
            })
        };
        let made = able().find(|(_, effect)| !effect.by_the_way()).or_else(|| able().next());
        let made = made.map(|(version, _)| version);
        match made {
            Some(version) => drop(of_record.insert(version)),
            // Who was confirmed today already is not once more.
            None if one.deed == Deed::Confirm => {}
            None => found.push(format!(
                "acknowledged, but lost or not as acknowledged: {one:?}; {}",
                all_of(&one.record, papers, lives)
            )),
        }
    }
    let rest = rest(papers, lives, &taken, &mut found);
    ensure!(found.is_empty(), "{} wrong:\n{}", found.len(), found.join("\n"));
    Ok(rest)
}

/// What is known of a record, for the message.
fn all_of(record: &str, papers: &Papers, lives: &HashMap<String, Life>) -> String {
    let wrote: Vec<_> = papers.wrote.iter().filter(|one| one.record == record).collect();
    let effects = lives.get(record).map(|life| &life.effects);
    format!("acknowledged {wrote:#?}, told {effects:?}")
}

/// What nobody claims.
fn rest(
    papers: &Papers,
    lives: &HashMap<String, Life>,
    taken: &HashMap<&str, HashSet<i64>>,
    found: &mut Vec<String>,
) -> Rest {
    let apart: HashSet<&String> = papers.kept_apart.iter().collect();
    let mut rest = Rest::default();
    for (record, life) in lives {
        let of_record = taken.get(record.as_str());
        for (version, effect) in (1..).zip(&life.effects) {
            if of_record.is_some_and(|taken| taken.contains(&version)) {
                continue;
            }
            match effect {
                Effect::Stepped { by_rule: true, .. } | Effect::Put { by_rule: true } => {
                    rest.followed += 1;
                }
                Effect::Confirmed if !apart.contains(record) => rest.confirmed += 1,
                _ => found.push(format!(
                    "{record} version {version}: nobody asked: {effect:?}; {}",
                    all_of(record, papers, lives)
                )),
            }
        }
    }
    rest
}
