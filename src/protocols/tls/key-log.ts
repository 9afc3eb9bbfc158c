/**
 * What an analyst gives to decrypt TLS with. Key logs (SSLKEYLOGFILE, draft-ietf-tls-keylogfile): secrets
 * that an endpoint wrote down, a line `LABEL client-random secret` each, in hex; also `RSA` and
 * `RSA Session-ID:... Master-Key:...` lines and `PMS_CLIENT_RANDOM`, which Wireshark reads too. And private
 * keys of RSA, in PEM anywhere in the text, or a text that is one in DER (as latin1). What is neither is
 * counted and passed over.
 *
 * The secrets live in a closure: neither JSON nor a log of the object shows them.
 */
import type { TlsSecrets } from '../../model/stream.ts'
import { KEY_CHARACTERS_MAX, privateKeys, type PrivateKeys } from './private-keys.ts'

/**
 * Secrets that are kept: five a connection make 200,000 connections. Those after them are counted as
 * `dropped`.
 */
const SECRETS_MAX = 1_000_000
/** Sessions whose master secret is kept for those who resume them; the oldest makes room. */
const SESSIONS_MAX = 65_536
/** The longest line that is read: label, client random and a premaster secret of 8192 bits take 2131. */
export const LINE_CHARACTERS_MAX = 2304

export interface KeyLogCounts {
  /** Secrets kept. */
  secrets: number
  /** Private keys kept. */
  privateKeys: number
  /** Comments and empty lines. */
  comments: number
  /** Lines with labels that decrypt nothing here: exporter secrets, ECH, labels of the future. */
  unused: number
  /** Lines that are no key log line, and private keys that cannot be used: of another kind, or encrypted. */
  junk: number
  /** Secrets beyond SECRETS_MAX. */
  dropped: number
}

export interface KeyLog extends TlsSecrets {
  /** Reads the text of one more log; the first secret for a label and random stands. */
  add(text: string): void
  readonly counts: Readonly<KeyLogCounts>
  /** There is a secret or a key. */
  readonly hasAny: boolean
}

interface Kept {
  /** By key, then by label: the questions of one connection are about one key. */
  readonly secrets: Map<string, Record<string, Uint8Array>>
  readonly keys: PrivateKeys
  readonly counts: KeyLogCounts
  hasPremasters: boolean
}

/** What a connection is decrypted with, and how many hex digits it is known by. */
const LABELS: ReadonlyMap<string, number> = new Map([
  ['CLIENT_RANDOM', 64],
  ['CLIENT_EARLY_TRAFFIC_SECRET', 64],
  ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 64],
  ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 64],
  ['CLIENT_TRAFFIC_SECRET_0', 64],
  ['SERVER_TRAFFIC_SECRET_0', 64],
  ['PMS_CLIENT_RANDOM', 64],
  ['RSA', 16],
])
/** No label of a line: it has a lower-case letter. */
const SESSION = 'Session'
const PREMASTERS: ReadonlySet<string> = new Set(['PMS_CLIENT_RANDOM', 'RSA'])
const LINE = /^([A-Z][A-Z0-9_]*)[ \t]+([0-9A-Fa-f]+)[ \t]+([0-9A-Fa-f]+)$/
/** The form of OpenSSL's s_client (`Session-ID`, `Master-Key`) on one line. */
const SESSION_LINE = /^RSA Session-ID:([0-9A-Fa-f]{2,64})[ \t]+Master-Key:([0-9A-Fa-f]{96})$/
/**
 * A master secret has 48 octets (RFC 5246 §8.1); traffic secrets are as long as the hash, SHA-256 or SHA-384.
 */
const SECRET_DIGITS: ReadonlySet<number> = new Set([64, 96])
/** A premaster secret of Diffie and Hellman is as long as the group: 8192 bits make 2048 digits. */
const isPremasterLength = (digits: number): boolean => digits > 0 && digits % 2 === 0 && digits <= 2048

