//! Sources whose text changed since it was read: noticed, kept with what differs, and told where an issue cites them.

use std::collections::{HashMap, HashSet};

use copydesk_domain::artifact::{
    BlockChange, BlockChangeKind, Fetch, Piece, PieceMark, ReadFrom, ResearchBrief, Source, SourceChange,
};
use copydesk_domain::{ContentHash, Untrusted};
use copydesk_journal::{StageContext, StageError, StageInputs, ToolName};
use copydesk_store::SnapshotParams;
use copydesk_text::words;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::feeds::Polled;
use super::reading::{self, AUTHOR, Reading};
use crate::readers;

/// Pages that are read once more because an issue of the last weeks cites them: an issue or two.
const AGAIN_MAX: usize = 12;
/// Pages read once more at a time.
const AT_ONCE: usize = 4;
/// Blocks listed of one change; both snapshots have the rest.
const BLOCKS_MAX: usize = 20;
/// Bytes of one block that are shown.
const SHOWN_MAX: usize = 4_000;
/// Blocks of a text that are compared, and words of a block.
const COMPARED_MAX: usize = 3_000;

/// A cited source of an issue, the newest issue first.
struct Cited {
    source: Source,
    slug: String,
}

/// Looks again at what issues of the last weeks cite, and tells every change: of those, and of what was read today.
pub(crate) async fn find(
    ctx: &StageContext,
    inputs: &StageInputs,
    polled: &[Polled],
    readings: &[Reading],
) -> Result<Vec<SourceChange>, StageError> {
    let cited = cited(ctx, inputs).await?;
    let tool = ToolName::new("web", "read");
    let may_read = ctx.tools().iter().any(|pattern| tool.is_covered_by(pattern));
    let mut changes = Vec::new();
    let mut to_read = Vec::new();
    for one in cited {
        let again = readings.iter().find(|reading| reading.is_at(&one.source.url));
        if let Some(reading) = again {
            // A teaser beside a page is no change.
            let (then, now) = (one.source.read_from, reading.source.read_from);
            if then.is_some() && then != now {
                continue;
            }
            let after = (reading.source.snapshot, &reading.text);
            changes.extend(change(ctx, &one.source, after, Some(one.slug)).await?);
        } else if one.source.read_from != Some(ReadFrom::Page)
            && let Some(text) = reading::text_in_feed(polled, &one.source.url)
        {
            changes.extend(put_and_compare(ctx, one, text).await?);
        } else if may_read && one.source.read_from == Some(ReadFrom::Page) && to_read.len() < AGAIN_MAX {
            to_read.push(one);
        }
    }
    let read = ctx
        .for_each(to_read, AT_ONCE, |one| async move {
            let text = reading::text_of_page(ctx, &one.source.url).await;
            text.map(|text| (one, text))
        })
        .await;
    for result in read {
        let (one, text) = result?;
        match text {
            Ok(text) => changes.extend(put_and_compare(ctx, one, text).await?),
            Err(reason) => {
                let place = &one.source.url;
                ctx.log(
                    "warn",
                    format!("{place}, cited in {}, cannot be read again: {reason}", one.slug),
                );
            }
        }
    }
    for reading in readings {
        let is_told = |change: &SourceChange| change.after == reading.source.snapshot;
        let Some(before) = reading
            .source
            .changed_from
            .filter(|_| !changes.iter().any(is_told))
        else {
            continue;
        };
        let source = Source {
            snapshot: before,
            ..reading.source.clone()
        };
        changes.extend(change(ctx, &source, (reading.source.snapshot, &reading.text), None).await?);
    }
    Ok(changes)
}

