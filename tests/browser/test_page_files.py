"""The files of the page and of the lab page: complete translations, no build, a small budget, and
nothing that the strict policy forbids. No browser is needed for these."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tornchat.domain.events import KINDS, PROBE
from tornchat.settings import web_root

WEB = Path(web_root())
BUDGET = 250 * 1024
"""Bytes of our own CSS and JS that a room needs to be shown, uncompressed."""
PANELS_BUDGET = 360 * 1024
"""Those of what is loaded behind the first paint, or when somebody opens it, all together."""
LANGUAGES = sorted(path.stem for path in (WEB / "locale").glob("*.json"))
SCRIPTS = sorted(path for folder in ("js", "elements") for path in (WEB / folder).rglob("*.js"))
STYLES = sorted((WEB / "css").glob("*.css"))
PANELS = sorted(path for folder in ("panels", "later") for path in (WEB / folder).glob("*.js"))
PANEL_STYLES = sorted((WEB / "panels").glob("*.css"))
LAB = WEB / "lab"
LAB_SCRIPTS = sorted(LAB.glob("*.js"))
LAB_BUDGET = 90 * 1024
"""The lab page's own, which nobody loads who only chats."""
ADMIN = WEB / "admin"
ADMIN_SCRIPTS = sorted(ADMIN.glob("*.js"))
ADMIN_BUDGET = 48 * 1024
"""What administrators load when they open their page, and nobody else."""
ALL = [*SCRIPTS, *STYLES, *PANELS, *PANEL_STYLES, *LAB_SCRIPTS, LAB / "lab.css", *ADMIN_SCRIPTS]
FOLDERS = {WEB: [*SCRIPTS, *PANELS], LAB: LAB_SCRIPTS, ADMIN: ADMIN_SCRIPTS}
"""Where words are, and the scripts that use them."""
STARTED = {"js/early.js", "js/main.js"}
"""Scripts that nobody imports."""
PAGE = (WEB / "index.html").read_text()


Words = dict[str, str | dict[str, str]]


def each_key_once(pairs: list[tuple[str, str | dict[str, str]]]) -> Words:
    assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
    return dict(pairs)


def words(language: str, folder: Path = WEB) -> Words:
    text = (folder / "locale" / f"{language}.json").read_text()
    found: Words = json.loads(text, object_pairs_hook=each_key_once)
    return found


def placeholders(value: str | dict[str, str]) -> set[str]:
    texts = [value] if isinstance(value, str) else list(value.values())
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


def keys_used(folder: Path) -> set[str]:
    """Keys of words in the scripts. One that is put together, "line." and more, is a prefix."""
    used: set[str] = set()
    for script in FOLDERS[folder]:
        text = script.read_text()
        used |= set(re.findall(r"""["']([a-z]+(?:\.[a-z_]+)+)["']""", text)) & set(
            words("en", folder)
        )
        used |= set(re.findall(r"""\bt\(\s*["']([a-z][a-z_.]+)["']""", text))
        used |= set(re.findall(r"`([a-z]+\.(?:[a-z]+\.)?)\$\{", text))
    return used


def test_english_and_indonesian_are_there() -> None:
    assert LANGUAGES == ["en", "id"]


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "lab", "admin"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_key_with_the_same_placeholders(language: str, folder: Path) -> None:
    english, other = words("en", folder), words(language, folder)
    assert list(other) == list(english)
    for key, value in other.items():
        assert placeholders(value) == placeholders(english[key]), key
        assert isinstance(value, str) or "other" in value, key


def test_every_request_has_a_name_of_its_own() -> None:
    names = re.findall(r"^  (\w+): ", (WEB / "js" / "api.js").read_text(), re.MULTILINE)
    assert len(names) > 20
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("folder", FOLDERS, ids=["page", "lab", "admin"])
def test_every_key_that_is_used_has_words_and_every_word_is_used(folder: Path) -> None:
    english, used = set(words("en", folder)), keys_used(folder)
    prefixes = {key for key in used if key.endswith(".")}
    # The page's own words are there wherever a part of it is.
    known = english if folder == LAB else english | set(words("en"))
    assert {key for key in used - prefixes if key not in known} == set()
    # What a finding is called has parts of its own, and so have the ways to break a line.
    deep = {prefix for prefix in prefixes if prefix.count(".") > 1}
    unused = {
        key
        for key in english - used
        if not any(
            key.startswith(prefix) and (prefix in deep or "." not in key[len(prefix) :])
            for prefix in prefixes
        )
    }
    assert unused == set()


def test_every_finding_of_the_doctor_has_words_and_the_other_way_round() -> None:
    text = (LAB / "doctor.js").read_text()
    said = {key.removeprefix("lab.finding.") for key in words("en", LAB) if ".finding." in key}
    codes = set(re.findall(r"\"((?:stream|idle|socket|poll|hops)\.[a-z_]+)\"", text))
    codes |= {f"{code}.size" for code in ("stream.buffered", "stream.compressed")}
    assert codes == said


def test_every_error_that_users_meet_has_words() -> None:
    from tornchat.domain.errors import Unusable, every_error

    of_people = {
        error.code
        for error in every_error()
        if not issubclass(error, Unusable) and error.status not in (404, 405, 415, 421, 500)
    }
    # Faults of the page itself or of another site: the general words serve.
    of_people -= {"bad_cursor", "cross_site"}
    # Refusals of streams: the banner speaks of the line.
    of_people -= {"too_many_streams", "busy", "upgrade_required"}
    assert {f"error.{code}" for code in of_people} <= set(words("en"))


