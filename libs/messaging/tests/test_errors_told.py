"""Nothing that an error quotes of a row, an argument or an input is told on, and its place always is (INT-13)."""

from datetime import date

import asyncpg
import pytest
from linli_messaging.errors_told import kind_of, stack_of, summary_of, text_of
from linli_testkit.databases import Database
from pydantic import BaseModel, ValidationError

SAID = "欧阳隐私 13987654321"
TABLE = "CREATE TABLE person (name text UNIQUE CHECK (name <> '欧阳隐私 13987654321'), born date)"


@pytest.mark.rule("INT-13")
@pytest.mark.parametrize(
    ("statement", "told", "kept"),
    [
        ("INSERT INTO person (name) VALUES ($1)", SAID, "person_name_check"),
        ("INSERT INTO person (name) VALUES ('a' || $1), ('a' || $1)", SAID, "person_name_key"),
        ("SELECT $1::text::date", SAID, "22007"),
        ("SELECT $1::date", SAID, "the database refused a value"),
    ],
)
async def test_what_the_database_refuses_is_not_quoted(
    database: Database, statement: str, told: str, kept: str
) -> None:
    connection = await asyncpg.connect(database.dsn)
    await connection.execute(TABLE)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as raised:
        await connection.execute(statement, told)
    await connection.close()
    assert SAID in str(raised.value)
    for text in (text_of(raised.value), kind_of(raised.value), stack_of(raised.value), stack_of(raised.value, kind_of)):
        assert kept in text
        assert SAID not in text


class Person(BaseModel):
    born: date


def refused() -> None:
    try:
        Person.model_validate({"born": SAID})
    except ValidationError as error:
        raise ExceptionGroup("several", [KeyError(SAID)]) from error


@pytest.mark.rule("INT-13")
def test_a_stack_has_every_error_of_the_chain_and_no_value() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        refused()
    stack = stack_of(raised.value, kind_of)
    assert "Person: date_from_datetime_parsing" in stack
    assert "KeyError" in stack
    assert stack.index("ValidationError") < stack.index("ExceptionGroup")
    assert "in refused" in stack
    assert SAID not in stack


@pytest.mark.rule("OPS-02")
def test_what_an_error_of_ours_says_stays() -> None:
    assert summary_of(ValueError("header ce_time is missing")) == "ValueError: header ce_time is missing"
    assert summary_of(ValueError(SAID), kind_of) == "ValueError"
