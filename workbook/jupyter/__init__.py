"""The same pages in JupyterLab, Voilà and the editor."""
