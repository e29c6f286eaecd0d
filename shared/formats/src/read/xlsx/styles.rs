//! The formats of a workbook's cells.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::Read;

use super::super::ReadError;
use super::error::too_large;
use super::number_format::NumberFormat;
use super::xml::{self, Event};

/// The formats that a workbook may have. Spreadsheets allow 65,490.
const FORMATS_MAX: usize = 100_000;

/// The formats of cells.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// The different formats.
    formats: Vec<NumberFormat>,
    /// The position in `formats` of each cell style's format.
    of_style: Vec<usize>,
    general: NumberFormat,
}

impl Styles {
    /// Reads the part with the styles.
    pub(super) fn read(source: impl Read) -> Result<Self, ReadError> {
        let since_event = Cell::new(0);
        let mut xml = xml::events(source, &since_event);
        let (mut styles, mut codes) = (Self::default(), HashMap::new());
        let mut positions: HashMap<u32, usize> = HashMap::new();
        let mut is_of_cells = false;
        loop {
            match xml.next()? {
                Event::Start(element) if element.is("numFmt") => {
                    let id = element.attribute("numFmtId")?.and_then(|id| id.parse::<u32>().ok());
                    if let (Some(id), Some(code)) = (id, element.attribute("formatCode")?) {
                        codes.insert(id, NumberFormat::of(&code));
                    }
                }
                Event::Start(element) if element.is("cellXfs") => is_of_cells = true,
                Event::End(element) if element.is("cellXfs") => is_of_cells = false,
                Event::Start(element) if is_of_cells && element.is("xf") => {
                    let id = element.attribute("numFmtId")?.and_then(|id| id.parse::<u32>().ok());
                    let id = id.unwrap_or_default();
                    let position = *positions.entry(id).or_insert_with(|| {
                        let format = codes.get(&id).cloned();
                        styles.formats.push(format.unwrap_or_else(|| NumberFormat::built_in(id)));
                        styles.formats.len() - 1
                    });
                    styles.of_style.push(position);
                }
                Event::Start(_) | Event::End(_) | Event::Text(_) => {}
                Event::Eof => return Ok(styles),
            }
            if styles.of_style.len() > FORMATS_MAX || codes.len() > FORMATS_MAX {
                return Err(too_large(FORMATS_MAX as u64, "formats").into());
            }
        }
    }

    /// The format of the cells of a style.
    pub(super) fn format(&self, style: usize) -> &NumberFormat {
        let position = self.of_style.get(style);
        position.and_then(|position| self.formats.get(*position)).unwrap_or(&self.general)
    }
}

#[cfg(test)]
mod tests {
    use super::super::number_format::Kind;
    use super::*;

    #[test]
    fn styles_of_cells_have_their_formats() {
        let xml = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts>
            <cellStyleXfs><xf numFmtId="22"/></cellStyleXfs>
            <cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="4"/></cellXfs></styleSheet>"#;
        let styles = Styles::read(xml.as_bytes()).expect("styles");
        assert_eq!(styles.format(0), &NumberFormat::default());
        assert_eq!(styles.format(1).kind, Kind::Date { has_time: false });
        assert_eq!(styles.format(2).decimals, Some(2));
        assert_eq!(styles.format(3), &NumberFormat::default());
    }
}
