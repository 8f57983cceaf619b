import pytest

from core.errors import UnknownModelError
from core.models import hub
from dashboard.shared.models import cached_model


def test_a_visitor_reaches_the_models_of_the_catalogue_alone(tiny_folder, monkeypatch):
    monkeypatch.setattr(hub, "description_folder", lambda model: pytest.fail("the hub was asked"))
    for name in ("someone/tiny", "someone/tiny@main", str(tiny_folder("bert", "nli"))):
        with pytest.raises(UnknownModelError, match="Unknown model"):
            cached_model(name, "fp32")
