//! Records whose attributes are declared once: the declaration makes the struct, its projection, and both directions
//! between struct and item. Records of which no query needs a part, and without exact numbers, use serde instead
//! ([`to_item`](super::item::to_item)); serde's numbers would pass through `f64`.

use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use saldo_domain::money::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{Item, NewItem, Reader, moment, nested, number, text};
use crate::failure::Failure;

/// How values of type `T` are stored as attributes.
pub(crate) trait Codec<T> {
    /// The attribute's value; `None` leaves the attribute out.
    fn write(value: &T, what: &'static str) -> Result<Option<AttributeValue>, Failure>;

    /// Reads the attribute; `None` if the item lacks it.
    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<T>, Failure>;
}

/// A string.
pub(crate) struct AsText;
/// A number with all its digits.
pub(crate) struct AsNumber;
/// Milliseconds since 1970.
pub(crate) struct AsMoment;
/// What serde makes of it.
pub(crate) struct AsNested;
/// An attribute that the item may lack.
pub(crate) struct Optional<C>(std::marker::PhantomData<C>);

impl<T: Display + FromStr> Codec<T> for AsText {
    fn write(value: &T, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(text(value)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<T>, Failure> {
        reader.optional(attribute)
    }
}

impl Codec<Decimal> for AsNumber {
    fn write(value: &Decimal, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(number(*value)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Decimal>, Failure> {
        reader.optional(attribute)
    }
}

impl Codec<Timestamp> for AsMoment {
    fn write(value: &Timestamp, _: &'static str) -> Result<Option<AttributeValue>, Failure> {
        Ok(Some(moment(*value)))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Timestamp>, Failure> {
        reader.moment(attribute)
    }
}

impl<T: Serialize + DeserializeOwned> Codec<T> for AsNested {
    fn write(value: &T, what: &'static str) -> Result<Option<AttributeValue>, Failure> {
        nested(value, what).map(Some)
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<T>, Failure> {
        reader.nested(attribute)
    }
}

impl<T, C: Codec<T>> Codec<Option<T>> for Optional<C> {
    fn write(value: &Option<T>, what: &'static str) -> Result<Option<AttributeValue>, Failure> {
        value.as_ref().map_or(Ok(None), |value| C::write(value, what))
    }

    fn read(reader: &Reader<'_>, attribute: &str) -> Result<Option<Option<T>>, Failure> {
        C::read(reader, attribute).map(Some)
    }
}

/// A type of another crate whose values are attributes of an item.
pub(crate) trait Attributes: Sized {
    /// The names of the attributes.
    const NAMES: &'static [&'static str];

    /// Reads the value from an item, which may have other attributes, too.
    fn read(item: &Item) -> Result<Self, Failure>;

    /// Adds the value's attributes to an item.
    fn write(&self, item: &mut NewItem) -> Result<(), Failure>;
}

/// Declares a record. Each field names its type, its [`Codec`] and its attribute. `record! { impl Type, what; ... }`
/// declares [`Attributes`] of a type of another crate.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident, $what:expr;
        $($(#[$field_doc:meta])* $field:ident: $type:ty as $codec:ty = $attribute:expr,)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility struct $name {
            $($(#[$field_doc])* $visibility $field: $type,)*
        }

        #[allow(dead_code, reason = "some records are only read")]
        impl $name {
            /// The attributes that a query has to return for a record to be read.
            pub(crate) const PROJECTION: &'static [&'static str] = &[$($attribute),*];

            /// Reads the record from an item, which may have other attributes, too.
            pub(crate) fn read(item: &$crate::dynamodb::item::Item) -> Result<Self, $crate::failure::Failure> {
                record!(@read item, $what; $($field: $type as $codec = $attribute,)*)
            }

            /// Adds the record's attributes to an item.
            pub(crate) fn write(
                &self,
                item: &mut $crate::dynamodb::item::NewItem,
            ) -> Result<(), $crate::failure::Failure> {
                record!(@write self, item, $what; $($field: $type as $codec = $attribute,)*)
            }
        }
    };
    (impl $name:ty, $what:expr; $($field:ident: $type:ty as $codec:ty = $attribute:expr,)*) => {
        impl $crate::dynamodb::record::Attributes for $name {
            const NAMES: &'static [&'static str] = &[$($attribute),*];

            fn read(item: &$crate::dynamodb::item::Item) -> Result<Self, $crate::failure::Failure> {
                record!(@read item, $what; $($field: $type as $codec = $attribute,)*)
            }

            fn write(&self, item: &mut $crate::dynamodb::item::NewItem) -> Result<(), $crate::failure::Failure> {
                record!(@write self, item, $what; $($field: $type as $codec = $attribute,)*)
            }
        }
    };
    (@read $item:ident, $what:expr; $($field:ident: $type:ty as $codec:ty = $attribute:expr,)*) => {{
        let reader = $crate::dynamodb::item::Reader::new($item, $what);
        Ok(Self {
            $($field: <$codec as $crate::dynamodb::record::Codec<$type>>::read(&reader, $attribute)?
                .ok_or_else(|| reader.missing($attribute))?,)*
        })
    }};
    (@write $self:ident, $item:ident, $what:expr; $($field:ident: $type:ty as $codec:ty = $attribute:expr,)*) => {{
        $(
            let value = <$codec as $crate::dynamodb::record::Codec<$type>>::write(&$self.$field, $what)?;
            $item.extend(value.map(|value| ($attribute, value)));
        )*
        Ok(())
    }};
}

pub(crate) use record;
