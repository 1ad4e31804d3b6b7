"""The page's pure modules, run in the browser that they are for: what events, pages and snapshots
do to the state, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.people import Faults
from tests.running import RunningServer

Run = Callable[[str], Any]

SETUP = """
const {initialState, reduce} = await import("/js/state.js");
const {isGap} = await import("/js/events.js");
const {timeline} = await import("/js/timeline.js");
const {arrivedIn, pendingIn} = await import("/js/selectors.js");
const ME = "me", YOU = "you", R = "r";
const room = (more = {}) => ({id: R, name: "Room", kind: "open", description: "", members: 2,
  head: 100, last_read: 100, unread: 0, mentions: 0, mentioned: [], level: "mentions",
  read_turn: 0, ...more});
const snapshot = (more = {}) => ({type: "snapshot", snapshot: {cursor: 100, rooms: [room()],
  blocked: [], user: {id: ME, username: "me", display_name: "Me", role: "member"}, server: {},
  ...more}});
const message = (id, more = {}) => ({id, at: id, room: R, author: YOU, body: `m${id}`,
  html: `m${id}`, ...more});
const said = (id, prev, more = {}) => ({type: "event.came", event: {...message(id, more), prev,
  topic: "room:r", kind: "message"}});
const opened = {type: "room.opened", room: R};
const asked = {type: "page.asked", room: R};
const came = (messages, more = false) => ({type: "page.came", room: R, messages, more});
const play = (...actions) => actions.reduce(reduce, initialState);
const ids = (state) => state.pages[R].messages.map(({id}) => id);
"""


@pytest.fixture
def run(chromium: Browser, server: RunningServer, faults: Faults) -> Iterator[Run]:
    """Runs JavaScript with the modules and a cast at hand; gives what it returns."""
    page = chromium.new_page()
    faults.watch(page)
    page.goto(server.url)
    yield lambda script: page.evaluate(f"async () => {{ {SETUP} {script} }}")
    page.close()


def test_the_same_event_twice_changes_nothing(run: Run) -> None:
    assert run(
        """const once = play(snapshot(), opened, asked, came([]), said(101, 100));
        return reduce(once, said(101, 100)) === once && ids(once).length === 1;"""
    )


def test_where_older_messages_may_be_read_from_now_on_they_are_asked_for(run: Run) -> None:
    assert run(
        """const settings = (id, history) => ({type: "event.came", event: {id, prev: id - 1,
          topic: "room:r", kind: "room.changed", room: R, by: YOU, name: "Room", description: "",
          private: false, history, posting: "all", adding: "all"}});
        const before = play(snapshot({rooms: [room({history: "since"})]}), opened, asked,
          came([message(50)]));
        const same = reduce(before, settings(101, "since"));
        return [before, same, reduce(same, settings(102, "all"))].map((s) => s.pages[R].more);"""
    ) == [False, False, True]


def test_nothing_of_an_archived_room_is_unread_or_calls_me(run: Run) -> None:
    assert run(
        """const called = room({unread: 2, mentions: 1, mentioned: [99]});
        const state = play(snapshot({rooms: [called]}), {type: "event.came", event: {id: 101,
          prev: 100, topic: "room:r", kind: "room.archived", room: R, by: YOU}});
        const {unread, mentions, mentioned} = state.rooms[R];
        return [unread, mentions, mentioned.length];"""
    ) == [0, 0, 0]


def test_what_is_put_back_in_an_archived_room_counts_as_little_as_in_the_snapshot(run: Run) -> None:
    assert run(
        """const rooms = [room({archived: true, level: "all"})];
        const known = play(snapshot({rooms}), opened, asked, came([message(90), message(91)]));
        const after = reduce(known, {type: "event.came", event: {id: 101, prev: 0, topic: "user:me",
          kind: "read", room: R, last_read: 89, turn: 1}});
        const {last_read, unread, mentioned} = after.rooms[R];
        return last_read === 89 && unread === 0 && mentioned.length === 0;"""
    )


def test_unread_grows_with_what_others_write_after_the_snapshot_s_head(run: Run) -> None:
    assert run(
        """return play(snapshot({rooms: [room({unread: 3})]}), said(100, 99), said(101, 100),
          said(102, 101, {author: ME}), said(103, 102)).rooms[R].unread;"""
    ) == (3 + 2)


def test_a_room_s_answer_that_is_older_than_what_was_heard_is_brought_up_to_it(run: Run) -> None:
    assert run(
        """const heard = [101, 102, 103].map((id) => said(id, id - 1));
        const state = play(snapshot({rooms: []}), ...heard, {type: "room.joined",
          room: room({head: 101, unread: 1}), heard: heard.map(({event}) => event)});
        return [state.rooms[R].head, state.rooms[R].unread, state.heads["room:r"],
          reduce(state, said(103, 102)) === state];"""
    ) == [103, 3, 103, True]


def test_history_and_live_messages_are_joined_whichever_comes_first(run: Run) -> None:
    page = "[message(98), message(99), message(101)]"
    for order in (
        f"asked, said(101, 100), said(102, 101), came({page})",
        f"asked, said(101, 100), came({page}), said(102, 101)",
        f"asked, came({page}), said(101, 100), said(102, 101)",
    ):
        assert run(f"return ids(play(snapshot(), opened, {order}))") == [98, 99, 101, 102], order


def test_an_own_message_is_shown_once_whether_post_or_event_comes_first(run: Run) -> None:
    sent = """{type: "message.posted", message: message(101, {author: ME, nonce: "n"})}"""
    event = """said(101, 100, {author: ME, nonce: "n"})"""
    pending = """{type: "pending.changed", pending: [{nonce: "n", room: R, status: "pending"}]}"""
    start = f"snapshot(), opened, asked, came([]), {pending}"
    for order in (f"{sent}, {event}", f"{event}, {sent}", event, sent):
        shown = run(
            f"const state = play({start}, {order});return [ids(state), pendingIn(state, R).length]"
        )
        assert shown == [[101], 0], order


def test_a_nonce_of_somebody_else_does_not_hide_my_message(run: Run) -> None:
    assert run(
        """const state = play(snapshot(), opened, asked, came([]), said(101, 100, {nonce: "n"}),
          {type: "pending.changed", pending: [{nonce: "n", room: R, status: "pending"}]});
        return pendingIn(state, R).length;"""
    ) == (1)


def test_a_posted_message_does_not_hide_what_was_said_before_it(run: Run) -> None:
    assert run(
        """const state = play(snapshot(), opened, asked, came([]),
          {type: "message.posted", message: message(105, {author: ME})}, said(103, 100));
        return [ids(state), state.rooms[R].unread];"""
    ) == [[103, 105], 1]


def test_a_gap_in_a_room_s_log_is_noticed_but_not_at_its_first_event(run: Run) -> None:
    assert run(
        """const start = play(snapshot());
        const next = reduce(start, said(105, 103));
        return [isGap(start, said(105, 103).event), isGap(next, said(107, 105).event),
          isGap(next, said(108, 106).event)];"""
    ) == [False, False, True]


def test_after_a_reset_old_and_new_pages_are_joined_only_where_they_touch(run: Run) -> None:
    old = "snapshot(), opened, asked, came([message(90), message(91), message(92)], true)"
    again = "snapshot({cursor: 200})"
    touching = "came([message(91), message(92), message(150)], true)"
    apart = "came([message(150), message(151)], true)"
    live = "said(201, 200)"
    assert run(f"return ids(play({old}, {again}, {live}, {touching}))") == [90, 91, 92, 150, 201]
    assert run(f"return ids(play({old}, {again}, {live}, {apart}))") == [150, 151, 201]


def test_after_a_reset_a_message_that_was_lost_is_no_longer_shown(run: Run) -> None:
    assert run(
        """return ids(play(snapshot(), opened, asked, came([message(90), message(91)]),
          said(101, 100), snapshot({cursor: 200}), came([message(90), message(91)])));"""
    ) == [90, 91]


def test_reading_elsewhere_clears_only_what_was_read(run: Run) -> None:
    read = (
        """(id, to) => ({type: "event.came", event: {id, prev: 0, topic: "user:me", """
        """kind: "read", room: R, last_read: to, turn: 0}})"""
    )
    assert run(
        f"""const read = {read};
        const state = play(snapshot(), opened, asked, came([message(99)]), said(101, 100),
          said(102, 101));
        const one = reduce(state, read(103, 101));
        return [state, one, reduce(one, read(104, 102)), reduce(one, read(104, 99))]
          .map(({{rooms}}) => rooms[R].unread);"""
    ) == [2, 1, 0, 1]


def test_somebody_who_joins_twice_is_counted_once(run: Run) -> None:
    assert run(
        """const joined = (id, prev) => ({type: "event.came", event: {id, prev, topic: "room:r",
          kind: "member.joined", room: R, user: "new", username: "new", display_name: "New",
          role: "member", by: "new"}});
        const members = [{id: ME}, {id: YOU}];
        const listed = play(snapshot(), {type: "members.came", room: R, members},
          joined(101, 100), joined(102, 101));
        return [listed.rooms[R].members, listed.members[R].length, listed.people.new.username,
          play(snapshot(), joined(100, 99)).rooms[R].members];"""
    ) == [3, 3, "new", 2]


def test_leaving_and_returning_is_no_gap(run: Run) -> None:
    assert run(
        """const left = {type: "event.came", event: {id: 105, prev: 100, topic: "user:me",
          kind: "member.left", room: R, user: ME, by: ME}};
        const state = play(snapshot(), said(101, 100), left,
          {type: "room.joined", room: room({head: 120})});
        return [R in play(snapshot(), said(101, 100), left).rooms,
          isGap(state, said(121, 120).event)];"""
    ) == [False, False]


LOSSES = """
const shown = ({pages, lost}) => [pages[R].messages.map(({id}) => id), pages[R].losses,
  lost.map(({id}) => id)];
