//! `README.zh-CN.md` says in Chinese what `README.md` says: the tour of the one is the tour of the other,
//! so that what runs the first has run the second.

use super::{path, text};

const ENGLISH: &str = "README.md";
const CHINESE: &str = "README.zh-CN.md";

/// What stands between the fences, each block whole.
fn blocks(document: &str) -> Vec<&str> {
    document.split("```").skip(1).step_by(2).collect()
}

/// The files of the repository to which a document links.
fn links(document: &str) -> Vec<&str> {
    let rest = document.split("](").skip(1);
    rest.filter_map(|rest| rest.split(')').next()).filter(|link| !link.contains("://")).collect()
}

fn headings(document: &str) -> usize {
    document.lines().filter(|line| line.starts_with('#')).count()
}

#[test]
fn both_have_the_same_commands_and_answers() {
    let (english, chinese) = (text(ENGLISH), text(CHINESE));
    assert!(!blocks(&english).is_empty());
    for (one, other) in blocks(&english).into_iter().zip(blocks(&chinese)) {
        assert_eq!(one, other, "a block of {CHINESE} is not that of {ENGLISH}");
    }
    assert_eq!(blocks(&english).len(), blocks(&chinese).len());
    assert_eq!(headings(&english), headings(&chinese), "sections");
}

#[test]
fn each_leads_to_the_other_and_nowhere_that_is_not() {
    let (english, chinese) = (text(ENGLISH), text(CHINESE));
    assert!(links(&english).contains(&CHINESE));
    assert!(links(&chinese).contains(&ENGLISH));
    let of = |document: &str, other: &str| {
        let links = links(document).into_iter().filter(|link| *link != other);
        links.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of(&english, CHINESE), of(&chinese, ENGLISH));
    for link in links(&english) {
        assert!(path(link).exists(), "{link}");
    }
}
