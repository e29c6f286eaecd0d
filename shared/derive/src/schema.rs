//! The implementation of `ToSchema`. `utoipa` derives it for a struct that has each field as it is on the wire.

use proc_macro2::TokenStream;
use quote::quote;

use crate::declaration::{Declaration, Field, Shape, Source, element_of};

/// `impl ToSchema`, if the body is described.
pub(crate) fn implement(body: &Declaration) -> TokenStream {
    let Some(schema) = &body.schema else { return TokenStream::new() };
    let (ident, docs) = (&body.ident, &body.docs);
    let name = match schema.clone().into_iter().next() {
        Some(first) if first.to_string() == "as" => TokenStream::new(),
        _ => quote! { as = #ident, },
    };
    let unknown = (!body.ignore_unknown).then(|| quote! { #[serde(deny_unknown_fields)] });
    let described = || body.fields.iter().filter(|field| !matches!(field.source, Source::Computed(_)));
    let fields = described().map(property);
    let bounds = described().filter_map(bounds);
    quote! {
        #[cfg(feature = "openapi")]
        const _: () = {
            #(#docs)*
            #[derive(::utoipa::ToSchema)]
            #[schema(#name #schema)]
            #unknown
            #[allow(dead_code, reason = "it is described, never made")]
            struct Described {
                #(#fields),*
            }

            #[automatically_derived]
            impl ::utoipa::PartialSchema for #ident {
                fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                    #[allow(unused_mut, reason = "not every body has bounds")]
                    let mut schema = <Described as ::utoipa::PartialSchema>::schema();
                    #(#bounds)*
                    schema
                }
            }

            #[automatically_derived]
            impl ::utoipa::ToSchema for #ident {
                fn name() -> ::std::borrow::Cow<'static, str> {
                    <Described as ::utoipa::ToSchema>::name()
                }

                fn schemas(
                    schemas: &mut Vec<(String, ::utoipa::openapi::RefOr<::utoipa::openapi::Schema>)>,
                ) {
                    <Described as ::utoipa::ToSchema>::schemas(schemas);
                }
            }
        };
    }
}

fn property(field: &Field) -> TokenStream {
    let Field { ident, docs, name, schema, .. } = field;
    let ty = match (&field.wire, &field.source) {
        (Some(wire), _) => quote! { #wire },
        (None, Source::List(_)) => {
            let element = element_of(field.inner());
            quote! { ::std::collections::BTreeSet<#element> }
        }
        (None, _) => {
            let inner = field.inner();
            quote! { #inner }
        }
    };
    let ty = if matches!(field.shape, Shape::Required) {
        ty
    } else {
        quote! { Option<#ty> }
    };
    let rename = (*ident != name).then(|| quote! { #[serde(rename = #name)] });
    let not_null = matches!(field.shape, Shape::NotNull).then(|| quote! { nullable = false, });
    let default = match &field.shape {
        Shape::Default(Some(default)) => Some(quote! { default = #default, }),
        _ => None,
    };
    let attributes = quote! { #not_null #default #schema };
    let attributes = (!attributes.is_empty()).then(|| quote! { #[schema(#attributes)] });
    quote! { #(#docs)* #rename #attributes #ident: #ty }
}

/// Shows the bounds that reading checks: `utoipa` takes literals alone.
fn bounds(field: &Field) -> Option<TokenStream> {
    let name = &field.name;
    match &field.source {
        Source::Integer(least, most) => {
            Some(quote! { crate::openapi::bound_integer(&mut schema, #name, #least, #most); })
        }
        Source::List(max) => Some(quote! { crate::openapi::bound_list(&mut schema, #name, #max); }),
        _ => None,
    }
}
