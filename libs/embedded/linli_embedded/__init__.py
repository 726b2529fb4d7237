"""The machines a Linli needs when nobody provides them: a Postgres and a broker; started, watched and stopped.

What lives here knows nothing of what Linli does with a database or a broker. Nothing is re-exported: `guard` is run
as a program of its own, and must not load a database driver to do so.
"""
