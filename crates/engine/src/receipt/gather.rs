//! Reading what a receipt says.

use copydesk_config::Release;
use copydesk_domain::artifact::{ArtifactKind, EngagementReport, ResearchBrief, Review};
use copydesk_domain::untrusted::Header;
use copydesk_domain::{Instant, MicroUsd, NoticeKind, PipelineName, RunId, Untrusted, Verdict};
use copydesk_store::{NoticeRecord, SlotRecord};

use super::{
    ClaimsReceipt, DayReceipt, MISSING_MAX, MissingReceipt, RunReceipt, STORIES_MAX, SpendReceipt,
    StageReceipt, UnreadReplies,
};
use crate::calendar;
use crate::error::EngineError;
use crate::plain::plain;
use crate::services::Engine;
use crate::view::RunView;

/// Runs in which the last look at replies is searched for.
const LOOKS_BACK: u32 = 10;

impl Engine {
    /// The receipt of a slot. `release`: whose limits and zone count where the slot has no run of its own. `page`: the
    /// address of the desk, such as `http://127.0.0.1:7420`.
    pub(crate) async fn receipt(
        &self,
        slot: &SlotRecord,
        release: &Release,
        page: &str,
    ) -> Result<NoticeRecord, EngineError> {
        let run = match &slot.run {
            Some(run) => Some(self.run_receipt(run, page).await?),
            None => None,
        };
        let zone = calendar::zone(&slot.slot.zone);
        let receipt = DayReceipt {
            pipeline: slot.pipeline.clone(),
            date: calendar::date(slot.slot.nominal, &zone),
            slot: slot.slot.clone(),
            outcome: slot.state,
            reason: slot.reason.as_deref().map(plain),
            run,
            replies_unread: self.replies_unread(&slot.pipeline).await?,
            spend: self.spend_receipt(release).await?,
        };
        Ok(NoticeRecord {
            key: key(slot),
            way: String::new(),
            kind: NoticeKind::Receipt,
            pipeline: slot.pipeline.clone(),
            run: slot.run.clone(),
            message: receipt.line(),
            body: Some(receipt.text()),
            details: serde_json::to_string(&receipt).ok(),
            raised_at: self.clock().now(),
        })
    }

    async fn run_receipt(&self, run: &RunId, page: &str) -> Result<RunReceipt, EngineError> {
        let view = self.view(run).await?;
        let brief = self.brief(run).await?;
        let review: Option<Review> = self.newest_artifact(run, ArtifactKind::Review).await?;
        let title = self.title(run).await?;
        let missing = brief.as_ref().map(missing).unwrap_or_default();
        let stories = brief
            .as_ref()
            .map(|brief| brief.stories.as_slice())
            .unwrap_or_default();
        Ok(RunReceipt {
            page: format!("{page}/runs/{run}"),
            title: title.as_ref().map(escaped),
            stories: stories
                .iter()
                .take(STORIES_MAX)
                .map(|story| escaped(&story.title))
                .collect(),
            stories_found: stories.len(),
            sources_read: brief.as_ref().map_or(0, |brief| brief.sources.len()),
            sources_missing: missing.len(),
            missing: missing.into_iter().take(MISSING_MAX).collect(),
            claims: review.as_ref().map(claims).unwrap_or_default(),
            stages: stages(&view),
            state: view.state,
            issue: view.issue,
            waiting_for: view.waiting_for,
            expires_at: view.approval.expires_at,
            spend_microusd: view.spend_microusd,
            run: view.run,
        })
    }

    /// Replies are read in the evening, after the receipt of their day: so the last look counts, whose run it was in.
    async fn replies_unread(&self, pipeline: &PipelineName) -> Result<Option<UnreadReplies>, EngineError> {
        for run in self.store().own_runs(pipeline, LOOKS_BACK).await? {
            let report: Option<EngagementReport> = self
                .newest_artifact(&run.id, ArtifactKind::EngagementReport)
                .await?;
            if let Some(report) = report {
                return Ok(report.unread.map(|reason| UnreadReplies {
                    at: report.at,
                    reason: plain(&reason),
                }));
            }
        }
        Ok(None)
    }

    async fn spend_receipt(&self, release: &Release) -> Result<SpendReceipt, EngineError> {
        let zone = calendar::zone(&release.pipeline.pipeline.time_zone);
        let today = calendar::date(self.clock().now(), &zone);
        let beginning = Instant::from_micros(i64::MIN);
        let day = calendar::start(today, &zone).unwrap_or(beginning);
        let month = calendar::start(today.first_of_month(), &zone).unwrap_or(beginning);
        let spends = self.store().spends(month).await?;
        let since = |from: Instant| -> MicroUsd {
            let spent = spends.iter().filter(|spend| spend.at >= from);
            spent.map(|spend| spend.amount).sum()
        };
        let budget = &release.config.budget;
        Ok(SpendReceipt {
            day_microusd: since(day),
            day_limit_microusd: budget.day,
            month_microusd: since(month),
            month_limit_microusd: budget.month,
        })
    }
}

/// One receipt for each pipeline and local date.
pub(crate) fn key(slot: &SlotRecord) -> String {
    let date = calendar::date(slot.slot.nominal, &calendar::zone(&slot.slot.zone));
    format!("{}/{}/{date}", NoticeKind::Receipt, slot.pipeline)
}

fn missing(brief: &ResearchBrief) -> Vec<MissingReceipt> {
    let listed = brief.missing.iter().map(|missing| MissingReceipt {
        feed: plain(missing.url.as_ref().unwrap_or(&missing.feed)),
        reason: plain(&missing.reason),
    });
    listed.collect()
}

fn claims(review: &Review) -> ClaimsReceipt {
    let count = |verdict: Verdict| {
        review
            .verdicts
            .iter()
            .filter(|claim| claim.verdict == verdict)
            .count()
    };
    ClaimsReceipt {
        supported: count(Verdict::Supported),
        unsettled: count(Verdict::Unsettled),
        blocked: count(Verdict::Blocked),
    }
}

fn stages(view: &RunView) -> Vec<StageReceipt> {
    let listed = view.stages.iter().map(|stage| StageReceipt {
        stage: stage.stage.clone(),
        state: stage.state,
        started_at: stage.started_at,
        finished_at: stage.finished_at,
        reason: stage.reason.as_deref().map(plain),
    });
    listed.collect()
}

/// Text of others as one inert line.
fn escaped(text: &Untrusted<String>) -> String {
    plain(text.escape::<Header>().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_one_short_inert_line() {
        let title = Untrusted::new("Sale\r\nBcc: all@example.org\u{202e}gnp.exe".to_owned());
        assert_eq!(escaped(&title), "Sale  Bcc: all@example.orggnp.exe");
    }
}
