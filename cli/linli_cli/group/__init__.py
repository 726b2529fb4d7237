"""`linli group import`: the organisation as files. Read and checked whole (`files`), compared (`difference`), sent.

No rules of the services here: every row becomes a line of one of dispatch's own registry commands.
"""
