import itertools

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from core.errors import DataError
from core.report.paper import paper_table
from core.statistics import order_by_clustering, order_by_family, order_rows_and_columns
from core.statistics.ordering import FAMILIES
from core.text.languages import LANGUAGES


def test_every_language_has_a_family_of_the_order():
    assert {language.group for language in LANGUAGES.values()} == set(FAMILIES)


def test_families_stand_together_in_the_order_given():
    given = ["zh", "xx", "fr", "en", "hi", "es", "ko", "ar", "de", "ru"]
    assert order_by_family(given) == ("en", "de", "fr", "es", "ru", "zh", "ko", "hi", "ar", "xx")


def test_clusters_of_the_papers_grid_are_contiguous():
    table = paper_table("5")
    order = order_by_clustering(table.columns, table.values)
    assert sorted(order) == sorted(table.columns)
    distance = 1 - (table.values + table.values.T) / 2
    tree = linkage(squareform(distance, checks=False), "average")
    for k in (2, 3, 4):
        clusters = dict(zip(table.columns, fcluster(tree, k, "maxclust"), strict=True))
        seen = [clusters[code] for code in order]
        assert sum(a != b for a, b in itertools.pairwise(seen)) == k - 1, (k, order)
    assert abs(order.index("es") - order.index("fr")) == 1


def test_the_order_does_not_hang_on_the_order_given():
    table = paper_table("5")
    shuffled = [3, 0, 5, 2, 1, 4]
    codes = [table.columns[k] for k in shuffled]
    found = order_by_clustering(codes, table.values[np.ix_(shuffled, shuffled)])
    assert found in (
        order_by_clustering(table.columns, table.values),
        order_by_clustering(table.columns, table.values)[::-1],
    )


def test_missing_pairs_take_the_other_direction_or_the_mean():
    table = paper_table("5")
    values = (table.values + table.values.T) / 2
    holes = values.copy()
    holes[np.triu_indices(6, 1)] = np.nan
    assert order_by_clustering(table.columns, holes) == order_by_clustering(table.columns, values)
    holes[5, 0] = np.nan
    assert sorted(order_by_clustering(table.columns, holes)) == sorted(table.columns)
    assert order_by_clustering(table.columns, np.full((6, 6), np.nan)) == table.columns


def test_two_languages_keep_their_order_and_a_grid_must_be_square():
    assert order_by_clustering(["de", "en"], np.eye(2)) == ("de", "en")
    with pytest.raises(DataError, match="every language as a training language"):
        order_by_clustering(["de", "en"], np.ones((1, 2)))


def test_rows_and_columns_keep_one_order():
    columns, rows = ("en", "ar", "de", "es", "zh"), ("en", "es", "de", "sw")
    near = np.full((4, 5), 0.2)
    near[0, 2] = near[2, 0] = 0.9  # en and de
    assert order_rows_and_columns(rows, columns, "paper", near) == (rows, columns)
    by_family = order_rows_and_columns(rows, columns, "family", near)
    assert by_family == (("en", "de", "es", "sw"), ("en", "de", "es", "zh", "ar"))
    ordered, across = order_rows_and_columns(rows, columns, "clustering", near)
    assert set(ordered[:3]) == {"en", "de", "es"} and ordered[3] == "sw"
    assert across[:3] == ordered[:3] and across[3:] == ("ar", "zh")
    assert abs(ordered.index("en") - ordered.index("de")) == 1
