"""Names of people as they and their papers write them, and whether two can be one person."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii
from nicknames import NickNamer

from digestmail.text.words import words

# Words of a surname that stand before its last word, and what follows it.
_PARTICLES = frozenset(
    "al bin da de del della den der di do dos du el ibn la le ten ter van von zu zur".split()  # noqa: SIM905
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
_APOSTROPHES = str.maketrans("", "", "'’ʼ")
_INITIALS = re.compile(r"(?:\w\.-?)+", re.UNICODE)
_CAPITALS = re.compile(r"[A-Z]{2,3}")
_GROUP = re.compile(r"\b(?:collaboration|consortium|team|working group)\b", re.IGNORECASE)
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_FIRST_IDEOGRAPH = "\u3040"  # from there on one character is a word
_LEAST_NICKNAME = 3  # letters: shorter ones are names of their own elsewhere
# Chinese, Korean and Vietnamese surnames, which stand before the given name or after it.
_EASTERN = frozenset(
    """
    bai bae bui cai cao chang chen cheng cho choi chong chu chun chung cui dai dang deng ding dinh
    do dong du duan duong fan fang feng fu gao ge gong gu guo ha ham han hao he heo ho hoang hong
    hou hu huang huynh hwang im jang jeon jeong ji jia jiang jin jo joo jung kang kim ko kong ku
    kwak kwon lai lam le lee lei li liang liao lim lin liu long lu luo luu ma mai mao meng min moon
    na nam ngo nguyen ni nie oh ouyang pan pang park pei peng pham phan qi qian qin qiu qu rao ren
    rhee roh ryu seo shao shen shi shim shin sim so son song su suh sun tan tang tao tian to tong
    tran trinh truong vo vu wan wang wei wen won woo wu xia xiang xiao xie xin xing xiong xu xue
    yan yang yao ye yi yin yoo yoon you yu yuan yue yun zeng zhai zhan zhang zhao zheng zhong zhou
    zhu zhuang zou
    """.split()  # noqa: SIM905
)

_Word = tuple[str, ...]  # the spellings of one word of a name; the first without accents
_Chunk = tuple[_Word, ...]  # words with hyphens between them


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a name. Without a comma, which words are the surname is not known."""

    given_names: tuple[_Chunk, ...]
    surname: tuple[_Word, ...]  # without particles
    joined: frozenset[str]  # the whole surname in one word, with particles
    is_swapped: bool = False  # the surname stands first

    @property
    def words(self) -> tuple[_Word, ...]:
        return tuple(word for chunk in self.given_names for word in chunk)


@lru_cache(maxsize=65536)
def name_parts(name: str) -> tuple[str, tuple[str, ...]]:
    """(surname, given names) of a name as people and papers write it, lower case, no accents.

    Understands "Jane Q. Doe", "Doe, Jane Q.", "J. Q. Doe" and "Doe J. Q."; the last word is the
    surname. What stands before it counts with the given names, but for particles ("van der"), which
    papers leave out or move.
    """
    name = _initials_last(name.translate(_APOSTROPHES))
    surname, _, given_names = name.partition(",")
    family, names_after = _plain_words(surname), _plain_words(given_names)
    if not family or ("," in name and not names_after):
        return (family[-1] if family else "", ())
    named = (*names_after, *family[:-1])
    while len(named) > 1 and named[-1] in _PARTICLES:
        named = named[:-1]
    return family[-1], named


def _initials_last(name: str) -> str:
    """Return a name that ends in initials ("Doe J. Q.") with the comma that says so."""
    written = name.split()
    first = len(written)  # of the initials
    while first > 1 and _INITIALS.fullmatch(written[first - 1]):
        first -= 1
    if first == len(written) or "," in name:
        return name
    return f"{' '.join(written[:first])}, {' '.join(written[first:])}"


def _plain_words(text: str) -> list[str]:
    plain = [word.plain for word in words(text)]
    while len(plain) > 1 and plain[-1] in _SUFFIXES:
        plain.pop()
    return plain


