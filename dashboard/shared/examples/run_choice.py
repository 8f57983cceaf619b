"""Which run a page about stored examples shows: data set and checkpoint, in the sidebar and in the address."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.data.catalogue import position_of
from core.store import RunIdentity
from dashboard.figures.names import dataset_title
from dashboard.shared.address import Address
from dashboard.shared.store import Results


def choose_run(
    results: Results, address: Address, title: str, *, kind: str, reset: Sequence[str]
) -> tuple[str, RunIdentity] | None:
    """Data set, in the catalogue's order, and checkpoint, English first; None where no run holds records of a kind.

    `reset` are the parameters that another data set lets go of; the page of a list is let go of in any case.
    """
    compared = results.reader.holding(kind)
    runs = {run: manifest.identity for run, manifest in results.runs.items() if run in compared}
    runs = dict(sorted(runs.items(), key=lambda item: (item[1].train_language != "en", item[0])))
    if not runs:
        return None
    sets = {f"{identity.dataset}-{identity.split}": identity for identity in runs.values()}
    ordered = sorted(sets.items(), key=lambda item: (position_of(item[1].dataset), item[0]))
    titles = {code: f"{dataset_title(one.dataset, one.split)}, {one.split}" for code, one in ordered}
    with st.sidebar:
        st.markdown(f"**{title}**")
        chosen = address.select("data", "Data set", titles, reset=("ckpt", *reset, "page"), always=True)
        offered = {run: identity for run, identity in runs.items() if f"{identity.dataset}-{identity.split}" == chosen}
        names = checkpoint_codes(offered)
        code = address.select(
            "ckpt", "Checkpoint", {code: label for code, (label, _) in names.items()}, reset=("page",), always=True
        )
    run = names[code][1]
    return run, runs[run]


def run_code(results: Results, run: str, kind: str) -> dict[str, str]:
    """The parameters `data` and `ckpt` that name a run in an address."""
    identity = results.runs[run].identity
    compared = results.reader.holding(kind)
    runs = {
        name: manifest.identity
        for name, manifest in results.runs.items()
        if name in compared
        and (manifest.identity.dataset, manifest.identity.split) == (identity.dataset, identity.split)
    }
    code = next(code for code, (_, named) in checkpoint_codes(runs).items() if named == run)
    return {"data": f"{identity.dataset}-{identity.split}", "ckpt": code}


def checkpoint_codes(runs: Mapping[str, RunIdentity]) -> dict[str, tuple[str, str]]:
    """Code of the address -> (label, run): the checkpoint's name, or the run's where it has several runs."""
    found = {}
    for run, identity in runs.items():
        twins = [other for other, one in runs.items() if one.checkpoint == identity.checkpoint]
        code = identity.checkpoint if len(twins) == 1 else run
        label = identity.checkpoint if len(twins) == 1 else f"{identity.checkpoint}, run {run[-12:]}"
        found[code] = (label, run)
    return found
