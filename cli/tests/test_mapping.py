"""A mapping says which columns become which fields; what is wrong in one is named (INT-14)."""

from pathlib import Path

import pytest
from linli_cli.complaint import Complaint
from linli_cli.importing.mapping import Mapping
from linli_cli.places import repository

GOOD = """
name = "calls"
zh = "电话"
en = "calls"
key = ["id"]
zone = "Asia/Shanghai"
[estate]
column = "place"
[estate.registration]
region_id = "east"
project_id = "east-1"
[fields]
channel = "import"
what_happened = { column = "text" }
received_at = { column = "at" }
"""


def written(path: Path, text: str) -> str:
    file = path / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_mapping_names_every_column_it_reads(tmp_path: Path) -> None:
    assert Mapping.load(written(tmp_path, GOOD)).columns == {
        "id": "key",
        "place": "estate",
        "text": "fields.what_happened",
        "at": "fields.received_at",
    }


@pytest.mark.parametrize("path", sorted((repository() / "mappings").glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_mapping_can_be_read_by_its_name(path: Path) -> None:
    assert Mapping.load(path.stem) == Mapping.load(str(path))


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ('channel = "import"', 'chanel = "import"', "intake.receive has no field chanel"),
        ('channel = "import"', 'estate_id = "import"', "intake.receive has no field estate_id"),
        ('{ column = "text" }', '{ colum = "text" }', "fields.what_happened.colum: Extra inputs"),
        ('{ column = "text" }', '{ column = "text", constant = 1 }', "exactly one of column"),
        ('{ column = "text" }', "{ join = ' ' }", "exactly one of column"),
        (
            '{ column = "text" }',
            '{ column = "text", table = { a = "b" }, keywords = [{value=1, words=["a"]}] }',
            "not both",
        ),
        ('{ column = "text" }', '{ constant = "x", prefix = "y" }', "a constant is not looked up"),
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Nowhere"', "'Asia/Nowhere' is no time zone"),
        ('key = ["id"]', 'key = ["id"]\ncsv = { encoding = "klingon" }', "'klingon' is no encoding of texts"),
        ('key = ["id"]', "key = []", "key"),
        ('name = "calls"', 'name = "Calls!"', "name"),
        ('column = "place"', 'columns = ["place"]', "columns and patterns belong together"),
        ('column = "place"', 'columns = ["place"]\npatterns = ["("]', "no regular expression"),
        ('column = "place"', 'columns = ["place"]\npatterns = [".+"]', "needs a group (?P<estate>"),
        ('zh = "电话"', 'zh = "电话', "no valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, good: str, bad: str, says: str) -> None:
    assert good in GOOD
    with pytest.raises(Complaint) as complaint:
        Mapping.load(written(tmp_path, GOOD.replace(good, bad)))
    assert says in str(complaint.value)


def test_a_mapping_that_is_not_there_is_a_complaint() -> None:
    with pytest.raises(Complaint, match="there is no mapping file nowhere"):
        Mapping.load("nowhere")


def test_the_documentations_example_can_be_read(tmp_path: Path) -> None:
    page = (repository() / "docs" / "import.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert Mapping.load(written(tmp_path, example)).csv.encoding == "gb18030"
