"""The words of the page "About". Measured numbers are DESIGN section 2's and DECISIONS.md’s."""

from collections.abc import Sequence

from dashboard.figures.numbers import decimal, percent

FORMULA = (
    r"C = \max_{f \ge 0} \sum_{i,j} f_{ij}\,\mathrm{sim}(s_i, t_j) \quad\text{with}\quad "
    r"\sum_j f_{ij} \le \bar w_{s_i},\quad \sum_i f_{ij} \le \bar w_{t_j}"
)

WHAT_C_IS = """
C asks whether a model rests on the same words in two languages.
Each sentence’s tokens get an **importance**: how much each one moves the model’s output.
The importance of one sentence is moved onto the other as cheaply as possible, towards tokens of similar meaning.
C is the total similarity that this movement reaches.
It is **1** if all importance meets tokens of the same meaning, and **0** if none does.
"""

FORMULA_IN_WORDS = """
Here w̄ is the importance (mass) of a token, a share that sums to 1 on each side; f is the flow from a source token to a
target token; sim is the cosine similarity of two tokens in a shared space. The maximum is found exactly, by a linear
program. Importance is Layer Integrated Gradients of one fixed output: the gradient is integrated along the way from
a baseline, in which every token but the special ones is a pad, to the sentence itself.
"""

EXAMPLE = """
Two words on each side, with made-up importance and similarities; the flow and C are computed as everywhere else.
The Spanish *cancelado* can take only 60% of the importance, so a part of *cancelled* has to go to *ferri*, where it
meets hardly any similarity.
"""

SCALE = """
The diamond is C; the grey band is what C would be if the same importance lay on other tokens (shuffled, mean ± 2 sd),
the circle what it would be with equal importance everywhere. A diamond inside the band says nothing about importance:
the words' similarity alone gives that much.
"""

CHIPS = """
Blue tokens raise the output that is explained, orange ones lower it, and the number is the share of all attribution,
in percent. A word’s pieces touch; each is filled with its own colour.
"""

FLOW = """
The **flow picture** above: bars are importance, ribbons are what moves, and the darker a ribbon, the more similar its
two tokens. A wide pale ribbon is importance that found no good partner, and costs C.
"""

MATRIX = """
Rows are source tokens, columns target tokens, and a cell is the share of all importance that moves between them.
Where the two sentences say the same in the same order, the filled cells lie along the diagonal.
"""

GRID = """
A row is the language a model was trained in, a column the language it is evaluated on; the darker, the more consistent.
The dashed diagonal is 1 by definition; **Overall** is the row’s mean with it, as in the paper, **All** the column’s.
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
        "F, the number that is explained, is one logit, fixed before the way from the baseline begins: by default the "
        "class that the model predicts on the source text, for both sides. *What each side predicts* lets the two "
        "sides differ, and then C compares answers to different questions. For question answering there are two: the "
        "start and the end of the answer. *Meaning* needs no trained head: F is the cosine of the sentence’s encoding "
        "with itself, unperturbed.",
        (),
    ),
    (
        "Attribution steps",
        "steps",
        "*auto* adds gradient evaluations where the output moves until the estimated error of every token is under 1% "
        "of the largest score. A fixed number can be far off, and the convergence delta does not show it: errors of "
        "opposite sign cancel. Measured on multilingual-e5-small against 300 nodes, error of a token over the largest "
        "score, for *meaning* on 6 sentences in 5 languages, and on 24 rows in 6 languages with a fine-tuned head:",
        (_STEPS, _HEAD_STEPS),
    ),
    (
        "Mass",
        "mass",
        "The paper asks for importance that is not negative and sums to 1, and gives no rule. *absolute* takes |w|: a "
        "token that lowers the output matters as much as one that raises it. *positive only* drops those that lower.",
        (),
    ),
    (
        "Shared space",
        "space",
        "A token’s vector must not depend on its sentence. *isolated* encodes each token alone, *static* takes the "
        "model’s input embedding; both are centred for each language and rotated into English (Procrustes) where a map "
        "is shipped. Without centring everything is close to everything, and C cannot tell a translation from a random "
        "sentence. *contextual* is there for comparison and breaks the definition. Measured on words of "
        "English-Spanish and English-Russian:",
        (_SPACES,),
    ),
    (
        "Level",
        "level",
        "*token* gives mass to the model’s own pieces, as in the paper; *word* to words with all their pieces. At the "
        "level of tokens (isolated, centred, Procrustes) C of translations was 0.472 against 0.272 of random sentences "
        "for Spanish, and 0.400 against 0.237 for Russian; in both C told the two apart with an AUC of 0.99.",
        (),
    ),
    (
        "Method and precision",
        "method",
        "Integrated gradients is the paper’s; the other methods show whether C depends on it. fp32 is exact; bf16 "
        "moved attributions by 2 to 6%.",
        (),
    ),
    (
        "Means, intervals and ranks",
        "intervals",
        "A mean over a data set has a 95% interval from 1,000 bootstrap resamples of its examples. The same ones are "
        "drawn for every language and every training language, since translations of one text are easy or hard "
        "together; so differences and ranks have their true uncertainty. A single accuracy has Wilson’s interval. "
        "*First in 92% of resamples* means: draw other examples of the same kind, and this training language leads in "
        "92% of the draws. A language is said to stand out from 80% on.",
        (),
    ),
    (
        "Correlation",
        "correlation",
        "Pearson and Spearman over the languages a checkpoint was evaluated on. Their intervals (Fisher’s z) say what "
        "other languages would leave open, and are wide: there are 5 to 13. The training language itself has C = 1 by "
        "definition and usually the best performance, so it pulls the coefficient up; the value without it stands "
        "beside.",
        (),
    ),
    (
        "Minus a reference",
        "minus",
        "*minus shuffled* and *minus equal* subtract, example by example, what C would be with the same importance on "
        "other tokens, or with equal importance; *minus mismatched*, C with the translation of another row. What is "
        "left is due to where the importance lies, or to the sentence being a translation. The diagonal is left out: a "
        "text compared with itself has nothing to set off.",
        (),
    ),
)

LIMITS = """
- **Similarity alone can carry C.** Two sentences of similar words have a high C whatever the model rests on. That is
  why every C stands beside its references: the same importance shuffled, equal importance, and, for data sets, a
  mismatched translation.
- **C does not say that a model is right.** It can rest on the same wrong words in every language.
- **Attribution is one view of a model.** Integrated gradients has axioms, not a ground truth.
- **The space decides what is similar.** Where it knows a language badly, C falls for that language.
- **Values of different models do not compare**, since each has its own space. Compare orders, or C minus a reference.
"""

CITE = (
    "The method is the paper’s; please cite it. This program is an independent implementation: DECISIONS.md in its "
    "folder lists where it had to choose."
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
The program, the example sentences and their translations are under the MIT licence. No data set is part of it: scores
are stored by row, and the text is joined where the data set is at hand. Shipped language maps were learned from the
MUSE lexicons and hold no words.
"""


def example_sum(flows: Sequence[tuple[str, float, float, float]], consistency: float, uniform: float) -> str:
    """The sum that is C, term by term, and what it is with equal importance."""
    terms = " + ".join(f"{decimal(flow, 2)} × {decimal(similarity, 2)}" for _, flow, similarity, _ in flows)
    return (
        f"C = {terms} = **{decimal(consistency)}**. If both words were equally important ({percent(0.5, 0)} each), it "
        f"would be {decimal(uniform)}."
    )