@lru_cache(maxsize=262_144)
def same_person(followed: str, written: str) -> bool:
    """Return whether two spellings can be one person: agreeing surnames and given names.

    An initial agrees with any name that begins with it; a surname alone agrees with nobody, as
    it would follow thousands.
    """
    if _GROUP.search(followed) or _GROUP.search(written):
        return _group_words(followed) == _group_words(written)
    return any(_agree(a, b) for a in _readings(followed) for b in _readings(written))


@lru_cache(maxsize=65536)
def surname_keys(name: str) -> frozenset[str]:
    """Return words of which two names of one person share at least one."""
    if _GROUP.search(name):
        return frozenset([" ".join(_group_words(name))])
    keys: set[str] = set()
    for reading in _readings(name):
        keys |= reading.joined
        keys |= {spelling for word in reading.surname for spelling in word}
    return frozenset(keys)


def is_initials_only(name: str) -> bool:
    """Return whether a name has no given name but initials."""
    readings = _readings(name)
    return bool(readings) and all(len(word[0]) == 1 for r in readings[:1] for word in r.words)


def given_name(name: str) -> str:
    """Return the first given name of somebody in full; empty where only initials are known."""
    readings = _readings(name)
    first = "".join(word[0] for word in readings[0].given_names[0]) if readings else ""
    return first if len(first) > 1 else ""


def _group_words(name: str) -> tuple[str, ...]:
    return tuple(word.plain for word in words(name) if word.plain != "the")


@lru_cache(maxsize=65536)
def _readings(name: str) -> tuple[_Reading, ...]:
    return tuple(_read(_initials_last(_latin(name.translate(_APOSTROPHES)))))


def _latin(name: str) -> str:
    """Return a name with Cyrillic and Greek letters in Latin ones."""
    if name.isascii():
        return name
    return "".join(anyascii(c) if "\u0370" <= c <= "\u052f" else c for c in _composed(name))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _read(name: str) -> Iterator[_Reading]:
    surname, comma, given_names = name.partition(",")
    front = _chunks(surname)
    if comma:
        names_after = _chunks(given_names)
        if front and names_after:
            yield _reading(names_after, front)
        return
    if len(front) == 1 and len(front[0]) > 1 and front[0][0][0] >= _FIRST_IDEOGRAPH:
        yield _reading((front[0][1:],), (front[0][:1],))
    last = name.split()[-1] if len(front) > 1 else ""
    initials = _letters(last) if _CAPITALS.fullmatch(last) and not name.isupper() else ()
    if len(initials) == 2:  # Doe JQ; of three letters DOE may well be the surname
        yield _reading((initials,), front[:-1])
    for at in range(1, len(front)):
        if not any(len(word[0]) == 1 for chunk in front[at:] for word in chunk):
            yield _reading(front[:at], front[at:])
    if len(initials) > 2:
        yield _reading((initials,), front[:-1])
    if len(front) > 1 and front[0][0][0] in _EASTERN and len(front) < 4:
        yield _reading(front[1:], front[:1], is_swapped=True)


def _reading(
    given_names: Sequence[_Chunk], surname: Sequence[_Chunk], *, is_swapped: bool = False
) -> _Reading:
    family = [word for chunk in surname for word in chunk]
    front = [word for chunk in given_names for word in chunk]
    particles: list[_Word] = []
    chunks = list(given_names)
    while len(chunks) > 1 and chunks[-1][0][0] in _PARTICLES:
        particles.insert(0, chunks.pop()[0])
    while len(family) > 1 and family[0][0] in _PARTICLES:
        particles.append(family.pop(0))
    if front == particles:
        chunks = list(given_names)
    bare = ["".join(word[0] for word in family), "".join(word[-1] for word in family)]
    before = "".join(word[0] for word in particles)
    return _Reading(
        tuple(chunks), tuple(family), frozenset([*bare, *(before + b for b in bare)]), is_swapped
    )


