"""Log-in in a real browser: own texts need an account, the examples do not."""

import pytest

from tests.world.browsers import analyse, complaints, free_port, open_page, serve, settle, type_texts
from tests.world.identity import login_table, provide
from tests.world.sentences import ENGLISH, SPANISH

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.model]


def test_own_texts_are_analysed_after_a_log_in_and_not_after_the_log_out(new_visit, tmp_path):
    port = free_port()
    with provide() as provider:
        table = login_table(provider, port, needed_for="texts")
        (tmp_path / "operator.toml").write_text(table, encoding="utf-8")
        with serve(tmp_path, tmp_path / "operator.toml", port=port) as address:
            visit = new_visit()
            page = visit.page
            open_page(page, address)
            type_texts(page, ENGLISH, SPANISH)
            page.get_by_role("button", name="Analyse").click()
            page.get_by_text("Log in to analyse texts of your own").wait_for()

            page.get_by_role("button", name="Log in").click()
            page.get_by_text("ada@example.org").wait_for()
            open_page(page, address)
            type_texts(page, ENGLISH, SPANISH)
            analyse(page)
            assert page.locator(".c-num").first.inner_text()

            page.get_by_role("button", name="Log out").click()
            page.get_by_role("button", name="Log in").wait_for()
            settle(page)
            provider.email = "eve@example.com"
            page.get_by_role("button", name="Log in").click()
            page.get_by_text("eve@example.com is not admitted to this server.").wait_for()
            assert complaints(visit) == []