/// What the issues of the last weeks cite, each address once, as its newest issue had it, or as a later brief found it
/// changed and told so: each change is told once.
async fn cited(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Cited>, StageError> {
    let mut issues = Vec::new();
    for issue in &inputs.issues {
        let draft = readers::draft_of(ctx, issue).await?;
        let brief: ResearchBrief = ctx.artifact(&issue.brief).await?;
        issues.push((issue.slug.clone(), draft.sources, brief));
    }
    Ok(latest(issues))
}

/// The cited sources of some issues, newest issue first, each address once. Pure.
fn latest(issues: Vec<(String, Vec<ContentHash>, ResearchBrief)>) -> Vec<Cited> {
    let mut seen = HashSet::new();
    let mut told: HashMap<String, ContentHash> = HashMap::new();
    let mut cited = Vec::new();
    for (slug, sources, brief) in issues {
        // The newest word on a page counts: the issue that cites it anew, or the brief that found it changed.
        let changes = brief.changes.iter().filter(|change| change.told_in.is_some());
        let changes: Vec<(String, ContentHash)> =
            changes.map(|change| (change.url.clone(), change.after)).collect();
        for source in brief.sources {
            let is_ours = source.owner == AUTHOR || source.read_from == Some(ReadFrom::Note);
            if sources.contains(&source.snapshot) && !is_ours && seen.insert(source.url.clone()) {
                let snapshot = told.get(&source.url).copied().unwrap_or(source.snapshot);
                cited.push(Cited {
                    source: Source { snapshot, ..source },
                    slug: slug.clone(),
                });
            }
        }
        for (url, after) in changes {
            told.entry(url).or_insert(after);
        }
    }
    cited
}

/// Stores the text as it is and compares it with the one that an issue cites.
async fn put_and_compare(
    ctx: &StageContext,
    cited: Cited,
    text: Untrusted<String>,
) -> Result<Option<SourceChange>, StageError> {
    let source = cited.source;
    if ContentHash::of(text.inspect().as_bytes()) == source.snapshot || text.inspect().trim().is_empty() {
        return Ok(None);
    }
    let snapshot = SnapshotParams {
        text: text.clone(),
        owner: source.owner.clone(),
        fetch: Fetch {
            url: source.url.clone(),
            fetched_at: ctx.now(),
            title: Some(source.title.clone()),
            authors: source.authors.clone(),
            published_at: source.published_at,
            publisher: source.publisher.clone(),
        },
    };
    let after = ctx.put_snapshot(snapshot).await?;
    change(ctx, &source, (after, &text), Some(cited.slug)).await
}

/// What changed between a stored text and the one at hand; none where no word did, or the old text is gone.
async fn change(
    ctx: &StageContext,
    before: &Source,
    after: (ContentHash, &Untrusted<String>),
    told_in: Option<String>,
) -> Result<Option<SourceChange>, StageError> {
    if before.snapshot == after.0 {
        return Ok(None);
    }
    let Ok(record) = ctx.snapshot(&before.snapshot).await else {
        return Ok(None);
    };
    let mut blocks = compare(record.text.inspect(), after.1.inspect());
    if blocks.is_empty() {
        return Ok(None);
    }
    let blocks_cut = blocks.len().saturating_sub(BLOCKS_MAX);
    blocks.truncate(BLOCKS_MAX);
    Ok(Some(SourceChange {
        url: before.url.clone(),
        title: before.title.clone(),
        publisher: before.publisher.clone(),
        before: before.snapshot,
        after: after.0,
        told_in,
        blocks,
        blocks_cut: u32::try_from(blocks_cut).unwrap_or(u32::MAX),
    }))
}

/// The blocks that differ between two texts of one block a line. Space, case and marks alone are no difference.
pub(crate) fn compare(before: &str, after: &str) -> Vec<BlockChange> {
    let (old, new) = (lines(before), lines(after));
    let keys = |lines: &[&str]| lines.iter().map(|line| key(line)).collect::<Vec<_>>();
    let mut found = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &keys(&old), &keys(&new)) {
        let (removed, added) = match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                (&old[op.old_range()], &new[op.new_range()])
            }
        };
        let both = removed.len().min(added.len());
        for (old, new) in removed.iter().zip(added) {
            // What is only counted is not compared word by word.
            let is_shown = found.len() < BLOCKS_MAX;
            found.push(if is_shown {
                changed(old, new)
            } else {
                whole("", BlockChangeKind::Changed)
            });
        }
        found.extend(
            removed[both..]
                .iter()
                .map(|old| whole(old, BlockChangeKind::Removed)),
        );
        found.extend(added[both..].iter().map(|new| whole(new, BlockChangeKind::Added)));
    }
    found
}

fn lines(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !key(line).is_empty())
        .take(COMPARED_MAX)
        .collect()
}

/// What is compared of a block: its words.
fn key(line: &str) -> Vec<String> {
    words::words(line).map(|(_, word)| word.to_lowercase()).collect()
}

/// What is shown of a block. A page in one line is no reason for a brief of its size.
fn shown(line: &str) -> &str {
    &line[..line.floor_char_boundary(SHOWN_MAX)]
}

