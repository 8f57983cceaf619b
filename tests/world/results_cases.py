"""What the tests of the page "Results" ask of it, and of the store behind it."""

import re
from dataclasses import replace
from functools import partial

from core.store import ExampleFilter, Scope, open_store
from dashboard.results.choices import ResultsChoice
from tests.world import visits
from tests.world.visits import checked

visit = partial(visits.visit, "results")


def said(app):
    """What the page says in boxes and captions, as a reader sees it: names are written as they are."""
    return [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line) for line in visits.said(app)]


def address(app):
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


def examples(app):
    return app.dataframe[0].value


def press(app, label):
    (found,) = [entry for entry in app.button if entry.label == label]
    return checked(found.click().run())


def stored(results_folder, **wanted):
    scope = Scope(checkpoints=("tiny-nli-en",))
    return open_store(results_folder / "store").read().values(scope, ExampleFilter(source_language="en", **wanted))


def chosen(reader, run, *, row=None, source="en", target="es", **where):
    """A choice of the page, as its address would say it."""
    pair = ExampleFilter(source, target, end="")
    identity = reader.runs[run].identity
    given = replace(pair, **where)
    return ResultsChoice(run, identity, source, target, "", pair, given, "", 0, "least", 1, row)
