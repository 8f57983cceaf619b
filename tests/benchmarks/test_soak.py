"""What a soak concludes from what it saw."""

import json

from benchmarks.crowd import Assignment, Crowd, Findings
from benchmarks.soak import SERVICE, assign, growth, holds, most_at_once, thinned
from benchmarks.visitors import SocketVisitor


def test_every_visitor_has_a_name_that_is_in_nobody_elses_texts():
    assignments = assign(50)
    assert len({given.name for given in assignments}) == 50
    for given in assignments:
        others = [str(other.texts) for other in assignments if other is not given]
        assert all(given.name in text for side in given.texts for text in side)
        assert not any(given.name in text for text in others)


def crowd(findings):
    texts = (("", ""), ("", ""))
    return Crowd("", [Assignment("Qabo", "m", texts, 0.5), Assignment("Qado", "m", texts)], 0, None, findings)


def test_a_wrong_number_and_a_foreign_text_are_noted():
    findings = Findings()
    given = crowd(findings).assignments[0]
    crowd(findings)._compare(0.5004, given)
    crowd(findings)._look(["Qabo sailed"], given)
    assert (findings.wrong, findings.foreign, findings.analyses) == ([], [], 1)
    crowd(findings)._compare(0.51, given)
    crowd(findings)._compare(None, given)
    crowd(findings)._look(["Qado sailed"], given)
    assert len(findings.wrong) == 2
    assert findings.foreign == ["Qabo received Qado"]
    assert not holds(findings, 1)


def test_the_most_analyses_at_once_come_from_the_times_in_the_log(tmp_path):
    def line(second, seconds, kind="analysis"):
        time = f"2027-01-15T08:00:{second:06.3f}+00:00"
        return json.dumps({"time": time, "kind": kind, "seconds": seconds})

    log = tmp_path / "audit.jsonl"
    log.write_text("\n".join([line(0, 5), line(5, 5), line(1, 2), line(6, 20, "run")]), encoding="ascii")
    assert most_at_once(log) == 2
    log.write_text("\n".join([line(0, 5), line(1, 5), line(2, 5), line(9, 1)]), encoding="ascii")
    assert most_at_once(log) == 3
    assert most_at_once(tmp_path / "none") == 0


def test_memory_that_still_grows_at_the_end_does_not_hold():
    flat = [(float(second), 1000 + 500 * (second > 10)) for second in range(100)]
    rising = [(float(second), 1000 + 20 * second) for second in range(100)]
    assert growth(flat) == 0
    assert holds(Findings(memory=flat), SERVICE["jobs"])
    assert not holds(Findings(memory=rising), SERVICE["jobs"])
    assert len(thinned(rising)) <= 101
    assert not holds(Findings(deepest_place=SERVICE["waiting"] + 1), 1)
    assert not holds(Findings(), SERVICE["jobs"] + 1)


def test_the_first_c_of_a_page_is_read_and_no_style_taken_for_it():
    visitor = SocketVisitor("")
    visitor.received = [
        ".c-num{font-size:34px}",
        r"<div class=\\\"c-num\\\">0.492</div> <div class=\"c-num\">0.7</div>",
    ]
    assert visitor.consistency() == 0.492
    visitor.received = visitor.received[:1]
    assert visitor.consistency() is None
