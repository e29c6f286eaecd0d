//! What is stored of an open item beside its latest figure: one binary attribute, so that a full account stays below one write
//! unit.
//!
//! It has the form of `postcard`: no names, days as numbers, and amounts as their digits. No query needs a part of it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Span;
use jiff::civil::Date;
use saldo_domain::id::ImportId;
use saldo_domain::money::Decimal;
use saldo_domain::receivable::{Amounts, Figure, Figures, ItemKind, SourceFile};
use serde::{Deserialize, Serialize};

use crate::dynamodb::item::{Reader, binary};
use crate::dynamodb::record::Codec;
use crate::failure::Failure;

/// The day from which days are counted.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);

/// The kind of an open item, what its source has stated of it before, and its terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenItem {
    pub(super) kind: ItemKind,
    pub(super) amounts: Amounts,
    pub(super) as_of: Option<Date>,
    pub(super) figures: Option<Figures>,
    pub(super) discount_until: Option<Date>,
    pub(super) discount_amount: Option<Decimal>,
    pub(super) omitted: Option<SourceFile>,
}

/// The form in which it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    kind: ItemKind,
    amounts: Amounts,
    as_of: Option<Day>,
    highest: Option<StoredFigure>,
    /// The lowest figure, if it is another one than the highest.
    lowest: Option<StoredFigure>,
    discount_until: Option<Day>,
    discount_amount: Option<Digits>,
    omitted: Option<StoredFile>,
}

/// A file: its day, and the bytes of its import's place.
#[derive(Serialize, Deserialize)]
struct StoredFile(Day, [u8; 16]);

/// Days since [`FIRST_DAY`].
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Day(i32);

/// The digits of an amount without its decimal point, and how many of them are behind it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Digits(i128, u8);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct StoredFigure(Digits, Option<Day>);

impl From<Date> for Day {
    fn from(day: Date) -> Self {
        let days = day.duration_since(FIRST_DAY).as_hours() / 24;
        // There are fewer than four million days from the year 0 to 9999.
        Self(i32::try_from(days).unwrap_or_default())
    }
}

impl Day {
    fn date(self) -> Option<Date> {
        FIRST_DAY.checked_add(Span::new().try_days(self.0).ok()?).ok()
    }
}

impl From<Decimal> for Digits {
    fn from(amount: Decimal) -> Self {
        let amount = amount.normalize();
        Self(amount.mantissa(), u8::try_from(amount.scale()).unwrap_or_default())
    }
}

impl Digits {
    fn amount(self) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.0, self.1.into()).ok()
    }
}

impl From<Figure> for StoredFigure {
    fn from(Figure { amount, as_of }: Figure) -> Self {
        Self(amount.into(), as_of.map(Day::from))
    }
}

impl StoredFigure {
    fn figure(self) -> Option<Figure> {
        let as_of = match self.1 {
            Some(day) => Some(day.date()?),
            None => None,
        };
        Some(Figure { amount: self.0.amount()?, as_of })
    }
}

impl StoredFile {
    fn file(self) -> Result<SourceFile, InvalidItem> {
        let import = ImportId::try_from(self.1.as_slice()).map_err(|_| InvalidItem)?;
        Ok(SourceFile { as_of: self.0.date().ok_or(InvalidItem)?, import })
    }
}

impl From<&OpenItem> for Stored {
    fn from(item: &OpenItem) -> Self {
        let extremes = item.figures.map(|figures| figures.extremes());
        let lowest = extremes.filter(|[highest, lowest]| highest != lowest).map(|[_, lowest]| lowest);
        Self {
            kind: item.kind,
            amounts: item.amounts,
            as_of: item.as_of.map(Day::from),
            highest: extremes.map(|[highest, _]| highest.into()),
            lowest: lowest.map(StoredFigure::from),
            discount_until: item.discount_until.map(Day::from),
            discount_amount: item.discount_amount.map(Digits::from),
            omitted: item.omitted.as_ref().map(|file| StoredFile(file.as_of.into(), *file.import.as_bytes())),
        }
    }
}

/// The bytes are not those of an open item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an open item in its binary form")]
pub(super) struct InvalidItem;

impl TryFrom<&[u8]> for OpenItem {
    type Error = InvalidItem;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidItem> {
        let stored: Stored = postcard::from_bytes(bytes).map_err(|_| InvalidItem)?;
        let day = |day: Option<Day>| day.map(|day| day.date().ok_or(InvalidItem)).transpose();
        let figure = |figure: StoredFigure| figure.figure().ok_or(InvalidItem);
        let highest = stored.highest.map(figure).transpose()?;
        let lowest = stored.lowest.map(figure).transpose()?.or(highest);
        Ok(Self {
            kind: stored.kind,
            amounts: stored.amounts,
            as_of: day(stored.as_of)?,
            figures: highest.zip(lowest).map(|(highest, lowest)| Figures::of_extremes(highest, lowest)),
            omitted: stored.omitted.map(StoredFile::file).transpose()?,
            discount_until: day(stored.discount_until)?,
            discount_amount: stored
                .discount_amount
                .map(|digits| digits.amount().ok_or(InvalidItem))
                .transpose()?,
        })
    }
}

/// The binary form; no attribute for an account that is no open item.
pub(super) struct AsOpenItem;

impl Codec<OpenItem> for AsOpenItem {
    fn write(value: &OpenItem, what: &'static str) -> Result<Option<AttributeValue>, Failure> {
        if *value == OpenItem::default() {
            return Ok(None);
        }
        let bytes = postcard::to_stdvec(&Stored::from(value)).map_err(Failure::corrupt(what))?;
        Ok(Some(binary(&bytes)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<OpenItem>, Failure> {
        Ok(Some(reader.binary(attribute)?.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_read_back() {
        let day = |day: i8| Date::constant(2026, 1, day);
        let figure = |text: &str, as_of| Figure { amount: text.parse().expect("an amount"), as_of };
        let mut figures = Figures::of(figure("79228162514264337593543950335", None));
        let file = SourceFile { as_of: day(31), import: ImportId::of_seed(uuid::Uuid::now_v7()) };
        for (lowest, omitted) in [(None, None), (Some(figure("-1234567890.12", Some(day(5)))), Some(file))] {
            if let Some(lowest) = lowest {
                figures.add(lowest);
            }
            let item = OpenItem {
                kind: ItemKind::Payment,
                amounts: Amounts::Originals,
                as_of: Some(day(31)),
                figures: Some(figures),
                discount_until: Some(Date::constant(2199, 12, 31)),
                discount_amount: Some("0.0000000000000000000000000001".parse().expect("an amount")),
                omitted,
            };
            let bytes = postcard::to_stdvec(&Stored::from(&item)).expect("bytes");
            assert_eq!(OpenItem::try_from(&*bytes), Ok(item));
            assert_eq!(OpenItem::try_from(&bytes[..bytes.len() - 1]), Err(InvalidItem));
        }
    }
}
