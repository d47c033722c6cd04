"""Whatever Markdown says, what it becomes on a page can be read and followed, and can do nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workbook import definition

SHOWN = {
    "*Soft* and **firm**": "<p><em>Soft</em> and <strong>firm</strong></p>",
    "- one\n- two": "<ul>\n<li>one</li>\n<li>two</li>\n</ul>",
    "3. three": '<ol start="3">\n<li>three</li>\n</ol>',
    "> said": "<blockquote>\n<p>said</p>\n</blockquote>",
    "| a |\n|---|\n| b |": (
        "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>"
    ),
    "[Next](30-space.ipynb#space.urges)": (
        '<p><a href="30-space.ipynb#space.urges" rel="noopener noreferrer">Next</a></p>'
    ),
    "[Web](https://example.org/a?b=c#d)": (
        '<p><a href="https://example.org/a?b=c#d" rel="noopener noreferrer">Web</a></p>'
    ),
    "<https://example.org>": '<p><a href="https://example.org" rel="noopener noreferrer">https://example.org</a></p>',
    "<help@example.org>": '<p><a href="mailto:help@example.org" rel="noopener noreferrer">help@example.org</a></p>',
    "[Call](tel:+44-20-7946-0000)": '<p><a href="tel:+44-20-7946-0000" rel="noopener noreferrer">Call</a></p>',
    "[**there**][a]\n\n[a]: https://example.org 'T'": (
        '<p><a href="https://example.org" rel="noopener noreferrer"><strong>there</strong></a></p>'
    ),
    "<b>1 &lt; 2</b>": "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>",
}

LEFT_OUT = {
    "[**Go** on](javascript:alert(1)) now": "<p><strong>Go</strong> on now</p>",
    "[Go](<java\tscript:alert(1)>)": "<p>Go</p>",
    "[Go](&#106;avascript:alert(1))": "<p>Go</p>",
    "[Go](data:text/html,1)": "<p>Go</p>",
    "[Go](//example.org)": "<p>Go</p>",
    "[Go](../../secret.ipynb)": "<p>Go</p>",
    "[Go](https://you@example.org)": "<p>Go</p>",
    "[Go](mailto:a@example.org?attach=/etc/passwd)": "<p>Go</p>",
    "[Go](tel:*#06#)": "<p>Go</p>",
    "<javascript:alert(1)>": "<p>javascript:alert(1)</p>",
    "[Go][a]\n\n[a]: vbscript:1": "<p>Go</p>",
    "![A *view*](https://example.org/view.png)": "<p>A view</p>",
    "[![A view](x.png) and on](https://example.org)": (
        '<p><a href="https://example.org" rel="noopener noreferrer">A view and on</a></p>'
    ),
}


@pytest.mark.parametrize("markdown", SHOWN)
def test_what_an_author_needs_is_shown(markdown: str) -> None:
    """Emphasis, lists, tables, and links to chapters, the web, e-mail and telephone; HTML is words."""
    assert definition.html(markdown) == SHOWN[markdown]
    assert definition.shows_all(markdown)


@pytest.mark.process
def test_links_to_chapters_alone_are_known_without_a_reader_of_markdown() -> None:
    """What most texts hold is judged at once, so that a command need not load the reader."""
    code = (
        "import sys; from workbook import definition; definition.load();"
        "assert definition.shows_all('Go [there](30-space.ipynb#space.people). **Then** stop.');"
        "print('markdown_it' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "markdown",
    [
        "![here](30-space.ipynb)",
        "\\[here](30-space.ipynb) [there](javascript:x)",
        "[here](30-space.ipynb)[there](javascript:x)",
        "[here](30-space.ipynb)\n\n[there]\n\n[there]: javascript:x",
        "[![here](x.png)](30-space.ipynb)",
    ],
)
def test_a_link_to_a_chapter_hides_no_other(markdown: str) -> None:
    """However close they stand, what is left out is found beside what is not."""
    assert not definition.shows_all(markdown)


@pytest.mark.parametrize("markdown", LEFT_OUT)
def test_of_a_picture_or_a_link_elsewhere_the_words_stay(markdown: str) -> None:
    """Nothing of an address that could act or fetch reaches the page, and it is said that something did not."""
    assert definition.html(markdown) == LEFT_OUT[markdown]
    assert not definition.shows_all(markdown)
