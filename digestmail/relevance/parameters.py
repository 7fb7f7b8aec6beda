"""Every number of the relevance model that was chosen, with what chose it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's logistic calibration: log-odds = intercept + slope x similarity + keyword x match.

    The values are rounded and lie near several fits over families of benchmark sets, each family
    weighing the same (``bench.calibration``). Collections of one subject, lists of which a small
    share is judged, and pools that a search found are left out: among them the share of relevant
    papers differs tenfold.
    """

    intercept: float
    slope: float
    keyword: float
    text: float  # the effect of cosines with typed text, which are smaller than those of papers


@dataclass(frozen=True, slots=True)
class ModelParameters:
    """The parameters of the relevance model; ``bench/README.md`` has the measurements."""

    # Vector spaces
    topics: int = 256  # dimensions of latent semantic analysis; the usual size, not tuned
    fitted_papers: int = 8_000  # papers that the topics are fitted on; more change little
    sample_papers: int = 1_000  # background papers that means and spreads are taken from
    least_embedded: int = 500  # of the papers; with fewer, and less than half, meaning is left out
    common_term: float = 0.5  # a term in a larger share of the papers is ignored
    covariance_shrinkage: float = 0.3  # of the background's covariance towards a sphere
    variance_smoothing: float = 10.0  # mean variances added to the variance of each term

    # Fusion of the standardised scorers; a scorer that is not named here has weight 1
    left_out: frozenset[tuple[str, str]] = frozenset()  # methods and spaces, for the ablation
    discriminant_half_likes: float = 5.0  # likes at which discriminants have half their weight
    text_half_likes: float = 4.0  # likes at which a specific text has half its weight
    keyword_half_likes: float = 2.0  # likes at which a specific keyword has half its weight
    least_keyword_weight: float = 0.3  # the least weight of such a keyword beside many likes
    specific_share: float = 0.05  # of the papers; what fits no more of them is specific
    prior_papers: float = 100.0  # added to those that a share is taken of, as few tell little
    text_meaning: float = 2.0  # the weight of meaning for typed text
    dislike_weight: float = 0.5  # of the dislikes' discriminants
    dislike_half: float = 5.0  # dislikes at which these have half their weight

    # What cosines promise
    certainty_half_likes: float = 0.5  # likes at which a similarity has half its full effect
    least_term_spread: float = 0.02  # of a text's cosines over terms, whose median it is
    usual_spread: float = 0.08  # of cosines, where they know nothing of a profile

    # Keyword matches, each a probability-like strength in [0, 1]
    title_match: float = 0.65  # in the title
    repeated_match: float = 0.6  # three times or more in the abstract
    abstract_match: float = 0.25
    family_match: float = 0.6  # of these, where only a word of the same family stands
    common_keyword: float = 0.3  # a keyword in this share of the papers has the least weight
    least_common_keyword: float = 0.75  # that weight: in a title it is a good match still

    # Followed authors
    most_namesakes: int = 3  # people a name with initials may match, to be followed everywhere

    # Log-odds beside the scorers. Product choices: they order what is equally near
    chosen_category: float = -0.85  # a paper of the chosen categories, where nothing else is known
    upvote_weight: float = 0.15  # of the logarithm of a paper's upvotes
    upvote_half_days: float = 2.0  # an upvote of a paper so old counts half
    most_trending: float = 0.6  # that upvotes add
    age_weight: float = 0.05  # a day
    most_age: float = 0.25  # that age takes off

    # Calibration, apart for installations without and with an embedding model
    lexical: Calibration = field(default_factory=lambda: Calibration(-4.2, 7.0, 9.0, 1.25))
    semantic: Calibration = field(default_factory=lambda: Calibration(-4.6, 7.0, 9.4, 1.55))


PARAMETERS = ModelParameters()
