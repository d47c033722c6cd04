"""Journeys in real JupyterLab: what a person sees and does, through `workbook open`."""
