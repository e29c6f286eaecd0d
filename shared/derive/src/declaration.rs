//! The declaration of a body: the struct with its `#[body(...)]` attributes.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, GenericArgument, Lit, LitStr, Path, PathArguments, Result,
    Token, Type, parenthesized,
};

/// A body.
pub(crate) struct Declaration {
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) fields: Vec<Field>,
    /// utoipa's attributes; `None` if the body is not described.
    pub(crate) schema: Option<TokenStream>,
    pub(crate) ignore_unknown: bool,
    pub(crate) read_only: Vec<(LitStr, LitStr)>,
    pub(crate) context: Option<Type>,
    pub(crate) rules: Vec<Rule>,
}

/// A rule over several fields.
pub(crate) struct Rule {
    pub(crate) path: Path,
    pub(crate) fields: Vec<Ident>,
}

/// A field of a body.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) source: Source,
    /// Its name on the wire.
    pub(crate) name: String,
    /// Its name with the names of the objects around it.
    pub(crate) path: String,
    pub(crate) wire: Option<Type>,
    pub(crate) schema: TokenStream,
}

/// What a request may do with a field.
pub(crate) enum Shape {
    Required,
    /// It can be left out, for the default: a literal, or `Default::default()`.
    Default(Option<Lit>),
    Optional,
    NotNull,
    Patch,
}

/// Where the value of a field comes from.
pub(crate) enum Source {
    /// A function that reads it.
    Read(Path),
    /// A function that reads it and gets the context.
    ReadWith(Path),
    /// A whole number within bounds.
    Integer(Box<Expr>, Box<Expr>),
    /// A list of at most so many strings.
    List(Box<Expr>),
    /// The fields of a nested object.
    Nested,
    /// A function that gets all fields.
    Computed(Path),
}

impl Field {
    /// Its type without `Option` and `Patch`.
    pub(crate) fn inner(&self) -> &Type {
        match self.shape {
            Shape::Required | Shape::Default(_) => &self.ty,
            Shape::Optional | Shape::NotNull | Shape::Patch => {
                argument_of(&self.ty).map_or(&self.ty, |(_, ty)| ty)
            }
        }
    }
}

/// The attributes of the struct, as they are parsed.
#[derive(Default)]
struct Options {
    schema: Option<TokenStream>,
    camel_case: bool,
    prefix: Option<String>,
    ignore_unknown: bool,
    read_only: Vec<(LitStr, LitStr)>,
    context: Option<Type>,
    rules: Vec<Rule>,
}

impl Declaration {
    pub(crate) fn parse(input: &DeriveInput) -> Result<Self> {
        let options = Options::parse(&input.attrs)?;
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new_spanned(input, "a body is a struct"));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(syn::Error::new_spanned(input, "the fields of a body have names"));
        };
        let fields = named.named.iter().map(|field| Field::parse(field, &options)).collect::<Result<_>>()?;
        let Options { schema, ignore_unknown, read_only, context, rules, .. } = options;
        let (ident, docs) = (input.ident.clone(), docs(&input.attrs));
        Ok(Self { ident, docs, fields, schema, ignore_unknown, read_only, context, rules })
    }
}

impl Options {
    fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("body")) {
            attribute.parse_nested_meta(|meta| options.add(&meta))?;
        }
        Ok(options)
    }

    fn add(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("schema") {
            self.schema =
                Some(if meta.input.peek(syn::token::Paren) { arguments(meta)? } else { TokenStream::new() });
        } else if meta.path.is_ident("rename_all") {
            let rule: LitStr = meta.value()?.parse()?;
            if rule.value() != "camelCase" {
                return Err(syn::Error::new_spanned(rule, "only camelCase is known"));
            }
            self.camel_case = true;
        } else if meta.path.is_ident("prefix") {
            self.prefix = Some(meta.value()?.parse::<LitStr>()?.value());
        } else if meta.path.is_ident("ignore_unknown") {
            self.ignore_unknown = true;
        } else if meta.path.is_ident("read_only") {
            let content;
            parenthesized!(content in meta.input);
            let name = content.parse()?;
            content.parse::<Token![,]>()?;
            self.read_only.push((name, content.parse()?));
        } else if meta.path.is_ident("context") {
            self.context = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("rule") {
            let path = meta.value()?.parse()?;
            let content;
            parenthesized!(content in meta.input);
            let fields = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?;
            self.rules.push(Rule { path, fields: fields.into_iter().collect() });
        } else {
            return Err(meta.error("no attribute of a body"));
        }
        Ok(())
    }
}

