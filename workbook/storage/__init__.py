"""The only SQL, the only keys, the only files of answers."""
