from dashboard.figures.identity import fingerprint
from dashboard.shared import pair_view
from tests.world.analyses import plain_pair, rain, retold, storm
from tests.world.pages import checked, show


def page(make):
    from dashboard.shared.pair_view import flow_and_matrix

    flow_and_matrix(make()).draw()


def top_flows(app):
    (table,) = [entry.value for entry in app.dataframe if "Adds to C" in entry.value.columns]
    return set(table.iloc[:, 0])


def test_a_click_survives_a_rerun_that_builds_the_analysis_again(monkeypatch):
    clicks = iter(["s3", None])
    mounted = []

    def picture(*_, key, pins=False, **__):
        mounted.append(key)
        return next(clicks) if pins else None

    monkeypatch.setattr(pair_view, "picture", picture)
    app = show(page, {"make": storm})
    assert top_flows(app) == {"cancel"}
    app = checked(app.run())
    assert top_flows(app) == {"cancel"} and len(set(mounted)) == 1


def test_analyses_of_other_texts_scores_or_models_have_other_keys():
    made = [storm(), rain(), plain_pair(5, 6), plain_pair(6, 6), retold(storm())]
    assert len({fingerprint(analysis) for analysis in made}) == len(made)
    assert fingerprint(storm()) == fingerprint(storm())