impl Field {
    fn parse(field: &syn::Field, options: &Options) -> Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(syn::Error::new_spanned(field, "a field has a name"));
        };
        let name = ident.to_string();
        let name = if options.camel_case { camel_case(&name) } else { name };
        let wrapper = argument_of(&field.ty).map(|(wrapper, _)| wrapper.to_string());
        let shape = match wrapper.as_deref() {
            Some("Option") => Shape::Optional,
            Some("Patch") => Shape::Patch,
            _ => Shape::Required,
        };
        let mut parsed = Self {
            docs: docs(&field.attrs),
            ty: field.ty.clone(),
            shape,
            source: Source::Read(syn::parse_quote!(crate::fields::Fields::parse)),
            name,
            path: String::new(),
            wire: None,
            schema: TokenStream::new(),
            ident,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("body")) {
            attribute.parse_nested_meta(|meta| parsed.add(&meta))?;
        }
        parsed.path = match &options.prefix {
            Some(prefix) => format!("{prefix}.{}", parsed.name),
            None => parsed.name.clone(),
        };
        Ok(parsed)
    }

    fn add(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("rename") {
            self.name = meta.value()?.parse::<LitStr>()?.value();
        } else if meta.path.is_ident("read") {
            self.source = Source::Read(meta.value()?.parse()?);
        } else if meta.path.is_ident("read_with") {
            self.source = Source::ReadWith(meta.value()?.parse()?);
        } else if meta.path.is_ident("integer") {
            let content;
            parenthesized!(content in meta.input);
            let least = content.parse()?;
            content.parse::<Token![,]>()?;
            self.source = Source::Integer(Box::new(least), Box::new(content.parse()?));
        } else if meta.path.is_ident("list") {
            let content;
            parenthesized!(content in meta.input);
            self.source = Source::List(Box::new(content.parse()?));
        } else if meta.path.is_ident("default") {
            let literal = if meta.input.peek(Token![=]) { Some(meta.value()?.parse()?) } else { None };
            self.shape = Shape::Default(literal);
        } else if meta.path.is_ident("not_null") {
            self.shape = Shape::NotNull;
        } else if meta.path.is_ident("nested") {
            self.source = Source::Nested;
        } else if meta.path.is_ident("computed") {
            self.source = Source::Computed(meta.value()?.parse()?);
        } else if meta.path.is_ident("wire") {
            self.wire = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("schema") {
            self.schema = arguments(meta)?;
        } else {
            return Err(meta.error("no attribute of a field of a body"));
        }
        Ok(())
    }
}

/// The tokens in the parentheses of an attribute.
fn arguments(meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    let content;
    parenthesized!(content in meta.input);
    content.parse()
}

fn docs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned().collect()
}

/// The name and the argument of a type such as `Option<T>`.
fn argument_of(ty: &Type) -> Option<(&Ident, &Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some((&last.ident, ty)),
        _ => None,
    }
}

/// `booked_at` as `bookedAt`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut chars = word.chars();
        camel.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(chars.as_str());
    }
    camel
}

/// The element type of a `Vec`, for the description of a list.
pub(crate) fn element_of(ty: &Type) -> TokenStream {
    argument_of(ty).map_or_else(|| ty.to_token_stream(), |(_, element)| element.to_token_stream())
}