const mine = (id, more = {}) => message(id, {author: ME, ...more});
const posted = (message) => ({type: "message.posted", message});
"""


def test_an_event_whose_prev_is_below_what_is_shown_takes_back_what_was_lost(run: Run) -> None:
    assert run(
        f"""{LOSSES}
        const before = play(snapshot(), opened, asked, came([message(98), message(99)]),
          said(101, 99), said(102, 101, {{author: ME}}), said(103, 102), said(104, 103));
        const after = reduce(before, said(900, 101));
        return [...shown(after), after.rooms[R].unread, isGap(before, said(900, 101).event),
          shown(reduce(after, said(901, 900)))[0]];"""
    ) == [
        [98, 99, 101, 900],
        [{"id": 104, "count": 2}],
        [102],
        # 101 and 900: those that were lost are not there to be read.
        2,
        False,
        [98, 99, 101, 900, 901],
    ]


def test_a_log_that_lost_more_than_what_came_live_takes_back_loaded_messages_too(run: Run) -> None:
    assert run(
        f"""{LOSSES} return shown(play(snapshot(), opened, asked,
          came([message(97), mine(98), message(99)]), said(101, 99), said(900, 97)));"""
    ) == [[97, 900], [{"id": 101, "count": 2}], [98]]


def test_the_first_event_after_a_reset_is_held_only_against_what_came_since(run: Run) -> None:
    assert run(
        f"""{LOSSES}
        const start = play(snapshot(), opened, asked, came([message(98), mine(99)]));
        return [shown(reduce(start, said(900, 0))),
          shown([posted(mine(105)), said(900, 99)].reduce(reduce, start))];"""
    ) == [[[98, 99, 900], [], []], [[98, 99, 900], [], [105]]]


def test_after_a_reset_what_the_history_does_not_hold_was_lost(run: Run) -> None:
    newest = """(messages, known, more = false) =>
      ({type: "page.came", room: R, messages, more, known})"""
    start = """play(snapshot(), opened, asked, came([message(90), message(91)]),
      said(101, 100), said(102, 101, {author: ME}), snapshot({cursor: 200}))"""
    assert run(
        f"""{LOSSES} const newest = {newest}, start = {start};
        const held = [message(90), message(91)];
        return [newest(held, 102), newest([...held, message(150)], 102, true),
          newest([], 102), newest([message(150)], 102, true)]
          .map((action) => shown(reduce(start, action)));"""
    ) == [
        [[90, 91], [{"id": 101, "count": 1}], [102]],
        [[90, 91, 150], [{"id": 101, "count": 1}], [102]],
        [[], [{"id": 101, "count": 3}], [102]],
        # What lies before the page is not known, and not said to be lost.
        [[150], [], []],
    ]


def test_what_came_while_the_page_was_asked_for_is_not_lost(run: Run) -> None:
    assert run(
        f"""{LOSSES} return shown(play(snapshot(), opened, asked, came([message(99)]),
          snapshot({{cursor: 100}}), said(101, 100), posted(mine(102)),
          {{type: "page.came", room: R, messages: [message(99)], more: false, known: 99}}));"""
    ) == [[99, 101, 102], [], []]


def test_of_a_private_room_that_one_was_added_to_the_hidden_beginning_is_not_lost(run: Run) -> None:
    assert run(
        f"""{LOSSES} const rooms = [room({{kind: "private", role: "member"}})];
        return shown(play(snapshot({{rooms}}), opened, asked, came([mine(90)]),
          snapshot({{rooms, cursor: 200}}),
          {{type: "page.came", room: R, messages: [message(150)], more: false, known: 90}}));"""
    ) == [[150], [], []]


def test_rooms_that_are_not_open_are_held_against_the_history_when_they_are_next_opened(
    run: Run,
) -> None:
    assert run(
        f"""{LOSSES} return shown(play(snapshot(), opened, asked, came([message(90)]),
          said(101, 100, {{author: ME}}), {{type: "room.opened", room: null}},
          snapshot({{cursor: 200}}), opened, asked,
          {{type: "page.came", room: R, messages: [message(90)], more: false, known: 101}}));"""
    ) == [[90], [], [101]]


def test_a_second_reset_before_the_page_of_the_first_has_come_leaves_no_hole(run: Run) -> None:
    assert run(
        """return ids(play(snapshot(), opened, asked, came([message(90), message(91)], true),
          snapshot({cursor: 200}), said(201, 150), snapshot({cursor: 300}),
          came([message(201), message(250)], true)));"""
    ) == [201, 250]


def test_a_lost_message_that_another_device_has_sent_again_is_not_asked_for(run: Run) -> None:
    assert run(
        f"""{LOSSES} const state = play(snapshot(), opened, asked, came([]), posted(mine(102)),
          said(900, 100, {{author: ME, nonce: "lost-102"}}),
          {{type: "pending.changed", pending: [{{nonce: "lost-102", room: R, lost: 102}}]}});
        return [shown(state), arrivedIn(state), pendingIn(state, R).length];"""
    ) == [[[900], [], [102]], ["lost-102"], 0]


def test_what_another_tab_found_lost_is_taken_back_here_too(run: Run) -> None:
    assert run(
        f"""{LOSSES} const pending = [{{nonce: "lost-101", room: R, lost: 101}}];
        const state = play(snapshot(), opened, asked, came([]), said(101, 100, {{author: ME}}),
          {{type: "pending.changed", pending}});
        return [shown(state)[0], pendingIn(state, R).length];"""
    ) == [[], 1]


def test_a_line_stands_where_messages_of_others_were_lost(run: Run) -> None:
    assert run(
        """return timeline({messages: [message(1), message(5)], losses: [{id: 3, count: 2},
          {id: 7, count: 1}], pending: [], since: 0, me: ME})
          .filter(({kind}) => kind !== "day").map((row) => row.count ?? row.id);"""
    ) == [1, 2, 5, 1]


def test_messages_of_one_author_within_five_minutes_stand_under_one_name(run: Run) -> None:
    rows = run(
        """const at = Date.now(), minute = 60_000;
        const made = (id, author, later) => ({...message(id), author, at: at + later * minute});
        return timeline({messages: [made(1, YOU, 0), made(2, YOU, 4), made(3, YOU, 10),
          made(4, ME, 10)], pending: [{nonce: "n", at: at + 11 * minute, body: ""}], since: 2,
          me: ME}).map((row) => row.kind + (row.lead ? "*" : ""));"""
    )
    assert [kind for kind in rows if kind != "day"] == [
        "message*",
        "message",
        "new",
        "message*",
        "message*",
        "message",
    ]


def test_a_probe_of_the_lab_is_passed_over(run: Run) -> None:
    assert run(
        """
        const before = play(snapshot(), opened, asked, came([message(50)]));
        const probe = {id: 120, prev: 0, at: 1, topic: "user:me", kind: "probe", received: 1};
        const after = reduce(before, {type: "event.came", event: probe});
        const {heads: _, ...rest} = after;
        const {heads: __, ...was} = before;
        const same = JSON.stringify(rest) === JSON.stringify(was);
        return same && !isGap(before, {...probe, prev: 110});
        """
    )


CHANGING = """
const about = (kind, id, prev, target, more = {}) => ({type: "event.came", event: {id, prev, at: id,
  topic: "room:r", kind, room: R, message: target, author: YOU, ...more}});