/** The secrets of `texts` together, each the content of one log or key. Never throws on what they hold. */
export function keyLog(...texts: readonly string[]): KeyLog {
  const counts = { secrets: 0, privateKeys: 0, comments: 0, unused: 0, junk: 0, dropped: 0 }
  const kept: Kept = { secrets: new Map(), keys: privateKeys(), counts, hasPremasters: false }
  const sessions = new Map<string, Uint8Array>()
  const log: KeyLog = {
    counts,
    get hasAny() {
      return counts.secrets > 0 || kept.hasPremasters
    },
    add: (text) => read(kept, text),
    secretOf: (label, key) => kept.secrets.get(key)?.[label],
    get hasPremasters() {
      return kept.hasPremasters
    },
    premasterOf: (publicKeyHash, encrypted) => kept.keys.premasterOf(publicKeyHash, encrypted),
    sessionOf: (id) => sessions.get(id) ?? kept.secrets.get(id)?.[SESSION],
    keepSession(id, master) {
      if (sessions.size >= SESSIONS_MAX) sessions.delete(sessions.keys().next().value!)
      sessions.set(id, master)
    },
  }
  for (const text of texts) log.add(text)
  return log
}

function read(kept: Kept, text: string): void {
  const isDer = text.charCodeAt(0) === 0x30 && text.charCodeAt(1) >= 0x80
  if (isDer && text.length <= KEY_CHARACTERS_MAX) return addKey(kept, Buffer.from(text, 'latin1'))
  let pem: string[] = []
  for (const line of linesOf(text)) {
    if (pem.length === 0 && !BEGINS_KEY.test(line)) {
      readLine(line, kept)
    } else {
      pem.push(line)
      if (pem.length < PEM_LINES_MAX && !ENDS_KEY.test(line)) continue
      addKey(kept, pem.join('\n'))
      pem = []
    }
  }
  if (pem.length > 0) kept.counts.junk++
}
const BEGINS_KEY = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/
const ENDS_KEY = /^-----END [A-Z ]*PRIVATE KEY-----/
/** Lines of a key in PEM: RSA of 16,384 bits has 200 (RFC 7468 §2: 64 characters each). */
const PEM_LINES_MAX = 256

function addKey(kept: Kept, key: string | Uint8Array): void {
  const { keys, counts } = kept
  if (!keys.add(key)) {
    counts.junk++
    return
  }
  counts.privateKeys = keys.count
  kept.hasPremasters = true
}

/** A line longer than LINE_CHARACTERS_MAX is handed over cut, so that it counts as junk. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    const isLong = end - at > LINE_CHARACTERS_MAX
    yield isLong ? text.slice(at, at + LINE_CHARACTERS_MAX) + '?' : text.slice(at, end).trim()
    at = end + 1
  }
}

function readLine(line: string, kept: Kept): void {
  const { counts } = kept
  if (line === '' || line.startsWith('#')) {
    counts.comments++
    return
  }
  const [, label, key, secret] = LINE.exec(line) ?? sessionOf(line) ?? []
  if (label === undefined || key === undefined || secret === undefined) {
    counts.junk++
  } else if (label !== SESSION && !LABELS.has(label)) {
    counts.unused++
  } else if (isWellFormed(label, key, secret)) {
    keep(label, key.toLowerCase(), secret, kept)
  } else {
    counts.junk++
  }
}

function sessionOf(line: string): readonly string[] | null {
  const found = SESSION_LINE.exec(line)
  return found === null ? null : [line, SESSION, found[1]!, found[2]!]
}

function isWellFormed(label: string, key: string, secret: string): boolean {
  if (label === SESSION) return key.length % 2 === 0
  if (key.length !== LABELS.get(label)) return false
  return PREMASTERS.has(label) ? isPremasterLength(secret.length) : SECRET_DIGITS.has(secret.length)
}

function keep(label: string, key: string, secret: string, kept: Kept): void {
  const { secrets, counts } = kept
  const known = secrets.get(key)
  if (known?.[label] !== undefined) return
  if (counts.secrets >= SECRETS_MAX) {
    counts.dropped++
    return
  }
  const octets = new Uint8Array(Buffer.from(secret, 'hex'))
  if (known === undefined) secrets.set(key, { [label]: octets })
  else known[label] = octets
  counts.secrets++
  if (PREMASTERS.has(label)) kept.hasPremasters = true
}