def _chunks(text: str) -> tuple[_Chunk, ...]:
    """Return the words of a name, those with hyphens together; additions such as "Jr." left out."""
    is_shouted = text.isupper()
    chunks: list[_Chunk] = []
    for token in text.split():
        if _CAPITALS.fullmatch(token) and not is_shouted and token.lower() not in _EASTERN:
            chunks += [(letter,) for letter in _letters(token)] if not chunks else [_word(token)]
        elif _INITIALS.fullmatch(token):
            chunks += [(letter,) for letter in _letters(token)]
        elif chunk := _word(token):
            chunks.append(chunk)
    while len(chunks) > 1 and chunks[-1][0][0] in _SUFFIXES:
        chunks.pop()
    return tuple(chunks)


def _letters(initials: str) -> _Chunk:
    return tuple((letter.lower(),) for letter in initials if letter.isalpha())


def _word(token: str) -> _Chunk:
    return tuple(
        tuple(dict.fromkeys((word.plain, *_variants(token[word.start : word.end]))))
        for word in words(token)
    )


def _variants(written: str) -> Iterator[str]:
    """Yield other spellings of a word: umlauts in two letters, Dmitry for Dmitrii."""
    lower = _composed(written.lower())
    if len(lower) > 4 and lower.endswith(("iy", "ii", "ij", "yy")):
        yield lower[:-2] + "y"
    if (out := lower.translate(_TWO_LETTERS)) != lower:
        yield from (word.plain for word in words(out)[:1])


def _agree(followed: _Reading, written: _Reading) -> bool:
    if followed.is_swapped and written.is_swapped:
        return False
    if followed.joined & written.joined:
        return _given_agree(followed, written)
    if followed.is_swapped or written.is_swapped:
        return False
    short, long = sorted((followed.surname, written.surname), key=len)
    is_part = len(short) < len(long) and any(
        _same_words(short, end) for end in (long[: len(short)], long[-len(short) :])
    )
    return is_part and _is_full(followed) and _is_full(written) and _given_agree(followed, written)


def _same_words(followed: Sequence[_Word], written: Sequence[_Word]) -> bool:
    return all(set(a) & set(b) for a, b in zip(followed, written, strict=True))


def _is_full(reading: _Reading) -> bool:
    return len(reading.words[0][0]) > 1


def _given_agree(followed: _Reading, written: _Reading) -> bool:
    names, written_names = followed.words, written.words
    if {"".join(w[0] for w in names)} == {"".join(w[0] for w in written_names)}:
        return True  # Li-Wei, Liwei
    if _is_half(followed, written) or _is_half(written, followed):
        return False
    return all(_names_agree(a, b) for a, b in zip(names, written_names, strict=False))


def _is_half(followed: _Reading, written: _Reading) -> bool:
    """Return whether one given name is half of the other's hyphenated one: Wei, Wei-Nan."""
    names = written.given_names[0]
    is_double = len(names) > 1 and all(len(word[0]) > 1 for word in names)
    return is_double and len(followed.words) == 1 and _is_full(followed)


def _names_agree(followed: _Word, written: _Word) -> bool:
    if len(followed[0]) == 1 or len(written[0]) == 1:
        return followed[0][0] == written[0][0]
    return bool(set(followed) & set(written)) or _is_nickname(followed[0], written[0])


@lru_cache(maxsize=65536)
def _is_nickname(followed: str, written: str) -> bool:
    short, long = sorted((followed, written), key=len)
    is_other_name = long.startswith(short) and len(long) - len(short) < 2  # Ann, Anna
    if len(short) < _LEAST_NICKNAME or is_other_name:
        return False
    nicknames = _nicknames()
    return followed in nicknames.canonicals_of(written) or written in nicknames.canonicals_of(
        followed
    )


@lru_cache(maxsize=1)
def _nicknames() -> NickNamer:
    return NickNamer()
