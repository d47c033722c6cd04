"""The public name of what a notebook calls: one line for each thing on the page."""

from workbook.jupyter.pages import assessment, caseload, chapter, exercise, given, lock, share, today

__all__ = ["assessment", "caseload", "chapter", "exercise", "given", "lock", "share", "today"]
