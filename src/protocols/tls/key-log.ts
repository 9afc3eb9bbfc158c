/**
 * NSS key logs (SSLKEYLOGFILE, draft-ietf-tls-keylogfile): secrets that an endpoint wrote down for an
 * analyst. Lines are `LABEL client-random secret`, both in hex. What is not such a line is counted and passed
 * over.
 *
 * The secrets live in a closure: neither JSON nor a log of the object shows them.
 */
import type { TlsSecrets } from '../../model/stream.ts'

/**
 * Secrets that are kept: five a connection make 200,000 connections. Those after them are counted as
 * `dropped`.
 */
const SECRETS_MAX = 1_000_000
/** The longest line that is read: label, 64 and 96 hex digits take 200. */
export const LINE_CHARACTERS_MAX = 512

export interface KeyLogCounts {
  /** Secrets kept. */
  secrets: number
  /** Comments and empty lines. */
  comments: number
  /**
   * Lines with labels that decrypt nothing here: exporter secrets, RSA premasters, ECH, labels of the future.
   */
  unused: number
  /** Lines that are no key log line. */
  junk: number
  /** Secrets beyond SECRETS_MAX. */
  dropped: number
}

export interface KeyLog extends TlsSecrets {
  /** Reads the text of one more log; the first secret for a label and random stands. */
  add(text: string): void
  readonly counts: Readonly<KeyLogCounts>
}

/** What a connection is decrypted with. */
const LABELS: ReadonlySet<string> = new Set([
  'CLIENT_RANDOM',
  'CLIENT_EARLY_TRAFFIC_SECRET',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
])
const LINE = /^([A-Z][A-Z0-9_]*)[ \t]+([0-9A-Fa-f]+)[ \t]+([0-9A-Fa-f]+)$/
const RANDOM_DIGITS = 64
/**
 * A master secret has 48 octets (RFC 5246 §8.1); traffic secrets are as long as the hash, SHA-256 or SHA-384.
 */
const SECRET_DIGITS: ReadonlySet<number> = new Set([64, 96])

/** A key log that merges `texts`, each the content of one log. Never throws on what they hold. */
export function keyLog(...texts: readonly string[]): KeyLog {
  const secrets = new Map<string, Uint8Array>()
  const counts: KeyLogCounts = { secrets: 0, comments: 0, unused: 0, junk: 0, dropped: 0 }
  const log: KeyLog = {
    counts,
    add: (text) => forEachLine(text, (line) => readLine(line, secrets, counts)),
    secretOf: (label, clientRandom) => secrets.get(`${label} ${clientRandom}`),
  }
  for (const text of texts) log.add(text)
  return log
}

/** A line longer than LINE_CHARACTERS_MAX is handed over cut, so that it counts as junk. */
function forEachLine(text: string, visit: (line: string) => void): void {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    visit(
      end - at > LINE_CHARACTERS_MAX ? text.slice(at, at + LINE_CHARACTERS_MAX) + '?' : text.slice(at, end),
    )
    at = end + 1
  }
}

function readLine(text: string, secrets: Map<string, Uint8Array>, counts: KeyLogCounts): void {
  const line = text.trim()
  if (line === '' || line.startsWith('#')) {
    counts.comments++
    return
  }
  const [, label, random, secret] = LINE.exec(line) ?? []
  if (label === undefined || random === undefined || secret === undefined) {
    counts.junk++
  } else if (!LABELS.has(label)) {
    counts.unused++
  } else if (random.length !== RANDOM_DIGITS || !SECRET_DIGITS.has(secret.length)) {
    counts.junk++
  } else {
    keep(`${label} ${random.toLowerCase()}`, secret, secrets, counts)
  }
}

function keep(key: string, secret: string, secrets: Map<string, Uint8Array>, counts: KeyLogCounts): void {
  if (secrets.has(key)) return
  if (secrets.size >= SECRETS_MAX) {
    counts.dropped++
    return
  }
  secrets.set(key, new Uint8Array(Buffer.from(secret, 'hex')))
  counts.secrets = secrets.size
}
