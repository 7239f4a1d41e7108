"""SQL: at an address named by the environment, or in DuckDB over named files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd

from insights.errors import DataError
from insights.ingest.records import Raw, faults

__all__ = ["query_files", "query_url"]


def query_url(sql: str, url: str, name: str) -> Raw:
    """Run a query at the address in an environment variable (`env:NAME`)."""
    variable = url.removeprefix("env:")
    address = os.environ.get(variable, "")
    if not address:
        raise DataError(
            f"{name}: the environment variable {variable} is not set; it must hold the "
            f"address of the database, such as sqlite:///warehouse.db"
        )
    if address.startswith("duckdb:"):
        return _duckdb_file(sql, address.split(":", 1)[1].lstrip("/"), name, address)
    import sqlalchemy  # slow to load, and few studies read a database
    from sqlalchemy.exc import SQLAlchemyError

    try:
        # without a pool a connection is closed at once, after a failed query too
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            result = connection.execute(sqlalchemy.text(sql))
            frame = pd.DataFrame(result.fetchall(), columns=list(result.keys()), dtype=object)
    except ModuleNotFoundError as error:
        raise DataError(
            f"{name}: the driver {error.name} of this database is not installed; "
            f"install it with: pip install {error.name}"
        ) from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        reason = reason.replace(address, f"env:{variable}")
        raise DataError(f"{name}: the query failed at env:{variable}: {reason}") from None
    return _numbered(frame)


def query_files(sql: str, tables: Mapping[str, pd.DataFrame], name: str) -> Raw:
    """Run a query in DuckDB over frames; it can reach nothing else."""
    connection = duckdb.connect(config={"threads": 1})
    try:
        for table, frame in tables.items():
            connection.register(f"_{table}", frame)
            connection.execute(f'create table "{table}" as select * from "_{table}"')
        connection.execute("set enable_external_access = false")
        frame = connection.execute(sql).df()
    except duckdb.Error as error:
        raise DataError(f"{name}: the query failed: {_short(error)}") from None
    finally:
        connection.close()
    return _numbered(frame)


def _duckdb_file(sql: str, place: str, name: str, address: str) -> Raw:
    path = Path("/" + place) if address.startswith("duckdb:////") else Path(place)
    if not path.is_file():
        raise DataError(f"{name}: there is no DuckDB file at the address in the environment")
    connection = duckdb.connect(str(path), read_only=True)
    try:
        frame = connection.execute(sql).df()
    except duckdb.Error as error:
        raise DataError(f"{name}: the query failed: {_short(error)}") from None
    finally:
        connection.close()
    return _numbered(frame)


def _short(error: duckdb.Error) -> str:
    return " ".join(str(error).split())[:400]


def _numbered(frame: pd.DataFrame) -> Raw:
    """Number the rows in an order that is theirs, as a database promises none."""
    frame = frame.copy()
    frame.columns = [str(column) for column in frame.columns]
    if len(frame) and len(frame.columns):
        keys = pd.DataFrame({column: frame[column].astype(str) for column in frame.columns})
        frame = frame.loc[keys.sort_values(list(keys.columns), kind="stable").index]
    frame = frame.reset_index(drop=True)
    return Raw(frame, pd.RangeIndex(1, len(frame) + 1).to_numpy(), faults())
