-- Rules for every migration, so that both databases answer alike:
--   - tables are STRICT;
--   - a unique constraint has in PostgreSQL the name that SQLite reports:
--     "table.column", or "table.first, table.second";
--   - no constraint is deferred: several transactions share a commit here.

-- The change feed. A row is written in the transaction of the change, and
-- swept after an hour.

CREATE TABLE changes (
    seq   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    topic INTEGER NOT NULL,
    key   BLOB    NOT NULL CHECK (length(key) = 16),
    at    INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
) STRICT;
