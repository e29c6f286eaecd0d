//! The template and the code name the same routes.

use std::collections::BTreeSet;

use local::Data;
use testing::services;

#[tokio::test]
async fn every_route_of_the_code_is_in_the_template_and_the_reverse() {
    let aws = services(&Data::Ephemeral).await;
    let routes = local::routes(&aws.app());
    let in_code: BTreeSet<(String, String)> =
        routes.table().iter().map(|route| (route.method.to_string(), route.path.clone())).collect();
    let in_template: BTreeSet<(String, String)> =
        local::template_routes().expect("a good template").into_iter().collect();
    assert_eq!(in_code, in_template);
    aws.stop().await;
}
