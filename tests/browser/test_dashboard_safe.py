"""The dashboard beside hostile data and hostile sites: names are text, nothing leaves this machine, nothing is written.

Every text of a run, a board and an address holds a payload; every page that is registered is opened on them once.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from queue import Queue
from threading import Thread
from types import ModuleType
from typing import Any
from urllib.parse import urlencode, urlsplit

import psutil
import pytest

from harness.store.files import write_json
from harness.store.lines import row_line
from harness.store.shards import parquet_path, read_rows, write_parquet

pytestmark = pytest.mark.browser

ALERT = "onerror=alert('pwned')"
PAYLOADS = (
    "<script>document.title='pwned'</script>",
    f"<img src=x data-pwned {ALERT}>",
    "<svg data-pwned onload=alert('pwned')>",
    f'"><img src=x data-pwned {ALERT}>',
    "\" onmouseover=\"alert('pwned')\" data-pwned=\"",
    "' autofocus onfocus=alert('pwned') data-pwned='",
    "</td></table><iframe data-pwned src=\"javascript:alert('pwned')\"></iframe>",
    "<a data-pwned href=\"javascript:alert('pwned')\">pwned</a>",
    "[pwned](javascript:alert('pwned'))",
    "![pwned](http://evil.example/beacon.png)",
    "[pwned](http://evil.example/link) http://evil.example/bare",
    f"<!--><img src=x data-pwned {ALERT}>-->",
    "{{7*7}}{% raw %}{{ self.__init__.__globals__ }}",
    "$\\href{http://evil.example/tex}{pwned}$",
    "pwned\u202egnp.exe",
    ":material/bomb: :red[pwned] :streamlit:",
    f"<svg><style><img src=x data-pwned {ALERT}>",
    f"<math><mtext><table><mglyph><style><img src=x data-pwned {ALERT}>",
    "</script><script>alert('pwned')</script>",
    "**pwned** `pwned` ~~pwned~~ _pwned_",
    "<style data-pwned>@import 'http://evil.example/x.css';*{background:url(http://evil.example/b)}</style>",
    "</title></textarea><base data-pwned href='http://evil.example/'><meta http-equiv=refresh content='0;url=http://evil.example/'>",
)  # fmt: skip
MARK = "**pwned**<i data-pwned>"
"""Before each payload: wherever a text is read as Markdown or HTML, by whatever payload, this is found."""
EVERY = tuple(MARK + payload for payload in PAYLOADS)
FOLDER = EVERY[1]
RUN, BOARD = f"run {FOLDER}", f"{EVERY[4]} v1 · cpu · yours"

LOOK = r"""() => {
  const found = [], words = [];
  const carries = /^(href|src|srcset|action|formaction|style|xlink:href)$/i;
  const look = (e, ours) => {
    const tag = e.localName, text = (e.textContent || "").trim(), id = e.dataset?.testid;
    const say = what => found.push(`${what}: ${e.outerHTML.slice(0, 160)}`);
    if (e.hasAttribute("data-pwned")) say("an element of a payload");
    for (const { name, value } of e.attributes) {
      if (/^on/i.test(name)) say("a handler");
      if (carries.test(name) && /evil\.example|javascript:/i.test(value)) say("an address");
    }
    if (["iframe", "object", "embed", "base", "math", "mglyph"].includes(tag)) say("an element of nobody");
    if (tag === "script" && !(ours && !/pwned/.test(text) && (e.src || location.origin).startsWith(location.origin)))
      say("a script");
    if (tag === "style" && /evil\.example/.test(text)) say("a style");
    if (["a", "b", "strong", "em", "i", "del", "code", "blockquote"].includes(tag) && text === "pwned") say("Markdown");
    if (id === "stIconMaterial" && /bomb/.test(text)) say("an icon");
    if (id === "stException") say("a page that broke");
    if (tag === "input" || tag === "textarea") words.push(e.value);
    if (!e.shadowRoot) return;
    walk(e.shadowRoot);
    words.push(...[...e.shadowRoot.children].filter(c => c.localName !== "style").map(c => c.textContent));
  };
  const walk = root => root.querySelectorAll("*").forEach(e => look(e, root === document));
  walk(document);
  words.push(document.body.innerText);
  return { found, words: words.join("\n"), title: document.title };
}"""


@dataclass
class Seen:
    """What one visit of a page showed and did."""

    found: list[str]
    words: str
    title: str
    dialogs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


def _spoil(manifest: dict[str, Any], payloads: Iterator[str]) -> None:
    """A payload into every text of a manifest that is not a key to anything else."""
    suite = manifest["suite"]
    suite.update(name=next(payloads), title=next(payloads))
    manifest.update(argv=["harness", next(payloads)], device=next(payloads), constraints=next(payloads))
    manifest["hardware"] = {"processor": next(payloads), "cpu": next(payloads), "system": next(payloads), "cores": 2}
    manifest["packages"] = {next(payloads): next(payloads) for _ in range(4)}
    for entry in manifest["entries"]:
        for key in ("title", "summary", "licence", "paper", "parity", "leak", "version", "folder"):
            entry[key] = next(payloads)
        entry["params"] = {next(payloads): next(payloads)}
        entry["tags"] = [*entry["tags"], next(payloads)]
        for key in ("name", "licence", "trained_on", "origin") if entry["weights"] else ():
            entry["weights"][key] = next(payloads)
    for task in suite["tasks"]:
        for key in ("title", "dataset", "maskset", "dataset_version"):
            task[key] = next(payloads)
        for info in task["metrics_info"].values():
            for key in ("unit", "summary", "colour", "range", "resize", "reduction", "licence", "version"):
                info[key] = next(payloads)
    keys = ("title", "author", "licence", "source", "dataset")
    manifest["attribution"] = [{key: next(payloads) for key in keys} for _ in range(3)]
    manifest["skipped"] = [{"what": next(payloads), "task": "", "reason": next(payloads)} for _ in range(5)]
    manifest["observer_errors"] = [{key: next(payloads) for key in ("plugin", "hook", "error")}]


def _hostile(fake: ModuleType, folder: Path, first: int) -> Path:
    """A run whose every text is hostile, samples, clusters and reasons too; `first` is the payload to begin with."""
    payloads = cycle([*EVERY[first:], *EVERY[:first]])
    entries = [fake.entry(next(payloads), "", tags=fake.FLOOR), fake.entry("navier-stokes", "", tags=fake.FLOOR)]
    minis = [fake.entry(f"made@mini{number}", "", "mini") for number in range(2)]
    fills = [(entry, fill) for entry, (_, fill) in zip([*entries, *minis], fake.FILLS, strict=True)]
    run = fake.build(folder, count=8, size=32, fills=fills)
    manifest = json.loads(run.manifest_path.read_text())
    rows = run.samples().to_dict("records")
    names = {row["sample"]: f"{number} {next(payloads)}" for number, row in enumerate(rows)}
    clusters = {f"photo{number}": f"{number} {next(payloads)}" for number in range(4)}
    spoiled = [
        {**row, "sample": names[row["sample"]], "cluster": clusters[row["cluster"]], "title": next(payloads)}
        for row in rows
    ]
    (folder / "samples.jsonl").write_bytes(b"".join(map(row_line, spoiled)))
    for entry in manifest["entries"]:
        stem = run.cell(entry["reference"], "photos-thick")
        frame = read_rows(stem)
        for row in frame.index[frame["status"] == "failed"]:
            frame.loc[row, "reason"] = next(payloads)
        frame = frame.assign(sample=frame["sample"].map(names), cluster=frame["cluster"].map(clusters))
        write_parquet(parquet_path(stem), frame)
    _spoil(manifest, payloads)
    manifest["suite"]["tasks"][0]["samples"] = list(names.values())
    write_json(folder / "manifest.json", manifest)
    return folder


@pytest.fixture(scope="module")
def stage(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a hostile board of the user's own, and `runs` with a hostile run."""
    place = tmp_path_factory.mktemp("stage")
    _hostile(fake, place / "runs" / FOLDER, 0)
    board = _hostile(fake, place / "home" / "leaderboards" / "measured" / EVERY[4] / "v1-cpu", 7)
    payloads = cycle(EVERY)
    keys = ("tier", "by", "date", "harness", "command", "note", "source")
    rows = [
        {"entry": entry["reference"], **{key: next(payloads) for key in keys}}
        for entry in json.loads((board / "manifest.json").read_text())["entries"]
    ]
    write_json(board / "board.json", {"schema": 1, "rows": rows, "note": next(payloads)})
    return place


