"""What the page "Translation pair" keeps between reruns: the draft, the running analysis, and the result shown."""

from dataclasses import dataclass, replace

import streamlit as st

from core.consistency.translations import TranslationResults
from core.errors import CctaError, DataError
from core.models.catalogue import DEFAULT_MODEL
from core.report.first_pair import SOURCE, TARGET, load_first_pair
from core.results import PairReport
from core.settings import Settings
from core.text.examples import load_examples
from core.text.languages import PAPER_LANGUAGES
from dashboard.pair.choices import Choice
from dashboard.pair.job import pair_work
from dashboard.service.jobs import BackgroundTask
from dashboard.service.queue import BusyError
from dashboard.service.visitors import job_queue, presence, service_limits, visitor
from dashboard.shared.address import Address
from dashboard.shared.drafts import Draft, example_draft, hold_texts, recall_texts

# Where a link has the fingerprint of the texts, and their languages.
TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE = "h", "src", "tgt"


@dataclass(frozen=True)
class AnalysisRequest:
    """The input of an analysis: equal requests have equal results."""

    fingerprint: str
    settings: Settings
    model: str
    compare: str = ""


@dataclass
class PairSession:
    """One browser session's state of the page.

    Attributes
    ----------
    result, shown_request, shown_seconds : the result on the screen, its request, and how long it took.
    job, job_request : the running analysis.
    link_error : why the texts of the link could not be opened; kept until Analyse is pressed.
    picked : the translation selected in the grid of C.
    held : fingerprint of the texts that the server holds for the address, and their token.
    message : why the last analysis gave no result, and whether that is an error.
    """

    draft: Draft
    task: str = "meaning"
    result: TranslationResults | None = None
    shown_request: AnalysisRequest | None = None
    shown_seconds: float = 0.0
    job: BackgroundTask[TranslationResults] | None = None
    job_request: AnalysisRequest | None = None
    message: tuple[str, bool] | None = None
    link_error: str = ""
    example_fingerprint: str = ""
    run_at_once: bool = False
    picked: int | None = None
    held: tuple[str, str] | None = None

    def shown_reports(self) -> tuple[PairReport, ...]:
        """The reports of the translation shown, one for each model; those of the first translation where it has none.

        Empty without a result. The draft may have more or fewer translations than the result by now.
        """
        if self.result is None:
            return ()
        first = min(key.translation for key in self.result.analyses)
        reports = self.result.by_translation(self.draft.active) or self.result.by_translation(first)
        return tuple(reports.values())

    def request(self, choice: Choice) -> AnalysisRequest | None:
        """What Analyse would compute now; None where the task has no model."""
        if choice.model is None:
            return None
        compare = choice.compare.name if choice.compare else ""
        return AnalysisRequest(
            self.draft.fingerprint(choice.settings.task), choice.settings, choice.model.name, compare
        )

    def is_changed(self, choice: Choice) -> bool:
        """Whether Analyse would compute something other than what is shown."""
        return self.request(choice) != self.shown_request

    def load(self, draft: Draft, *, is_example: bool = False) -> None:
        """Replace the draft, and analyse it at once."""
        self.draft = replace(draft, version=self.draft.version + 1)
        self.example_fingerprint = self.draft.fingerprint(self.task) if is_example else ""
        self.run_at_once = True

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

    def change_task(self, task: str) -> None:
        """Switch the task: an unedited example is replaced by the task's first one; typed texts stay."""
        if task == self.task:
            return
        is_unedited = self.draft.fingerprint(self.task) == self.example_fingerprint
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
        self.job_request = self.request(choice)
        settings = choice.settings
        source, *translations = (
            side.input(settings.task, settings.gold) for side in (self.draft.source, *self.draft.translations)
        )
        names = [spec.name for spec in (choice.model, choice.compare) if spec]
        most_tokens = service_limits().job_tokens
        job = BackgroundTask(pair_work(source, translations, settings, names, most_tokens=most_tokens))
        try:
            job_queue().submit(job, visitor(), presence())
        except BusyError as error:
            self.job, self.message = None, (str(error), True)
            return
        self.job = job
        self._note_address(address)

    def _note_address(self, address: Address) -> None:
        """Put the token and the languages of the texts into the address, so that a reload finds them."""
        content = self.draft.fingerprint(self.task)
        if self.held is None or self.held[0] != content:
            self.held = content, hold_texts(self.draft)
        address.set(TEXTS, self.held[1])
        address.set(SOURCE_LANGUAGE, self.draft.source.resolved() or SOURCE)
        address.set(TARGET_LANGUAGE, self.draft.target.resolved() or TARGET)
        address.keep(TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE)
        address.write()

    def collect(self) -> None:
        """Take the result of a finished analysis, or the line that says why there is none."""
        if self.job is None or not self.job.finished:
            return
        job, self.job = self.job, None
        if job.result is not None:
            self.result, self.shown_request, self.shown_seconds = job.result, self.job_request, job.seconds
        elif job.cancelled:
            previous = " The previous result is shown." if self.result else ""
            self.message = (f"Cancelled after {job.seconds:.1f} s.{previous}", False)
        else:
            self.message = (str(job.error), True)


def pair_session(task: str, address: Address) -> PairSession:
    """Return this browser session's state, with the result of a finished analysis, for the task chosen.

    It is made on the first run: from the link, else from the shipped example.
    """
    address.keep(TEXTS, SOURCE_LANGUAGE, TARGET_LANGUAGE)
    if "pair" not in st.session_state:
        st.session_state["pair"] = _from_link(task, address) or _first_visit()
    session: PairSession = st.session_state["pair"]
    session.collect()
    session.change_task(task)
    return session


def _first_visit() -> PairSession:
    """The first example, already analysed."""
    draft = example_draft(load_examples("meaning")[0], SOURCE, [TARGET], version=0)
    session = PairSession(draft, example_fingerprint=draft.fingerprint("meaning"))
    try:
        session.result = load_first_pair()
    except DataError:
        session.run_at_once = True
        return session
    session.shown_request = AnalysisRequest(draft.fingerprint("meaning"), Settings(), DEFAULT_MODEL)
    session.shown_seconds = session.result.seconds
    return session


def _from_link(task: str, address: Address) -> PairSession | None:
    fingerprint = address.get(TEXTS)
    if not fingerprint:
        return _example_in(task, address.get(SOURCE_LANGUAGE), address.get(TARGET_LANGUAGE))
    try:
        draft = recall_texts(fingerprint, version=0)
    except CctaError as error:
        session = _first_visit()
        session.link_error = str(error)
        return session
    return PairSession(draft, task=task, run_at_once=True)


def _example_in(task: str, source: str, target: str) -> PairSession | None:
    """The first example in the languages that the address names; None unless both are languages of the examples."""
    if source not in PAPER_LANGUAGES or target not in PAPER_LANGUAGES:
        return None
    draft = example_draft(load_examples(task)[0], source, [target], version=0)
    return PairSession(draft, task=task, example_fingerprint=draft.fingerprint(task), run_at_once=True)
