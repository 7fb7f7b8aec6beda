"""LaTeX of titles and abstracts, as plain Unicode text."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.text import readable

PIECES = [
    "\\", "$", "$$", "{", "}", "^", "_", "%", "&", "#", "~", "[", "]", "(", ")", "\\(", "\\)",
    "\\alpha", "\\frac", "\\'e", '\\"', "\\begin{a}", "\\end{a}", "\\sqrt", "\\char7", "\\verb|",
    "\\text{", "\\mathbb", "\\left", "\\item", "\\\\", "\\input{x}", " ", "x", "7", "a b", "É",
    "%s", "\\cite{", "``", "''", "--", "\\n", "\\href{", "\\not", "\\overset", "\\ce{", "\\url",
]  # fmt: skip
latex = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=15).map("".join)


def controls(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs")}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"Poincar\'e and Schr\"odinger", "Poincaré and Schrödinger"),
        (r"G\"{o}del, {\L}ukasiewicz, Erd\H os, na\"{\i}ve", "Gödel, Łukasiewicz, Erdős, naïve"),
        (r"Stra\ss e, \c{c}a, \v{S}koda, \r{A}, {\'e}l\`eve", "Straße, ça, Škoda, Å, élève"),
        (r"{\"o} \"{o} {\'\i} \"\i, \c c, {\v c}, \d{h}", "ö ö í ï, ç, č, ḥ"),
        (r"\emph{very} \textbf{bold}", "very bold"),
        (r"{\bf bold} and \textcolor{red}{red}", "bold and red"),
        (r"50\% of $x_1$", "50% of x₁"),
        (r"100% of \'ecoles & more", "100% of écoles & more"),
        (r"We use \LaTeX\ and \LaTeX{} and \BibTeX.", "We use LaTeX and LaTeX and BibTeX."),
        (r"{\textless}p{\textgreater} \textemdash{} 5\,\textmu m", "<p> — 5 µm"),
        (r"\href{https://a.org/c_d}{code}", "code (https://a.org/c_d)"),
        (r"\url{https://a.org/~me_a} \footnote{Code at x}", "https://a.org/~me_a (Code at x)"),
        (r"\begin{itemize}\item one \item two\end{itemize}.", " • one • two ."),
        (r"\verb|a_b| and x\_1", "a_b and x_1"),
        (r"\SI{10}{\micro\ohm} of \ce{H2O} and \ce{Ca^2+}", "10 µΩ of H₂O and Ca²⁺"),
        ("plain text stays, 100% of it", "plain text stays, 100% of it"),
    ],
)
def test_macros_of_prose_are_read(source: str, expected: str) -> None:
    assert readable(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"$\alpha$-helix", "α-helix"),
        (r"in $\mathcal{O}(n^2)$ time over $\mathbb{R}^n$", "in 𝒪(n²) time over ℝⁿ"),
        (r"$H_2O$ at $10^{-3}$, $x_{ij}y$", "H₂O at 10⁻³, x_{ij}y"),
        (r"$10^{-3/2}$, $k_{\rm eff}$, $k_{\rm eff}T$", "10^{-3/2}, k_{eff}, k_{eff}T"),
        (r"$W_{\mathrm{in}}^{d_{k}}$", "W_{in}^{dₖ}"),
        (r"$M_\odot$, $90^\circ$, $C^*$, $X^\top X$, $f'(x)$", "M⊙, 90°, C*, XᵀX, f′(x)"),
        (r"$\frac{1}{2}x$, $\frac{a+b}{2\pi}$, $2\frac12$", "(1/2)x, (a+b)/(2π), 2 1/2"),
        (r"$\sqrt{x+1}$, $\sqrt[3]{8}$, $\tilde{O}(\sqrt n)$", "√(x+1), ∛8, Õ(√n)"),
        (r"$2\log n$, $O(n\log n)$, $\sin\theta$", "2 log n, O(n log n), sin θ"),
        (r"$p\leq 0.05$, $p \leq 0.05$, $2\pi r$", "p≤0.05, p ≤ 0.05, 2πr"),
        (r"$\not=$, $\not\in$, $\|x\|$ and \|y\|", "≠, ∉, ‖x‖ and ‖y‖"),
        (r"$\boldsymbol\theta$, $\bm{x}$, $\lfloor x\rfloor$", "θ, x, ⌊x⌋"),
        (r"\(a\) \[b\] $$E=mc^2$$", "a b E=mc²"),
        (r"$\begin{pmatrix} a & b \\ c & d\end{pmatrix}$", " a b ; c d "),
        (r"CO$_2$, $^{13}$C, m s$^{-1}$", "CO₂, ¹³C, m s⁻¹"),
    ],
)
def test_formulas_are_read(source: str, expected: str) -> None:
    assert readable(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"rises from 0.5$\pm$0.04 to 0.7", "rises from 0.5±0.04 to 0.7"),
        (r"512$\times512$ and $\sim$30, $<$5%, $n=$25", "512×512 and ∼30, <5%, n=25"),
        (r"$\sim$$3\times10^{8}$ and $ \alpha $", "∼3×10⁸ and α "),
        (r"\textbf{9$\times$ faster}", "9× faster"),
        (r"Speed $\ne$ Accuracy", "Speed ≠ Accuracy"),
        (r"$a \text{ if $x$} b$", "a if x b"),
        (r"{{Zn\textsubscript{x}Cd}}{$_{1-}$}{{$\slash$}}{{ZnS}}", "ZnₓCd₁₋/ZnS"),
        (r"cut off $\alph", "cut off alph"),
        (r"\alpha$ is cut off", "α is cut off"),
        (r"costs $5 and $\alpha$ is $5 million", "costs $5 and α is $5 million"),
    ],
)
def test_formulas_are_found_however_they_touch_the_text(source: str, expected: str) -> None:
    assert readable(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("pages 3--5 --- ``so'' and `so'", "pages 3–5 — “so” and ‘so’"),
        ("Fig.~3 of Smith~et~al.", "Fig. 3 of Smith et al."),
        ("the reward R_t, A^T, 10^-3, 10^{6}, H_2O", "the reward Rₜ, Aᵀ, 10⁻³, 10⁶, H₂O"),
        ("the {BERT} model, 5{,}000 {B}ias", "the BERT model, 5,000 Bias"),
        (r"shown in~\cite{a,b} (see \citep[p.~3]{c}), ok", "shown in (see), ok"),
        (r"shown \cite{a} and Table~\ref{t}.", "shown and Table."),
    ],
)
def test_the_conventions_of_typing_are_read_without_any_macro(source: str, expected: str) -> None:
    assert readable(source) == expected


@pytest.mark.parametrize(
    "text",
    [
        "run it with --help, 5~10 mg or ~30 s",
        "a snake_case name, ROC_AUC, Attack_600, a_b_c",
        "at https://github.com/a_b/x_1/~c and https://a.org/x--y",
        "the set {a, b} and f''",
        "from $5 to $10", "US$5-$10", "$5", "costs $ 5 and 6 $", "a $5 bill, a $10 bill", "$$$",
        "$PATH and $HOME",
    ],
)  # fmt: skip
def test_what_only_looks_like_latex_stays(text: str) -> None:
    assert readable(text) == text


def test_an_escaped_dollar_opens_no_formula() -> None:
    assert readable(r"\$5/$x$ a unit") == "$5/x a unit"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"A\nsurvey of graphs", "A survey of graphs"),
        (r"first.\n\nSecond", "first. Second"),
        (r"Our \network and \method{} and \ours.", "Our network and method and ours."),
        (r"$\ourmodel$ with \foo{words} of \d+", "ourmodel with words of d+"),
        (r"\"quoted\" and\/or http:\/\/a.org", "“quoted” and/or http://a.org"),
    ],
)
def test_what_is_unknown_leaves_its_letters(source: str, expected: str) -> None:
    assert readable(source) == expected


@pytest.mark.parametrize(
    "broken",
    [
        r"\frac", r"$\frac{a$ b", r"{\bf open", r"\begin{x} y", r"50\% of 5 \ 3", r"\left( x", "\\",
        r"\cite{open", r"\href{open", r"$\text{open$ b", "$" * 7, "}" * 7, r"\item[", "``",
    ],
)  # fmt: skip
def test_broken_latex_loses_no_plain_words(broken: str) -> None:
    text = readable(f"kept words {broken} also these")
    assert "kept words" in text
    assert "also these" in text


def test_a_text_of_commands_alone_is_not_made_empty() -> None:
    assert readable(r"\n\t") == r"\n\t"


def test_no_file_is_read_for_input() -> None:
    assert "root" not in readable(r"\'e \input{/etc/passwd} \include{/etc/passwd}")


@given(latex)
def test_no_latex_breaks_the_reading(text: str) -> None:
    assert controls(readable(text)) <= controls(text) | {"\n"}
    assert readable(text).strip() or not text.strip()


@pytest.mark.parametrize(
    "piece",
    [
        "$a", "$", "{", "}", "\\frac{", "\\frac", "\\cite{", "\\begin{a}", "\\sqrt[", "``", "`a",
        "''", "\\left", "^", "_{", "x_", "{\\it ", "\\not", "\\'", "$x$", "\\(", "\\\\[", "~", "-",
        "\\verb|", "\\\"a", "https://", "\\href{a}", "(~", "\ue003", "\"a", "{a",
    ],
)  # fmt: skip
def test_a_hundred_kilobytes_take_less_than_a_second(piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    start = time.process_time()
    readable(text)
    assert time.process_time() - start < 1
