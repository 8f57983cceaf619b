import pytest

from core.models.drafts import complete_folder


@pytest.mark.parametrize("faster", [True, False])
def test_a_faster_process_wins_and_a_half_made_folder_is_replaced(tmp_path, faster):
    folder = tmp_path / "model"
    with complete_folder(folder, "weights") as draft:
        (draft / "weights").write_text("ours", encoding="utf-8")
        folder.mkdir()
        (folder / ("weights" if faster else "weights.tmp")).write_text("theirs", encoding="utf-8")
    assert (folder / "weights").read_text(encoding="utf-8") == ("theirs" if faster else "ours")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_an_error_interrupts_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), complete_folder(tmp_path / "model", "weights") as draft:
        (draft / "weights").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
