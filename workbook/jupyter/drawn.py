"""What the cells of a page have shown, in the words of the page's own script, which draws it: see `line.js`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbook.page import assets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

_WIDGET = "application/vnd.jupyter.widget-view+json"
_OWN = ("chapter", "exercise", "panel")  # what a script is handed: words, and never an answer


class Drawn:
    """What the cells of a page show, as its own script is told: each thing once, and again when it has become another.

    There is no answer in it: what a widget is made with holds none.
    """

    def __init__(self) -> None:
        self._told: dict[str, dict[str, object]] = {}
        self._worn: set[str] = set()

    def by(self, cell: NotebookNode, widgets: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
        """Return `{places: [{model} or {html}], models: {id: {script, state, css} or {children}}}` for a cell that ran.

        `widgets` is the state of each that Python has made so far, by its id.
        """
        models = {}
        for id, state in widgets.items():
            told = _model(state)
            if told is not None and self._told.get(id) != told:
                self._told[id] = told
                models[id] = told if told.get("css") not in self._worn else {**told, "css": ""}
                self._worn.add(str(told.get("css")))
        return {"places": [_place_of(output.data) for output in cell.outputs if "data" in output], "models": models}


def _place_of(data: Mapping[str, Any]) -> dict[str, object]:
    if _WIDGET in data:
        return {"model": data[_WIDGET]["model_id"]}
    return {"html": data.get("text/html", "")}  # a sentence of ours


def _model(state: Mapping[str, Any]) -> dict[str, object] | None:
    """Return what a widget is drawn with; None for one that only says how another is laid out."""
    if "children" in state:
        return {"children": [each.removeprefix("IPY_MODEL_") for each in state["children"]]}
    script = next((one for one in assets.SCRIPTS if f'["{one}"]' in str(state.get("_esm", ""))), None)
    if script is None:
        return None
    own = {name: value for name, value in state.items() if name in _OWN}
    return {"script": script, "state": own, "css": state.get("_css", "")}
