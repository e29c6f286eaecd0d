//! Suggestions for misspelled names: the known name that is nearest to what was sent.

/// The characters of the longest name that is compared. The time of a comparison grows with the product of both
/// lengths, and the name comes from the caller. The longest path of the API has 140 characters, with its ids.
pub const COMPARED_CHARS_MAX: usize = 200;

/// The most edits between a name and its suggestion.
const EDITS_MAX: usize = 3;

/// Finds the candidate with the fewest edits from `name`: a character inserted, deleted or replaced, or two neighbors
/// swapped, without regard to case. A suggestion keeps two thirds of the name or more, and differs in at most three
/// characters; the name itself is no suggestion. Of equally near candidates the first one wins. Names of more than [`COMPARED_CHARS_MAX`] characters
/// have no suggestion.
pub fn nearest<C: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = C>) -> Option<C> {
    let length = name.chars().take(COMPARED_CHARS_MAX + 1).count();
    if length > COMPARED_CHARS_MAX {
        return None;
    }
    let edits_max = (length / 3).clamp(1, EDITS_MAX);
    let lower = name.to_lowercase();
    let edits = |candidate: &C| {
        let candidate = candidate.as_ref();
        let close = candidate.chars().count().abs_diff(length) <= edits_max && candidate != name;
        close.then(|| strsim::osa_distance(&lower, &candidate.to_lowercase()))
    };
    candidates
        .into_iter()
        .filter_map(|candidate| Some((edits(&candidate)?, candidate)))
        .filter(|(edits, _)| *edits <= edits_max && *edits < length)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// A suggestion as the end of a sentence; empty if there is none.
pub(crate) fn hint(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["id", "due_date", "external_id", "contact.name", "total_amount"];

    #[test]
    fn misspelled_names_have_suggestions() {
        for (name, expected) in [
            ("due_dat", Some("due_date")),
            ("dueDate", Some("due_date")),
            ("DUE_DTAE", Some("due_date")),
            ("contact.nmae", Some("contact.name")),
            ("totalamont", Some("total_amount")),
            ("ids", Some("id")),
            ("x", None),
            ("", None),
            ("due_date", None),
            ("colour", None),
            ("date", None),
        ] {
            assert_eq!(nearest(name, NAMES), expected, "{name}");
        }
    }

    #[test]
    fn long_names_have_no_suggestion() {
        let long = "x".repeat(COMPARED_CHARS_MAX);
        let near = format!("{long}y");
        assert_eq!(nearest(&long, [near.as_str()]), Some(near.as_str()));
        assert_eq!(nearest(&near, [long.as_str()]), None);
        assert_eq!(nearest(&"x".repeat(4_000_000), [long.as_str()]), None);
    }
}
