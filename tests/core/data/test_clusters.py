"""Rows that share a premise, a context or a sentence are one cluster."""

import pytest

from core.data.clusters import clusters_of, shared_labels
from core.data.rows import ParallelRows


def rows_of(task, texts, rows):
    empty = ("",) * len(texts)
    return ParallelRows("mine", "test", "en", task, tuple(rows), tuple(texts), empty, ((),) * len(texts))


def test_hypotheses_of_one_premise_are_one_cluster_whatever_hypotheses_repeat():
    texts = [("It rains.", "Wet."), ("It snows.", "Cold."), ("It rains.", "Cold."), ("Sun.", "Cold.")]
    assert clusters_of(rows_of("nli", texts, (4, 5, 7, 9))) == {4: 4, 5: 5, 7: 4, 9: 9}


def test_questions_of_one_context_are_one_cluster():
    texts = [("Who?", "A long text."), ("Who?", "Another."), ("When?", "A long text.")]
    assert clusters_of(rows_of("qa", texts, (0, 1, 2))) == {0: 0, 1: 1, 2: 0}


def test_paraphrases_are_joined_through_either_sentence():
    texts = [("a", "b"), ("c", "d"), ("a", "e"), ("f", "e"), ("g", "h")]
    assert clusters_of(rows_of("paraphrase", texts, (3, 2, 8, 6, 1))) == {3: 3, 2: 2, 8: 3, 6: 3, 1: 1}


def test_single_texts_are_independent():
    assert clusters_of(rows_of("meaning", [("a",), ("a",)], (0, 1))) == {0: 0, 1: 1}


@pytest.mark.parametrize("size", [1, 200])
def test_a_chain_is_one_cluster_however_long(size):
    left, right = [str(k // 2) for k in range(size)], [str((k + 1) // 2) for k in range(size)]
    assert set(shared_labels([left, right])) == {0}


def test_no_rows_are_no_clusters():
    assert clusters_of(rows_of("nli", [], ())) == {}
