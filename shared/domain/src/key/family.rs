//! Which keys a revocation concerns: descendants, and keys that can still manage keys afterwards.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Actor, ApiKey, Scope};
use crate::id::KeyId;

/// The keys that `root` created, those that they created, and so on, without `root` itself.
/// Revoked and expired keys are followed, too: their descendants may be valid.
#[must_use]
pub fn descendants<'a>(keys: &'a [ApiKey], root: &KeyId) -> Vec<&'a ApiKey> {
    let mut children: HashMap<&KeyId, Vec<&ApiKey>> = HashMap::new();
    for key in keys {
        if let Actor::Key(parent) = &key.created_by {
            children.entry(parent).or_default().push(key);
        }
    }
    let (mut found, mut seen) = (Vec::new(), HashSet::from([root]));
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for child in children.get(parent).into_iter().flatten() {
            // No key creates its own ancestor; a damaged table must not cause an endless loop.
            if seen.insert(&child.id) {
                parents.push(&child.id);
                found.push(*child);
            }
        }
    }
    found
}

/// The keys of which one must stay valid when `revoked` are revoked, best first; `None` if the
/// revocation needs no such key because none of `revoked` can manage keys.
///
/// They have the scope [`Scope::Keys`]. If a key that never expires is revoked, only keys that never
/// expire count: an organization would otherwise lose its last key by waiting.
#[must_use]
pub fn successors<'a>(keys: &'a [ApiKey], revoked: &[&ApiKey], now: Timestamp) -> Option<Vec<&'a ApiKey>> {
    let manages = |key: &ApiKey| key.allows(Scope::Keys) && key.is_valid_at(now);
    let lost = || revoked.iter().filter(|key| manages(key));
    lost().next()?;
    let lasting_only = lost().any(|key| key.expires_at.is_none());
    let ids: HashSet<&KeyId> = revoked.iter().map(|key| &key.id).collect();
    let mut successors: Vec<&ApiKey> = keys
        .iter()
        .filter(|key| manages(key) && !ids.contains(&key.id))
        .filter(|key| !lasting_only || key.expires_at.is_none())
        .collect();
    successors.sort_by_key(|key| key.expires_at.unwrap_or(Timestamp::MAX));
    successors.reverse();
    Some(successors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::OrgId;
    use crate::key::KeySecret;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn key(creator: Option<&ApiKey>, scope: Scope, expires_at: Option<i64>) -> ApiKey {
        ApiKey {
            id: KeyId::random().expect("randomness"),
            org: OrgId::placeholder(),
            name: "k".parse().expect("a name"),
            prefix: KeySecret::random().expect("randomness").prefix(),
            scopes: vec![scope],
            created_at: NOW,
            created_by: creator.map_or(Actor::Operator, |key| Actor::Key(key.id.clone())),
            expires_at: expires_at.map(|second| Timestamp::from_second(second).expect("a moment")),
            revoked_at: None,
            revoked_by: None,
            last_used_at: None,
        }
    }

    fn ids(keys: &[&ApiKey]) -> HashSet<KeyId> {
        keys.iter().map(|key| key.id.clone()).collect()
    }

    #[test]
    fn descendants_are_found_behind_revoked_keys() {
        let root = key(None, Scope::Keys, None);
        let mut child = key(Some(&root), Scope::Keys, None);
        child.revoked_at = Some(NOW);
        let grandchild = key(Some(&child), Scope::Import, None);
        let sibling = key(None, Scope::Import, None);
        let keys = [grandchild, sibling, root, child];
        assert_eq!(ids(&descendants(&keys, &keys[2].id)), ids(&[&keys[0], &keys[3]]));
        assert!(descendants(&keys, &keys[0].id).is_empty());
    }

    #[test]
    fn lasting_key_is_succeeded_by_lasting_key_only() {
        let (lasting, other) = (key(None, Scope::Keys, None), key(None, Scope::Keys, None));
        let (soon, later) = (key(None, Scope::Keys, Some(10)), key(None, Scope::Keys, Some(20)));
        let narrow = key(None, Scope::Import, None);
        let of = |keys: &[ApiKey], revoked: &[&ApiKey]| {
            successors(keys, revoked, NOW)
                .map(|found| found.iter().map(|key| key.id.clone()).collect::<Vec<_>>())
        };
        let keys = [lasting.clone(), soon.clone(), later.clone(), narrow.clone()];
        assert_eq!(of(&keys, &[&lasting]), Some(vec![]));
        assert_eq!(of(&keys, &[&soon]), Some(vec![lasting.id.clone(), later.id.clone()]));
        assert_eq!(of(&keys, &[&narrow]), None);
        assert_eq!(of(&[lasting.clone(), other.clone()], &[&lasting]), Some(vec![other.id.clone()]));
        let mut revoked = other;
        revoked.revoked_at = Some(NOW);
        assert_eq!(of(&[lasting.clone(), revoked], &[&lasting]), Some(vec![]));
    }
}
