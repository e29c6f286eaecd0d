//! Several things at once, but not too many.

use futures::TryStreamExt;
use futures::stream::FuturesOrdered;

/// Runs the futures, at most `limit` of them at once, and returns what they came to, in
/// their order.
///
/// (They come in a `Vec`: an iterator whose closure borrows could not be held by a future
/// that moves between threads.)
///
/// # Errors
/// The first error in that order; what is still running then is dropped.
pub async fn in_order<F, T, E>(limit: usize, futures: Vec<F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut results = Vec::new();
    let mut in_flight = FuturesOrdered::new();
    for future in futures {
        if in_flight.len() >= limit {
            results.extend(in_flight.try_next().await?);
        }
        in_flight.push_back(future);
    }
    while let Some(result) = in_flight.try_next().await? {
        results.push(result);
    }
    Ok(results)
}
