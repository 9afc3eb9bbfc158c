/** Plays a story to a TLS parser the way reassembly does, and keeps what it says and what is inside. */
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import type { Side } from '../../../src/model/packet.ts'
import { DETACH, type StreamConsumer, type TlsSecrets } from '../../../src/model/stream.ts'
import { UNKNOWN_LENGTH } from '../../../src/protocols/tls/inner.ts'
import { keyLog } from '../../../src/protocols/tls/key-log.ts'
import { openTls, type TlsConsumer } from '../../../src/protocols/tls/parser.ts'
import type { UnreadReason } from '../../../src/model/unread.data.ts'
import { contextInto, type StoryPart } from '../parser.case.ts'

/** A part of a story that was captured, or the octets of one that were not. */
export type Step = StoryPart | { readonly side: Side; readonly missing: number }

/** ... and what the parser told that it could not read. */
type Counts = TlsConsumer['counts'] &
  Readonly<Record<'unauthenticated' | 'unreadable' | 'lost' | 'beyond', number>>

export interface Played {
  readonly all: Observation[]
  readonly handshakes: ObservationOf<'tls-handshake'>[]
  readonly alerts: ObservationOf<'tls-alert'>[]
  readonly tickets: ObservationOf<'tls-ticket'>[]
  /** What each side said inside; octets that are not known are `·`, an unknown number of them `…`. */
  readonly inside: readonly [string, string]
  /** `end` and `close` calls of the inner consumer. */
  readonly calls: readonly string[]
  readonly counts: Counts
  readonly held: number
}

export interface Manner {
  readonly keys?: string
  /** Secrets that outlive the connection. */
  readonly secrets?: TlsSecrets
  /** The answer to each piece of data inside. */
  readonly answer?: (side: Side, length: number) => number
  /** How the connection ends: both sides' FIN, or not at all. */
  readonly ends?: boolean
  /** Time between steps, in microseconds. */
  readonly pace?: number
}

export function play(steps: readonly Step[], manner: Manner = {}): Played {
  const all: Observation[] = []
  const inside: [string, string] = ['', '']
  const calls: string[] = []
  const inner = (): StreamConsumer => ({
    data(side, bytes, start, end) {
      inside[side] += Buffer.from(bytes.slice(start, end)).toString('latin1')
      return manner.answer?.(side, end - start) ?? 0
    },
    gap(side, length) {
      inside[side] += length === UNKNOWN_LENGTH ? '…' : '·'.repeat(length)
      return 0
    },
    end: (side) => void calls.push(`end ${side}`),
    close: () => void calls.push('close'),
  })
  const secrets = manner.keys === undefined ? manner.secrets : keyLog(manner.keys)
  const unread: UnreadReason[] = []
  const context = { ...contextInto(all, secrets), count: (why: UnreadReason) => void unread.push(why) }
  const consumer = openTls(context, inner)
  const times = (reason: UnreadReason): number => unread.filter((why) => why === reason).length
  const unwanted: [number, number] = [0, 0]
  let isDetached = false
  let held = 0
  const pace = manner.pace ?? 1000
  for (const [i, step] of steps.entries()) {
    if (isDetached) break
    const length = 'bytes' in step ? step.bytes.length : step.missing
    const skipped = Math.min(unwanted[step.side], length)
    unwanted[step.side] -= skipped
    if (skipped === length) continue
    const answer =
      'bytes' in step
        ? consumer.data(step.side, step.bytes, skipped, length, i * pace, i + 1)
        : consumer.gap(step.side, length - skipped, i * pace, i + 1)
    held = Math.max(held, consumer.heldOctets())
    if (answer === DETACH) isDetached = true
    else unwanted[step.side] = answer
  }
  const last = steps.length
  if (!isDetached && manner.ends !== false)
    for (const side of [0, 1] as const) consumer.end(side, last * pace, last + 1)
  if (!isDetached) consumer.close(last * pace)
  return {
    all,
    handshakes: all.filter((o) => o.kind === 'tls-handshake'),
    alerts: all.filter((o) => o.kind === 'tls-alert'),
    tickets: all.filter((o) => o.kind === 'tls-ticket'),
    inside,
    calls,
    counts: {
      ...consumer.counts,
      unauthenticated: times('tls-record-unopened'),
      unreadable: times('tls-message-malformed'),
      lost: times('tls-place-lost'),
      beyond: times('tls-too-many-facts'),
    },
    held,
  }
}

/** The story with octets `from`..`to` of part `at` not captured. */
export function without(story: readonly StoryPart[], at: number, from: number, to: number): Step[] {
  const { side, bytes } = story[at]!
  const pieces: Step[] = [
    { side, bytes: bytes.subarray(0, from) },
    { side, missing: to - from },
    { side, bytes: bytes.subarray(to) },
  ]
  const seen = pieces.filter((piece) => ('bytes' in piece ? piece.bytes.length > 0 : piece.missing > 0))
  return [...story.slice(0, at), ...seen, ...story.slice(at + 1)]
}

/** Each part as segments of at most `length` octets, as TCP sends them. */
export const segments = (story: readonly StoryPart[], length: number): StoryPart[] =>
  story.flatMap(({ side, bytes }) =>
    Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => ({
      side,
      bytes: bytes.subarray(i * length, (i + 1) * length),
    })),
  )

/** What handshakes say in short. */
export const summary = ({ handshakes }: { handshakes: ReturnType<typeof play>['handshakes'] }) =>
  handshakes.map((h) => ({
    version: h.server?.version ?? null,
    resumed: h.resumed,
    certificates: h.certificates.map((c) => c.names[0]),
    clientCertificates: h.clientCertificates.map((c) => c.names[0]),
    decrypted: h.decrypted,
  }))
