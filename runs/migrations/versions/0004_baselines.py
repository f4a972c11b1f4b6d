"""Baselines that changed their names keep their meaning in the runs that have them.

"mean" was the picture's own mean and "blur" a wide one; both names now mean what metrics call so.
A wrapped method started from black, which is no longer its default. A run keeps its id. Where two
methods share a name, their keys hold digests, and change with them wherever they stand.

Revision ID: 0004
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FROM_BASELINES = ("integrated_gradients", "guided_ig", "idgi")
RENAMED = {"mean": "picture_mean", "blur": "wide_blur"}
TABLES = ("cells", "scores", "comparisons", "findings")


def upgrade() -> None:
    """Rewrite the specs, and the keys of methods whose digest changes."""
    connection = op.get_bind()
    for run, stored in connection.execute(sa.text("SELECT id, spec FROM runs")).all():
        spec = json.loads(stored)
        methods = spec.get("methods") if isinstance(spec, dict) else None
        if not isinstance(methods, list) or not all(isinstance(one, dict) for one in methods):
            continue  # made by another version, and left as it is
        renamed = [_renamed(method) for method in methods]
        if renamed == methods:
            continue
        connection.execute(
            sa.text("UPDATE runs SET spec = :spec WHERE id = :run"),
            {"run": run, "spec": json.dumps({**spec, "methods": renamed})},
        )
        keys = dict(zip(_keys(methods), _keys(renamed), strict=True))
        _rename(connection, run, {old: new for old, new in keys.items() if old != new})


def _renamed(method: dict[str, Any]) -> dict[str, Any]:
    """A method's spec in today's words."""
    name = method.get("name")
    if name in FROM_BASELINES:
        baseline = method.get("baseline", "black")
        return {**method, "baseline": RENAMED.get(baseline, baseline)}
    if method.get("of") in FROM_BASELINES:
        return {**method, "of": f"{method['of']}:black"}
    return method


def _keys(methods: list[dict[str, Any]]) -> list[str]:
    """The methods' keys in their run: names, with six digits of the digest where two share one."""
    names = [str(method.get("name")) for method in methods]
    return [
        name if names.count(name) == 1 else f"{name}-{_digest(method)[:6]}"
        for name, method in zip(names, methods, strict=True)
    ]


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def _rename(connection: sa.Connection, run: str, keys: dict[str, str]) -> None:
    for old, new in keys.items():
        words = {"run": run, "old": old, "new": new}
        for table in TABLES:
            connection.execute(
                sa.text(f"UPDATE {table} SET method = :new WHERE run = :run AND method = :old"),
                words,
            )
        for side in ("left", "right"):
            connection.execute(
                sa.text(
                    f'UPDATE review_items SET "{side}" = :new WHERE "{side}" = :old AND seat IN '
                    "(SELECT review_seats.id FROM review_seats JOIN review_sessions "
                    "ON review_sessions.id = review_seats.session "
                    "WHERE review_sessions.run = :run)"
                ),
                words,
            )
    sessions = sa.text("SELECT id, methods FROM review_sessions WHERE run = :run")
    for session, methods in connection.execute(sessions, {"run": run}).all():
        connection.execute(
            sa.text("UPDATE review_sessions SET methods = :methods WHERE id = :session"),
            {
                "session": session,
                "methods": json.dumps([keys.get(key, key) for key in json.loads(methods)]),
            },
        )
