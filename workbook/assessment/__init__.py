"""Plain values and tables in; words, pictures and files out."""
