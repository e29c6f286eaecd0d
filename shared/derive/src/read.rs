//! The implementation of `Body`: reading all fields, each as its declaration says.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::Type;

use crate::declaration::{Declaration, Field, Rule, Shape, Source};

/// `impl Body`.
pub(crate) fn implement(body: &Declaration) -> TokenStream {
    let ident = &body.ident;
    let context = body.context.as_ref().map_or_else(|| quote!(()), |context| quote!(#context));
    let ignores_unknown = body.ignore_unknown;
    let (names, names_len) = names(body);
    let reads = body.fields.iter().map(read);
    let rules = body.rules.iter().map(|rule| call(rule, body.context.as_ref()));
    let refusals = body.read_only.iter().map(|(name, reason)| {
        quote! { fields.refuse_read_only(#name, #reason); }
    });
    let values = body.fields.iter().map(value);
    quote! {
        #[automatically_derived]
        impl crate::fields::Body for #ident {
            type Context = #context;

            const FIELDS: &'static crate::fields::Names =
                &crate::fields::Names::new(&crate::fields::joined::<{ #names_len }>(&[#names]));
            const IGNORES_UNKNOWN: bool = #ignores_unknown;

            #[allow(unused_variables, clippy::too_many_lines, reason = "not every body needs its context")]
            fn take(fields: &mut crate::fields::Fields<'_>, context: Self::Context) -> Option<Self> {
                #(#reads)*
                #(#rules)*
                #(#refusals)*
                Some(Self { #(#values),* })
            }
        }
    }
}

/// The lists of names that together are the body's, and how many names there are.
fn names(body: &Declaration) -> (TokenStream, TokenStream) {
    let (mut lists, mut lens) = (Vec::new(), Vec::new());
    for field in &body.fields {
        match &field.source {
            Source::Computed(_) => {}
            Source::Nested => {
                let nested = field.inner();
                lists.push(quote! { <#nested as crate::fields::Body>::FIELDS.all() });
                lens.push(quote! { <#nested as crate::fields::Body>::FIELDS.all().len() });
            }
            _ => {
                let path = &field.path;
                lists.push(quote! { &[#path] });
                lens.push(quote! { 1 });
            }
        }
    }
    let read_only = body.read_only.iter().map(|(name, _)| name);
    let read_only_len = Literal::usize_unsuffixed(body.read_only.len());
    lists.push(quote! { &[#(#read_only),*] });
    (quote! { #(#lists),* }, quote! { #(#lens +)* #read_only_len })
}

/// Reads a field into a variable of its name.
fn read(field: &Field) -> TokenStream {
    let (ident, inner, path) = (&field.ident, field.inner(), &field.path);
    let reader = match &field.source {
        Source::Read(function) => quote! { |fields, name| #function(fields, name) },
        Source::ReadWith(function) => quote! { |fields, name| #function(fields, name, context) },
        Source::Integer(least, most) => quote! { |fields, name| fields.integer(name, #least..=#most) },
        Source::List(max) => quote! { |fields, name| fields.list(name, #max, str::parse) },
        Source::Nested => return read_nested(field),
        Source::Computed(function) => return quote! { let #ident = #function(fields); },
    };
    match field.shape {
        Shape::Required => quote! { let #ident: Option<#inner> = fields.required(#path, #reader); },
        Shape::NotNull => quote! { let #ident: Option<#inner> = fields.not_null(#path, #reader); },
        Shape::Optional | Shape::Default(_) => {
            quote! { let #ident: Option<#inner> = fields.read(#path, #reader).value(); }
        }
        Shape::Patch => quote! { let #ident: crate::fields::Patch<#inner> = fields.read(#path, #reader); },
    }
}

fn read_nested(field: &Field) -> TokenStream {
    let (ident, inner) = (&field.ident, field.inner());
    let take = quote! { crate::fields::Body::take(fields, context) };
    if matches!(field.shape, Shape::Optional) {
        quote! {
            let #ident: Option<#inner> = match fields.has_any(<#inner as crate::fields::Body>::FIELDS) {
                true => #take,
                false => None,
            };
        }
    } else {
        quote! { let #ident: Option<#inner> = #take; }
    }
}

/// Applies a rule to what was read.
fn call(rule: &Rule, context: Option<&Type>) -> TokenStream {
    let Rule { path, fields } = rule;
    let context = context.map(|_| quote! { context, });
    quote! { #path(fields, #context #(#fields.as_ref()),*); }
}

/// The field in the struct, from the variable of its name.
fn value(field: &Field) -> TokenStream {
    let ident = &field.ident;
    match (&field.source, &field.shape) {
        (Source::Computed(_), _) | (_, Shape::Optional | Shape::NotNull | Shape::Patch) => quote! { #ident },
        (_, Shape::Required) => quote! { #ident: #ident? },
        (_, Shape::Default(None)) => quote! { #ident: #ident.unwrap_or_default() },
        (_, Shape::Default(Some(default))) => quote! { #ident: #ident.unwrap_or(#default) },
    }
}