@pytest.fixture(scope="module")
def proxy() -> Iterator[tuple[str, Queue[str]]]:
    """Where the server would ask for anything outside, and who asked."""
    asked: Queue[str] = Queue()

    def listen(listener: socket.socket) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                with listener.accept()[0] as connection:
                    asked.put(connection.recv(300).decode(errors="replace"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=listen, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def address(stage: Path, proxy: tuple[str, Queue[str]], dashboard: Callable[..., str]) -> str:
    asked_through = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy[0])
    home = {"HARNESS_HOME": str(stage / "home"), "NO_PROXY": "", "no_proxy": ""}
    return dashboard(stage / "runs", **home, **asked_through)


def _pages() -> list[str]:
    from harness_dashboard.spec import PAGES

    return [page.name for page in PAGES]


def _state(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file and folder with its time and content."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def seen(browser: Any, address: str, stage: Path) -> dict[str, Seen]:
    """Every page on the hostile run, the first one on the hostile board and at a hostile address, in one browser."""
    from_here = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, dialogs, outside = context.new_page(), list[str](), list[str]()
    page.set_default_timeout(60_000)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    context.on("request", lambda request: request.url.startswith(from_here) or outside.append(request.url))
    context.on("page", lambda opened: opened is page or outside.append(f"a window: {opened.url}"))

    def look(name: str, **query: str) -> Seen:
        page.goto(f"{address}/{'' if name == 'leaderboard' else name}?{urlencode(query)}")
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        page.wait_for_function("!document.querySelector('[data-stale=true]')")
        page.wait_for_timeout(300)
        page.mouse.move(700, 400)
        shown = page.evaluate(LOOK)
        told = Seen(shown["found"], shown["words"], shown["title"], list(dialogs), list(outside))
        dialogs.clear()
        outside.clear()
        return told

    before = _state(stage / "runs"), _state(stage / "home" / "leaderboards")
    told = {name: look(name, source=RUN) for name in _pages()}
    told["board"] = look("leaderboard", source=BOARD)
    told["address"] = look("leaderboard", source=EVERY[0], task=EVERY[9], region=EVERY[15], bin=EVERY[18])
    context.close()
    assert (_state(stage / "runs"), _state(stage / "home" / "leaderboards")) == before, "a page wrote into a store"
    return told


@pytest.mark.parametrize("place", [*_pages(), "board", "address"])
def test_what_data_says_is_text_on_every_page(place: str, seen: dict[str, Seen]) -> None:
    shown = seen[place]
    assert shown.found == []
    assert shown.dialogs == []
    assert shown.outside == []
    assert "pwned" not in shown.title
    assert "cannot be read" not in shown.words


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_payload_can_be_read_somewhere(seen: dict[str, Seen]) -> None:
    everything = _plain("".join(shown.words for shown in seen.values()))
    hidden = [payload for payload in PAYLOADS if _plain(payload.replace("\u202e", "\\u202e")) not in everything]
    assert hidden == []
    assert "pwned" in seen["leaderboard"].words
    assert "pwned" in seen["board"].words


def test_a_visit_of_every_page_writes_nothing_and_asks_nobody(seen: dict[str, Seen], address: str, stage: Path) -> None:
    """What `seen` compares: no byte, time or new file in the run or the board. The server asked nothing outside."""
    assert set(seen) > set(_pages())
    assert [path.name for path in stage.rglob(".lock")] == []
    port = urlsplit(address).port
    (server,) = {c.pid for c in psutil.net_connections("inet") if c.laddr.port == port and c.status == "LISTEN"}
    reached = {c.raddr.ip for c in psutil.Process(server).net_connections() if c.raddr}
    assert reached <= {"127.0.0.1", "::1"}


def test_it_listens_on_this_machine_only(address: str) -> None:
    port = urlsplit(address).port
    listening = {c.laddr.ip for c in psutil.net_connections("inet") if c.laddr.port == port and c.status == "LISTEN"}
    assert listening == {"127.0.0.1"}
    outward = {a.address for of in psutil.net_if_addrs().values() for a in of if a.family == socket.AF_INET}
    for own in outward - {"127.0.0.1"}:
        with pytest.raises(OSError):
            socket.create_connection((own, port), timeout=2).close()


def _shaken(address: str, host: str, origin: str) -> str:
    """The first line of the answer to a websocket that a page of `origin` asks for, having found us as `host`."""
    port = urlsplit(address).port
    head = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {origin.replace('PORT', str(port))}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode())
        return connection.recv(200).decode().splitlines()[0]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://evil.example"),
        ("127.0.0.1", "https://127.0.0.1.evil.example:PORT"),
        ("127.0.0.1", "null"),
        ("evil.example", "http://evil.example:PORT"),  # its name leads to 127.0.0.1: DNS rebinding
    ],
)
def test_a_page_of_another_site_is_refused(host: str, origin: str, address: str) -> None:
    assert _shaken(address, host, origin) == "HTTP/1.1 403 Forbidden"


def test_our_own_page_is_let_in_and_nobody_outside_was_asked(address: str, proxy: tuple[str, Queue[str]]) -> None:
    assert _shaken(address, "127.0.0.1", "http://127.0.0.1:PORT") == "HTTP/1.1 101 Switching Protocols"
    assert _shaken(address, "127.0.0.1", "http://evil.example") == "HTTP/1.1 403 Forbidden"
    where, asked = proxy
    with socket.create_connection(("127.0.0.1", urlsplit(where).port)) as witness:
        witness.sendall(b"the witness")  # the listener hears who connects, and heard nobody before
    assert asked.get(timeout=30) == "the witness"


def test_an_upload_from_another_site_is_refused(address: str) -> None:
    request = urllib.request.Request(
        f"{address}/_stcore/upload_file/session/file", b"x", {"Origin": "http://evil.example"}, method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=30)
    with caught.value:
        assert caught.value.code == 403
