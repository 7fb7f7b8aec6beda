"""What a form asks for, its example papers looked up and its file read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from digestmail.domain import FIELDS, Paper
from digestmail.errors import InputError
from digestmail.sources.arxiv.taxonomy import is_known
from digestmail.steps.subscribers.field_parsers import (
    parse_categories,
    split_list,
    unknown_category,
)
from digestmail.steps.subscribers.seed_papers import Seeds, lines_of, packed, read_seeds, unpacked
from digestmail.steps.subscribers.uploaded_library import Filled, with_file
from digestmail.web.shared.forms import Sent, Texts
from digestmail.web.shared.site import Site

CARRIED = "carried"  # the field with what an earlier upload told of papers nobody else knows


@dataclass(frozen=True, slots=True)
class Wish:
    """A form with a file: ``texts`` as it is shown again, ``values`` as it is checked.

    In ``texts`` a file has become lines of the field of example papers, so that nothing is lost
    where browsers forget the file.
    """

    texts: Texts
    values: Texts
    seeds: Seeds = field(default_factory=Seeds)
    filled: Filled | None = None
    problems: dict[str, str] = field(default_factory=dict)


def with_suggestion(sent: Sent) -> Sent:
    """The form with the suggested keyword in it whose button was pressed, if one was."""
    word = sent.texts.get("add", "")
    if not word:
        return sent
    keywords = dict.fromkeys([*split_list(sent.texts.get("keywords", "")), *split_list(word)])
    return Sent({**sent.texts, "keywords": ", ".join(keywords)}, sent.upload)


def wish_of(site: Site, sent: Sent, own: Iterable[Paper] = ()) -> Wish:
    """What a posted form asks for; what is wrong with its papers or file is in ``problems``.

    ``own`` are stored papers that this form's owner may name by their titles, and nobody else.
    """
    store = site.app.store
    texts, problems, filled = dict(sent.texts), {}, None
    papers = unpacked(texts.get(CARRIED, ""))
    if sent.upload:
        try:
            filled = with_file(texts, sent.upload.data, sent.upload.filename)
            texts, papers = filled.texts, (*papers, *filled.papers)
        except InputError as error:
            problems[error.field] = error.message
    seeds = Seeds()
    try:
        seeds = read_seeds(store, texts.get("seed_papers", ""), (*own, *papers))
        papers = seeds.uploads
    except InputError as error:
        problems[error.field] = error.message
    if filled and seeds.keys:
        texts["seed_papers"] = _listed(seeds)
    texts[CARRIED] = packed(papers)
    values = {**texts, "seed_papers": "\n".join(seeds.keys)}
    service = site.app.search_service
    known = service.categories if service.is_ready else None
    problems |= _strange_categories(values, known)
    return Wish(texts, values, seeds, filled, problems)


def _strange_categories(values: Texts, known: Collection[str] | None) -> dict[str, str]:
    """What is wrong with categories that neither arXiv nor any paper here has.

    ``known`` are those of the papers; None until these were read.
    """
    present = {category.lower() for category in known or ()}
    present |= {category.partition(".")[0] for category in present}
    problems: dict[str, str] = {}
    for name in ("categories", "excluded_categories"):
        try:
            codes = parse_categories(values.get(name, ""), FIELDS[name])
        except InputError:
            continue  # told with the rest of the form
        for code in codes:
            is_here = code.lower().removesuffix(".*") in present
            is_told_of = known is not None or is_known(code.partition(".")[0])
            if is_told_of and not is_here and not is_known(code):
                problems.setdefault(name, unknown_category(name, code).message)
    return problems


def _listed(seeds: Seeds) -> str:
    known = {paper.key: paper for paper in seeds.papers}
    return "\n".join(lines_of(known.get(key) or Paper(key=key, title="") for key in seeds.keys))
