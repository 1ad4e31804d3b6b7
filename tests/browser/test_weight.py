"""What a room costs until it is seen."""

from __future__ import annotations

from tests.browser.people import NewPerson
from tests.browser.test_page_files import BUDGET
from tests.browser.weight import weigh


def test_a_room_is_seen_before_more_than_its_budget_has_come(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana Weighs")
    ana.create_room(room_name)
    ana.write("seen first")
    ana.sees("seen first")
    weight = weigh(ana.new_tab(), ana.page.url)
    assert weight.size <= BUDGET, str(weight)
