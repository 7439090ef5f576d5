"""The schema of the database, step by step: each migration is run once, and none that has been merged is changed."""

from __future__ import annotations

MIGRATIONS = (
    """
    CREATE TABLE camera (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        name TEXT NOT NULL
    ) STRICT;
    CREATE TABLE recording (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        device TEXT NOT NULL,
        name TEXT NOT NULL,
        format TEXT NOT NULL,
        state TEXT NOT NULL,
        started_at REAL NOT NULL,
        seconds INTEGER,
        boot_id TEXT NOT NULL,
        deadline REAL,
        ended_at REAL,
        reason TEXT
    ) STRICT;
    CREATE INDEX recording_state ON recording (state);
    CREATE TABLE media_file (
        kind TEXT NOT NULL,
        filename TEXT NOT NULL,
        device TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        created_at REAL NOT NULL,
        modified_at REAL NOT NULL,
        duration_s REAL,
        width INTEGER,
        height INTEGER,
        recording INTEGER REFERENCES recording (id),
        PRIMARY KEY (kind, filename)
    ) STRICT;
    CREATE INDEX media_file_created ON media_file (kind, created_at DESC, filename DESC);
    """,
    """
    ALTER TABLE recording ADD COLUMN clock REAL;
    CREATE TABLE part (
        recording INTEGER NOT NULL REFERENCES recording (id),
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (recording, name)
    ) STRICT;
    """,
    """
    CREATE TABLE camera_key (
        key TEXT PRIMARY KEY,
        number INTEGER REFERENCES camera (number),
        is_serial INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX camera_key_number ON camera_key (number);
    ALTER TABLE camera ADD COLUMN modes TEXT;
    """,
    """
    ALTER TABLE camera ADD COLUMN gone_at REAL;
    """,
    """
    ALTER TABLE media_file ADD COLUMN codec TEXT;
    CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
    CREATE TABLE external_stream (
        url TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        added_at REAL NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE api_key (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        digest BLOB NOT NULL,
        role TEXT NOT NULL,
        cameras TEXT,
        created_at REAL NOT NULL,
        created_by TEXT NOT NULL,
        expires_at REAL,
        used_at REAL
    ) STRICT;
    CREATE TABLE revocation (
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (kind, subject)
    ) STRICT;
    """,
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        address TEXT NOT NULL,
        method TEXT NOT NULL,
        params TEXT NOT NULL,
        result TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TABLE audit_head (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        number INTEGER NOT NULL,
        hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
    CREATE TRIGGER audit_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
    """,
    """
    CREATE TABLE user (
        name TEXT PRIMARY KEY,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        password TEXT NOT NULL,
        disabled INTEGER NOT NULL,
        must_change INTEGER NOT NULL,
        created_at REAL NOT NULL,
        password_at REAL NOT NULL,
        login_at REAL
    ) STRICT;
    """,
    """
    CREATE TABLE camera_setting (
        number INTEGER PRIMARY KEY REFERENCES camera (number),
        name TEXT,
        mode TEXT,
        always_on INTEGER
    ) STRICT;
    """,
    """
    ALTER TABLE media_file ADD COLUMN title TEXT NOT NULL DEFAULT '';
    ALTER TABLE media_file ADD COLUMN segment INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE media_file ADD COLUMN head INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE media_file ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE media_file ADD COLUMN location TEXT NOT NULL DEFAULT 'media';
    ALTER TABLE media_file ADD COLUMN sound TEXT;
    ALTER TABLE media_file ADD COLUMN examined INTEGER NOT NULL DEFAULT 0;
    UPDATE media_file SET title = filename;
    UPDATE media_file SET title = recording.name, segment = (
        SELECT count(*) FROM media_file AS earlier WHERE earlier.recording = media_file.recording
        AND (earlier.created_at, earlier.filename) <= (media_file.created_at, media_file.filename)
    ) FROM recording WHERE recording.id = media_file.recording;
    UPDATE media_file SET head = 0 WHERE recording IS NOT NULL AND segment > 1;
    DROP INDEX media_file_created;
    CREATE INDEX media_file_listed ON media_file (kind, created_at, filename) WHERE head;
    CREATE INDEX media_file_oldest ON media_file (created_at, filename);
    CREATE INDEX media_file_title ON media_file (kind, title, segment);
    CREATE INDEX media_file_recording ON media_file (recording) WHERE recording IS NOT NULL;

    CREATE TRIGGER media_file_head_of_new AFTER INSERT ON media_file WHEN EXISTS (
        SELECT 1 FROM media_file WHERE kind = NEW.kind AND title = NEW.title AND rowid <> NEW.rowid
        UNION ALL SELECT 1 FROM recording WHERE state IN ('RECORDING', 'FINISHING') AND name = NEW.title
    ) BEGIN
        UPDATE media_file SET head = segment = (
            SELECT min(segment) FROM media_file WHERE kind = NEW.kind AND title = NEW.title
        ) AND NOT (kind = 'recordings' AND EXISTS (
            SELECT 1 FROM recording WHERE state IN ('RECORDING', 'FINISHING') AND name = NEW.title
        )) WHERE kind = NEW.kind AND title = NEW.title;
    END;
    CREATE TRIGGER media_file_head_of_rest AFTER DELETE ON media_file WHEN OLD.head BEGIN
        UPDATE media_file SET head = 1 WHERE kind = OLD.kind AND title = OLD.title AND segment = (
            SELECT min(segment) FROM media_file WHERE kind = OLD.kind AND title = OLD.title
        );
    END;
    CREATE TRIGGER recording_head_of_begun AFTER INSERT ON recording BEGIN
        UPDATE media_file SET head = 0 WHERE kind = 'recordings' AND title = NEW.name;
    END;
    CREATE TRIGGER recording_head_of_other AFTER UPDATE OF name, state ON recording BEGIN
        UPDATE media_file SET head = NEW.state NOT IN ('RECORDING', 'FINISHING') AND segment = (
            SELECT min(segment) FROM media_file WHERE kind = 'recordings' AND title = NEW.name
        ) WHERE kind = 'recordings' AND title = NEW.name;
    END;
    CREATE TRIGGER recording_head_of_forgotten AFTER DELETE ON recording BEGIN
        UPDATE media_file SET head = segment = (
            SELECT min(segment) FROM media_file WHERE kind = 'recordings' AND title = OLD.name
        ) WHERE kind = 'recordings' AND title = OLD.name;
    END;

    CREATE TABLE media_total (
        kind TEXT NOT NULL,
        device TEXT NOT NULL,
        location TEXT NOT NULL,
        files INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        PRIMARY KEY (kind, device, location)
    ) STRICT;
    INSERT INTO media_total SELECT kind, device, location, count(*), sum(size_bytes) FROM media_file
        GROUP BY kind, device, location;
    CREATE TRIGGER media_total_more AFTER INSERT ON media_file BEGIN
        INSERT INTO media_total VALUES (NEW.kind, NEW.device, NEW.location, 1, NEW.size_bytes)
            ON CONFLICT DO UPDATE SET files = files + 1, size_bytes = size_bytes + NEW.size_bytes;
    END;
    CREATE TRIGGER media_total_less AFTER DELETE ON media_file BEGIN
        UPDATE media_total SET files = files - 1, size_bytes = size_bytes - OLD.size_bytes
            WHERE kind = OLD.kind AND device = OLD.device AND location = OLD.location;
    END;
    CREATE TRIGGER media_total_other AFTER UPDATE OF device, location, size_bytes ON media_file BEGIN
        UPDATE media_total SET files = files - 1, size_bytes = size_bytes - OLD.size_bytes
            WHERE kind = OLD.kind AND device = OLD.device AND location = OLD.location;
        INSERT INTO media_total VALUES (NEW.kind, NEW.device, NEW.location, 1, NEW.size_bytes)
            ON CONFLICT DO UPDATE SET files = files + 1, size_bytes = size_bytes + NEW.size_bytes;
    END;
    """,
    """
    ALTER TABLE recording ADD COLUMN lead_s REAL NOT NULL DEFAULT 0;
    """,
    """
    CREATE INDEX media_file_unexamined ON media_file (examined) WHERE examined = 0;
    """,
    """
    ALTER TABLE recording ADD COLUMN trigger TEXT NOT NULL DEFAULT 'manual';
    ALTER TABLE recording ADD COLUMN protected INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE recording_schedule (
        device TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        held_until REAL
    ) STRICT;
    """,
    """
    ALTER TABLE recording ADD COLUMN first_sample REAL;
    ALTER TABLE recording ADD COLUMN segments INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE part ADD COLUMN segment INTEGER;
    """,
    """
    CREATE TABLE move (
        filename TEXT PRIMARY KEY
    ) STRICT;
    """,
    """
    ALTER TABLE recording ADD COLUMN pre_record_s INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE INDEX media_file_protected ON media_file (kind, location, title) WHERE protected;
    """,
    """
    CREATE TABLE camera_control (
        number INTEGER NOT NULL REFERENCES camera (number),
        profile TEXT NOT NULL,
        control INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (number, profile, control)
    ) STRICT;
    """,
    """
    ALTER TABLE camera_setting ADD COLUMN microphone INTEGER;
    """,
    """
    CREATE TABLE webhook_event (
        number INTEGER PRIMARY KEY,
        target TEXT NOT NULL,
        ident TEXT NOT NULL,
        type TEXT NOT NULL,
        at REAL NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (target, ident)
    ) STRICT;
    """,
)
