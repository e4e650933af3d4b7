"""The second line of defence: markup that somebody forgot to escape cannot act in a page (`assets/inert.js`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ACT = "window.acted=1;alert(1)"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
HOSTILE = (
    f"<script>{ACT}</script>",
    f"<img src=x onerror='{ACT}'>",
    f"<svg onload='{ACT}'></svg>",
    f"<svg><script>{ACT}</script></svg>",
    f"<svg><script href='data:text/javascript,{ACT}'/></svg>",
    f"<iframe srcdoc='<script>parent.{ACT}</script>'></iframe>",
    f"<iframe src='javascript:{ACT}'></iframe>",
    f"<object data='javascript:{ACT}'></object>",
    f"<embed src='javascript:{ACT}'>",
    f"<details open ontoggle='{ACT}'><summary>x</summary></details>",
    f"<input autofocus onfocus='{ACT}'>",
    f"<a href='javascript:{ACT}'>x</a>",
    f"<a href='java&#9;script:{ACT}'>x</a>",
    f"<a href=' javascript:{ACT}'>x</a>",
    f"<a href='data:text/html,<script>{ACT}</script>'>x</a>",
    f"<svg><a xlink:href='javascript:{ACT}'><text>x</text></a></svg>",
    f"<svg><a><animate attributeName=href values='javascript:{ACT}'/><text y=20>x</text></a></svg>",
    f"<svg><a><set attributeName=href to='javascript:{ACT}'/><text y=20>x</text></a></svg>",
    f"<svg><animate onbegin='{ACT}' attributeName=x dur=1s /></svg>",
    f"<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><script>{ACT}</script></svg>#x'/></svg>",
    f"<svg><foreignObject><img src=x onerror='{ACT}'></foreignObject></svg>",
    f"<svg><title><img src=x onerror='{ACT}'></title></svg>",
    f"<svg><desc><script>{ACT}</script></desc></svg>",
    f"<svg><style><img src=x onerror='{ACT}'></style></svg>",
    f"<noscript><p title='</noscript><img src=x onerror={ACT}>'></noscript>",
    f"<math><mtext><table><mglyph><style><img src=x onerror='{ACT}'></style></mglyph></table></mtext></math>",
    f"<math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror={ACT} src>'></form></math>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={ACT}>",
    f"<svg></p><style><a id='</style><img src=1 onerror={ACT}>'>",
    f"<template><img src=x onerror='{ACT}'></template>",
    f"<!--><img src=x onerror='{ACT}'>-->",
    f"<xmp><p title='</xmp><img src=x onerror={ACT}>'></xmp>",
    f"<select><style></select><img src=x onerror='{ACT}'></style>",
    f"<textarea><img title='</textarea><img src=x onerror={ACT}>'></textarea>",
    f"<button form=f formaction='javascript:{ACT}'>x</button><form id=f></form>",
    f"<body onload='{ACT}'>",
    f"<p style='animation-name:x' onanimationstart='{ACT}'>x</p><style>@keyframes x{{}}</style>",
    f"<marquee onstart='{ACT}'>x</marquee>",
    f"<video><source onerror='{ACT}'></video>",
    f"<audio src onerror='{ACT}'>",
    "<base href='http://evil.example/'><img src='x.png'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<link rel=stylesheet href='http://evil.example/x.css'>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<style>p{background:url(http://evil.example/x)}</style><p>x</p>",
    "<p style='background:url(http://evil.example/x)'>x</p>",
    "<p style='background:\\75rl(http://evil.example/x)'>x</p>",
    "<p style='background:u/**/rl(http://evil.example/x)'>x</p>",
    "<p style='background:image-set(\"http://evil.example/x\" 1x)'>x</p>",
    '<p style="--x:url(http://evil.example/x);background:var(--x)">x</p>',
    "<img src='http://evil.example/x.png'>",
    "<img src='//evil.example/x.png'>",
    "<img src='\\\\evil.example\\x.png'>",
    "<img srcset='http://evil.example/x.png 1x'>",
    "<img src='data:image/svg+xml,<svg xmlns=http://www.w3.org/2000/svg/>'>",
    "<picture><source srcset='http://evil.example/x.png'><img></picture>",
    "<video poster='http://evil.example/x.png'></video>",
    "<table background='http://evil.example/x.png'><tr><td background='//evil.example/y.png'>x</table>",
    "<svg><image href='http://evil.example/x.png' width=9 height=9 /></svg>",
    "<svg><use href='http://evil.example/x.svg#a'/></svg>",
    "<svg><rect width=9 height=9 fill='url(http://evil.example/x.svg#a)'/></svg>",
    "<svg><rect width=9 height=9 filter='url( \"http://evil.example/x.svg#a\")'/></svg>",
    "<svg><feImage href='http://evil.example/x.png'/></svg>",
    "<a href='http://evil.example/' target=_blank>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='/\\evil.example/'>x</a>",
    "<a href='?x' ping='http://evil.example/'>x</a>",
    "<a href='http:evil.example'>x</a>",
    "<form action='http://evil.example/'><button>x</button></form>",
    "<input type=image src='http://evil.example/x.png'>",
    "<frameset><frame src='http://evil.example/'></frameset>",
)
TAME = (
    '<p class="quiet" title="a &lt;b&gt;">two <b>of</b> <small>three</small></p>',
    '<div style="--from:12.5%;--to:88%"><span style="aspect-ratio:3/4"></span></div>',
    '<svg viewBox="0 0 9 9" class="plot"><g class="line e1"><path d="M0 1L2 3"></path><circle r="2">'
    "<title>url(x) of a plot</title>"
    '</circle></g><text x="1" fill="url(#shade)">ok</text></svg>',
    f'<img src="{PNG}" alt="truth">',
    '<a href="samples?source=run+a&amp;task=b%20c">open</a><a href="#method-lama">card</a><a href="./?x=1">board</a>',
    '<details open=""><summary>More</summary><select data-sort="">'
    '<option value="a" selected="">b</option></select></details>',
)

SHOW = """html => {
  window.acted = 0;
  const host = document.createElement("div");
  document.body.replaceChildren(host);
  host.attachShadow({ mode: "open" }).append(...inert(html));
  const all = [...host.shadowRoot.querySelectorAll("*")], harmless = /^([?#]|data:image.png;base64,)/;
  all.filter(e => !/^[?#]/.test(e.getAttribute("href"))).forEach(e =>
    e.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })));
  return all.flatMap(e => [
    ...(/^(script|style|link|iframe|animate|set|use|image|base|form|template|math|foreignobject)$/i.test(e.localName)
      ? [e.localName] : []),
    ...[...e.attributes].filter(({ name, value }) => /^on|^ping$|^target$|srcset|srcdoc|action/i.test(name)
      || (/href|src|background|poster/i.test(name) && !harmless.test(value))
      || (/style|fill|filter/i.test(name) && /evil/.test(value))).map(a => `${a.name}=${a.value}`),
  ]);
}"""
TEXT = "html => { const box = document.createElement('div'); box.append(...inert(html)); return box.innerHTML; }"


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[tuple[Any, list[str]]]:
    """An empty page that knows `inert`, and what acted in it."""
    from harness_dashboard.components import asset

    context, acted = browser.new_context(), list[str]()
    opened = context.new_page()
    opened.route(
        "**/*", lambda route: route.fulfill(body="<!doctype html><title>empty</title>", content_type="text/html")
    )
    opened.goto("http://fragment.example/")
    opened.on("dialog", lambda dialog: (acted.append("a dialog"), dialog.dismiss()))
    opened.on("request", lambda request: request.url.startswith("data:image/png") or acted.append(request.url))
    context.on("page", lambda window: acted.append(f"a window {window.url}"))
    opened.add_script_tag(content=asset("inert.js").replace("export function", "function") + ";window.inert = inert")
    yield opened, acted
    context.close()


@pytest.mark.parametrize("html", HOSTILE)
def test_what_could_act_or_ask_outside_is_gone(html: str, page: tuple[Any, list[str]]) -> None:
    opened, acted = page
    left = opened.evaluate(SHOW, html)
    opened.wait_for_timeout(15)
    assert (left, acted, opened.evaluate("window.acted")) == ([], [], 0)


@pytest.mark.parametrize("html", TAME)
def test_our_own_drawings_are_let_through_as_they_are(html: str, page: tuple[Any, list[str]]) -> None:
    assert page[0].evaluate(TEXT, html) == html


def test_the_net_itself_holds(page: tuple[Any, list[str]]) -> None:
    """Without `inert` the same page is acted in: the test above can fail."""
    opened, acted = page
    opened.evaluate("html => { document.body.innerHTML = html }", f"<img src='http://evil.example/x' onerror='{ACT}'>")
    opened.wait_for_function("window.acted === 1")
    assert "a dialog" in acted
    assert "http://evil.example/x" in acted
    acted.clear()
