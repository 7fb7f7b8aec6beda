"""One form for the spellings of an English word: American, singular, Greek letters by name."""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_GREEK_RUN = re.compile(r"[\u0386-\u03ce\u03d1\u03d5\u03f5\u1f00-\u1fff\u2126]+")
_LONGEST_SYMBOL = 3  # Greek letters in a row; more are a word of Greek
_FIRST_HANGUL, _LAST_HANGUL = "\uac00", "\ud7a3"
_KOREAN_PARTICLES = "을를은는이가의에와과로도"

# Irregular plurals that the endings below do not tell.
_PLURALS = {
    "alumni": "alumnus", "apices": "apex", "appendices": "appendix",
    "bacilli": "bacillus", "calculi": "calculus", "calves": "calf",
    "children": "child", "cilia": "cilium", "codices": "codex",
    "cortices": "cortex", "curricula": "curriculum", "datum": "data", "emboli": "embolus",
    "equilibria": "equilibrium", "errata": "erratum", "feet": "foot", "flagella": "flagellum",
    "foci": "focus", "foramina": "foramen", "ganglia": "ganglion", "geese": "goose",
    "genera": "genus", "gyri": "gyrus", "halves": "half", "helices": "helix",
    "hippocampi": "hippocampus", "knives": "knife", "leaves": "leaf", "lemmata": "lemma",
    "lice": "louse", "lives": "life", "lumina": "lumen", "maxima": "maximum", "men": "man",
    "memoranda": "memorandum", "millennia": "millennium",
    "minima": "minimum", "mitochondria": "mitochondrion", "moduli": "modulus",
    "momenta": "momentum", "nimbi": "nimbus", "optima": "optimum", "ova": "ovum", "oxen": "ox",
    "people": "person", "phyla": "phylum", "polyhedra": "polyhedron", "protozoa": "protozoan",
    "quanta": "quantum", "quizzes": "quiz", "radii": "radius", "rhombi": "rhombus",
    "schemata": "schema", "selves": "self", "septa": "septum", "shelves": "shelf",
    "simplices": "simplex", "sporangia": "sporangium", "sterna": "sternum", "stigmata": "stigma",
    "stomata": "stoma", "strata": "stratum", "sulci": "sulcus",
    "symposia": "symposium", "syllabi": "syllabus", "taxa": "taxon", "teeth": "tooth",
    "thalli": "thallus", "thrombi": "thrombus", "tori": "torus", "uteri": "uterus",
    "viscera": "viscus", "vortices": "vortex", "wolves": "wolf", "women": "woman",
    "bonuses": "bonus", "campuses": "campus", "censuses": "census", "consensuses": "consensus",
    "fetuses": "fetus", "foetuses": "fetus", "focuses": "focus", "fibroses": "fibrosis",
    "geniuses": "genius", "nexuses": "nexus", "octopuses": "octopus",
    "oases": "oasis", "sinuses": "sinus", "statuses": "status", "scleroses": "sclerosis",
    "syntheses": "synthesis", "neuroses": "neurosis", "psychoses": "psychosis",
    "thymuses": "thymus", "apparatuses": "apparatus", "emphases": "emphasis",
}  # fmt: skip

# British or older spellings that no rule below covers, by the beginning of the word.
_BEGINNINGS = {
    "acknowledgement": "acknowledgment", "aeroplane": "airplane", "ageing": "aging",
    "aluminium": "aluminum", "amongst": "among", "artefact": "artifact",
    "behove": "behoove", "burnt": "burned", "carburett": "carburet", "connexion": "connection",
    "cosy": "cozy", "cypher": "cipher", "defence": "defense", "dependant": "dependent",
    "draught": "draft", "dreamt": "dreamed", "enquir": "inquir", "furore": "furor",
    "gramme": "gram", "grey": "gray", "inflexion": "inflection",
    "jewellery": "jewelry", "judgement": "judgment", "kerb": "curb", "learnt": "learned",
    "licence": "license",
    "moult": "molt", "moustache": "mustache",
    "offence": "offense", "omelette": "omelet", "orientated": "oriented",
    "practise": "practice", "practising": "practicing", "preventative": "preventive",
    "pretence": "pretense", "programme": "program", "pyjama": "pajama",
    "reflexion": "reflection", "sceptic": "skeptic", "scepticism": "skepticism",
    "smoulder": "smolder", "spelt": "spelled", "spoilt": "spoiled", "storey": "story",
    "towards": "toward", "tranquillity": "tranquility", "tyre": "tire",
    "whilst": "while", "woollen": "woolen", "yoghurt": "yogurt", "adviser": "advisor",
    "axe": "ax", "disc": "disk", "doughnut": "donut",



    "sabre": "saber", "sombre": "somber",
    "haem": "heme", "haeme": "heme", "parametri": "parameteri", "tonne": "ton",
    "calliper": "caliper", "syphon": "siphon",
}  # fmt: skip
_WHOLE_WORDS = frozenset("axe disc tonne spelt haem haeme spoilt".split())  # noqa: SIM905
_STARTS = tuple(sorted((b for b in _BEGINNINGS if b not in _WHOLE_WORDS), key=len, reverse=True))

