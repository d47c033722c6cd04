"""One page's own Python: ipykernel without anything that this computer set up for IPython."""

from __future__ import annotations

import os
import sys

from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

# No page has a debugger; ipykernel loads one where it is installed, and it takes a tenth of a kernel's memory.
sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type] # None: importing it says that it is missing

# `kernels.TABLES` and `kernels.WAITS`, whose module is too much to load here.
_ASKED = f"tables={'WORKBOOK_TABLES' in os.environ}, waits={'WORKBOOK_WAITS' in os.environ}"

# No history of what was run, no module that happens to lie beside the notebooks, no start-up file of the person's.
_OURS = {
    "HistoryManager": {"enabled": False},
    "InteractiveShellApp": {
        "exec_PYTHONSTARTUP": False,
        "exec_lines": [f"__import__('workbook.jupyter.pages').jupyter.pages.prepare({_ASKED})"],
        "ignore_cwd": True,
    },
}


class PageApp(IPKernelApp):
    """What answers a page: its settings are here, and nowhere else; by another name than ipykernel's own `Kernel`."""

    def load_config_file(self, *_: object, **__: object) -> None:
        """Read no file: neither the computer's nor the person's settings for IPython are for these pages."""


if __name__ == "__main__":
    sys.path[:] = [each for each in sys.path if each]
    PageApp.launch_instance(config=Config(_OURS))
