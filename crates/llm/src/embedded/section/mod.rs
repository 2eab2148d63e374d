//! `write_section`: a section of a cited briefing.
//!
//! Exact words of notes stand in quotation marks, with the publisher's name; what stands between them comes from
//! the reviewed templates of [`frames`]. Templates add no fact: no name but publishers and speakers, no number.

mod bottom_line;
mod figures;
mod frames;
mod lead;
mod ledger;
mod material;
mod opening;
mod pen;
mod question;
mod releases;
mod roundup;
mod subject;

use copydesk_domain::task::{WriteSectionInput, WriteSectionOutput};

use pen::Pen;

/// Writes one section. Nothing comes of notes that give nothing, nor of sections that are the author's own.
pub fn write(input: &WriteSectionInput) -> WriteSectionOutput {
    let mut pen = Pen::new(input);
    let paragraphs = match input.kind.as_str() {
        "lead" => lead::write(input, &mut pen),
        "releases" => releases::write(input, &mut pen),
        "bottom_line" => bottom_line::write(input, &mut pen),
        "question" => question::write(input),
        // An opinion or a pattern is for the author; what is quiet and what else was read is made by code.
        "take" | "pattern" | "quiet" | "also_read" => Vec::new(),
        _ => roundup::write(input, &mut pen),
    };
    let paragraphs = paragraphs
        .into_iter()
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    WriteSectionOutput { paragraphs }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
