"""The operator's language model writes lines about papers, beside all that readers wait for.

Each paper gets one line in each language that its readers have, once, within a budget for the day.
Whatever the endpoint does costs lines, never a mail.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from digestmail.domain import Clock, Paper, WrittenLine
from digestmail.errors import EndpointError
from digestmail.language_model.endpoint import Completion, Endpoint
from digestmail.language_model.prompts import line_prompt, translation_prompt
from digestmail.language_model.replies import UnusableReplyError, read_line, read_translation
from digestmail.render.cleaning import clean
from digestmail.render.paper_line import paper_line
from digestmail.steps.daily.endpoint_state import cooldown_after, load_cooldown, store_cooldown
from digestmail.store import Store

ENGLISH = "en"
_TITLE = 300  # characters of a title that are translated
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A paper that readers will see, with their language."""

    paper_id: int
    language: str


@dataclass(frozen=True, slots=True)
class SummaryRules:
    """How much is asked of the model.

    ``languages`` are those that lines are written in. ``attempts``: after so many unusable answers
    a paper goes without.
    """

    languages: Sequence[str] = (ENGLISH,)
    requests_per_day: int = 500
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class SummariesReport:
    """The result of one run. ``trouble`` is why it ended early; empty if it did not."""

    written: int = 0
    refused: int = 0  # answers that no reader gets
    trouble: str = ""
    is_budget_used: bool = False


class LineWriter:
    """Writes the lines that candidates lack; ``is_over`` returns whether to stop."""

    def __init__(
        self,
        store: Store,
        endpoint: Endpoint,
        rules: SummaryRules,
        clock: Clock,
        is_over: Callable[[], bool],
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._rules = rules
        self._clock = clock
        self._is_over = is_over
        self._written = 0
        self._refused = 0

    def is_cooling_down(self) -> bool:
        """Return whether the endpoint is left alone after a failure."""
        cooldown = load_cooldown(self._store)
        return cooldown is not None and self._clock() < cooldown.until

    def is_budget_used(self) -> bool:
        """Return whether today's requests are used up."""
        use = self._store.lines.use(self._clock().date())
        return use.requests >= self._rules.requests_per_day

    def run(self, candidates: Iterable[Candidate], progress: Progress) -> SummariesReport:
        """Write lines in the order of the candidates until all have theirs or the run must end.

        A failure ends it, and begins a cooldown: see ``endpoint_state``.
        """
        cooldown = load_cooldown(self._store)
        for paper, language in self._lacking(list(candidates)):
            if self._is_over():
                break
            try:
                if not self._write(paper, language):
                    return self._report(is_budget_used=True)
            except EndpointError as error:
                now = self._clock()
                store_cooldown(self._store, cooldown_after(cooldown, error, now), now)
                return self._report(trouble=str(error))
            if cooldown is not None:
                store_cooldown(self._store, None, self._clock())
                cooldown = None
            progress(self._written + self._refused)
        return self._report()

    def _report(self, *, trouble: str = "", is_budget_used: bool = False) -> SummariesReport:
        return SummariesReport(self._written, self._refused, trouble, is_budget_used)

    def _lacking(self, candidates: Sequence[Candidate]) -> Iterator[tuple[Paper, str]]:
        """Yield the papers that lack a line in one of their languages, English first.

        A paper that a source has summarised needs no English line.
        """
        wanted = dict.fromkeys(
            (c.paper_id, language)
            for c in candidates
            for language in (ENGLISH, c.language)
            if language in self._rules.languages
        )
        ids = {paper_id for paper_id, _ in wanted}
        settled = {
            (paper_id, language)
            for language in self._rules.languages
            for paper_id in self._store.lines.settled(ids, language, self._rules.attempts)
        }
        papers = self._store.papers.by_ids(ids)
        for paper_id, language in wanted:
            paper = papers.get(paper_id)
            if paper and (paper_id, language) not in settled and _can_be_written(paper, language):
                yield paper, language

    def _write(self, paper: Paper, language: str) -> bool:
        """Write one line; return False where the budget of the day is used up."""
        lines, today, paper_id = self._store.lines, self._clock().date(), paper.stored_id
        if not lines.begin(paper_id, language):  # erased meanwhile
            return True
        if not lines.take_request(today, self._rules.requests_per_day):
            lines.take_back(paper_id, language)
            return False
        try:
            completion, line = self._answer(paper, language)
        except EndpointError as error:
            if error.blameless:
                lines.take_back(paper_id, language)
            raise
        is_written = line is not None and lines.write(paper_id, language, line)
        lines.note_use(today, tokens=completion.tokens, lines=int(is_written))
        self._written += is_written
        self._refused += line is None
        return True

    def _answer(self, paper: Paper, language: str) -> tuple[Completion, WrittenLine | None]:
        """Return the model's answer and the line in it, if readers may have it."""
        if language == ENGLISH:
            completion = self._endpoint.complete(line_prompt(paper))
            try:
                return completion, read_line(completion.text, paper)
            except UnusableReplyError:
                return completion, None
        english = self._store.lines.of([paper.stored_id], ENGLISH).get(paper.stored_id)
        original = paper_line(replace(paper, written=english)).text
        title = clean(paper.title, _TITLE)
        completion = self._endpoint.complete(translation_prompt(title, original, language))
        try:
            return completion, read_translation(completion.text, title, original, language)
        except UnusableReplyError:
            return completion, None


def _can_be_written(paper: Paper, language: str) -> bool:
    """Return whether there is something to write: an abstract to sum up, or a line to translate."""
    if language == ENGLISH:
        return bool(paper.abstract) and not paper.summary
    return bool(paper.abstract or paper.summary)


def candidates_of(
    digests: Iterable[tuple[int, str, int]],
    trending: Iterable[int],
    languages: Sequence[str],
) -> Iterator[Candidate]:
    """Yield candidates, those that most readers see first.

    ``digests`` are (paper, language, readers); an empty language is English. ``trending`` papers
    stand on a page that is read in all ``languages``.
    """
    readers: dict[Candidate, int] = {}
    for paper_id, language, number in digests:
        candidate = Candidate(paper_id, language or ENGLISH)
        readers[candidate] = readers.get(candidate, 0) + number
    yield from sorted(readers, key=lambda candidate: -readers[candidate])
    yield from (Candidate(paper_id, language) for paper_id in trending for language in languages)
