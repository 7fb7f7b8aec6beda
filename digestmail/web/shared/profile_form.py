"""The form of a profile, both ways: from a profile to texts, and from a post to a profile."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from digestmail.domain import FIELDS, PROFILE_FIELDS, Paper, Profile
from digestmail.errors import FormError, InputError
from digestmail.i18n import N_, Translatable
from digestmail.sources.arxiv.taxonomy import is_known
from digestmail.steps.subscribers.field_parsers import (
    parse_categories,
    split_list,
    unknown_category,
)
from digestmail.steps.subscribers.seed_papers import Seeds, lines_of, packed, read_seeds, unpacked
from digestmail.steps.subscribers.uploaded_library import Filled, with_file
from digestmail.steps.subscribers.validation import Form, profile_of
from digestmail.web.shared.forms import PostedForm, Texts
from digestmail.web.shared.request_context import RequestContext

CARRIED = "carried"  # the field with an earlier upload's records of papers nobody else knows
_NOTHING_NAMED = Translatable(
    N_("enter at least one keyword, interest, category or author, or add trending papers")
)


@dataclass(frozen=True, slots=True)
class SubmittedProfile:
    """A profile as a posted form describes it.

    ``texts`` are those of the form as it is shown again: a file has become lines of the field of
    example papers, so that nothing is lost where browsers forget the file. A field with a problem
    has its former value in ``profile``.
    """

    texts: Texts
    profile: Profile
    seeds: Seeds
    filled: Filled | None
    problems: Mapping[str, str]  # of the fields

    @property
    def all_problems(self) -> dict[str, str]:
        """The problems for which the profile cannot be saved; an empty one has one, too."""
        if self.profile.is_empty and self.problems.keys() <= {"name"}:
            return {**self.problems, "keywords": _NOTHING_NAMED}
        return dict(self.problems)

    @property
    def preview_problems(self) -> dict[str, str]:
        """The problems to show beside a preview, in which a name can wait."""
        return {name: text for name, text in self.problems.items() if name != "name"}

    def validated(self) -> Profile:
        """Return the profile, or raise FormError when it cannot be saved."""
        if problems := self.all_problems:
            raise FormError(problems)
        return self.profile


def profile_texts(profile: Profile) -> dict[str, str]:
    """Return a profile's texts; parsed again they are the same profile."""
    return {name: field.text(getattr(profile, name)) for name, field in PROFILE_FIELDS.items()}


def with_suggestion(posted: PostedForm) -> PostedForm:
    """Return the form with the suggested keyword in it whose button was pressed, if one was."""
    suggestion = posted.texts.get("add", "")
    if not suggestion:
        return posted
    typed = posted.texts.get("keywords", "")
    keywords = dict.fromkeys([*split_list(typed), *split_list(suggestion)])
    return PostedForm({**posted.texts, "keywords": ", ".join(keywords)}, posted.upload)


def parse_profile(
    context: RequestContext,
    posted: PostedForm,
    before: Profile,
    *,
    fields: Collection[str] = PROFILE_FIELDS.keys(),
    own_papers: Iterable[Paper] = (),
) -> SubmittedProfile:
    """Parse a posted form: its file, its example papers and its texts, each once.

    ``before`` has the values of the fields that the form leaves out. ``own_papers`` are stored
    papers that this form's owner may name by their titles, and nobody else.
    """
    form, texts, filled = Form(), dict(posted.texts), None
    papers = unpacked(texts.get(CARRIED, ""))
    if posted.upload:
        try:
            filled = with_file(texts, posted.upload.data, posted.upload.filename)
            texts, papers = filled.texts, (*papers, *filled.papers)
        except InputError as error:
            form.problems[error.field] = error.message
    seeds = Seeds()
    try:
        seeds = read_seeds(context.app.store, texts.get("seed_papers", ""), (*own_papers, *papers))
        papers = seeds.uploads
    except InputError as error:
        form.problems[error.field] = error.message
    if filled and seeds.keys:
        texts["seed_papers"] = _seed_lines(seeds)
    texts[CARRIED] = packed(papers)
    values = {name: texts[name] for name in fields if name in texts}
    if "seed_papers" in values:
        values["seed_papers"] = "\n".join(seeds.keys)
    form.problems.update(_unknown_categories(context, values))
    profile = profile_of(values, form, before)
    return SubmittedProfile(texts, profile, seeds, filled, form.problems)


def _seed_lines(seeds: Seeds) -> str:
    known = {paper.key: paper for paper in seeds.papers}
    return "\n".join(lines_of(known.get(key) or Paper(key=key, title="") for key in seeds.keys))


def _unknown_categories(context: RequestContext, values: Texts) -> dict[str, str]:
    """Return the problems of categories that neither arXiv nor any paper here has.

    Until the search index is ready, only groups that arXiv has are judged.
    """
    service = context.app.search_service
    indexed = service.categories if service.is_ready else None
    present = {category.lower() for category in indexed or ()}
    present |= {category.partition(".")[0] for category in present}
    problems: dict[str, str] = {}
    for name in ("categories", "excluded_categories"):
        try:
            codes = parse_categories(values.get(name, ""), FIELDS[name])
        except InputError:
            continue  # its problem comes with the other fields'
        for code in codes:
            is_present = code.lower().removesuffix(".*") in present
            is_judged = indexed is not None or is_known(code.partition(".")[0])
            if is_judged and not is_present and not is_known(code):
                error = unknown_category(name, code, indexed or ())
                problems.setdefault(name, error.message)
    return problems