const edited = (id, prev, target, body) =>
  about("message.edited", id, prev, target, {body, html: body});
const deleted = (id, prev, target) => about("message.deleted", id, prev, target, {by: YOU});
const texts = (state) => state.pages[R].messages.map(({body}) => body);
"""


def test_a_change_that_comes_while_a_page_is_on_its_way_is_not_undone_by_the_page(run: Run) -> None:
    page = "came([message(90), message(91)])"
    newer = 'came([message(90, {body: "twice", version: 102}), message(91)])'
    for order in (
        f'asked, {page}, edited(101, 100, 90, "once"), edited(102, 101, 90, "twice")',
        f'asked, edited(101, 100, 90, "once"), {page}, edited(102, 101, 90, "twice")',
        f'asked, edited(101, 100, 90, "once"), edited(102, 101, 90, "twice"), {page}',
        f'asked, edited(101, 100, 90, "once"), {newer}, edited(102, 101, 90, "twice")',
    ):
        state = f"{CHANGING} const state = play(snapshot(), opened, {order});"
        assert run(f"{state} return texts(state);") == ["twice", "m91"], order
        assert run(f"{state} return state.pages[R].changes.length;") == 0, order


def test_a_deleted_message_is_unread_no_more_and_stays_deleted(run: Run) -> None:
    assert run(
        CHANGING
        + """const mine = snapshot({rooms: [room({unread: 2, last_read: 90})]});
        const state = play(mine, opened, asked,
          came([message(89), message(91), message(92)]), deleted(101, 100, 91),
          deleted(102, 101, 89), edited(103, 102, 91, "late"));
        return [texts(state), state.rooms[R].unread, state.rooms[R].head];"""
    ) == [["", "", "m92"], 1, 103]


def test_what_stayed_from_before_a_reset_is_asked_for_again(run: Run) -> None:
    assert run(
        CHANGING
        + """const again = {type: "page.again.asked", room: R};
        const older = [message(80), message(85), message(90)];
        const start = play(snapshot(), opened, asked, came(older, true),
          snapshot({cursor: 200}), asked, came([message(90), message(150)], true));
        const answer = {type: "page.again.came", room: R, more: true, before: 90,
          messages: [message(70), message(80, {body: "meanwhile", version: 160}), message(85)]};
        const state = [again, edited(201, 200, 85, "live"), answer].reduce(reduce, start);
        return [start.pages[R].unsure, state.pages[R].unsure, ids(state), texts(state)];"""
    ) == [90, 0, [80, 85, 90, 150], ["meanwhile", "live", "m90", "m150"]]


def test_an_edit_that_the_server_lost_is_asked_for_again(run: Run) -> None:
    assert run(
        CHANGING
        + """const state = play(snapshot(), opened, asked, came([message(90)]), said(101, 100),
          edited(102, 101, 90, "lost"), said(105, 101));
        return state.pages[R].unsure;"""
    ) == (91)


def test_what_comes_into_doubt_while_older_messages_are_asked_for_again_stays(run: Run) -> None:
    assert run(
        CHANGING
        + """const start = play(snapshot(), opened, asked, came([message(80), message(90)]),
          said(101, 100), edited(102, 101, 80, "lost"), said(105, 101));
        const answer = {type: "page.again.came", room: R, more: false, before: 81,
          messages: [message(80)]};
        const state = [{type: "page.again.asked", room: R}, edited(106, 105, 101, "lost"),
          said(110, 105), answer].reduce(reduce, start);
        return [start.pages[R].unsure, state.pages[R].unsure, ids(state)];"""
    ) == [81, 102, [80, 90, 101, 105, 110]]


def test_who_reacted_is_asked_for_by_name_and_told_once_the_name_is_known(run: Run) -> None:
    assert run(
        """const {strangers} = await import("/js/selectors.js");
        const {ingredients} = await import("/elements/message-row.js");
        const reacted = message(90, {author: ME, reactions: {"👍": [YOU]}});
        const start = play(snapshot(), opened, asked, came([reacted]));
        const row = (people) => ingredients({kind: "message", message: reacted, author: ME},
          {people, me: ME, blocked: []}).join();
        const named = {id: YOU, username: "you", display_name: "You"};
        const told = row({[YOU]: named});
        return [strangers(start).includes(YOU), row({}) === row({}), row({}) === told];
        """
    ) == [True, True, False]