# Endings and letters; each is harmless to other words, as both sides of a match are read alike.
_RULES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"(?<=[a-z])ae(?=[a-z]{2})|^ae(?=[a-z]{3})", "e"),
        (r"oe(?=[a-z]{2})|(?<=[a-z]{3})oe(?=a)", "e"),
        (r"(?<=[a-z]{2})our(?!ce|se|t|n|g)", "or"),
        (r"man(?:oe|e)uv(?:re|er|r)(?:e(?=d))?", "maneuver"),
        (r"sulph", "sulf"),
        (r"mould", "mold"),
        (r"plough", "plow"),
        (r"is(e|ed|er|ing|ingly|ation|ational|able|ably|ability|ance|ement)$", r"iz\1"),
        (r"ys(e|ed|er|ing|able)$", r"yz\1"),
        (
            r"(cent|fib|met|lit|theat|spect|calib|tit|lust|meag|och|louv|mit|goit|pet|scept)re$",
            r"\1er",
        ),
        (r"(cent|fib|louv|tit)r(ed|ing)$", r"\1er\2"),
        (r"(cent|fib|theat)re(?=[bfglps])", r"\1er"),
        (r"ogu(?:e)?(ed|ing|er)$", r"og\1"),
        (r"ogue$", "og"),
        (
            r"([aeiou][a-z]*[aeiou])ll(ed|ing|ingly|er|or|ous|ously|ist|est|ation|able|ability)$",
            r"\1l\2",
        ),
        (r"([aeiou][a-z]*)ll(ful|ment)", r"\1l\2"),
        (r"([aeiou][a-z]*[^aeiou][aeiou])ll$", r"\1l"),
        (r"(focus|bias|benefit|target|combat|worship|kidnap|program)[stpm](ed|ing|er)$", r"\1\2"),
        (r"(?<=[kvzsl])eable$", "able"),
        (r"gramme$", "gram"),
    )
)


_LONGEST_WORD = 60  # letters of one that has two spellings, with room for compounds


@lru_cache(maxsize=65536)
def american(word: str) -> str:
    """Return the American spelling of a lower-case word; words without one may lose letters.

    Both sides of a match are spelled alike, so a wrong spelling is harmless unless two words meet.
    """
    if not 2 < len(word) <= _LONGEST_WORD or not word.isascii():
        return word  # some rules take a time that grows with the cube of the letters
    if word in _WHOLE_WORDS:
        return _BEGINNINGS[word]
    start = next((start for start in _STARTS if word.startswith(start)), "")
    word = _BEGINNINGS.get(start, "") + word[len(start) :]
    if len(word) < 4:
        return word
    for pattern, by in _RULES:
        word = pattern.sub(by, word)
    return word


def irregular_singular(word: str) -> str:
    """Return the singular of an irregular plural, other words as they are."""
    if len(word) > 4 and word.endswith("ae"):
        return word[:-1]  # algae, nebulae
    return _PLURALS.get(word, word)


def greek_names(word: str) -> str:
    """Return a word with Greek letters that serve as symbols by their names: alpha for α."""
    return _GREEK_RUN.sub(_names_of, word)


def _names_of(match: re.Match[str]) -> str:
    letters = match.group()
    return letters if len(letters) > _LONGEST_SYMBOL else "".join(map(_name_of, letters))


@lru_cache(maxsize=256)
def _name_of(letter: str) -> str:
    name = unicodedata.name(unicodedata.normalize("NFKC", letter), "")
    before, _, after = name.partition(" LETTER ")
    known = before.startswith("GREEK") and after
    return (
        after.removeprefix("FINAL ").split()[0].lower().replace("lamda", "lambda")
        if known
        else letter
    )


def foreign_stem(word: str) -> str:
    """Return the stem of a word in Cyrillic or Hangul, whose endings are not the English ones."""
    if _FIRST_HANGUL <= word[0] <= _LAST_HANGUL:
        return word[:-1] if len(word) > 2 and word[-1] in _KOREAN_PARTICLES else word
    if "\u0400" <= word[0] <= "\u04ff":
        return _stemmed("russian", word)
    return word


# Stems of one family that Snowball keeps apart: describe, description; explain, explanation.
_FAMILIES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"explan$", "explain"),
        (r"abil$", "abl"),
        (r"ibil$", "ibl"),
        (r"(?<=..)ifi$", "if"),
        (r"olut$", "olv"),
        (r"cript$", "crib"),
        (r"cept$", "ceiv"),
        (r"orpt$", "orb"),
        (r"duct$", "duc"),
        (r"umpt$", "um"),
        (r"(?<=[clv])is$", "id"),
        (r"(?<=..[ae])ns$", "nd"),
        (r"plic$", "pli"),
        (r"rieval$", "riev"),
        (r"nos(?:t|i)$", "nos"),
        (r"lysi$|lyt$|lyz$", "lys"),
        (r"thesiz$|thet$|thesi$", "thes"),
    )
)


@lru_cache(maxsize=65536)
def family(stem: str) -> str:
    """Return what the words of one family have in common: explain, explainable, explanation.

    It is the stem of Porter's second English stemmer ("Snowball", 2001), with the changes of
    letters that it does not know.
    """
    if len(stem) < 5 or not stem.isascii():
        return stem
    root = _stemmed("english", stem)
    for pattern, by in _FAMILIES:
        root = pattern.sub(by, root)
    return root


@lru_cache(maxsize=65536)
def _stemmed(language: str, word: str) -> str:
    return str(snowballstemmer.stemmer(language).stemWord(word))
