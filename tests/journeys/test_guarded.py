"""Who may reach the pages: this browser with the token, our own pages, and nobody and nothing else."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import psutil
import pytest
from playwright.sync_api import expect

from tests import engines, hostile_files
from tests.hostile import snippets
from tests.journeys import filling
from tests.journeys.conftest import make_journal
from tests.journeys.serving import ALONE, serving
from tests.journeys.test_journeys import until
from tests.journeys.test_leaks import everything
from workbook import definition
from workbook.journal import Journal
from workbook.jupyter import notebooks
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Frame, Locator, Page

    from tests.journeys.serving import Lab

# What the server has to give, without its token.
PATHS = (
    "lab", "lab/tree/00-start.ipynb", "tree", "voila", "voila/tree", "voila/render/00-start.ipynb",
    "voila/files/00-start.ipynb", "files/00-start.ipynb", "files/.mend/answers.sqlite", "api/contents",
    "api/contents/.mend", "api/kernels", "api/sessions", "api/status", "api/terminals", "api/config/notebook",
    "lab/api/settings", "lab/api/workspaces", "nbconvert/html/00-start.ipynb", "metrics", "custom/custom.css",
)  # fmt: skip


def get(url: str, **headers: str) -> tuple[int, str, Any]:
    """Return status, text and headers of what a GET returns, following no redirect."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(urllib.request.Request(url, headers=headers)) as reply:  # noqa: S310 # http, to our own server
            return reply.status, reply.read().decode("utf-8", "replace"), reply.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode("utf-8", "replace"), error.headers


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_served(lab: Lab, path: str) -> None:
    """Every way to a page, a file, a kernel or a setting ends in a refusal or at the door."""
    status, text, headers = get(lab.url(path).split("?")[0])
    assert status in (302, 403, 404, 405), text[:200]
    if status == 302:
        assert urlsplit(headers["Location"]).path == f"{lab.base}login"
    for word in ("Take responsibility", "every.kind", "ipykernel", '"cells"'):
        assert word not in text


def test_a_tab_from_an_earlier_time_is_refused_and_logs_nobody_out(lab: Lab) -> None:
    """It asks again and again with the cookie of an ended server; a refusal must not delete the one just given."""
    _, _, entered = get(lab.url("api/status"))
    given = entered["Set-Cookie"].split(";")[0]
    name = given.split("=")[0]
    asked = lab.url("api/status").split("?")[0]
    status, _, headers = get(asked, Cookie=f"{name}=of-an-ended-server")
    assert (status, headers["Set-Cookie"]) == (403, None)
    assert get(asked, Cookie=given)[0] == 200
    _, _, left = get(lab.url("logout").split("?")[0], Cookie=given)
    assert left["Set-Cookie"].startswith(f'{name}="";')  # who leaves is logged out all the same


def test_a_page_opened_without_its_address_says_where_that_is(lab: Lab, page: Page) -> None:
    """An old bookmark meets plain words, at any width, and no form of Jupyter's to set a password with."""
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(lab.url("lab/tree/00-start.ipynb").split("?")[0])
    expect(page.get_by_role("heading", name="This tab is not open yet")).to_be_visible()
    expect(page.get_by_text("open the address that it shows")).to_be_visible()
    assert page.locator("input").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert engines.axe_in_both(page) == []


def listening(pid: int) -> list[tuple[str, int]]:
    """Return the addresses at which a process waits for connections."""
    found = psutil.Process(pid).net_connections("inet")
    return [tuple(one.laddr) for one in found if one.status == psutil.CONN_LISTEN]


def test_only_this_machine_can_connect(lab: Lab, page: Page) -> None:
    """One port, on 127.0.0.1; kernels’ channels have none; a page that found it under another name is refused."""
    page.goto(lab.page("01-every"))
    filling.every_kind(page)
    assert listening(lab.process.pid) == [("127.0.0.1", urlsplit(lab.address).port)]
    kernel, kernels = lab.kernel_of(page), lab.started()
    assert kernel in kernels
    for each in kernels:
        with contextlib.suppress(*([] if each == kernel else [psutil.NoSuchProcess])):  # one that waited has ended
            # No channel of a kernel: ipykernel takes output of subprocesses here, by a secret, and gives none.
            assert [host for host, _ in listening(each)] in ([], ["127.0.0.1"])
    assert get(lab.url("api/contents"))[0] == 200
    assert get(lab.url("api/contents"), Host="workbook.example")[0] == 403


