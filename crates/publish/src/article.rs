//! A draft arranged for print: what readers get, and what the author sees.

use std::collections::HashMap;

use copydesk_domain::artifact::{
    ClaimVerdict, Draft, DraftSection, Evidence, Sentence, SentenceKind, Source,
};
use copydesk_domain::untrusted::listed;
use copydesk_domain::{ContentHash, ListedUrl, SentenceId, Untrusted, Verdict};
use copydesk_journal::Rendering;

/// Something that a draft names and that was not handed to the renderer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArticleError {
    /// A paragraph names it.
    #[error("the draft has no sentence {id}")]
    NoSentence { id: SentenceId },
    /// A sentence or a list names it.
    #[error("source {snapshot} is not among the sources of the issue")]
    NoSource { snapshot: ContentHash },
}

/// A draft with its sources numbered without gaps, in order of first use by what readers get.
pub(crate) struct Article<'a> {
    pub(crate) rendering: &'a Rendering<'a>,
    pub(crate) sections: Vec<ArticleSection<'a>>,
    /// Source number 1 is the first one.
    pub(crate) sources: Vec<&'a Source>,
    by_hash: HashMap<ContentHash, &'a Source>,
}

/// A section with what is left of it.
pub(crate) struct ArticleSection<'a> {
    pub(crate) section: &'a DraftSection,
    pub(crate) paragraphs: Vec<Vec<Line<'a>>>,
    pub(crate) listed: Vec<&'a Source>,
}

/// One sentence.
pub(crate) struct Line<'a> {
    pub(crate) sentence: &'a Sentence,
    /// Numbers of its sources, each once; none for a sentence that readers do not get.
    pub(crate) numbers: Vec<usize>,
    /// The guard's word, where the sentence is a claim or counts as one.
    pub(crate) verdict: Option<&'a ClaimVerdict>,
}

impl Line<'_> {
    /// Whether readers do not get it.
    pub(crate) fn is_blocked(&self) -> bool {
        self.verdict
            .is_some_and(|verdict| verdict.verdict == Verdict::Blocked)
    }
}

impl<'a> Article<'a> {
    /// What readers get: nothing blocked, nothing that waits for its author, nothing empty.
    pub(crate) fn for_readers(rendering: &'a Rendering<'a>) -> Result<Self, ArticleError> {
        let mut article = Self::for_author(rendering)?;
        article
            .sections
            .retain(|section| section.section.wanted.is_none());
        for section in &mut article.sections {
            for paragraph in &mut section.paragraphs {
                paragraph.retain(|line| !line.is_blocked());
            }
            section.paragraphs.retain(|paragraph| !paragraph.is_empty());
        }
        article
            .sections
            .retain(|section| !section.paragraphs.is_empty() || !section.listed.is_empty());
        Ok(article)
    }

    /// What the author sees: also what is blocked and what waits for them, under the numbers that readers get.
    pub(crate) fn for_author(rendering: &'a Rendering<'a>) -> Result<Self, ArticleError> {
        let by_hash = rendering
            .sources
            .iter()
            .map(|source| (source.source.snapshot, &source.source))
            .collect();
        let mut article = Self {
            rendering,
            sections: Vec::new(),
            sources: Vec::new(),
            by_hash,
        };
        let sentences = rendering
            .draft
            .sentences
            .iter()
            .map(|sentence| (&sentence.id, sentence))
            .collect();
        let verdicts = rendering
            .review
            .verdicts
            .iter()
            .map(|verdict| (&verdict.sentence, verdict))
            .collect();
        for section in &rendering.draft.sections {
            let section = article.section(section, &sentences, &verdicts)?;
            article.sections.push(section);
        }
        Ok(article)
    }

    fn section(
        &mut self,
        section: &'a DraftSection,
        sentences: &HashMap<&SentenceId, &'a Sentence>,
        verdicts: &HashMap<&SentenceId, &'a ClaimVerdict>,
    ) -> Result<ArticleSection<'a>, ArticleError> {
        let mut paragraphs = Vec::new();
        for ids in &section.paragraphs {
            let mut lines = Vec::new();
            for id in ids {
                let sentence = sentences
                    .get(id)
                    .ok_or_else(|| ArticleError::NoSentence { id: id.clone() })?;
                let mut line = Line {
                    sentence,
                    numbers: Vec::new(),
                    verdict: verdicts.get(id).copied(),
                };
                if section.wanted.is_none() && !line.is_blocked() {
                    line.numbers = self.number(sentence)?;
                }
                lines.push(line);
            }
            paragraphs.push(lines);
        }
        let listed = section
            .listed
            .iter()
            .map(|snapshot| self.source(snapshot))
            .collect::<Result<_, _>>()?;
        Ok(ArticleSection {
            section,
            paragraphs,
            listed,
        })
    }

    /// Numbers of the sources of a sentence that readers get.
    fn number(&mut self, sentence: &Sentence) -> Result<Vec<usize>, ArticleError> {
        let mut numbers = Vec::new();
        for span in sentence.evidence.iter().flat_map(Evidence::spans) {
            let source = self.source(&span.snapshot)?;
            let known = self
                .sources
                .iter()
                .position(|known| known.snapshot == source.snapshot);
            let index = known.unwrap_or_else(|| {
                self.sources.push(source);
                self.sources.len() - 1
            });
            if !numbers.contains(&(index + 1)) {
                numbers.push(index + 1);
            }
        }
        Ok(numbers)
    }

    /// The source of a snapshot.
    pub(crate) fn source(&self, snapshot: &ContentHash) -> Result<&'a Source, ArticleError> {
        self.by_hash
            .get(snapshot)
            .copied()
            .ok_or(ArticleError::NoSource { snapshot: *snapshot })
    }

    /// The number under which readers find a source.
    pub(crate) fn number_of(&self, snapshot: &ContentHash) -> Option<usize> {
        self.sources
            .iter()
            .position(|source| source.snapshot == *snapshot)
            .map(|index| index + 1)
    }

    /// The address of a source as a link: only what the brief listed, only http and https.
    pub(crate) fn link(&self, source: &Source) -> Option<ListedUrl> {
        let known = self
            .rendering
            .sources
            .iter()
            .map(|known| known.source.url.as_str());
        listed(&Untrusted::new(source.url.clone()), known)
    }

    /// A line about the issue, for lists and feeds: its first sentence, else what stands instead of one.
    pub(crate) fn description(&self) -> Untrusted<String> {
        let draft: &Draft = self.rendering.draft;
        if let Some(reason) = &draft.nothing_today {
            return Untrusted::new(reason.clone());
        }
        let lines = || {
            self.sections
                .iter()
                .flat_map(|section| section.paragraphs.iter().flatten())
        };
        let first = lines()
            .find(|line| line.sentence.kind == SentenceKind::Claim)
            .or_else(|| lines().next());
        match (first, &draft.deck) {
            (Some(line), _) => line.sentence.text.clone(),
            (None, Some(deck)) => deck.clone(),
            (None, None) => Untrusted::new(draft.notice.clone()),
        }
    }
}
