"""What LaTeX's macros and scripts are in Unicode.

Most of the symbols are pylatexenc's: what its reader of LaTeX prints for a macro, then what its
writer of LaTeX turns into one.
"""

import re
import unicodedata
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.latexencode import get_builtin_uni2latex_dict

_ONE_MACRO = re.compile(r"(?:\\ensuremath)?\{?\\([A-Za-z]+)\}?")
PLAIN_UNDERSCORE = "\ue002"  # one that no script follows
_RAISED_FROM = "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ"
_RAISED_TO = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᵠᵡ"
_LOWERED_FROM = "0123456789+-−=()aehijklmnoprstuvxβγρφχ"
_LOWERED_TO = "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ"
SCRIPTS = {
    "^": str.maketrans(_RAISED_FROM, _RAISED_TO),
    "_": str.maketrans(_LOWERED_FROM, _LOWERED_TO),
}
RAISED_ALREADY = {"∘": "°", "°": "°", "∗": "*", "*": "*", "⊤": "ᵀ"}


def names(text: str) -> list[str]:
    """Return the names in a table that is written as a text."""
    return text.split()


def _table(text: str) -> dict[str, str]:
    """Return a table out of the words of ``text`` in turn: key, value."""
    entries = text.split()
    return dict(zip(entries[::2], entries[1::2], strict=True))


# By the macro that puts it there, the accent that follows its letter.
ACCENTS = {
    name: chr(int(code, 16))
    for name, code in _table(
        """' 301 ` 300 ^ 302 " 308 ~ 303 = 304 . 307 u 306 v 30c H 30b c 327 d 323 b 331 r 30a
        k 328 G 30f hat 302 widehat 302 bar 304 overline 304 tilde 303 widetilde 303 vec 20d7
        dot 307 ddot 308 acute 301 grave 300 check 30c breve 306 mathring 30a"""
    ).items()
}
# Where neither of pylatexenc's tables has a macro, or has one that reads less well.
_ADDITIONS = _table(
    r"""textless < textgreater > lt < gt > slash / mid | backslash ∖ ne ≠ neq ≠ le ≤ ge ≥ gets ←
    implies ⟹ iff ⟺ impliedby ⟸ land ∧ lor ∨ neg ¬ lnot ¬ Re Re Im Im P ¶ S § copyright ©
    pounds £ euro € dag † ddag ‡ micro µ degree ° degrees ° celsius °C degreeCelsius °C percent %
    angstrom Å ohm Ω per / checkmark ✓ Box □ models ⊨ ast * bmod mod lvert | rvert | vert |
    lVert ‖ rVert ‖ Vert ‖ parallel ∥ lbrace { rbrace } lbrack [ rbrack ] dots … ldots … dotsc …
    textellipsis … cdots ⋯ dotsb ⋯ cdot · prime ′ varnothing ∅ emptyset ∅ setminus ∖ top ⊤
    item • lq ‘ rq ’ i ı j ȷ imath ı jmath ȷ textbar | textdollar $ bullet • infty ∞
    TeX TeX LaTeX LaTeX BibTeX BibTeX textquotesingle ' textquotedbl " textbackslash \ hbar ℏ
    textcelsius °C texttimes × textdegree ° textpm ± varepsilon ε phi ϕ colon : And &
    arcmin ′ arcsec ″ sun ⊙ earth ⊕ textonehalf ½ textmu µ"""
) | {
    **dict.fromkeys(names("quad qquad space newline par enspace thinspace linebreak hfill"), " "),
    "argmin": "arg min",
    "argmax": "arg max",
    "nobreakspace": " ",
    "textunderscore": PLAIN_UNDERSCORE,
    "xspace": "",
    "leavevmode": "",
}
EATS_SPACE = frozenset(
    names("o O l L ss ae AE oe OE aa AA i j dh DH th TH dj DJ ng NG textmu micro")
)

# What only changes how the rest looks.
SILENT = frozenset(
    names("""
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm
    bf it em rm sf tt sc sl cal mit bfseries itshape rmfamily sffamily ttfamily scshape upshape
    mdseries slshape normalfont displaystyle textstyle scriptstyle scriptscriptstyle limits
    nolimits nonumber notag noindent indent centering protect relax smallskip medskip bigskip
    newpage clearpage maketitle boldmath unboldmath mathstrut strut allowbreak nobreak sloppy tiny
    scriptsize footnotesize small normalsize large Large LARGE huge Huge hline toprule midrule
    bottomrule displaylimits mathsurround null hfil vfill nolinebreak pagebreak negthinspace
    """)
)
# What stands for a number or a name that only the compiled paper has.
REFERENCES = frozenset(
    names("""
    cite citep citet citealp citealt citeauthor citeyear citeyearpar parencite textcite autocite
    footcite nocite Cite Citet Citep ref eqref autoref cref Cref pageref nameref vref label
    footnotemark bibitem thanks index""")
)
# What has arguments that nobody reads, with how many.
UNREAD = {
    **dict.fromkeys(REFERENCES, 1),
    **dict.fromkeys(
        names("""
        vspace hspace color phantom hphantom vphantom input include usepackage includegraphics
        bibliography bibliographystyle pagestyle thispagestyle tag documentclass pagecolor end
        """),
        1,
    ),
    **dict.fromkeys(names("setlength setcounter addtolength fontsize newcommand renewcommand"), 2),
}
# What is read of several arguments: its place, counted from nought.
READ = {
    **dict.fromkeys(
        names("""textcolor colorbox hypertarget hyperlink foreignlanguage parbox raisebox scalebox
        rotatebox adjustbox texorpdfstring"""),
        1,
    ),
    "fcolorbox": 2,
    "multicolumn": 2,
    "resizebox": 2,
}
_STYLES = {
    **dict.fromkeys(["mathbb", "Bbb", "mathds", "mathbbm"], "DOUBLE-STRUCK"),
    **dict.fromkeys(["mathcal", "mathscr"], "SCRIPT"),
    "mathfrak": "FRAKTUR",
}


@cache
def symbols() -> dict[str, str]:
    """Return what each macro without arguments prints, by its name."""
    table: dict[str, str] = {}
    for character, macro in get_builtin_uni2latex_dict().items():
        match = _ONE_MACRO.fullmatch(macro)
        if match and not unicodedata.combining(chr(character)):
            table.setdefault(match[1], chr(character))
    context = get_default_latex_context_db()
    for category in ("advanced-symbols", "latex-approximations", "latex-base"):
        for name, spec in context.d[category]["macros"].items():
            if isinstance(spec.simplify_repl, str) and "%" not in spec.simplify_repl:
                table[name] = spec.simplify_repl
    for name in (*SILENT, *UNREAD, *READ):
        table.pop(name, None)
    return table | _ADDITIONS


def styled(macro: str, text: str) -> str:
    """Return ``text`` in the letters of ``macro`` where those mean something: ℝ, 𝒪, 𝔤; else as it
    is.
    """
    style = _STYLES.get(macro)
    return "".join(_styled(style, c) for c in text) if style else text


@cache
def _styled(style: str, character: str) -> str:
    if not character.isascii() or not character.isalnum():
        return character
    name = unicodedata.name(character).removeprefix("LATIN ").replace("LETTER ", "")
    for prefix in (f"MATHEMATICAL {style}", style, "BLACK-LETTER"):
        try:
            return unicodedata.lookup(f"{prefix} {name}")
        except KeyError:
            continue
    return character
