"""The words of a text, each in the forms by which it is compared with others."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from digestmail.text.spelling import american, foreign_stem, greek_names, irregular_singular

# Chinese and Japanese put no blanks between words, so there each character counts as a word.
_IDEOGRAPH = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Combining accents belong to their letter: feeds and keyboards of some systems decompose them.
# C++ and C# are other languages than C, and R&D is no R.
_WORD = re.compile(
    rf"[{_IDEOGRAPH}]|(?<!\w)[A-Za-z](?:#|&[A-Za-z])(?!\w)"
    rf"|[^\W_{_IDEOGRAPH}]+(?:[\u0300-\u036f][^\W_{_IDEOGRAPH}]*)*(?:[+]{{2}}(?!\w))?"
)
_IRREGULAR = {
    "matrices": "matrix",
    "vertices": "vertex",
    "indices": "index",
    "phenomena": "phenomenon",
    "criteria": "criterion",
    "bacteria": "bacterium",
    "biases": "bias",
    "gases": "gas",
    "lenses": "lens",
    "viruses": "virus",
    "mice": "mouse",
    "aids": "aids",
    "atlas": "atlas",
    "atlases": "atlas",
    "automata": "automaton",
    "bayes": "bayes",
    "buses": "bus",
    "formulae": "formula",
    "fungi": "fungus",
    "https": "https",
    "larvae": "larva",
    "loci": "locus",
    "mars": "mars",
    "news": "news",
    "sars": "sars",
    "bias": "bias",
    "gas": "gas",
    "lens": "lens",
    "series": "series",
    "species": "species",
    "axes": "axis",
    "caches": "cache",
    "calories": "calorie",
    "corpora": "corpus",
    "cpus": "cpu",
    "crises": "crisis",
    "diagnoses": "diagnosis",
    "gpus": "gpu",
    "heroes": "hero",
    "metastases": "metastasis",
    "movies": "movie",
    "niches": "niche",
    "nuclei": "nucleus",
    "prognoses": "prognosis",
    "spectra": "spectrum",
    "stimuli": "stimulus",
    "tpus": "tpu",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A word in the forms by which it is compared with others.

    ``plain`` is lower case without accents; ``normal`` also in American spelling; ``stem`` also
    singular.
    """

    plain: str
    normal: str
    stem: str
    is_acronym: bool  # it has two capitals, or one and no other letter
    is_joined: bool  # a hyphen, a point or nothing stands between it and the word before


@dataclass(frozen=True, slots=True)
class Word(Form):
    """A word of a text, with where it stands."""

    start: int
    end: int


def words(text: str) -> list[Word]:
    """Return the words of ``text`` in order, with where they stand."""
    return [
        Word(form.plain, form.normal, form.stem, form.is_acronym, form.is_joined, start, end)
        for form, start, end in _forms(text)
    ]


def forms(text: str) -> list[Form]:
    """Return the words of ``text`` in order, to be kept: equal ones are one object."""
    return [form for form, _, _ in _forms(text)]


_JOINING = "-\u2010\u2011\u2012\u2013\u2212._"


def _forms(text: str) -> Iterator[tuple[Form, int, int]]:
    last = -2
    for match in _WORD.finditer(text):
        start, end = match.span()
        is_joined = start == last or (start == last + 1 and text[last] in _JOINING)
        last = end
        yield _form(match.group(), is_joined), start, end


@lru_cache(maxsize=131_072)
def _form(written: str, is_joined: bool) -> Form:
    plain = _plain(written)
    capitals = sum(map(str.isupper, written))
    is_acronym = capitals > 1 or (capitals == 1 and sum(map(str.isalpha, written)) == 1)
    normal = american(plain) if plain.isascii() else foreign_stem(greek_names(plain))
    is_plural = capitals > 1 and written[-1] == "s" and written[:-1].isupper()
    stem = american(normal[:-1]) if is_plural else stem_of(plain if plain.isascii() else normal)
    return Form(plain, normal, stem, is_acronym, is_joined)


_SAME_IN_PLURAL = ("series", "species")  # also in compounds: timeseries


def stem_of(plain: str) -> str:
    """Return a lower-case word in the singular and in American spelling."""
    if plain.endswith(_SAME_IN_PLURAL):
        return american(plain)
    return american(singular(irregular_singular(plain)))


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    word = word.lower()
    if word.isascii():
        return word
    word = word.translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", word)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    plain = unicodedata.normalize("NFC", plain)  # Korean syllables are one character
    return plain or word  # lower once more: a styled capital becomes a plain one


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"})


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """Return the singular of a lower-case English word, lightly.

    The S-stemmer of Harman, "How effective is suffixing?" (JASIS 42, 1991), with the endings of
    -sis, -x, -ch, -sh and -ss words added. Both sides of a match are treated alike, so a wrong
    singular is harmless unless two words meet in it.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith(("yses", "theses")):
        return word[:-2] + "is"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word if word.endswith(("us", "ss", "is")) else word[:-1]