class _Elsewhere(BaseHTTPRequestHandler):
    """Another program's page on this machine."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Elsewhere</title><body>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_of_another_origin_can_neither_read_nor_write(lab: Lab, page: Page, elsewhere: str) -> None:
    """With this browser's cookies and a kernel's id, from the same host: nothing is read, nothing happens."""
    page.goto(lab.address)  # from here on this browser has the cookies
    page.goto(lab.page("01-every"))
    form = filling.every_kind(page)
    form.get_by_label(filling.NAME).fill("A secret name")
    form.get_by_label(filling.NAME).blur()
    filling.saved(form)
    kernel = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    port = urlsplit(lab.address).port
    asked = {"server": f"127.0.0.1:{port}{lab.base}".rstrip("/"), "kernel": kernel}

    shell = page.context.new_page()
    shell.goto(lab.address)
    shell.frame_locator('iframe[src*="00-start"]').locator(".mend-form").first.wait_for()  # it has its kernel
    assert shell.evaluate(_TRY, asked) == {
        "read": 200, "write": 201, "socket": "open", "frame": "read"
    }  # fmt: skip  # what JupyterLab's page may do: the attempts are real ones
    shell.close()
    before = sorted(path.name for path in lab.journal.iterdir())
    kernels = lab.kernels()
    other = page.context.new_page()
    for host in ("127.0.0.1", "localhost"):
        other.goto(elsewhere.replace("127.0.0.1", host))
        assert other.evaluate(_TRY, asked) == {
            "read": "refused", "write": "refused", "socket": "closed", "frame": "refused"
        }  # fmt: skip
        other.evaluate(_POST, asked)
    other.wait_for_timeout(1_000)
    assert sorted(path.name for path in lab.journal.iterdir()) == before
    assert set(lab.kernels()) <= set(kernels)
    with Journal.open(lab.journal) as journal:
        assert journal.responses()["every.kind.name", "once"].value == "A secret name"


_TRY = """async ({ server, kernel }) => {
  const soon = (begin) => Promise.race([
    new Promise((resolve) => setTimeout(resolve, 60_000, "refused")),
    new Promise((resolve) => begin(resolve)).catch(() => "refused"),
  ]);
  const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? ""; // cookies know no ports
  const ask = (path, options) => fetch(`http://${server}/${path}`, { credentials: "include", ...options })
    .then((reply) => reply.text().then(() => reply.status), () => "refused");
  const seen = (frame) => {
    try { return frame.contentDocument.querySelector("main") ? "read" : "refused"; } catch { return "refused"; }
  };
  return {
    read: await ask("api/contents"),
    write: await ask(`api/contents?_xsrf=${token}`, { method: "POST", body: '{"type": "file", "ext": ".txt"}' }),
    socket: await soon((resolve) => {
      const socket = new WebSocket(`ws://${server}/api/kernels/${kernel}/channels?session_id=other`);
      socket.onopen = () => { resolve("open"); socket.close(); };
      socket.onclose = () => resolve("closed");
    }),
    frame: await soon((resolve) => {
      const frame = document.createElement("iframe");
      frame.onload = () => { resolve(seen(frame)); frame.remove(); };
      frame.src = `http://${server}/voila/render/01-every.ipynb`;
      document.body.append(frame);
    }),
  };
}"""
_POST = """({ server }) => {
  const token = document.cookie.match(/_xsrf=([^;]+)/)?.[1] ?? "";
  for (const path of ["api/contents", "api/kernels", "api/sessions"]) {
    const form = Object.assign(document.createElement("form"), {
      method: "post", action: `http://${server}/${path}?_xsrf=${token}`, enctype: "text/plain", target: "_blank",
    });
    document.body.append(form);
    form.submit();
  }
}"""


@pytest.mark.parametrize("path", ["", "lab", "login", "api/status", "voila/render/00-start.ipynb", "logout"])
def test_outside_of_its_random_address_there_are_only_words(lab: Lab, path: str) -> None:
    """With or without the token, who does not know where the pages are is not told, by no redirect and no link."""
    port = urlsplit(lab.address).port
    for asked in (path, f"{path}?token={lab.token}"):
        status, text, headers = get(f"http://127.0.0.1:{port}/{asked}")
        assert (status, headers["Location"], headers["Set-Cookie"]) == (404, None, None)
        assert "This tab is not open yet" in text
        assert lab.base not in f"{text}{headers}"


def test_cookies_are_for_this_address_only(lab: Lab, page: Page, elsewhere: str) -> None:
    """A browser sends cookies to every port of this computer: another program gets none of ours."""
    page.goto(lab.address)
    cookies = page.context.cookies()
    assert {cookie["path"] for cookie in cookies} == {lab.base}
    assert {cookie["name"] for cookie in cookies} > {"_xsrf"}
    assert len(lab.base) >= 18
    with page.expect_request(elsewhere) as asked:
        page.goto(elsewhere)
    assert "cookie" not in asked.value.all_headers()


def policy_of(url: str) -> dict[str, str]:
    """Return the policy that comes with a page, `{directive: what is allowed}`."""
    return dict(part.split(" ", 1) for part in get(url)[2]["Content-Security-Policy"].split("; "))


def test_every_page_says_what_it_may_run_and_load(lab: Lab) -> None:
    """Scripts of ours from where they lie, no word of script in the page itself, and no address but this server's."""
    here = f"127.0.0.1:{urlsplit(lab.address).port}{lab.base}"
    page, again, shell, other = (
        policy_of(lab.url(path))
        for path in ("voila/render/01-every.ipynb", "voila/render/01-every.ipynb", "lab", "files/00-start.ipynb")
    )
    nonce, *scripts = page["script-src"].split(" ")
    assert nonce.startswith("'nonce-")
    assert nonce not in again["script-src"]
    assert scripts == [
        f"http://{here}voila/static/", f"http://{here}voila/templates/mend/static/",
        f"http://{here}voila/labextensions/", "blob:",
    ]  # fmt: skip
    hashed, *scripts = shell["script-src"].split(" ")
    assert hashed.startswith("'sha256-")
    assert scripts == [f"http://{here}static/lab/", f"http://{here}lab/extensions/", "'unsafe-eval'"]
    assert other["script-src"] == other["default-src"] == page["default-src"] == "'none'"
    for policy in (page, shell, other):
        assert policy["object-src"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["frame-ancestors"] == "'self'"
        assert not {"'unsafe-inline'", "*", "http:", "https:"} & set(policy["script-src"].split(" "))
    assert page["connect-src"] == shell["connect-src"] == f"'self' ws://{here}"


BY_HAND = """([into, target]) => {
  const link = (name, attributes) => {
    const one = Object.assign(document.createElement("a"), { textContent: name, ...attributes });
    into.prepend(one);
  };
  link("a script", { href: "javascript:void(top.ran='link')", target });
  link("a handler", { href: "#" });
  into.firstChild.setAttribute("onclick", "top.ran='handler'");
  const box = document.createElement("div");
  box.innerHTML = `<img src="x" onerror="top.ran='image'"><svg onload="top.ran='svg'"></svg>
    <iframe srcdoc="<script>top.ran='frame'</script>"></iframe><iframe src="javascript:top.ran='frame'"></iframe>`;
  into.append(box);
  for (const [key, value] of [["textContent", "top.ran='script'"], ["src", "data:text/javascript,top.ran='data'"],
      ["src", "FILES"]]) {
    into.append(Object.assign(document.createElement("script"), { [key]: value }));
  }
}"""


def by_hand(into: Locator, target: str, file: str) -> None:
    """Put links, handlers, frames and scripts into an element, and click what can be clicked."""
    into.evaluate(f"(into, target) => ({BY_HAND.replace('FILES', file)})([into, target])", target)
    for name in ("a script", "a handler"):
        into.get_by_text(name, exact=True).first.evaluate("(link) => link.click()")


def test_a_script_put_into_a_page_by_hand_does_nothing(page: Page, tmp_path: Path) -> None:
    """When a renderer fails, the policy still holds: in our page, and in JupyterLab's around it."""
    targets = ("", "_parent", "_top")
    for target in targets:
        page.set_content("<main></main>")
        by_hand(page.locator("main"), target, "")
        page.wait_for_function("window.ran !== undefined")  # where there is no policy: the attempts are real ones
        page.evaluate("delete window.ran")
    journal = make_journal(tmp_path / "journal")
    (journal / "run.js").write_text("top.ran = 'file'")
    with serving(journal, *ALONE) as lab:
        page.goto(lab.address)
        ours = page.frame_locator("iframe").locator("main")
        ours.locator(".mend-form").first.wait_for()
        ours.evaluate("(element) => { setTimeout(() => eval('top.ran = 1'), 0); }")
        for into in (ours, page.locator("#jp-main-content-panel")):
            for target in targets:
                by_hand(into, target, f"{lab.base}files/run.js")
        page.wait_for_timeout(500)  # there is nothing to wait for: nothing happens
        assert page.evaluate("window.ran ?? 'nothing'") == "nothing"


def test_a_foreign_notebook_is_shown_and_not_run(page: Page, tmp_path: Path) -> None:
    """Someone's notebook, settings and module lie in the journal's folder: none of them runs unasked."""
    journal, mark = make_journal(tmp_path / "journal"), tmp_path / "ran"
    code = f"open({str(mark)!r}, 'a').write('ran')"
    widget = (
        "import ipywidgets\nbutton = ipywidgets.Button(description='Press')\n"
        "def press(button):\n    button.description = 'Pressed'\nbutton.on_click(press)\nbutton"
    )
    foreign = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in (code, widget)])
    foreign.metadata.update(
        mend={"name": "Looks like one of ours"},
        kernelspec={"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    )
    nbformat.write(foreign, journal / "15-foreign.ipynb")
    for name in ("voila.py", "jupyter_config.py", "jupyter_server_config.py", "pandas.py", "ipywidgets.py"):
        (journal / name).write_text(code)
    with serving(journal, *ALONE, folder=journal) as lab:
        page.goto(lab.page("15-foreign"))
        heading = page.get_by_role("heading", name="This page was not run")
        heading.wait_for()
        page.get_by_role("link", name="Back to the first page").click()
        page.locator(".mend-chapter").wait_for()
        page.goto(lab.url("lab/tree/15-foreign.ipynb"))
        page.get_by_text("Untrusted notebook detected").wait_for()
        assert not mark.exists()
        page.get_by_role("button", name="Render anyway").click()
        until(mark.exists, True, seconds=60)  # asked and agreed to: it is their computer
        shown = page.frame_locator("iframe")  # and Voilà's own scripts show what it makes
        shown.get_by_role("button", name="Press", exact=True).click()
        expect(shown.get_by_role("button", name="Pressed", exact=True)).to_be_visible()


RUN = "javascript:void(document.title='ran')"  # in its place could stand whatever a page may ask of the server


def test_a_link_in_an_assignment_runs_nothing(page: Page, tmp_path: Path) -> None:
    """Its words stand there; there is nothing to click, and the page's forms are shown."""
    journal = make_journal(tmp_path / "journal")
    with Journal.open(journal) as opened:
        first, *others = opened.workbook.chapters
        hostile = first.model_copy(update={"opening": f"[Click here]({RUN})\n\n![A view](nowhere.png)"})
        opened.install(opened.workbook.model_copy(update={"chapters": (hostile, *others)}))
    with serving(journal, *ALONE) as lab:
        page.goto(lab.page("00-start"))
        page.locator(".mend-form").first.wait_for()
        words = page.get_by_text("Click here")
        expect(words).to_be_visible()
        assert words.locator("xpath=ancestor-or-self::a").count() == 0
        words.click()
        _only_ours(page)


def test_a_counselors_files_run_nothing_whichever_way_they_come(page: Page, tmp_path: Path) -> None:
    """An assignment named to `workbook open`, a second one and a reply dropped on the page: words, and nothing acts."""
    counselor = seal.new_identity()
    journal = make_journal(tmp_path / "journal")
    (tmp_path / "a.assignment").write_bytes(hostile_files.assignment(counselor))
    with serving(journal, *ALONE, command=("open", str(tmp_path / "a.assignment"), "--journal")) as lab:
        with Journal.open(journal) as opened:
            opened.save("responsibility.incident.my_part", hostile_files.EVERY[:4000])
            reply = hostile_files.feedback(counselor, opened, "responsibility.incident.my_part")
        failed, asked = watched(page)
        page.goto(lab.page("00-start"))
        here = urlsplit(page.url).netloc
        page.get_by_text("Got a file from a counselor?").click()
        chooser = page.locator("#mend-given input[type=file]")
        for name, data in (("b.assignment", hostile_files.assignment(counselor, sequence=2)), ("c.feedback", reply)):
            chooser.set_input_files({"name": name, "mimeType": "text/html", "buffer": data})
            page.get_by_role("button", name="Yes, take it in").click()
            page.get_by_role("button", name="Reload this page").wait_for()
        for notebook, step in (("00-start", None), ("10-responsibility", "responsibility.incident"), (OWN, OWN_STEP)):
            page.goto(lab.page(notebook))
            page.locator(".mend-chapter").wait_for()
            if step:
                filling.open_step(page, step)
            expect(page.get_by_text("top.ran").first).to_be_attached()
            _click_everything(page, "main p, main li, main label, main h2, main blockquote")
            assert page.locator("main").locator(_MADE).evaluate_all("(all) => all.map((one) => one.outerHTML)") == []
            assert (page.evaluate("window.ran ?? 'nothing'"), page.title() == "ran") == ("nothing", False)
        assert failed == []
        assert [url for url in asked if urlsplit(url).netloc not in (here, "")] == []


_MADE = "img, iframe, object, embed, base, [onclick], [onerror], [onload], a[href^='javascript'], a[href^='data']"
OWN, OWN_STEP = "55-instruments", hostile_files.OWN


def test_a_notebook_with_a_link_that_runs_is_shown_and_not_run(page: Page, tmp_path: Path) -> None:
    """Dropped into the folder it is not one of ours; agreed to, it shows its words, and a picture stops nothing."""
    journal = make_journal(tmp_path / "journal")
    dropped = nbformat.reads(notebooks.generate(definition.load())["00-start.ipynb"], as_version=4)
    dropped.cells[0].source += f"\n\n[Click here]({RUN})\n\n![A view](nowhere.png)"
    nbformat.write(dropped, journal / "15-dropped.ipynb")
    with serving(journal, *ALONE) as lab:
        page.goto(lab.page("15-dropped"))
        page.get_by_role("heading", name="This page was not run").wait_for()
        page.goto(lab.url("lab/tree/15-dropped.ipynb"))
        page.get_by_role("button", name="Render anyway").click()
        shown = page.frame_locator("iframe")
        shown.locator(".mend-form").first.wait_for()
        expect(shown.get_by_text("A view")).to_be_visible()
        shown.get_by_text("Click here").click()
        _only_ours(next(frame for frame in page.frames if "/voila/render/" in frame.url))


def hostile(journal: Path) -> None:
    """Drop a notebook into a journal's folder that holds every hostile snippet, each in a cell of its own."""
    notebook = nbformat.reads(notebooks.generate(definition.load())["00-start.ipynb"], as_version=4)
    notebook.cells[-1:] = [nbformat.v4.new_markdown_cell(snippet) for snippet in snippets().values()]
    nbformat.write(notebook, journal / "15-hostile.ipynb")


def _click_everything(page: Page | Frame, within: str) -> None:
    assert page.evaluate(
        "(within) => { const all = [...document.querySelectorAll(within)]; all.forEach((one) => one.click?.());"
        " return all.length; }",
        within,
    )  # fmt: skip


def test_hostile_cells_run_nothing_and_ask_for_nothing_in_our_page(page: Page, tmp_path: Path) -> None:
    """Agreed to, such a notebook is shown with its words; nothing in it acts, is fetched, or leads away."""
    journal = make_journal(tmp_path / "journal")
    hostile(journal)
    with serving(journal, *ALONE) as lab:
        page.goto(lab.url("lab/tree/15-hostile.ipynb"))
        page.get_by_role("button", name="Render anyway").click()
        page.frame_locator("iframe").locator(".mend-form").first.wait_for()
        ours = next(frame for frame in page.frames if "/voila/render/" in frame.url)
        expect(ours.locator(".words")).to_have_count(len(snippets()) + 3)  # the title, what it rests on, and more
        failed, asked = watched(page)
        address = ours.url
        _click_everything(ours, ".words *")
        page.wait_for_timeout(500)  # there is nothing to wait for: nothing happens
        assert ours.locator(".words").locator(_ACTS).evaluate_all("(all) => all.map((one) => one.outerHTML)") == []
        # JupyterLab around it asks the server from time to time which kernels run.
        others = [url for url in asked if not urlsplit(url).path.startswith((f"{lab.base}api/", f"{lab.base}lab/api/"))]
        assert (failed, others, ours.url) == ([], [], address)
        assert page.evaluate("window.ran ?? 'nothing'") == ours.evaluate("window.ran ?? 'nothing'") == "nothing"


def test_hostile_cells_run_nothing_in_jupyterlabs_editor(page: Page, tmp_path: Path) -> None:
    """With --plain JupyterLab renders cells itself: it cleans them its own way, and the policy holds above it."""
    journal = make_journal(tmp_path / "journal")
    hostile(journal)
    with serving(journal, "--plain", *ALONE) as lab:
        failed, _ = watched(page)
        here = f"http://127.0.0.1:{urlsplit(lab.address).port}/"
        left: list[str] = []  # what gets past the policy on its way elsewhere
        page.route(lambda url: not url.startswith(here), lambda route: (left.append(route.request.url), route.abort()))
        page.goto(lab.url("lab/tree/15-hostile.ipynb"))
        page.locator(".jp-RenderedMarkdown").nth(len(snippets())).wait_for(state="attached")
        page.wait_for_timeout(1_000)  # pictures would be fetched now
        links = page.locator(".jp-RenderedMarkdown a[href]").evaluate_all("(all) => all.map((one) => one.protocol)")
        assert {link for link in links if link not in ("http:", "https:", "ftp:", "mailto:", "tel:")} == set()
        page.evaluate(
            """document.querySelectorAll(".jp-RenderedMarkdown *").forEach((one) => {
                 if (!one.closest("a[href]")) one.click?.();
               })"""
        )  # links lead where they say, as was seen
        page.wait_for_timeout(500)  # there is nothing to wait for: nothing happens
        assert page.evaluate("window.ran ?? 'nothing'") == "nothing"
        assert [error for error in failed if "ran" in error] == []
        assert [url for url in left if not url.startswith(("data:", "blob:"))] == []


_ACTS = (
    "a:not([href$='.ipynb']), img, svg, iframe, object, embed, form, input, base, style, script, [onclick], [onerror]"
)


def watched(page: Page) -> tuple[list[str], list[str]]:
    """Return two lists in which a page's errors and requests appear from now on."""
    failed: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return failed, asked


def _only_ours(page: Page | Frame) -> None:
    """In a chapter's own words there is no picture, no link leads anywhere but to a chapter, and nothing ran."""
    assert page.title() != "ran"
    assert page.locator(".words img").count() == 0
    led = page.locator(".words a").evaluate_all("(found) => found.map((one) => one.getAttribute('href'))")
    assert led
    assert [href for href in led if href and not href.endswith(".ipynb")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the user's folder is private there")
def test_nobody_else_on_this_computer_can_read_a_file(page: Page, tmp_path: Path) -> None:
    """Every file of a journal in use is for its owner alone, whatever the umask; so is the folder of the run."""
    journal, temporary = tmp_path / "Mend", tmp_path / "t"
    temporary.mkdir()
    before = os.umask(0)
    try:
        with serving(journal, environment={"TMPDIR": str(temporary)}) as lab:
            page.goto(lab.page("00-start"))
            page.locator('[id="start.privacy"]').get_by_role("radio").first.check()
            filling.saved(page.locator('[id="start.privacy"]'))
            page.goto(lab.address)
            page.frame_locator("iframe").locator(".mend-chapter").wait_for()
            open_ = []
            for path in (journal, *everything(journal), *temporary.iterdir()):
                with contextlib.suppress(FileNotFoundError):  # it has gone meanwhile
                    if (mode := stat.S_IMODE(path.lstat().st_mode)) & 0o077:
                        open_.append(f"{oct(mode)} {path.relative_to(tmp_path)}")
    finally:
        os.umask(before)
    assert open_ == []
