//! Every route with an id in its path, requested by one organization with the ids of another.

use std::collections::BTreeMap;

use reqwest::Method;
use saldo_http::Route;
use serde_json::Value;
use testing::{Tenant, saldo};

use crate::authorization::{bank_belongings, belongings, matrix};

/// The public routes with parameters: a file of the documentation, and the return from a bank, whose
/// `state` names its synchronization.
const PUBLIC: [&str; 2] = ["/docs/{file}", CALLBACK];
const CALLBACK: &str = "/rest/accesses/{access_id}/syncs/{sync_id}/callback";

/// A path of the template in which each parameter, but for the number of a version, is an id of the owner or of the other organization,
/// and at least one is the owner's.
fn mixtures(template: &str, owner: &str, stranger: &str) -> Vec<String> {
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (template, owner, stranger) = (segments(template), segments(owner), segments(stranger));
    let is_id = |segment: &str| segment.starts_with('{') && segment != "{version}";
    let parameters: Vec<usize> = (0..template.len()).filter(|at| is_id(&template[*at])).collect();
    let mixture = |owned: u32| {
        let mut path = owner.clone();
        for (bit, at) in parameters.iter().enumerate() {
            if owned & (1 << bit) == 0 {
                path[*at].clone_from(&stranger[*at]);
            }
        }
        path.join("/")
    };
    (1..1 << parameters.len()).map(mixture).collect()
}

async fn everything(tenant: &Tenant, saldo: &testing::Saldo) -> BTreeMap<&'static str, String> {
    let mut everything = belongings(tenant).await;
    everything.extend(bank_belongings(saldo, tenant).await);
    everything
}

#[tokio::test]
async fn ids_of_another_organization_are_not_found_on_any_route() {
    let saldo = saldo().await;
    let (owner, stranger) = (saldo.tenant().await, saldo.tenant().await);
    let (Some(app), Some(_)) = (saldo.app().await, saldo.bank()) else { return };
    let (belongings, other) = (everything(&owner, &saldo).await, everything(&stranger, &saldo).await);
    let (routes, matrix) = (local::routes(&app), matrix());

    let with_id = |route: &&Route| route.path.contains('{') && !PUBLIC.contains(&route.path.as_str());
    for Route { method, path, .. } in routes.table().iter().filter(with_id) {
        let body = matrix.iter().find(|(m, p, ..)| m == method && p == path).map(|(_, _, body, _)| body);
        let body = body.unwrap_or_else(|| panic!("the matrix has no body for {method} {path}"));
        let example = |of: &BTreeMap<&str, String>| {
            of.get(path.as_str()).cloned().unwrap_or_else(|| panic!("no example of {path}"))
        };
        for mixture in mixtures(path, &example(&belongings), &example(&other)) {
            assert!(!mixture.contains('{'), "{mixture}");
            let answer = match body {
                Value::Null => stranger.send(method.clone(), &mixture, &[], "").await,
                body => stranger.json(method.clone(), &mixture, body.clone()).await,
            };
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{method} {mixture}");
        }
    }

    // The ids are valid: their owner finds all of them, before and after.
    let read = |route: &&Route| route.method == Method::GET;
    for Route { path, .. } in routes.table().iter().filter(with_id).filter(read) {
        let answer = owner.get(&belongings[path.as_str()]).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }

    let state = format!("{}.{}", stranger.org().expect("an organization"), "0".repeat(32));
    let returned = CALLBACK.rsplit_once('/').map(|(sync, _)| &belongings[sync]).expect("a path");
    let returned = stranger.get(&format!("{returned}/callback?state={state}")).await;
    assert_eq!(returned.problem(), (404, "not_found".to_owned()));
}
