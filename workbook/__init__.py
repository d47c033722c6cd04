"""Mend: a reflective workbook in Jupyter notebooks."""
