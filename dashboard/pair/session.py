"""What the page "Translation pair" keeps between reruns: the draft, the running analysis, and the result shown."""

from dataclasses import dataclass, field, replace
from typing import Any

from core.consistency.classes import without_class
from core.consistency.recompare import with_comparison
from core.consistency.translations import TranslationResults
from core.errors import CctaError
from core.report.first_pair import SOURCE, TARGET
from core.results import PairAnalysis, PairReport
from core.settings import LEVELS, Settings, get_task
from core.text.examples import load_examples
from dashboard.pair.at_hand import AtHand
from dashboard.pair.choices import Choice, set_task
from dashboard.pair.inputs import ChosenExample
from dashboard.pair.job import pair_work
from dashboard.pair.varied import Varied
from dashboard.service.audit import Deed
from dashboard.service.jobs import BackgroundTask
from dashboard.service.login import TEXTS as OWN_TEXTS
from dashboard.service.places import told
from dashboard.service.queue import BusyError
from dashboard.service.visitors import lacks_login, service_limits, submit
from dashboard.shared.address import Address, stay
from dashboard.shared.drafts import Draft, SideDraft, example_draft, hold_texts

# Where a link has the token of the texts, and their languages.
TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE, TRANSLATION = "h", "src", "tgt", "t"
MOST_EARLIER = 8
# Permutations where only C is shown, not its references.
FEW = 2


@dataclass(frozen=True)
class AnalysisRequest:
    """The input of an analysis: equal requests have equal attributions; `settings` are compared as by default."""

    fingerprint: str
    settings: Settings
    model: str
    compare: str = ""


