"""Which run a question about words is asked of, from what someone named; the usual choice for what they left out."""

from core.data.catalogue import position_of
from core.errors import StoreChoiceError
from core.report.words.cells import pairs_with_flows
from core.store import Reader


def choose_run(reader: Reader, *, data_set: str = "", checkpoint: str = "", run: str = "") -> str:
    """Return the run of a data set and a checkpoint; the first data set of the catalogue, and English first.

    Raises StoreChoiceError where no run, or more than one of the named checkpoint, holds flows.
    """
    held = {name: manifest.identity for name, manifest in reader.runs.items() if pairs_with_flows(reader, name)}
    named = {
        name: identity
        for name, identity in held.items()
        if data_set in ("", identity.dataset) and checkpoint in ("", identity.checkpoint) and run in ("", name)
    }
    if not named:
        known = sorted({f"{identity.dataset} ({identity.checkpoint})" for identity in held.values()})
        raise StoreChoiceError(
            f"The store holds no such run with the flows of two languages. It holds {', '.join(known) or 'none'}."
        )
    order = sorted(named, key=lambda name: (position_of(named[name].dataset), named[name].train_language != "en", name))
    twins = [name for name in order if named[name].checkpoint == named[order[0]].checkpoint]
    twins = [name for name in twins if named[name].dataset == named[order[0]].dataset]
    if len(twins) > 1:
        raise StoreChoiceError(
            f"{len(twins)} runs differ in settings or data: name one with --run: {', '.join(twins)}."
        )
    return order[0]
