"""What a server says it keeps follows from its limits."""

from dashboard.about.kept import kept_lines
from dashboard.service.limits import ServiceLimits
from dashboard.service.login import login_from

LOGIN = login_from(
    {
        "server_metadata_url": "https://id.example.org/",
        "client_id": "a",
        "client_secret": "b",
        "cookie_secret": "c" * 32,
        "redirect_uri": "https://ccta.example.org/oauth2callback",
        "domains": ["example.org"],
    }
)


def kinds(limits, login=None, runs=False):
    return [line.split("**")[1] for line in kept_lines(limits, login, runs=runs)]


def test_a_server_keeps_what_its_operator_turned_on():
    assert kinds(ServiceLimits()) == ["Texts", "Kept texts"]
    everything = ["Texts", "Kept texts", "Files for runs", "Audit log", "Log-in"]
    assert kinds(ServiceLimits(audit=True), LOGIN, runs=True) == everything


def test_times_and_sizes_are_those_of_the_limits():
    limits = ServiceLimits(link_days=11, link_megabytes=22, upload_days=33, uploads_megabytes=44, audit=True)
    text = " ".join(kept_lines(limits, None, runs=True))
    assert all(words in text for words in ("11 days", "22 MB", "33 days", "44 MB", "50 MB", "name of your session"))
    assert "account’s address" in " ".join(kept_lines(limits, LOGIN, runs=True))


def test_a_server_without_links_says_that_it_writes_no_text():
    (_, line) = kept_lines(ServiceLimits(links=False), None, runs=False)
    assert "writes no text" in line and "Keep the texts" not in line
