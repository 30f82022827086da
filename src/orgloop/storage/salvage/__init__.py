"""Read SQLite files as they lie on disk, sound or not.

See https://www.sqlite.org/fileformat2.html for the format. Nothing here uses SQLite to read a file
that may be damaged: it would stop at the first thing that is wrong, and drop what lies behind.
"""
