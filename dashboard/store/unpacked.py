"""Rows of a batch as a table to select from: one parameter, however many there are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, column
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

PlainRow = Mapping[str, int | str]


def unpacked(**types: TypeEngine[Any]) -> TableValuedAlias:
    """Return a table with columns of these *types*.

    Its rows are given as the parameter `rows` when the statement is carried out. Given
    to a driver row by row, a batch costs as many statements as it has rows.
    """
    columns = [column(name, type_) for name, type_ in types.items()]
    return _Unpacked(types).table_valued(*columns)


class _Rows(TypeDecorator[Sequence[PlainRow]]):
    """Rows as a JSON list of objects."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Sequence[PlainRow] | None, dialect: Dialect
    ) -> str:
        return json.dumps(value, ensure_ascii=False)


class _Unpacked(FunctionElement[Any]):
    # The columns are part of what it is cached by: `table_valued` adds them.
    inherit_cache = True

    def __init__(self, types: Mapping[str, TypeEngine[Any]]) -> None:
        super().__init__(bindparam("rows", type_=_Rows()))
        self.types = types


@compiles(_Unpacked, "postgresql")
def _from_json(element: _Unpacked, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    type_of = compiler.dialect.type_compiler_instance.process
    columns = ", ".join(f"{n} {type_of(t)}" for n, t in element.types.items())
    rows = compiler.process(element.clause_expr, **kw)
    return f"(SELECT * FROM json_to_recordset(CAST({rows} AS JSON)) AS row({columns}))"  # noqa: S608


@compiles(_Unpacked, "sqlite")
def _from_json_each(element: _Unpacked, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    columns = ", ".join(f"json_extract(value, '$.{n}') AS {n}" for n in element.types)
    rows = compiler.process(element.clause_expr, **kw)
    return f"(SELECT {columns} FROM json_each({rows}))"  # noqa: S608
