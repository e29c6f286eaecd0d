//! Creates the template's tables, bucket, queues and keys in the services, and removes them from external services.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde::Deserialize;
use serde_json::Value;

use crate::Variables;
use crate::cors::Cors;
use crate::services::Outside;
use crate::template::{Resource, Template};

/// The variable that allows calls to this machine.
pub(crate) const ALLOW_LOOPBACK: &str = "SALDO_ALLOW_LOOPBACK";

/// Clients of the services.
pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) kms: aws_sdk_kms::Client,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Table {
    attribute_definitions: Vec<Attribute>,
    key_schema: Vec<Key>,
    #[serde(default)]
    global_secondary_indexes: Vec<Index>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Index {
    index_name: String,
    key_schema: Vec<Key>,
    projection: IndexProjection,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexProjection {
    projection_type: String,
    non_key_attributes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: String,
    enabled: bool,
}

/// Creates missing resources and returns the variables that name the resources. `external_s3`: the bucket's CORS rules are configured in
/// S3; for an embedded one, the stack enforces them.
pub(crate) async fn provision(
    template: &Template,
    clients: &Clients,
    external_s3: bool,
) -> Result<Variables> {
    let existing = clients.dynamodb.list_tables().send().await?.table_names.unwrap_or_default();
    for table in template.resources("AWS::DynamoDB::Table")? {
        if !existing.contains(&table.logical_id) {
            create_table(&clients.dynamodb, &table)
                .await
                .with_context(|| format!("creating {}", table.logical_id))?;
        }
    }
    let mut variables = template.variables()?;
    variables.insert(ALLOW_LOOPBACK.to_owned(), "true".to_owned());
    let bucket = variables.get("SALDO_BUCKET").context("the template's settings have no bucket")?;
    let buckets = clients.s3.list_buckets().send().await?.buckets.unwrap_or_default();
    if !buckets.iter().any(|existing| existing.name() == Some(bucket.as_str())) {
        clients.s3.create_bucket().bucket(bucket).send().await.context("creating the bucket")?;
    }
    if external_s3 {
        let cors = Cors::of_bucket(template)?.to_s3()?;
        let put = clients.s3.put_bucket_cors().bucket(bucket).cors_configuration(cors);
        put.send().await.context("setting the bucket's CORS rules")?;
    }
    create_queues(template, &clients.sqs).await?;
    create_keys(template, &clients.kms).await?;
    Ok(variables)
}

async fn create_table(dynamodb: &aws_sdk_dynamodb::Client, resource: &Resource) -> Result<()> {
    let table: Table = resource.read()?;
    let mut attributes = Vec::new();
    for attribute in &table.attribute_definitions {
        let kind = ScalarAttributeType::from(attribute.attribute_type.as_str());
        let definition =
            AttributeDefinition::builder().attribute_name(&attribute.attribute_name).attribute_type(kind);
        attributes.push(definition.build()?);
    }
    let mut indexes = Vec::new();
    for index in &table.global_secondary_indexes {
        let IndexProjection { projection_type, non_key_attributes } = &index.projection;
        let projection = Projection::builder()
            .projection_type(ProjectionType::from(projection_type.as_str()))
            .set_non_key_attributes(non_key_attributes.clone())
            .build();
        let keys = key_schema(&index.key_schema)?;
        let index = GlobalSecondaryIndex::builder().index_name(&index.index_name);
        indexes.push(index.set_key_schema(Some(keys)).projection(projection).build()?);
    }
    dynamodb
        .create_table()
        .table_name(&resource.logical_id)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes))
        .set_key_schema(Some(key_schema(&table.key_schema)?))
        .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
        .send()
        .await?;
    if let Some(ttl) = table.time_to_live_specification {
        let ttl = TimeToLiveSpecification::builder()
            .attribute_name(ttl.attribute_name)
            .enabled(ttl.enabled)
            .build()?;
        dynamodb
            .update_time_to_live()
            .table_name(&resource.logical_id)
            .time_to_live_specification(ttl)
            .send()
            .await?;
    }
    Ok(())
}

fn key_schema(keys: &[Key]) -> Result<Vec<KeySchemaElement>> {
    let element = |key: &Key| {
        let kind = KeyType::from(key.key_type.as_str());
        Ok(KeySchemaElement::builder().attribute_name(&key.attribute_name).key_type(kind).build()?)
    };
    keys.iter().map(element).collect()
}

/// Creates the queues, dead-letter queues first, since redrive policies refer to them.
async fn create_queues(template: &Template, sqs: &aws_sdk_sqs::Client) -> Result<()> {
    let mut queues = template.resources("AWS::SQS::Queue")?;
    queues.sort_by_key(|queue| queue.properties.get("RedrivePolicy").is_some());
    for queue in queues {
        let properties = queue.properties.as_object().context("a queue without properties")?;
        let mut create = sqs.create_queue().queue_name(template.queue_name(&queue.logical_id)?);
        // The name is not an attribute of a queue.
        for (name, value) in properties.iter().filter(|(name, _)| *name != "QueueName") {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            create = create.attributes(QueueAttributeName::from(name.as_str()), text);
        }
        create.send().await.with_context(|| format!("creating {}", queue.logical_id))?;
    }
    Ok(())
}

async fn create_keys(template: &Template, kms: &aws_sdk_kms::Client) -> Result<()> {
    for key in template.resources("AWS::KMS::Key")? {
        let alias = template.key_alias(&key.logical_id);
        if kms.describe_key().key_id(&alias).send().await.is_ok() {
            continue;
        }
        let made = kms.create_key().send().await.with_context(|| format!("creating {}", key.logical_id))?;
        let id = made.key_metadata.context("a key without an id")?.key_id;
        kms.create_alias().alias_name(alias).target_key_id(id).send().await.context("naming a key")?;
    }
    Ok(())
}

/// Removes a stack's bucket, queues and keys from external services.
pub(crate) async fn remove(
    template: &Template,
    clients: &Clients,
    variables: &Variables,
    outside: &Outside,
) -> Result<()> {
    if outside.s3.is_some() {
        let bucket = variables.get("SALDO_BUCKET").map_or("", String::as_str);
        remove_bucket(&clients.s3, bucket).await.context("removing the bucket")?;
    }
    if outside.sqs.is_some() {
        for queue in template.resources("AWS::SQS::Queue")? {
            let name = template.queue_name(&queue.logical_id)?;
            let url = clients.sqs.get_queue_url().queue_name(&name).send().await?.queue_url;
            let delete = clients.sqs.delete_queue().queue_url(url.unwrap_or_default());
            delete.send().await.with_context(|| format!("removing {name}"))?;
        }
    }
    if outside.kms.is_some() {
        for key in template.resources("AWS::KMS::Key")? {
            let alias = template.key_alias(&key.logical_id);
            let metadata = clients.kms.describe_key().key_id(&alias).send().await?.key_metadata;
            let id = metadata.context("a key without an id")?.key_id;
            clients.kms.delete_alias().alias_name(alias).send().await.context("removing a key's name")?;
            clients.kms.schedule_key_deletion().key_id(id).send().await.context("removing a key")?;
        }
    }
    Ok(())
}

async fn remove_bucket(s3: &aws_sdk_s3::Client, bucket: &str) -> Result<()> {
    let mut pages = s3.list_objects_v2().bucket(bucket).into_paginator().send();
    while let Some(page) = pages.next().await {
        for file in page?.contents() {
            s3.delete_object().bucket(bucket).key(file.key().unwrap_or_default()).send().await?;
        }
    }
    s3.delete_bucket().bucket(bucket).send().await?;
    Ok(())
}
