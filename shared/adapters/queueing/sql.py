"""The embedded queue's tables and questions. A taken task keeps its place; only its lease says that it is taken.

So taking writes one page of the file, and a crashed worker's task is found again by nothing but the time.
"""

SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS task_queues (
        name TEXT PRIMARY KEY,
        max_concurrent INTEGER,
        opens_at TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS tasks (
        seq INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        due TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending',
        attempts INTEGER NOT NULL DEFAULT 0,
        executions INTEGER NOT NULL DEFAULT 0,
        lease_until TEXT NOT NULL DEFAULT '',
        holds_slot INTEGER NOT NULL DEFAULT 0,
        forget_at TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT ''
    )
    """,
    "CREATE UNIQUE INDEX IF NOT EXISTS task_names ON tasks (name, queue)",
    "CREATE INDEX IF NOT EXISTS tasks_due ON tasks (queue, due) WHERE state = 'pending'",
    "CREATE INDEX IF NOT EXISTS task_slots ON tasks (queue, lease_until) WHERE holds_slot = 1",
    "CREATE INDEX IF NOT EXISTS dead_tasks ON tasks (seq) WHERE state = 'dead'",
)

REGISTER = """
INSERT INTO task_queues (name, max_concurrent) VALUES (:name, :max)
ON CONFLICT (name) DO UPDATE SET max_concurrent = excluded.max_concurrent, opens_at = min(opens_at, :latest)
"""

MEET = "INSERT OR IGNORE INTO task_queues (name) VALUES (?)"

# A name that is remembered is already there; one whose time has passed is free again.
PUT = """
INSERT INTO tasks (queue, name, body, due, created) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (name, queue) DO UPDATE SET
    seq = (SELECT max(seq) + 1 FROM tasks),
    body = excluded.body, due = excluded.due, created = excluded.created, state = 'pending', attempts = 0,
    executions = 0, forget_at = '', reason = ''
WHERE state <> 'pending' AND forget_at <= excluded.created
"""

# One look per queue: its first task that no living worker holds, unless the queue is closed by its rate or full.
HEAD = """
SELECT t.seq, t.queue, t.name, t.body, t.due, t.attempts, t.executions, q.opens_at
FROM task_queues q CROSS JOIN tasks t ON t.seq = (
    SELECT seq FROM tasks
    WHERE queue = q.name AND state = 'pending' AND due <= :now AND lease_until <= :now
    ORDER BY due, seq LIMIT 1)
WHERE q.opens_at <= :now AND (q.max_concurrent IS NULL OR q.max_concurrent > (
    SELECT count(*) FROM tasks WHERE queue = q.name AND holds_slot = 1 AND lease_until > :now))
ORDER BY t.due, t.seq LIMIT 1
"""

LEASE = "UPDATE tasks SET attempts = attempts + 1, lease_until = ?, holds_slot = ? WHERE seq = ?"
CLOSE_UNTIL = "UPDATE task_queues SET opens_at = ? WHERE name = ?"

# When a queue is open, has a task that nobody holds (or whose holder's lease ends), and is not full. '~' is never.
# What living workers hold is looked for only where nothing else is due: a backlog is never read through.
NEXT_DUE = """
SELECT nullif(min(max(
    q.opens_at,
    CASE WHEN t.due <= :now THEN t.due ELSE min(coalesce(t.due, '~'), coalesce((
        SELECT min(lease_until) FROM tasks
        WHERE queue = q.name AND state = 'pending' AND due <= :now AND lease_until > :now), '~')) END,
    CASE WHEN q.max_concurrent <= (
        SELECT count(*) FROM tasks WHERE queue = q.name AND holds_slot = 1 AND lease_until > :now)
    THEN (SELECT min(lease_until) FROM tasks WHERE queue = q.name AND holds_slot = 1 AND lease_until > :now)
    ELSE '' END
)), '~')
FROM task_queues q LEFT JOIN tasks t ON t.seq = (
    SELECT seq FROM tasks
    WHERE queue = q.name AND state = 'pending' AND lease_until <= :now
    ORDER BY due, seq LIMIT 1)
"""

GIVE_UP = """
UPDATE tasks SET state = 'dead', forget_at = ?, reason = ?, lease_until = '', holds_slot = 0 WHERE seq = ?
"""

_HELD = "WHERE seq = ? AND lease_until = ? AND state = 'pending'"
DONE = f"UPDATE tasks SET state = 'done', forget_at = ?, lease_until = '', holds_slot = 0, body = '' {_HELD}"  # noqa: S608
RETRY = f"UPDATE tasks SET due = ?, reason = ?, executions = executions + ?, lease_until = '', holds_slot = 0 {_HELD}"  # noqa: S608
BURY = f"UPDATE tasks SET state = 'dead', forget_at = ?, reason = ?, lease_until = '', holds_slot = 0 {_HELD}"  # noqa: S608

DEAD = "SELECT queue, name, body, reason, attempts, forget_at FROM tasks WHERE state = 'dead' ORDER BY seq LIMIT ?"
REPLAY = """
UPDATE tasks SET state = 'pending', due = ?, attempts = 0, executions = 0, forget_at = '', reason = ''
WHERE name = ? AND state = 'dead'
"""
PURGE = """
UPDATE tasks SET state = 'done', forget_at = ?, lease_until = '', holds_slot = 0, body = ''
WHERE queue = ? AND state = 'pending'
"""
PENDING = "SELECT count(*) FROM tasks WHERE state = 'pending'"

SWEEP_END = "SELECT count(*), max(seq) FROM (SELECT seq FROM tasks WHERE seq > ? ORDER BY seq LIMIT ?)"
SWEEP = "DELETE FROM tasks WHERE seq > ? AND seq <= ? AND state <> 'pending' AND forget_at <= ?"
