"""explain and profile show: why a paper scores what it does, and what a profile has learned."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated

import typer

from digestmail.app import App
from digestmail.cli.output import echo, print_json, print_table
from digestmail.cli.shell import Json, opened
from digestmail.domain import (
    PROFILE_FIELDS,
    Explanation,
    FieldKind,
    Interest,
    Paper,
    Subscriber,
)
from digestmail.errors import NotFoundError
from digestmail.steps.daily.trending import TrendingPaper
from digestmail.steps.subscribers.field_parsers import parse_papers

profile_commands = typer.Typer(help="Profiles and what they have learned.", no_args_is_help=True)
_LISTED_CONTRIBUTIONS = 15
_TYPED = (FieldKind.KEYWORDS, FieldKind.TEXT, FieldKind.CATEGORIES, FieldKind.AUTHORS)
_Email = Annotated[str, typer.Argument(help="A subscriber's address.")]


def explain(
    email: _Email,
    paper: Annotated[str, typer.Argument(help="An arXiv id, a DOI or a link.")],
    as_json: Json = False,
) -> None:
    """Explain a paper's score in full, for each profile of a subscriber."""
    (key,) = parse_papers(paper)[:1] or ("",)
    with opened() as app:
        subscriber = app.store.subscribers.by_email(email)
        stored = app.store.papers.by_keys([key]).get(key)
        if stored is None:
            raise NotFoundError(
                f"paper {paper!r} is not in the database; fetch it first: digestmail ingest"
            )
        explained = _explained(app, subscriber, stored)
    if as_json:
        print_json([_plain(interest, explanation) for interest, explanation in explained])
        return
    echo(f"{stored.key}  {stored.title}")
    for interest, explanation in explained:
        _print(interest, explanation)
    if not explained:
        echo(f"{subscriber.email} has no profile yet")


def _explained(
    app: App, subscriber: Subscriber, paper: Paper
) -> list[tuple[Interest, Explanation]]:
    """Return the sums of today's news, with the paper among it if it is none."""
    model, interests = app.planning.interests(subscriber)
    keys = [known.key for known in model.papers]
    if paper.key not in keys:
        model = app.models.digest_model([*model.papers, paper], model.background)
        rule = "not shown: it isn't among the papers for the next digest"
        return [(i, _ruled(model.explain(i, len(keys)), rule)) for i in interests]
    place, explained = keys.index(paper.key), []
    trending = app.planning.trending(subscriber)
    for interest, scores in zip(interests, model.score(interests), strict=True):
        explanation = model.explain(interest, place)
        is_picked = place in {score.paper for score in scores}
        if _passes(interest, explanation) and not explanation.rules and not is_picked:
            rule = "not shown: better or more varied papers fill the email"
            explanation = _ruled(explanation, rule)
        if interest.profile.trending:
            ranking = trending.get(interest.profile.stored_id, [])
            explanation = _ruled(explanation, _trending_rule(ranking, place))
        explained.append((interest, explanation))
    return explained


def _trending_rule(ranking: Sequence[TrendingPaper], place: int) -> str:
    """Return where a paper stands among the trending ones, in words."""
    for number, each in enumerate(ranking, 1):
        if each.position == place:
            reasons = "; ".join(reason.words for reason in each.reasons)
            return f"number {number} of {len(ranking)} trending papers: {reasons}"
    return "not trending: too few upvotes and readers, or ruled out by the profile"


def _ruled(explanation: Explanation, rule: str) -> Explanation:
    return replace(explanation, rules=(rule, *explanation.rules))


def _passes(interest: Interest, explanation: Explanation) -> bool:
    return explanation.value > 0 and explanation.value >= interest.profile.threshold


def _plain(interest: Interest, explanation: Explanation) -> dict[str, object]:
    return {"profile": interest.profile.name, **asdict(explanation)}


def _outcome(interest: Interest, explanation: Explanation) -> str:
    if _brings_only_trending(interest):
        return "trending papers only, until there is feedback to learn from"
    verdict = "passes" if _passes(interest, explanation) else "is below"
    return f"{explanation.value:.3f}, {verdict} the threshold of {interest.profile.threshold:g}"


def _brings_only_trending(interest: Interest) -> bool:
    return interest.profile.is_trending_only and not (interest.liked or interest.disliked)


def _print(interest: Interest, explanation: Explanation) -> None:
    echo(f"\n{interest.profile.name}: {_outcome(interest, explanation)}")
    for rule in explanation.rules:
        echo(f"  {rule}")
    if _brings_only_trending(interest):
        return
    contributions = sorted(explanation.parts, key=lambda c: -abs(c.weight))
    rows = [(f"{c.weight:+.3f}", c.kind, c.what) for c in contributions[:_LISTED_CONTRIBUTIONS]]
    print_table("", ("log-odds", "kind", "what"), rows)
    remainder = sum(c.weight for c in contributions[_LISTED_CONTRIBUTIONS:])
    if len(contributions) > _LISTED_CONTRIBUTIONS:
        echo(f"  {remainder:+.3f} from {len(contributions) - _LISTED_CONTRIBUTIONS} more")
    total = sum(c.weight for c in contributions)
    echo(f"  {total:+.3f} in total; the score is 1 / (1 + exp(-total))")


@profile_commands.command("show")
def profile_show(email: _Email, as_json: Json = False) -> None:
    """Show each profile's fields and what weighs most for and against papers."""
    with opened() as app:
        model, interests = app.planning.interests(app.store.subscribers.by_email(email))
        strongest = [(interest, model.strongest(interest)) for interest in interests]
    if as_json:
        plain = [
            {"profile": interest.profile.name, "terms": [asdict(term) for term in terms]}
            for interest, terms in strongest
        ]
        print_json(plain)
        return
    for interest, terms in strongest:
        liked, disliked = len(interest.liked), len(interest.disliked)
        echo(
            f"\n{interest.profile.name}: {len(interest.seeds)} seeds, {liked} liked, "
            f"{disliked} disliked"
        )
        for field in PROFILE_FIELDS.values():
            typed = getattr(interest.profile, field.name)
            if typed and field.kind in _TYPED:
                text = typed if isinstance(typed, str) else "; ".join(typed)
                echo(f"  {field.name.replace('_', ' ')}: {text}")
        for title, sign in (("for", 1), ("against", -1)):
            rows = [
                (f"{term.weight:+.2f}", term.kind, term.what)
                for term in terms
                if (term.weight > 0) is (sign > 0)
            ]
            if rows:
                print_table(title, ("weight", "kind", "what"), rows)