def test_every_reason_that_the_server_gives_has_words_and_the_other_way_round() -> None:
    sources = [path.read_text() for path in (WEB.parent / "tornchat").rglob("*.py")]
    given = {name for text in sources for name in re.findall(r'\breason="(\w+)"', text)}
    said = {key.removeprefix("reason.") for key in words("en") if key.startswith("reason.")}
    assert given == said


def test_every_call_of_the_api_has_a_name_of_its_own() -> None:
    """The last of two with one name would be asked for in the place of the other."""
    _, calls = (WEB / "js/api.js").read_text().split("export const api = {")
    names = re.findall(r"^  (\w+)[:(]", calls, re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def test_all_modules_and_styles_are_named_in_the_page_so_that_they_load_at_once() -> None:
    preloaded = re.findall(r'modulepreload" href="/([^"]+)"', PAGE)
    modules = {str(path.relative_to(WEB)) for path in SCRIPTS} - STARTED
    assert sorted(preloaded) == sorted(modules)
    linked = re.findall(r'stylesheet" href="/([^"]+)"', PAGE)
    assert sorted(linked) == sorted(str(path.relative_to(WEB)) for path in STYLES)


def test_the_page_stays_within_its_budget() -> None:
    size = sum(path.stat().st_size for path in [*SCRIPTS, *STYLES])
    assert size <= BUDGET, f"{size:,} bytes"


def test_what_is_loaded_later_stays_within_its_budget() -> None:
    size = sum(path.stat().st_size for path in [*PANELS, *PANEL_STYLES])
    assert size <= PANELS_BUDGET, f"{size:,} bytes"


def test_styles_of_a_panel_belong_to_a_module_that_asks_for_them() -> None:
    asking = {path.stem for path in PANELS if "export const styled = true" in path.read_text()}
    assert asking == {path.stem for path in PANEL_STYLES}


def test_no_part_that_loads_at_once_imports_one_that_is_loaded_later() -> None:
    for path in [*SCRIPTS, *LAB_SCRIPTS]:
        assert not re.search(r"from \"[^\"]*(panels|later|admin)/", path.read_text()), path.name


def test_the_lab_page_stays_within_its_budget() -> None:
    size = sum(path.stat().st_size for path in [*LAB_SCRIPTS, LAB / "lab.css"])
    assert size <= LAB_BUDGET, f"{size:,} bytes"


def test_the_administration_stays_within_its_budget() -> None:
    assert sum(path.stat().st_size for path in ADMIN_SCRIPTS) <= ADMIN_BUDGET


def test_the_administration_has_words_for_whatever_the_audit_log_notes() -> None:
    from tornchat.domain.audit import KINDS as DONE

    english = words("en", ADMIN)
    for kind in DONE:
        assert f"admin.did.{kind}" in english
        assert f"admin.kind.{kind.partition('.')[0]}" in english


def test_html_is_made_of_text_in_one_place_only() -> None:
    makers = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createHTML|\beval\("
    )
    found = {path.name for path in ALL if path.suffix == ".js" if makers.search(path.read_text())}
    assert found == {"html.js"}


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    pages = [WEB / "index.html", LAB / "index.html"]
    for page in pages:
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script>", page.read_text())
    # What is to be written into the configuration of a proxy is fetched by nobody.
    known = {"http://www.w3.org/2000/svg", "http://127.0.0.1:8888/"}
    for path in [*ALL, *pages]:
        for address in re.findall(r"https?://[^\s\"'`)]+", path.read_text()):
            assert address in known, f"{path.name}: {address}"


def test_js_imports_no_elements_and_elements_do_not_fetch() -> None:
    for path in [*SCRIPTS, *PANELS, *ADMIN_SCRIPTS]:
        text = path.read_text()
        if WEB / "js" in path.parents and path.name != "main.js":
            assert "elements/" not in text, path.name
        if path.parent.name in ("elements", "panels", "admin"):
            assert not re.search(r"\bfetch\(|EventSource|js/api\.js", text), path.name


def test_colours_are_named_once_and_components_use_roles() -> None:
    allowed = {"tokens.css", "sign-in.css", "controls.css"}
    """The brand side and the avatars have colours of their own, the same in both themes."""
    for path in [*STYLES, *PANEL_STYLES]:
        if path.name not in allowed:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb\(", path.read_text()), path.name


def test_styles_turn_with_the_direction_of_the_script() -> None:
    physical = re.compile(
        r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right)(?:-\w+)?|left|right"
        r"|border-(?:top|bottom)-(?:left|right)-radius|float)\s*:"
        r"|text-align:\s*(?:left|right)"
    )
    for path in [*STYLES, *PANEL_STYLES]:
        text = path.read_text()
        assert not physical.search(text), f"{path.name}: {physical.search(text)}"
        for rule, value in re.findall(r"^\s*(padding|margin|inset):([^;]+);", text, re.M):
            sides = re.findall(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+", value)
            assert len(sides) < 4 or sides[1] == sides[3], f"{path.name}: {rule}:{value}"


def test_no_file_has_grown_beyond_300_lines() -> None:
    for path in ALL:
        assert len(path.read_text().splitlines()) <= 300, path.name


def test_the_stream_listens_to_every_kind_of_event() -> None:
    text = (WEB / "later/connection.js").read_text()
    [listed] = re.findall(r"const KINDS = \[(.*?)\]", text, re.S)
    assert re.findall(r'"([a-z.]+)"', listed) == [kind for kind in KINDS if kind != PROBE]