@dataclass
class PairSession:
    """One browser session's state of the page.

    Attributes
    ----------
    at_hand : what has been attributed, and the comparisons made from it so far.
    result, shown_request, shown_seconds : the result on the screen, the request of its attributions, and how long they
        took.
    comparison_error : why the comparison chosen gives no result; the one before is shown.
    job, job_request : the running analysis.
    link_error : why the texts of the link could not be opened; kept until Analyse is pressed.
    picked : the translation selected in the grid of C.
    linked : the token of the texts that the address has; another one there is followed.
    tokens : fingerprint of texts -> the token under which the server holds them, in this visit.
    earlier : what was analysed before in this visit, by request, latest last; going back computes nothing again.
    varied : the pair under other settings, and results pinned in this visit.
    message : why the last analysis gave no result, and whether that is an error.
    """

    draft: Draft
    task: str = "meaning"
    at_hand: AtHand | None = None
    result: TranslationResults | None = None
    comparison_error: str = ""
    shown_request: AnalysisRequest | None = None
    shown_seconds: float = 0.0
    job: BackgroundTask[TranslationResults] | None = None
    job_request: AnalysisRequest | None = None
    message: tuple[str, bool] | None = None
    link_error: str = ""
    example_fingerprint: str = ""
    run_at_once: bool = False
    picked: int | None = None
    linked: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    earlier: dict[AnalysisRequest, tuple[AtHand, float]] = field(default_factory=dict)
    varied: Varied = field(default_factory=Varied)

    def shown_reports(self) -> tuple[PairReport, ...]:
        """The reports of the translation shown, one for each model; those of the first translation where it has none.

        Empty without a result. The draft may have more or fewer translations than the result by now.
        """
        if self.result is None:
            return ()
        return tuple(map(self._with_classes, self.result.by_translation(self.translation()).values()))

    def _with_classes(self, report: PairReport) -> PairReport:
        """The report with the pair explained for each class, where all classes have been attributed."""
        shown = report.analyses[0]
        labels = get_task(shown.settings.task).classes if self.result and self.result.by_class else ()
        of_classes = (
            each
            for label in labels
            for other in self.beside(explain=label)
            for each in other.analyses
            if each.model.name == shown.model.name
        )
        return replace(report, classes=tuple(of_classes))

    def translation(self) -> int:
        """The index of the translation shown; that of the first one with a result where the draft's has none."""
        if self.result is None or self.result.by_translation(self.draft.active):
            return self.draft.active
        return min(key.translation for key in self.result.analyses)

    def beside(self, **changes: Any) -> tuple[PairReport, ...]:
        """The pair shown with other settings, from attributions at hand, a report for each model; empty without one."""
        if self.at_hand is None or self.result is None:
            return ()
        wanted = self.result.settings.with_changes(**changes)
        try:
            results = self.at_hand.of_translation(wanted, self.translation())
        except CctaError:
            return ()
        return tuple(results.by_translation(self.translation()).values())

    def request(self, choice: Choice) -> AnalysisRequest | None:
        """What Analyse would compute now; None where the task has no model."""
        if choice.model is None:
            return None
        compare = choice.compare.name if choice.compare else ""
        settings = with_comparison(without_class(choice.settings), type(choice.settings)())
        return AnalysisRequest(self.draft.fingerprint(settings.task), settings, choice.model.name, compare)

    def compare(self, wanted: Settings) -> None:
        """Show the attributions at hand under other comparison settings; keep what is shown where that fails."""
        self.comparison_error = ""
        if self.at_hand is None:
            return
        try:
            self.result = self.at_hand.compared(wanted)
        except CctaError as error:
            self.comparison_error = told(error)

    def alone(self) -> TranslationResults | None:
        """The attributions of the pair shown, without the other translations; None where there is no result."""
        return self.at_hand.first.alone(self.translation()) if self.at_hand and self.result else None

    def on_other_level(self, **changes: Any) -> tuple[PairAnalysis, ...]:
        """The pair shown, with words in place of tokens or the reverse; its references are of few permutations.

        Empty where it has no C there.
        """
        if self.result is None:
            return ()
        (other,) = set(LEVELS) - {self.result.settings.level}
        reports = self.beside(level=other, permutations=FEW, **changes)
        return reports[0].analyses if reports else ()

    def is_changed(self, choice: Choice) -> bool:
        """Whether Analyse would compute something other than what is shown."""
        return self.request(choice) != self.shown_request

    def load(self, draft: Draft, *, is_example: bool = False) -> None:
        """Replace the draft, and analyse it at once."""
        self.draft = replace(draft, version=self.draft.version + 1)
        self.example_fingerprint = self.draft.fingerprint(self.task) if is_example else ""
        self.run_at_once = True

    def load_example(self, chosen: ChosenExample, address: Address) -> None:
        """Replace the draft by an example, of another task too, and analyse it at once; for a callback."""
        set_task(address, chosen.task)
        self.task = chosen.task
        draft = example_draft(chosen.example, chosen.source, chosen.targets, self.draft.version)
        self.load(draft, is_example=True)

    @property
    def is_example(self) -> bool:
        """Whether the draft is an example that nobody has edited."""
        return self.draft.fingerprint(self.task) == self.example_fingerprint

    def clear(self) -> None:
        """Empty the boxes for one's own texts; the result stays on the screen."""
        stay()
        self.draft = Draft(SideDraft(), (SideDraft(),), version=self.draft.version + 1)
        self.example_fingerprint = ""

    def open_picked(self, picked: int | None) -> bool:
        """Show the translation newly picked in the grid; False if none is.

        The grid reports its selection at every rerun, not only after the click.
        """
        is_new = picked is not None and picked != self.picked
        self.picked = picked
        if picked is None or not is_new or picked == self.draft.active:
            return False
        self.draft = replace(self.draft.show(picked), version=self.draft.version + 1)
        return True

    def show_translation(self, index: int) -> None:
        """Show one of the translations."""
        self.draft = self.draft.show(index)

    def follow(self, address: Address) -> None:
        """Show the translation that an opened address names, else the first."""
        number = address.peek(TRANSLATION)
        if number.isascii() and number.isdigit() and len(number) < 3:
            self.show_translation(int(number) - 1)
        else:
            self.show_translation(0)

    def tell(self, address: Address) -> None:
        """Name the translation shown in the address."""
        address.set(TRANSLATION, str(self.draft.active + 1) if self.draft.active else "")
        address.keep(TRANSLATION)

    def change_task(self, task: str) -> None:
        """Switch the task: an unedited example is replaced by the task's first one; typed texts stay."""
        if task == self.task:
            return
        is_unedited = self.is_example
        self.task = task
        if is_unedited:
            languages = [side.resolved() or TARGET for side in self.draft.translations]
            example = load_examples(task)[0]
            self.load(example_draft(example, self.draft.source.resolved() or SOURCE, languages, 0), is_example=True)

    def start(self, choice: Choice, address: Address) -> None:
        """Start the analysis of the draft in a thread; a running one is cancelled first."""
        if choice.model is None:
            return
        if self.job is not None:
            self.job.cancel()
        self.message = None
        self.run_at_once = False
        if not self.is_example and lacks_login(OWN_TEXTS):
            self.job, self.message = None, ("Log in to analyse texts of your own; the examples need no account.", False)
            return
        self.job_request = self.request(choice)
        settings = choice.settings
        if self.job_request in self.earlier:
            self._show(*self.earlier[self.job_request])
            self.compare(settings)
            self.job = None
            self._link(settings.task, address)
            return
        source, *translations = (
            side.input(settings.task, settings.gold) for side in (self.draft.source, *self.draft.translations)
        )
        names = [spec.name for spec in (choice.model, choice.compare) if spec]
        most_tokens = service_limits().job_tokens
        # The norms come with the sums, and are compared at once; the sums cannot be had from the norms.
        settings = without_class(settings).with_changes(aggregate="sum")
        job = BackgroundTask(pair_work(source, translations, settings, names, most_tokens=most_tokens))
        try:
            submit(job, self._deed(names))
        except BusyError as error:
            self.job, self.message = None, (str(error), True)
            return
        self.job = job
        self._link(settings.task, address)

    def _deed(self, models: list[str]) -> Deed:
        """What the audit log says of an analysis of the draft: sizes, no text."""
        sides = (self.draft.source, *self.draft.translations)
        characters = sum(len(text) for side in sides for text in side.texts)
        return Deed("analysis", self.task, tuple(models), texts=len(sides), characters=characters)

    def _link(self, task: str, address: Address) -> None:
        """Put the token of the draft and its languages into the address, so that a reload finds the texts."""
        content = self.draft.fingerprint(task)
        if content not in self.tokens:
            self.tokens[content] = hold_texts(self.draft)
        self.linked = self.tokens[content]
        address.set(TEXTS, self.linked)
        address.set(SOURCE_LANGUAGE, self.draft.source.resolved() or SOURCE)
        address.set(TARGET_LANGUAGE, self.draft.target.resolved() or TARGET)
        address.keep(TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE)
        address.write()

    def collect(self) -> None:
        """Take the result of a finished analysis, or the line that says why there is none."""
        self.varied.collect()
        if self.job is None or not self.job.finished:
            return
        job, self.job = self.job, None
        if job.result is not None:
            self._show(AtHand([job.result]), job.seconds)
        elif job.cancelled:
            previous = " The previous result is shown." if self.result else ""
            self.message = (f"Cancelled after {job.seconds:.1f} s.{previous}", False)
        else:
            self.message = (told(job.error), True)

    def _show(self, at_hand: AtHand, seconds: float) -> None:
        """Show what `job_request` asked for, and keep it for a way back."""
        self.at_hand, self.result = at_hand, at_hand.first
        self.shown_request, self.shown_seconds = self.job_request, seconds
        if self.job_request is not None:
            self.earlier.pop(self.job_request, None)
            self.earlier[self.job_request] = (at_hand, seconds)
            for request in list(self.earlier)[:-MOST_EARLIER]:
                del self.earlier[request]
