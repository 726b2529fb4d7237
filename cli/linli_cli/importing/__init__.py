"""Files of requests (INT-14): read line by line, mapped to intake's form by TOML, sent, accounted for.

`mapping.py` what a mapping may say · `lines.py` a file's rows with their line numbers · `workbook.py` a sheet's ·
`mapped.py` a row as a request · `estates.py` the estate a row is about · `delivery.py` sending, and what became of each
row. docs/import.md is for people.
"""
