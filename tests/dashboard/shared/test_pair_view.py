from dashboard.figures.identity import fingerprint, text_fingerprint
from tests.world.analyses import plain_pair, rain, retold, storm


def test_analyses_of_other_texts_scores_or_models_have_other_keys():
    made = [storm(), rain(), plain_pair(5, 6), plain_pair(6, 6), retold(storm())]
    assert len({fingerprint(analysis) for analysis in made}) == len(made)
    assert fingerprint(storm()) == fingerprint(storm())


def test_a_text_keeps_its_name_under_another_model_and_beside_another_translation():
    assert text_fingerprint(storm().source) == text_fingerprint(retold(storm()).source)
    assert len({text_fingerprint(side) for side in (storm().source, storm().target, rain().source)}) == 3
