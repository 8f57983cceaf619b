"""The text of the page "About". DECISIONS.md and docs/experiments say how its numbers were measured."""

from collections.abc import Sequence

from core.report.verdict import BELOW_EQUAL, relative_to_equal
from core.results import References, Side
from dashboard.figures.numbers import decimal, percent

# Inside a paragraph, which breaks where the window ends: a displayed formula is a region that scrolls by itself.
FORMULA = r"""
$\displaystyle C = \max_{f \ge 0} \sum_{i,j} f_{ij}\,\mathrm{sim}(s_i, t_j)$
$\quad\text{with}\quad$
$\displaystyle \sum_j f_{ij} \le \bar w_{s_i},$
$\displaystyle \sum_i f_{ij} \le \bar w_{t_j}$
"""

WHAT_C_IS = """
C measures whether a model relies on the same words in two languages.
Each token of a sentence gets an **importance**: how much it moves the model’s output.
An optimal transport plan moves the importance of one sentence onto the tokens of the other that are most similar.
C is the total similarity that this plan reaches:
**1** if all importance reaches tokens of the same meaning, **0** if none does.
"""

FORMULA_IN_WORDS = """
Here w̄ is the importance (mass) of a token, normalised to sum to 1 on each side; f is the flow from a source token to a
target token; sim is the cosine similarity of two tokens in a shared space. A linear program gives the exact maximum.
Importance is computed by Layer Integrated Gradients for one fixed output: the gradient is integrated along the straight
path from a baseline, in which every token except the special ones is a pad, to the sentence itself.
"""

EXAMPLE = """
Two words on each side, with invented importance and similarities; the flow and C are computed as everywhere else.
The Spanish *cancelado* can receive only 60% of the importance, so part of *cancelled* has to go to *ferri*, which is
hardly similar to it.
"""

REFERENCES = """
C depends on how well the words of the two sentences match and on where the importance lies. Its references keep the
similarities and change the importance alone:

- **Shuffled importance**: on each side, the same importance is shuffled among the tokens, up to 1,000 times. The band
  ends at the 2.5th and the 97.5th percentile of these values, the line is their mean. A C inside the band is *not
  distinguishable from chance*; outside it, C is *above* or *below chance*.
- **Equal importance** on every token: no attribution enters.
- **Carried-over importance**: the optimal plan of equal importance says which tokens correspond. Each token of the one
  sentence passes its importance on along its row of that plan, and C is computed with the importance that arrives on
  the other side; the value is the mean of both directions. It is what C would be if the model relied on corresponding
  words in both languages.
- The **share of the attainable** places C between the two: (C − shuffled) / (carried over − shuffled), with the mean of
  the shuffles. It is 0% at chance and 100% at carried-over importance. Carried-over importance is no upper bound, so
  the share can exceed 100%; below chance it is negative. It is not given where carried-over importance is less than 2
  standard deviations of the shuffles above their mean. For a data set it is the ratio of the means.
"""

CHIPS = """
Blue tokens raise the explained output, orange ones lower it; the number is the token’s share of all attribution, in
percent. The pieces of a word touch, and each has its own colour.
"""

WORDS = """
A word of importance m whose flows meet a mean similarity s adds m × s to C and **loses** m × (1 − s); a negative
similarity counts as 0. Over the words of a sentence, what is lost sums to 1 − C. The page *Words* averages it over the
occurrences of a word in a data set. Its interval is over examples, of which those that share a premise, a context or a
sentence count once; a word in few examples comes last, whatever it loses. The importance of a word’s **partners** is
that of the words it meets in the translation, each divided among the words that meet it in proportion to what they add
to C. A loss can have two causes, which the page shows side by side: the translation has no similar word, or it has one
that the model relies on less.
"""

FLOW = """
In the **flow picture** above, bars are importance and ribbons are flows; the darker a ribbon, the more similar its two
tokens. A wide pale ribbon is importance without a similar token on the other side, which lowers C.
"""

MATRIX = """
Rows are source tokens, columns target tokens, and a cell is the share of all importance that moves between them.
Where the two sentences say the same in the same order, the filled cells lie along the diagonal.
"""

GRID = """
A row is the language a model was trained on, a column the language it is evaluated on; the darker, the higher C.
The dashed diagonal is 1 by definition. **Overall** is the mean of the row with the diagonal, as in the paper, **All**
the mean of the column.
"""

