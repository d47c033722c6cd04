"""A page of ours draws its own forms: what is written in it for that, and how it speaks with its Python."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from jupyter_server.services.kernels.connection.base import (
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)
from nbformat import v4

from tests.safe_answers import answer_safely
from tests.test_scripts import node
from workbook.journal import Journal
from workbook.jupyter import drawn, pages
from workbook.page import assets

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["node"]

CAMERA = "responsibility.incident.camera"
VIEW = "application/vnd.jupyter.widget-view+json"


def said(node: str, folder: Path, code: str) -> str:
    """Return what a line of script prints that knows `frames.js`."""
    (folder / "frames.mjs").write_text(assets.module("frames.js"), encoding="utf-8")
    line = f'import {{ PROTOCOL, packed, unpacked }} from "./frames.mjs"; {code}'
    done = subprocess.run(
        [node, "--input-type=module", "--eval", line], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def _bytes(part: dict[str, object]) -> bytes:
    return json.dumps(part).encode()


CONTENT = {"comm_id": "one", "data": {"method": "custom", "content": {"value": "naïve 再见 🙂"}}}


def packed(node: str, folder: Path, protocol: str, files: str) -> tuple[str, bytes]:
    """Return what a page sends over a line of a protocol, its id first: text as its bytes."""
    code = (
        f"const {{ id, frame }} = packed({protocol}, 'comm_msg', {json.dumps(CONTENT)}, 'here', {files});"
        " console.log(JSON.stringify([id, typeof frame, Buffer.from(frame).toString('hex')]))"
    )
    id, kind, frame = json.loads(said(node, folder, code))
    assert kind == ("string" if (protocol, files) == ('""', "[]") else "object")  # Jupyter reads the two apart
    return id, bytes.fromhex(frame)


FILES = "[new Uint8Array([1, 2]).buffer, new Uint8Array([]).buffer, new Uint8Array([3]).buffer]"


def test_what_a_page_says_is_what_jupyter_reads(node: str, tmp_path: Path) -> None:
    """A message arrives in its parts, files with it, whatever letters it has."""
    id, frame = packed(node, tmp_path, "PROTOCOL", FILES)
    channel, parts = deserialize_msg_from_ws_v1(frame)
    header, parent, metadata, found = (json.loads(part) for part in parts[:4])
    assert (channel, parent, metadata, found) == ("shell", {}, {}, CONTENT)
    assert {**header, "date": ""} == {
        "msg_id": id, "msg_type": "comm_msg", "session": "here", "username": "", "date": "", "version": "5.3",
    }  # fmt: skip
    assert parts[4:] == [b"\x01\x02", b"", b"\x03"]


@pytest.mark.parametrize(("files", "arrived"), [("[]", []), (FILES, [b"\x01\x02", b"", b"\x03"])])
def test_what_a_page_says_without_a_protocol_is_what_jupyter_reads(
    node: str, tmp_path: Path, files: str, arrived: list[bytes]
) -> None:
    """Behind a proxy that lets no protocol through, it is one text, and bytes only with files."""
    id, frame = packed(node, tmp_path, '""', files)
    message = deserialize_binary_message(frame) if arrived else json.loads(frame)
    assert (message["header"]["msg_id"], message["header"]["msg_type"]) == (id, "comm_msg")
    assert {**message, "header": ""} == {
        "channel": "shell", "header": "", "parent_header": {}, "metadata": {}, "content": CONTENT, "buffers": arrived,
    }  # fmt: skip


TOLD: tuple[tuple[str, dict[str, Any], list[bytes]], ...] = (
    ("comm_msg", {"comm_id": "one", "data": {"content": "再见 🙂"}}, [b"\x07", b"", b"\x08\x09"]),
    ("stream", {"text": "somebody else’s"}, []),
)


def as_now(kind: str, content: dict[str, Any], files: list[bytes]) -> bytes:
    """What Jupyter sends over a line that agreed on a protocol."""
    return serialize_msg_to_ws_v1([*map(_bytes, ({"msg_type": kind}, {"msg_id": "x"}, {}, content)), *files], "iopub")


def as_before(kind: str, content: dict[str, Any], files: list[bytes]) -> bytes | str:
    """What Jupyter sends over a line without one."""
    parts = {"header": {"msg_type": kind}, "parent_header": {"msg_id": "x"}, "metadata": {}, "content": content}
    message = {**parts, "channel": "iopub", "buffers": files}
    return serialize_binary_message(message) if files else json.dumps(message)


@pytest.mark.parametrize(("protocol", "pack"), [("PROTOCOL", as_now), ('""', as_before)])
def test_what_jupyter_says_is_what_a_page_reads(node: str, tmp_path: Path, protocol: str, pack: Any) -> None:
    """Its letters and its files arrive, with a protocol or without; what is said to others is not even read."""
    frames = [pack(*each) for each in TOLD]
    frames = [each if isinstance(each, str) else {"hex": each.hex()} for each in frames]
    code = (
        f"const all = {json.dumps(frames)}.map((each) => unpacked({protocol},"
        " each.hex ? new Uint8Array(Buffer.from(each.hex, 'hex')).buffer : each));"
        "const bytes = (one) => Array.from(new Uint8Array(one.buffer, one.byteOffset, one.byteLength));"
        "console.log(JSON.stringify(all.map((one) => ({ ...one, buffers: one.buffers.map(bytes) }))))"
    )
    assert json.loads(said(node, tmp_path, code)) == [
        {
            "header": {"msg_type": "comm_msg"},
            "parent_header": {"msg_id": "x"},
            "content": {"comm_id": "one", "data": {"content": "再见 🙂"}},
            "buffers": [[7], [], [8, 9]],
        },
        {"header": {"msg_type": "stream"}, "parent_header": {"msg_id": "x"}, "content": {}, "buffers": []},
    ]


def test_a_page_is_told_each_thing_once() -> None:
    """What is drawn, with which script and in which clothes; room for others again when they have come."""
    esm = f"{assets.Script('step.js')} // as on our page: … [{json.dumps('step.js')}] …"
    form = {"_esm": esm, "_css": ".form {}", "exercise": {"id": "a.b"}, "layout": "IPY_MODEL_layout", "tooltip": None}
    box = {"children": [], "_model_name": "VBoxModel"}
    layout = {"_model_name": "LayoutModel"}
    shown = drawn.Drawn()

    def cell(*data: dict[str, object]) -> object:
        return v4.new_code_cell(outputs=[v4.new_output("execute_result", data=each) for each in data])

    sentence = {"text/html": "<p>A sentence.</p>", "text/plain": ""}
    both = cell({VIEW: {"model_id": "1"}, "text/html": "instead"}, sentence)
    step = {"script": "step.js", "state": {"exercise": {"id": "a.b"}}, "css": ".form {}"}
    assert shown.by(both, {"1": form, "2": box, "3": layout}) == {
        "places": [{"model": "1"}, {"html": "<p>A sentence.</p>"}],
        "models": {"1": step, "2": {"children": []}},
    }
    later = {"1": form, "2": {**box, "children": ["IPY_MODEL_4"]}, "3": layout, "4": {**form, "exercise": {"id": "c"}}}
    assert shown.by(cell({VIEW: {"model_id": "2"}}), later) == {
        "places": [{"model": "2"}],
        "models": {"2": {"children": ["4"]}, "4": {"script": "step.js", "state": {"exercise": {"id": "c"}}, "css": ""}},
    }
    assert shown.by(cell(), later) == {"places": [], "models": {}}


def test_a_save_is_acknowledged_before_the_head_of_its_page_is_worked_out(tmp_path: Path) -> None:
    """How far the page is, and its notices, follow, and once after two saves; where no page asks, at once."""
    page, said = pages._Page(), list[str]()
    page.head = Mock(changed=lambda: said.append("state"))

    async def story(form: Any, occasion: str) -> None:
        text = {"type": "answer", "page": "here", "item": CAMERA, "occasion": occasion, "status": "answered"}
        form.send = lambda message: said.append(message.get("reason", message["type"]))
        for seq in (1, 2):
            form._receive(form, {**text, "seq": seq, "seen": seq - 1, "value": f"{seq} words"}, [])
        assert said == ["saved", "saved"]
        async with asyncio.timeout(60):
            while len(said) < 3:
                await asyncio.sleep(0.01)
        assert said == ["saved", "saved", "state"]

    with Journal.create(tmp_path / "journal") as journal:
        answer_safely(journal.save)
        journal.listen(page.changed)
        asyncio.run(story(journal.exercise("responsibility.incident"), journal.occasion_now("responsibility.incident")))
        said.clear()
        journal.save(CAMERA, "3 words")
        assert said == ["state", "changed"]  # the form reads again, too
