"""`python -m workbook` is the command `workbook`."""

from workbook.cli.client import main

main(prog_name="workbook")