_STEPS = (
    ("Gauss-Legendre nodes", "token error, median", "worst", "relative delta, worst"),
    ("15", "8%", "17%", "9%"),
    ("20", "2.8%", "4.9%", "2.7%"),
    ("30", "0.4%", "2.2%", "0.6%"),
    ("50", "0.03%", "0.07%", "0.05%"),
)
_HEAD_STEPS = (
    ("with a fine-tuned NLI head, nodes", "median", "90%", "worst", "texts under 1%"),
    ("32", "2.0%", "14%", "35%", "33%"),
    ("50", "0.2%", "3%", "10%", "75%"),
    ("75", "0.01%", "0.2%", "1.2%", "96%"),
    ("100", "0.001%", "0.08%", "0.3%", "100%"),
)
_SPACES = (
    ("space", "right word nearest, es", "ru", "C of translations", "C of random sentences"),
    ("isolated, raw", "0.73", "0.58", "0.918", "0.881"),
    ("isolated, centred", "0.75", "0.65", "0.455", "0.217"),
    ("isolated, centred, Procrustes", "0.755", "0.676", "0.470", "0.227"),
    ("static, centred, Procrustes", "0.556", "0.333", "0.388", "0.213"),
)

Table = tuple[tuple[str, ...], ...]
CHOICES: tuple[tuple[str, str, str, tuple[Table, ...]], ...] = (
    (
        "Task and explained output",
        "explain",
        "F, the explained output, is one logit that stays fixed along the path: by default the class that the model "
        "predicts on the source text, for both sides. With *What each side predicts* the two classes can differ, and "
        "then C compares explanations of different outputs. Question answering has two outputs, the start and the end "
        "of the answer. *Meaning* needs no trained head: F is the cosine similarity of the encoding along the path "
        "with the encoding of the unperturbed sentence. Of a class, F can also be the logit minus that of the "
        "strongest other class, the log-odds, or the probability (*Output*).",
        (),
    ),
    (
        "Attribution steps",
        "steps",
        "*auto* adds gradient evaluations where the output changes until the estimated error of every token is under "
        "1% of the largest score. A fixed number can be far off without a large convergence delta, because errors of "
        "opposite sign cancel. The tables give the error of a token relative to the largest score, measured on "
        "multilingual-e5-small against 300 nodes: for *meaning* on 6 sentences in 5 languages, and with a fine-tuned "
        "head on 24 rows in 6 languages.",
        (_STEPS, _HEAD_STEPS),
    ),
    (
        "Mass",
        "mass",
        "The paper requires importance that is non-negative and sums to 1, but gives no rule. *absolute* takes |w|: a "
        "token that lowers the output counts as much as one that raises it. *positive only* drops the former. "
        "*signed* takes |w| and lets mass meet only tokens whose score has the same sign, so that a word that raises "
        "the output and a translation that lowers it do not count as agreement.",
        (),
    ),
    (
        "Shared space",
        "space",
        "By definition, the vector of a token does not depend on its sentence. *isolated* encodes each token alone, "
        "*static* takes the model’s input embedding; both are centred per language and rotated onto English "
        "(Procrustes) if a map is shipped. Without centring all tokens are close to each other, and C of translations "
        "is close to C of random sentences. *contextual* violates the definition and is offered for comparison. "
        "Measured on English-Spanish and English-Russian words:",
        (_SPACES,),
    ),
    (
        "Level",
        "level",
        "*token* assigns mass to the model’s subword tokens, as in the paper; *word* to whole words. At token level "
        "(isolated, centred, Procrustes) the mean C of translations was 0.472 against 0.272 for random sentences in "
        "Spanish, and 0.400 against 0.237 in Russian; the AUC between the two was 0.99 in both languages.",
        (),
    ),
    (
        "Method and precision",
        "method",
        "The paper uses integrated gradients; the other methods show how much C depends on that choice. bf16 changed "
        "attributions by 2 to 6% compared with fp32. *Baseline* is what stands in the place of every word where the "
        "path begins; zeros and the mean embedding are the vectors of no token. *Aggregate* makes one score of a "
        "token’s embedding dimensions: their sum adds up to F(x) − F(x′), the l2 and l1 norms have no sign.",
        (),
    ),
    (
        "Means, intervals and ranks",
        "intervals",
        "The 95% interval of a mean over a data set comes from 1,000 bootstrap resamples of its examples. Every "
        "resample draws the same examples for all languages and all training languages, because the translations of "
        "one text tend to be easy or hard together; intervals of differences and ranks take this into account. Rows "
        "that share a premise, a context or a sentence are drawn together for the same reason. A single accuracy has "
        "a Wilson interval, widened by the design effect of these clusters. *First in 92% of resamples* means that "
        "this training language has the highest value in 92% of the resamples. It *leads* from 95% on, if the "
        "interval of its difference from the runner-up leaves out 0; from 80% it *is ahead, not settled*. The "
        "resamples vary the examples, not the checkpoints or the languages.",
        (),
    ),
    (
        "Correlation",
        "correlation",
        "Pearson and Spearman coefficients over the languages a checkpoint was evaluated on. Their 95% intervals "
        "(Fisher’s z) take the languages as a random sample, and are wide with 5 to 13 languages. An interval that "
        "holds 0 means that these languages cannot tell. The training language has C = 1 by definition, so that it is "
        "left out; the coefficient with it, as in the paper, is given as well. C of equal importance, which no model "
        "enters, may correlate with performance as strongly as C: the partial correlation given it says whether C "
        "adds anything.",
        (),
    ),
    (
        "Minus a reference",
        "minus",
        "*minus shuffled* and *minus equal* subtract, example by example, C with the same importance shuffled among "
        "the tokens, or with equal importance; *minus mismatched* subtracts C with the translation of another row. The "
        "first two differences show the effect of where the importance is, the third the effect of the sentence being "
        "a translation. The diagonal is left out: a text compared with itself has C = 1 whatever its importance.",
        (),
    ),
)

