import pytest

from core.checksums import write_checksums
from core.models.drafts import complete_folder, is_whole


@pytest.mark.parametrize("theirs", ["whole", "half", "damaged"])
def test_a_faster_process_wins_and_a_folder_that_is_not_whole_is_replaced(tmp_path, theirs):
    folder = tmp_path / "model"
    with complete_folder(folder) as draft:
        (draft / "weights").write_text("ours", encoding="utf-8")
        folder.mkdir()
        (folder / "weights").write_text("theirs", encoding="utf-8")
        if theirs != "half":
            write_checksums(folder)
        if theirs == "damaged":
            (folder / "weights").write_text("thgirs", encoding="utf-8")
    assert (folder / "weights").read_text(encoding="utf-8") == ("theirs" if theirs == "whole" else "ours")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert is_whole(folder)


def test_what_an_error_interrupts_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), complete_folder(tmp_path / "model") as draft:
        (draft / "weights").write_text("half", encoding="utf-8")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
