/**
 * The schema, one migration per version: `user_version` says how many a database has had. A migration that
 * was released is never changed; a new one is appended.
 *
 * Times are integer microseconds since the epoch, durations integer microseconds, flags 0 or 1. Names that
 * recur (services, servers, agents, taps, texts) are rows of their own and referred to by number: a
 * connection is a row of integers. JSON is text, and holds only what nobody filters by.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- Who may come in. Only the SHA-256 of a token is kept.
  CREATE TABLE token (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    hash BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, used INTEGER, revoked INTEGER
  ) STRICT;
  CREATE TABLE login (
    hash BLOB PRIMARY KEY, token INTEGER NOT NULL REFERENCES token ON DELETE CASCADE,
    csrf TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- A file of octets, whoever analysed it. stored: its name in the folder beside the database; null once it is gone.
  CREATE TABLE capture (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT UNIQUE, name TEXT NOT NULL, size INTEGER NOT NULL,
    stored TEXT, uploaded INTEGER NOT NULL
  ) STRICT;

  -- One run over one or several captures. attempt: counted up when an interrupted one begins anew.
  CREATE TABLE analysis (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    stage TEXT NOT NULL DEFAULT 'read', fraction REAL NOT NULL DEFAULT 0, packets INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, started INTEGER, finished INTEGER,
    error TEXT, config TEXT, summary TEXT,
    -- partial: only a span of time was looked at. published: its findings are among the incidents.
    -- replaced: by which analysis of the same captures, or by itself: its rows are about to go.
    partial INTEGER NOT NULL DEFAULT 0, published INTEGER NOT NULL DEFAULT 0, replaced INTEGER
  ) STRICT;
  CREATE INDEX analysis_by_state ON analysis (state, id);
  CREATE TABLE analysis_input (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    capture INTEGER NOT NULL REFERENCES capture, tap TEXT NOT NULL,
    format TEXT, link_types TEXT, packets INTEGER, bytes INTEGER, start INTEGER, "end" INTEGER,
    quality TEXT, skipped TEXT,
    PRIMARY KEY (analysis, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX input_by_capture ON analysis_input (capture);

  CREATE TABLE service (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL) STRICT;
  CREATE TABLE server (
    id INTEGER PRIMARY KEY, service INTEGER NOT NULL REFERENCES service, name TEXT NOT NULL,
    address TEXT NOT NULL, port INTEGER NOT NULL, identified_by TEXT NOT NULL, last_seen INTEGER NOT NULL,
    UNIQUE (service, name)
  ) STRICT;
  CREATE TABLE agent (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, identified_by TEXT NOT NULL, confidence REAL NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, occurrences INTEGER NOT NULL DEFAULT 0, worst INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX agent_by_occurrences ON agent (occurrences DESC, id);
  CREATE TABLE agent_address (
    agent INTEGER NOT NULL REFERENCES agent, analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    address TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    PRIMARY KEY (agent, start, address, analysis)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX address_text ON agent_address (address);
  CREATE INDEX address_by_analysis ON agent_address (analysis);

  CREATE TABLE session (
    id INTEGER PRIMARY KEY, analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    service INTEGER NOT NULL REFERENCES service, agent INTEGER NOT NULL REFERENCES agent,
    server TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    connections INTEGER NOT NULL, bytes INTEGER NOT NULL, ended_by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX session_by_agent ON session (agent, start);
  CREATE INDEX session_by_service ON session (service, "end", start, agent, server);
  CREATE INDEX session_by_analysis ON session (analysis);
  -- Where every agent is: the server of its latest session with a service. Kept by the triggers alone.
  CREATE TABLE placement (
    agent INTEGER NOT NULL REFERENCES agent, service INTEGER NOT NULL REFERENCES service,
    server TEXT NOT NULL, session INTEGER NOT NULL, "end" INTEGER NOT NULL, PRIMARY KEY (agent, service)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX placement_of_service ON placement (service, server);
  -- Sessions begun less those ended at each half hour: their sum up to one is who was attached in it. Kept likewise.
  CREATE TABLE attachment (
    service INTEGER NOT NULL, slot INTEGER NOT NULL, server TEXT NOT NULL, change INTEGER NOT NULL,
    PRIMARY KEY (service, slot, server)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER session_places AFTER INSERT ON session BEGIN
    INSERT INTO attachment VALUES (NEW.service, NEW.start / 1800000000, NEW.server, 1)
    ON CONFLICT DO UPDATE SET change = change + 1;
    INSERT INTO attachment VALUES (NEW.service, NEW."end" / 1800000000 + 1, NEW.server, -1)
    ON CONFLICT DO UPDATE SET change = change - 1;
    INSERT INTO placement VALUES (NEW.agent, NEW.service, NEW.server, NEW.id, NEW."end") ON CONFLICT (agent, service)
    DO UPDATE SET server = excluded.server, session = excluded.session, "end" = excluded."end" WHERE excluded."end" >= "end";
  END;
  CREATE TRIGGER session_leaves AFTER DELETE ON session BEGIN
    UPDATE attachment SET change = change - 1
    WHERE service = OLD.service AND slot = OLD.start / 1800000000 AND server = OLD.server;
    UPDATE attachment SET change = change + 1
    WHERE service = OLD.service AND slot = OLD."end" / 1800000000 + 1 AND server = OLD.server;
    DELETE FROM placement WHERE agent = OLD.agent AND service = OLD.service AND session = OLD.id;
    INSERT INTO placement SELECT agent, service, server, id, "end" FROM session
    WHERE agent = OLD.agent AND service = OLD.service
      AND NOT EXISTS (SELECT 1 FROM placement WHERE agent = OLD.agent AND service = OLD.service)
    ORDER BY "end" DESC, id DESC LIMIT 1;
  END;

  -- number: the connection's id within its analysis. Addresses: 4 or 16 octets.
  CREATE TABLE connection (
    id INTEGER PRIMARY KEY, analysis INTEGER NOT NULL, input INTEGER NOT NULL, number INTEGER NOT NULL,
    service INTEGER, agent INTEGER, server INTEGER,
    client_address BLOB NOT NULL, client_port INTEGER NOT NULL, server_address BLOB NOT NULL, server_port INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, end_reason INTEGER NOT NULL,
    client_bytes INTEGER NOT NULL, server_bytes INTEGER NOT NULL,
    max_idle INTEGER NOT NULL, idle_before_end INTEGER NOT NULL, survived INTEGER NOT NULL,
    tap TEXT NOT NULL, stream INTEGER, rest TEXT NOT NULL
  ) STRICT;
  CREATE INDEX connection_by_start ON connection (start);
  CREATE INDEX connection_by_service ON connection (service, end_reason, start);
  CREATE INDEX connection_by_server ON connection (server, end_reason, start) WHERE server IS NOT NULL;
  CREATE INDEX connection_survived ON connection (service, survived) WHERE survived > 0;
  CREATE INDEX connection_by_agent ON connection (agent, start) WHERE agent IS NOT NULL;
  CREATE INDEX connection_by_number ON connection (analysis, number);

  -- One cause. key: type, service, path and actor, as the detector says. severity: 3 critical, 2 warning, 1 info.
  CREATE TABLE incident (
    id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, cause TEXT NOT NULL,
    severity INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'reopened')),
    service INTEGER REFERENCES service, title TEXT NOT NULL, summary TEXT NOT NULL, remedy TEXT NOT NULL, filter TEXT NOT NULL,
    actor_role TEXT NOT NULL, actor_address TEXT, actor_name TEXT, actor_confidence REAL NOT NULL,
    confidence REAL NOT NULL, requirements TEXT NOT NULL, details TEXT NOT NULL,
    occurrences INTEGER NOT NULL, agents INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    created INTEGER NOT NULL, changed INTEGER NOT NULL,
    UNIQUE (type, cause)
  ) STRICT;
  CREATE INDEX incident_by_end ON incident ("end" DESC, id DESC);
  CREATE INDEX incident_by_state ON incident (state, "end" DESC, id DESC);
  CREATE INDEX incident_by_service ON incident (service, "end" DESC, id DESC);
  CREATE INDEX incident_by_created ON incident (created);
  CREATE INDEX incident_open ON incident (service, severity DESC, "end" DESC) WHERE state <> 'resolved';
  -- What each analysis says of it: taken away, what the others say remains.
  CREATE TABLE incident_share (
    incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE, analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    occurrences INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (incident, analysis)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX share_by_analysis ON incident_share (analysis);
  CREATE TABLE incident_agent (
    incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE, agent INTEGER NOT NULL REFERENCES agent,
    occurrences INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (incident, agent)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX incident_of_agent ON incident_agent (agent);
  CREATE TABLE incident_history (
    id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
    at INTEGER NOT NULL, state TEXT NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_of_incident ON incident_history (incident, id);
  CREATE VIRTUAL TABLE incident_text USING fts5 (title, summary, remedy, type, service, agents, servers, notes, tokenize = 'unicode61');

  CREATE TABLE occurrence (
    id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE,
    type TEXT NOT NULL, severity INTEGER NOT NULL, at INTEGER NOT NULL, tap TEXT NOT NULL,
    service INTEGER, agent INTEGER, agent_address TEXT, server INTEGER, server_name TEXT, server_address TEXT, server_port INTEGER,
    actor_role TEXT NOT NULL, actor_address TEXT, actor_confidence REAL NOT NULL, manner TEXT,
    confidence REAL NOT NULL, connection_number INTEGER, sentence TEXT NOT NULL, details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX occurrence_by_at ON occurrence (at DESC, id DESC, incident, severity);
  CREATE INDEX occurrence_of_incident ON occurrence (incident, at DESC, id DESC, severity);
  CREATE INDEX occurrence_of_agent ON occurrence (agent, at DESC, id DESC) WHERE agent IS NOT NULL;
  CREATE INDEX occurrence_of_server ON occurrence (server, incident, at DESC, id DESC, severity, analysis) WHERE server IS NOT NULL;
  CREATE INDEX occurrence_by_analysis ON occurrence (analysis, incident, at DESC, id DESC, severity);
  CREATE INDEX occurrence_of_connection ON occurrence (analysis, connection_number) WHERE connection_number IS NOT NULL;
  -- Occurrences of an incident per hour, for its trend. Kept by the triggers alone.
  CREATE TABLE incident_hour (
    incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE, hour INTEGER NOT NULL, occurrences INTEGER NOT NULL,
    PRIMARY KEY (incident, hour)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER occurrence_counts AFTER INSERT ON occurrence BEGIN
    INSERT INTO incident_hour VALUES (NEW.incident, NEW.at / 3600000000, 1)
    ON CONFLICT (incident, hour) DO UPDATE SET occurrences = occurrences + 1;
  END;
  CREATE TRIGGER occurrence_goes AFTER DELETE ON occurrence BEGIN
    UPDATE incident_hour SET occurrences = occurrences - 1 WHERE incident = OLD.incident AND hour = OLD.at / 3600000000;
    DELETE FROM incident_hour WHERE incident = OLD.incident AND hour = OLD.at / 3600000000 AND occurrences <= 0;
  END;
  -- The same per service and severity, for charts of weeks.
  CREATE TABLE service_hour (
    service INTEGER NOT NULL, hour INTEGER NOT NULL,
    critical INTEGER NOT NULL, warning INTEGER NOT NULL, info INTEGER NOT NULL, PRIMARY KEY (service, hour)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER occurrence_counts_service AFTER INSERT ON occurrence WHEN NEW.service IS NOT NULL BEGIN
    INSERT INTO service_hour VALUES
      (NEW.service, NEW.at / 3600000000, NEW.severity = 3, NEW.severity = 2, NEW.severity = 1)
    ON CONFLICT DO UPDATE SET critical = critical + (NEW.severity = 3), warning = warning + (NEW.severity = 2),
      info = info + (NEW.severity = 1);
  END;
  CREATE TRIGGER occurrence_goes_service AFTER DELETE ON occurrence WHEN OLD.service IS NOT NULL BEGIN
    UPDATE service_hour SET critical = critical - (OLD.severity = 3), warning = warning - (OLD.severity = 2),
      info = info - (OLD.severity = 1)
    WHERE service = OLD.service AND hour = OLD.at / 3600000000;
  END;
  CREATE TABLE evidence (
    occurrence INTEGER NOT NULL REFERENCES occurrence ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    tap TEXT NOT NULL, packet INTEGER NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL, kept INTEGER,
    PRIMARY KEY (occurrence, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX evidence_by_packet ON evidence (kept) WHERE kept IS NOT NULL;
  -- The octets of a packet that proves something: they outlive their capture.
  CREATE TABLE packet (
    id INTEGER PRIMARY KEY, capture INTEGER NOT NULL REFERENCES capture, number INTEGER NOT NULL, time INTEGER NOT NULL,
    nanoseconds INTEGER NOT NULL, link_type INTEGER NOT NULL, wire_length INTEGER NOT NULL, segment TEXT, bytes BLOB NOT NULL,
    UNIQUE (capture, number)
  ) STRICT;

  -- Packets whose octets are still to be fetched from their captures.
  CREATE TABLE evidence_wanted (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, capture INTEGER NOT NULL,
    packet INTEGER NOT NULL, occurrence INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    PRIMARY KEY (analysis, capture, packet, occurrence, ordinal),
    FOREIGN KEY (occurrence, ordinal) REFERENCES evidence ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wanted_by_evidence ON evidence_wanted (occurrence, ordinal);

  CREATE TABLE requirement (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, id TEXT NOT NULL, service TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL, status TEXT NOT NULL, observations INTEGER NOT NULL, incidents TEXT NOT NULL, needs TEXT,
    PRIMARY KEY (analysis, id, service)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX requirement_by_service ON requirement (service, id, analysis);

  -- Counters per minute and service, for charts. server: 0 stands for all.
  CREATE TABLE minute (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, service INTEGER NOT NULL, minute INTEGER NOT NULL, server INTEGER NOT NULL,
    opened INTEGER NOT NULL, closed INTEGER NOT NULL, bytes INTEGER NOT NULL,
    critical INTEGER NOT NULL, warning INTEGER NOT NULL, info INTEGER NOT NULL,
    PRIMARY KEY (service, server, minute, analysis)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX minute_by_analysis ON minute (analysis);
  -- Lengths of silence by service, in steps of a quarter decade from 1 s on (step = floor(4 * log10(seconds))).
  CREATE TABLE silence (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, service INTEGER NOT NULL, step INTEGER NOT NULL,
    survived INTEGER NOT NULL, severed INTEGER NOT NULL, PRIMARY KEY (service, step, analysis)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX silence_by_analysis ON silence (analysis);
  -- Connections by service and server (0: not known), so that nobody has to count ten million rows.
  CREATE TABLE tally (
    analysis INTEGER NOT NULL REFERENCES analysis ON DELETE CASCADE, service INTEGER NOT NULL, server INTEGER NOT NULL,
    connections INTEGER NOT NULL, open INTEGER NOT NULL, handshakes TEXT NOT NULL, PRIMARY KEY (service, server, analysis)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tally_by_analysis ON tally (analysis);

  -- What changed, in the order of commits: whoever follows reads on from the last id that he saw.
  CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('incident', 'occurrence', 'analysis', 'capture')), subject INTEGER NOT NULL, is_new INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX change_of_analysis ON change (subject) WHERE kind = 'analysis';

  -- salt: mixed into the hashes of secrets, so that those of two databases cannot be compared.
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO setting VALUES ('salt', lower(hex(randomblob(16))));
  `,
  `
  -- facts: what nobody filters by (connection-facts.ts).
  CREATE TABLE packed_connection (
    id INTEGER PRIMARY KEY, analysis INTEGER NOT NULL, input INTEGER NOT NULL, number INTEGER NOT NULL,
    service INTEGER, agent INTEGER, server INTEGER,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, end_reason INTEGER NOT NULL, survived INTEGER NOT NULL,
    tap TEXT NOT NULL, facts BLOB NOT NULL
  ) STRICT;
  INSERT INTO packed_connection
  SELECT id, analysis, input, number, service, agent, server, start, "end", end_reason, survived, tap,
    connection_facts(client_address, client_port, server_address, server_port, client_bytes, server_bytes,
      max_idle, idle_before_end, stream, rest)
  FROM connection;
  DROP TABLE connection;
  ALTER TABLE packed_connection RENAME TO connection;
  CREATE INDEX connection_by_start ON connection (start);
  CREATE INDEX connection_by_service ON connection (service, end_reason, start);
  CREATE INDEX connection_by_server ON connection (server, end_reason, start) WHERE server IS NOT NULL;
  CREATE INDEX connection_survived ON connection (service, survived) WHERE survived > 0;
  CREATE INDEX connection_by_agent ON connection (agent, start) WHERE agent IS NOT NULL;
  CREATE INDEX connection_by_number ON connection (analysis, number);
  `,
  `
  -- collector: the name of the collector whose live capture it is; null: of capture files. live: how that stands, as JSON.
  ALTER TABLE analysis ADD COLUMN collector TEXT;
  ALTER TABLE analysis ADD COLUMN live TEXT;
  CREATE INDEX analysis_by_collector ON analysis (collector, id) WHERE collector IS NOT NULL;
  `,
  `
  -- What each output was told of an incident. at: null while the first alert waits. due: when it is looked at again.
  CREATE TABLE alert_told (
    output TEXT NOT NULL, incident INTEGER NOT NULL REFERENCES incident ON DELETE CASCADE,
    at INTEGER, severity INTEGER NOT NULL, over INTEGER NOT NULL, occurrences INTEGER NOT NULL, due INTEGER,
    PRIMARY KEY (output, incident)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alert_due ON alert_told (due) WHERE due IS NOT NULL;
  CREATE INDEX alert_of_incident ON alert_told (incident);

  -- Alerts on their way out. key: what receivers know it by. since: when it began to wait. next: the next attempt.
  -- reached: somebody answered the last attempt. incident: its number, which may be gone.
  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, output TEXT NOT NULL, incident INTEGER,
    kind TEXT NOT NULL, severity INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0, reached INTEGER NOT NULL DEFAULT 1,
    created INTEGER NOT NULL, since INTEGER NOT NULL, next INTEGER, finished INTEGER, answer TEXT
  ) STRICT;
  CREATE INDEX delivery_by_state ON delivery (output, state, id);
  CREATE INDEX delivery_waiting ON delivery (output, incident, id) WHERE state = 'waiting';
  CREATE INDEX delivery_finished ON delivery (output, finished) WHERE state = 'delivered';
  `,
  `
  -- Live captures change every second: of such changes the last one is kept.
  CREATE INDEX change_of_capture ON change (subject) WHERE kind = 'capture';
  `,
  `
  -- Agents whose servers a relay hides are placed as well: at their service, at no server, by no session (0).
  -- A session takes their place; when the last one goes they have it again, while a connection shows them.
  INSERT OR IGNORE INTO placement SELECT DISTINCT agent, service, '', 0, 0 FROM connection
  WHERE agent IS NOT NULL AND service IS NOT NULL AND server IS NULL;
  DROP TRIGGER session_leaves;
  CREATE TRIGGER session_leaves AFTER DELETE ON session BEGIN
    UPDATE attachment SET change = change - 1
    WHERE service = OLD.service AND slot = OLD.start / 1800000000 AND server = OLD.server;
    UPDATE attachment SET change = change + 1
    WHERE service = OLD.service AND slot = OLD."end" / 1800000000 + 1 AND server = OLD.server;
    DELETE FROM placement WHERE agent = OLD.agent AND service = OLD.service AND session = OLD.id;
    INSERT INTO placement SELECT agent, service, server, id, "end" FROM session
    WHERE agent = OLD.agent AND service = OLD.service
      AND NOT EXISTS (SELECT 1 FROM placement WHERE agent = OLD.agent AND service = OLD.service)
    ORDER BY "end" DESC, id DESC LIMIT 1;
    INSERT INTO placement SELECT agent, service, '', 0, 0 FROM connection
    WHERE agent = OLD.agent AND +service = OLD.service AND server IS NULL
      AND NOT EXISTS (SELECT 1 FROM placement WHERE agent = OLD.agent AND service = OLD.service) LIMIT 1;
  END;
  `,
  `
  -- A connection's number was its stream's times 2^16 plus its tap's position; it is that of its stream plus the
  -- position times 2^32.
  DROP INDEX connection_by_number;
  UPDATE connection SET number = ((number & 65535) << 32) | (number >> 16);
  CREATE INDEX connection_by_number ON connection (analysis, number);
  UPDATE occurrence SET connection_number = ((connection_number & 65535) << 32) | (connection_number >> 16)
  WHERE connection_number IS NOT NULL;
  `,
  `
  -- What is told live is weighed again as more is known of it.
  DROP TRIGGER IF EXISTS occurrence_weighs;
  CREATE TRIGGER occurrence_weighs AFTER UPDATE OF severity ON occurrence
  WHEN NEW.service IS NOT NULL AND NEW.severity <> OLD.severity BEGIN
    UPDATE service_hour SET critical = critical + (NEW.severity = 3) - (OLD.severity = 3),
      warning = warning + (NEW.severity = 2) - (OLD.severity = 2), info = info + (NEW.severity = 1) - (OLD.severity = 1)
    WHERE service = NEW.service AND hour = NEW.at / 3600000000;
  END;
  DELETE FROM service_hour;
  INSERT INTO service_hour SELECT service, at / 3600000000, sum(severity = 3), sum(severity = 2), sum(severity = 1)
  FROM occurrence WHERE service IS NOT NULL GROUP BY 1, 2;
  -- A session that lasts has its row, and goes on.
  DROP TRIGGER IF EXISTS session_lasts;
  CREATE TRIGGER session_lasts AFTER UPDATE OF "end" ON session
  WHEN NEW."end" / 1800000000 <> OLD."end" / 1800000000 BEGIN
    UPDATE attachment SET change = change + 1
    WHERE service = OLD.service AND slot = OLD."end" / 1800000000 + 1 AND server = OLD.server;
    INSERT INTO attachment VALUES (NEW.service, NEW."end" / 1800000000 + 1, NEW.server, -1)
    ON CONFLICT DO UPDATE SET change = change - 1;
    UPDATE placement SET "end" = NEW."end" WHERE agent = NEW.agent AND service = NEW.service AND session = NEW.id;
  END;
  -- When an agent was seen first, where nobody could say so then.
  UPDATE agent SET first_seen = coalesce((SELECT min(start) FROM session WHERE agent = agent.id), last_seen)
  WHERE first_seen = 0;
  `,
]

/** `PRAGMA application_id` of a Holdfast database: `HFST`. */
export const APPLICATION_ID = 0x48465354