LIMITS = """
- **Similar words alone can make C high**, whatever the model relies on. Every C is therefore shown with references:
  the same importance shuffled, equal importance, carried-over importance, and, for data sets, a mismatched translation.
- **C does not say that a model is right.** A model can rely on the same wrong words in every language.
- **Attribution is one view of a model.** Integrated gradients satisfies axioms, but there is no ground truth.
- **The space decides what is similar.** In a language that it represents badly, C is lower.
- **C of different models is not directly comparable**, since their spaces differ. Compare rankings instead.
- **Mean C by training language depends on the sentence pairs.** In the paper’s tables each checkpoint is averaged over
  pairs with its own training language, so its mean also depends on how similar those languages are.
"""

CITE = (
    "The method is from this paper; please cite it. This program is an independent implementation: DECISIONS.md in its "
    "folder lists what the paper leaves open and what was chosen."
)
BIBTEX = """@misc{wang2021consistent,
  title         = {Do Multi-Lingual Pre-trained Language Models Reveal Consistent Token Attributions
                   in Different Languages?},
  author        = {Wang, Junxiang and Zhang, Xuchao and Zong, Bo and Liu, Yanchi and Cheng, Wei and
                   Ni, Jingchao and Chen, Haifeng and Zhao, Liang},
  year          = {2021},
  eprint        = {2112.12356},
  archivePrefix = {arXiv}
}"""

LICENCES = """
The program, the example sentences and their translations are under the MIT licence. No data set is included: scores
are stored by row, and texts are joined if the data set is on the computer. The shipped language maps were learned from
the MUSE lexicons and contain no words.
"""


def below_equal(consistency: float, references: References, source: Side, target: Side) -> str:
    """Why C of the worked example is below equal importance, with its numbers."""
    uniform, carried = references.uniform, references.carried
    places = [f"{percent(float(side.mass[0]), 0)} on *{side.units[0].text}*" for side in (source, target)]
    return (
        f"In the worked example C is {decimal(consistency)}, {relative_to_equal(consistency, uniform)}: {BELOW_EQUAL}. "
        "Both values use the same similarities, so the difference comes from the importance alone. Two things can "
        "cause it. The important words may have no close counterpart; then carried-over importance is below equal "
        f"importance too, here by {decimal(uniform - carried)}. Or the importance of the two sentences is not on "
        f"corresponding words, here {' and '.join(places)}; then C is below carried-over importance "
        f"({decimal(carried)}), here by {decimal(carried - consistency)}. The second is inconsistency of the model, "
        "and a C above chance does not exclude it."
    )


def example_sum(flows: Sequence[tuple[str, float, float, float]], consistency: float, uniform: float) -> str:
    """C as a sum, term by term, and C with equal importance."""
    terms = " + ".join(f"{decimal(flow, 2)} × {decimal(similarity, 2)}" for _, flow, similarity, _ in flows)
    return (
        f"C = {terms} = **{decimal(consistency)}**. With equal importance on both words ({percent(0.5, 0)} each), C "
        f"would be {decimal(uniform)}."
    )
