//! The items that a complete file closes: their list, and the question whether they are to be closed.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Result;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{self, Output, note};
use crate::api::{Api, Document};
use crate::job::{self, AWAITING, JobId};
use crate::session::Session;

/// The items that are shown before the question.
const ITEMS_SHOWN: usize = 20;
/// The entries of a page, the most that the API has.
const PAGE: usize = 100;

/// Decides about an import that waits for a confirmation: shows what it would close and, unless the caller has said `yes`, asks.
/// Returns the import as it is then: it still waits if no terminal is there to ask, or if the answer is no.
///
/// # Errors
/// When the list can't be read, or the confirmation fails.
pub(crate) async fn decide(
    session: &Session,
    api: &Api,
    id: &JobId,
    job: Document,
    yes: bool,
) -> Result<Document> {
    if job.text_of("status") != AWAITING {
        return Ok(job);
    }
    let (count, of) = (&job.json["closings"]["items"], &job.json["closings"]["of_items"]);
    note(&format!(
        "The file omits {count} of {of} open items:\n{}",
        table(&list(api, id, ITEMS_SHOWN).await?)
    ));
    if let Some(more) =
        count.as_u64().and_then(|count| count.checked_sub(ITEMS_SHOWN as u64)).filter(|more| *more > 0)
    {
        note(&format!("and {more} more: `saldo jobs closings {id}` lists them."));
    }
    if !yes && !asked(&format!("Close these {count} items? [y/N] "))? {
        return Ok(job);
    }
    confirm(api, id).await?;
    job::ended(session, api, id).await
}

/// Confirms that the items of an import are closed. Returns the import as it is then.
///
/// # Errors
/// When the API refuses it.
pub(crate) async fn confirm(api: &Api, id: &JobId) -> Result<Document> {
    let answer = api.post(&id.v1_path("confirm"), &json!({}), &Uuid::new_v4().to_string()).await;
    Ok(answer.map_err(|error| id.explain(error))?.document()?)
}

/// Shows all items that an import closes.
///
/// # Errors
/// When they can't be read, or stdout is closed.
pub(crate) async fn show(output: Output, api: &Api, id: &JobId) -> Result<()> {
    let items = list(api, id, usize::MAX).await?;
    match output {
        Output::Json => answer::print(&serde_json::to_string_pretty(&items)?)?,
        Output::Table if items.is_empty() => answer::print("The import closes nothing.")?,
        Output::Table => answer::print(&table(&items))?,
    }
    Ok(())
}

/// The first items, at most so many.
async fn list(api: &Api, id: &JobId, at_most: usize) -> Result<Vec<Value>> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let limit = PAGE.min(at_most - items.len());
        let path = format!("{}?limit={limit}{after}", id.v1_path("closings"));
        let page = api.read(&path).await.map_err(|error| id.explain(error))?;
        items.extend(page.json["data"].as_array().into_iter().flatten().cloned());
        match page.json["next_starting_after"].as_str() {
            Some(next) if items.len() < at_most => after = format!("&starting_after={next}"),
            _ => return Ok(items),
        }
    }
}

fn table(items: &[Value]) -> String {
    const COLUMNS: [&str; 5] = ["external_id", "name", "open_amount", "currency", "due_date"];
    let cells =
        |item: &Value| COLUMNS.map(|column| item[column].as_str().unwrap_or_default().to_owned()).to_vec();
    answer::columns(&["EXTERNAL ID", "NAME", "OPEN AMOUNT", "CURRENCY", "DUE DATE"], items.iter().map(cells))
}

/// Asks, if there is a person to answer.
fn asked(question: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    write!(io::stderr(), "{question}")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
