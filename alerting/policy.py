"""What becomes of a candidate: a new alert, news of an open one, or nothing. Pure: clock and state are passed in.

The clock is the candidate's `seen_at`, the time Kafka gave the article's record, never the machine's: a candidate that
is read again after a kill must decide the same, to the byte.

Rules, in order:
1. A candidate that its story has counted already is neither counted nor told again (`repeat`), but for 5. As feeds send
   an article for days, the story stays open while they do, or it would be told as another each time its window is over.
2. No open story of the watch tells the same: a story opens, and an alert with it (`opened`). What may take back what
   was told, at a stage that the watch does not ask for, opens none: `is_asked_for` says whether there is such a story.
3. It tells a stage that its story had not reached, or may take back what that told: that is news, and the alert is
   updated (`updated`).
4. It is like what its story told, but may be another happening, or say more of this one, as a new version of a page
   does that has one more stage at its end: the alert is updated (`updated`), for none of that is to be lost.
5. It gives again, word for word, what was told before another stage, and nobody has told that stage for `update_every`,
   or feeds that send both versions of a page in turns would tell both each time: the alert is updated (`updated`).
6. It is a late copy of what the story has left since, or the last event of the alert is younger than the watch's
   `update_every`: it is counted, nothing is sent (`throttled`).
7. Otherwise the alert is updated (`updated`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from alerting.news import News
from alerting.stories import Stories
from alerting.story import Story
from alerting.telling import Telling, stages_beside, told_beside
from alerting.watch import Watch
from streams.ids import derive_id
from streams.printable import shortened
from streams.wire import Alert, AlertType, AlertWatch, Candidate, Notification, TopicReading

LONGEST_HEADLINE: Final = 1000
"""Characters of an alert's headline. A title may fill a message: it would stand in what each endpoint is owed, some
formats would have no room for it, and to shorten it for the others takes long.
"""

Ruling = Literal["opened", "updated", "throttled", "repeat"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one candidate, and the state that follows from it.

    `ended` are stories that are over and can be forgotten; `story` is the state of the candidate's own after it, and
    `changed` whether that is another than before.
    """

    ruling: Ruling
    reason: str
    story: Story
    ended: tuple[Story, ...] = ()
    alert: Alert | None = None
    changed: bool = True


def is_asked_for(stories: Stories, candidate: Candidate, watch: Watch) -> bool:
    """Whether there is anything to decide about a candidate: of one that only may take something back whether an open
    story of the watch told that, and was not told so yet.
    """
    if not candidate.takes_back:
        return True
    telling = Telling.of(candidate, watch.topics)
    story = stories.of(candidate, telling)
    return story is not None and bool(News(story, candidate, telling).takes_back)


def decide(stories: Stories, candidate: Candidate, watch: Watch) -> Decision:
    """Decide about one candidate. Leaves `stories` as it was but for ended ones; the caller puts `decision.story`."""
    ended = tuple(stories.expire(candidate.seen_at))
    telling = Telling.of(candidate, watch.topics)
    story = stories.of(candidate, telling)
    turn = stories.next_turn
    if story is None:
        reason = "no open story tells the same"
        story = Story.opened_by(candidate, telling, watch.window, turn)
        alert = _alert("alert.opened", story, candidate, watch, reason)
        return Decision("opened", reason, story, ended, alert)
    news = News(story, candidate, telling)
    again = news.is_given_again(watch.update_every)
    counted = candidate.candidate_id in story.candidate_ids
    if counted and not again:
        after = story.repeated_by(candidate, watch.window, turn)
        reason = "this version of the article is counted already"
        return Decision("repeat", reason, after, ended, changed=after != story)
    reason = _why_told(story, candidate, watch, news)
    since = max(candidate.seen_at - story.last_event_at, timedelta(0))
    age = timedelta(seconds=since // timedelta(seconds=1))
    late = news.late_copy
    if not reason and not again and (late or since < watch.update_every):
        reason = (
            f"a late copy of what told {late}"
            if late
            else f"the last event is {age} old, less than {watch.update_every}"
        )
        return Decision("throttled", reason, news.joined(watch.window, event=False, turn=turn), ended)
    reason = reason or f"{news.same}, and the last event is {age} old"
    story = news.joined(watch.window, event=True, turn=turn)
    # The same candidate once more makes another event.
    times = (candidate.seen_at.isoformat(),) if counted else ()
    alert = _alert("alert.updated", story, candidate, watch, reason, times)
    return Decision("updated", reason, story, ended, alert)


def _why_told(story: Story, candidate: Candidate, watch: Watch, news: News) -> str:
    """Why an article of a story is told; empty where it surely tells the same."""
    if candidate.takes_back:
        return f"what was told may be taken back: {news.takes_back}"
    stages = _untold(candidate.topics, story.stages, watch)
    if stages:
        return f"the story reaches {', '.join(stages)}"
    added = _added_stages(story, candidate, watch)
    also = f"the page tells {', '.join(added)} as well" if added else ""
    return "; ".join(filter(None, (news.reason, also)))


def _added_stages(story: Story, candidate: Candidate, watch: Watch) -> list[str]:
    """The stages that another version of a page tells beside the one it had, and nothing told yet: what is added at its
    end. What any other article tells beside its own may be long past.
    """
    if candidate.article.id not in story.article_ids:
        return []
    return _untold(stages_beside(candidate).values(), {*story.stages, *told_beside(story.named)}, watch)


def _untold(topics: Iterable[TopicReading], told: Container[str], watch: Watch) -> list[str]:
    """Of some topics those at stages that were not told (`topic:stage`) and that the watch wants, in words."""
    wanted = watch.topics
    return [
        f"{topic.topic} {topic.stage}"
        for topic in topics
        if f"{topic.topic}:{topic.stage}" not in told and (wanted is None or wanted.wants(topic))
    ]


def _alert(
    kind: AlertType,
    story: Story,
    candidate: Candidate,
    watch: Watch,
    reason: str,
    again: tuple[str, ...] = (),
) -> Alert:
    """An event of the story's alert; `again` is the time of a candidate that makes another one."""
    article = candidate.article
    return Alert(
        type=kind,
        alert_id=story.alert_id,
        number=story.number,
        # Without the event's number: where a story no longer remembers what is read once more, that repeats an id.
        webhook_id=derive_id("msg", story.alert_id, candidate.candidate_id, *again),
        at=candidate.seen_at,
        watch=AlertWatch(id=watch.id, title=watch.title, severity=watch.severity),
        headline=shortened(article.title or candidate.sentence, LONGEST_HEADLINE),
        url=article.url,
        source=article.source,
        language=article.language,
        article_id=article.id,
        published_at=article.published_at,
        sentence=candidate.sentence,
        topics=candidate.topics,
        actors=candidate.actors,
        because=candidate.because,
        reason=reason,
        sources=max(1, len(story.sources)),
        articles=story.articles,
        opened_at=story.opened_at,
    )


def notifications(alert: Alert, watch: Watch) -> tuple[Notification, ...]:
    """The alert for each endpoint that the watch notifies, each endpoint once."""
    return tuple(Notification(endpoint=endpoint, alert=alert) for endpoint in dict.fromkeys(watch.notify))