fn whole(line: &str, kind: BlockChangeKind) -> BlockChange {
    let mark = if kind == BlockChangeKind::Added {
        PieceMark::Added
    } else {
        PieceMark::Removed
    };
    BlockChange {
        kind,
        pieces: vec![piece(mark, shown(line))],
    }
}

/// Two blocks at one place, word by word.
fn changed(old: &str, new: &str) -> BlockChange {
    let split =
        |line: &'_ str| -> Vec<String> { shown(line).split_whitespace().map(str::to_owned).collect() };
    let (old, new) = (split(old), split(new));
    let mut pieces = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (was, is) = (old[op.old_range()].join(" "), new[op.new_range()].join(" "));
        if matches!(op, DiffOp::Equal { .. }) {
            pieces.push(piece(PieceMark::Kept, &was));
            continue;
        }
        pieces.extend((!was.is_empty()).then(|| piece(PieceMark::Removed, &was)));
        pieces.extend((!is.is_empty()).then(|| piece(PieceMark::Added, &is)));
    }
    BlockChange {
        kind: BlockChangeKind::Changed,
        pieces,
    }
}

fn piece(mark: PieceMark, text: &str) -> Piece {
    Piece {
        mark,
        text: Untrusted::new(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    /// `-` and `+` before words of one text only.
    fn shown(before: &str, after: &str) -> Vec<String> {
        let piece = |piece: &Piece| match piece.mark {
            PieceMark::Kept => piece.text.inspect().clone(),
            PieceMark::Removed => format!("-[{}]", piece.text.inspect()),
            PieceMark::Added => format!("+[{}]", piece.text.inspect()),
        };
        let block = |block: &BlockChange| block.pieces.iter().map(piece).collect::<Vec<_>>().join(" ");
        compare(before, after).iter().map(block).collect()
    }

    #[test]
    fn a_change_that_a_brief_told_is_where_the_next_one_is_told_from() {
        let source = Source {
            url: "https://norn.example/a".to_owned(),
            ..fixture::source("norn.example", "A", "It lost 40 %.")
        };
        let cites = (
            "monday".to_owned(),
            vec![source.snapshot],
            fixture::brief(vec![source.clone()]),
        );
        let corrected = ContentHash::of(b"It lost 4 %.");
        let change = SourceChange {
            url: source.url.clone(),
            title: source.title.clone(),
            publisher: source.publisher.clone(),
            before: source.snapshot,
            after: corrected,
            told_in: Some("monday".to_owned()),
            blocks: Vec::new(),
            blocks_cut: 0,
        };
        let mut brief = fixture::brief(Vec::new());
        brief.changes = vec![change];
        let told = ("tuesday".to_owned(), Vec::new(), brief);
        let found = latest(vec![told, cites.clone()]);
        assert_eq!(
            (found[0].source.snapshot, found[0].slug.as_str()),
            (corrected, "monday")
        );
        assert_eq!(latest(vec![cites])[0].source.snapshot, source.snapshot);
    }

    #[test]
    fn a_corrected_figure_is_told_with_the_words_around_it() {
        let before = "Norn fell.\nIt lost 40 % of its users in May.\nThe end.";
        let after = "Norn fell.\nIt lost 4 % of its users in May.\nCorrection: an earlier figure was wrong.\nThe end.";
        assert_eq!(
            shown(before, after),
            [
                "It lost -[40] +[4] % of its users in May.",
                "+[Correction: an earlier figure was wrong.]"
            ]
        );
        assert_eq!(compare(before, after)[1].kind, BlockChangeKind::Added);
    }

    #[test]
    fn a_block_that_went_is_told_whole() {
        assert_eq!(shown("One.\nTwo here.\nThree.", "One.\nThree."), ["-[Two here.]"]);
    }

    #[test]
    fn space_case_and_marks_are_no_change() {
        let (a, b) = (
            "It  lost 40 % of it – then.\n\nMore",
            "it lost 40 % of it - then\nMore.",
        );
        assert!(compare(a, b).is_empty(), "{:?}", shown(a, b));
    }

    #[test]
    fn texts_with_nothing_in_common_are_compared_in_bearable_time() {
        let line = |word: &str, n: usize| format!("{word}{n} is a line");
        let text = |word| (0..5_000).map(|n| line(word, n)).collect::<Vec<_>>().join("\n");
        assert_eq!(compare(&text("a"), &text("b")).len(), COMPARED_MAX);
    }
}
