/** A broken conversation through the parsers of streams: what must not happen is thrown. */
import type { Observation } from '../../src/model/observation.ts'
import { DETACH } from '../../src/model/stream.ts'
import type { StreamConsumer, StreamContext, Wants } from '../../src/model/stream.ts'
import { openStream } from '../../src/protocols/dispatch.ts'
import { MESSAGE_BYTES_MAX, openDns } from '../../src/protocols/dns/parser.ts'
import { EXCERPT_BYTES_MAX } from '../../src/protocols/http/body.ts'
import { BLOCK_BYTES_MAX } from '../../src/protocols/http/http2/frame-reader.ts'
import { TABLE_BYTES_MAX } from '../../src/protocols/http/http2/hpack.ts'
import { BODIES_MAX, openHttp2 } from '../../src/protocols/http/http2/parser.ts'
import { HEAD_BYTES_MAX } from '../../src/protocols/http/message-reader.ts'
import { openHttp } from '../../src/protocols/http/parser.ts'
import { LINE_BYTES_MAX } from '../../src/protocols/smtp/line-reader.ts'
import { openSmtp } from '../../src/protocols/smtp/parser.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import { HELD_OCTETS_MAX, openTls } from '../../src/protocols/tls/parser.ts'
import { OPENING_BYTES } from '../../src/model/observation.ts'
import { contextInto } from '../protocols/parser.case.ts'
import type { DialogueCase } from './mutate-dialogue.ts'

const ALL: Wants = { openings: true, fingerprints: true, alerts: true, bodies: 'excerpt' }
const FEW: Wants = { openings: false, fingerprints: false, alerts: false, responseHeads: false }
const inner = (context: StreamContext): StreamConsumer => openStream({ ...context, depth: 1 })

interface Reader {
  open(context: StreamContext): StreamConsumer
  /** Octets held now, and how many there may be. */
  readonly held: (consumer: never) => number
  readonly max: number
}
const reader = <C extends StreamConsumer>(
  open: (context: StreamContext) => C,
  held: (consumer: C) => number,
  max: number,
): Reader => ({ open, held, max })
type Holder = StreamConsumer & { readonly heldBytes: number }
const heldBytes = (consumer: Holder): number => consumer.heldBytes

/** Whoever may be given a stream: the dispatcher with all that is behind it, and each parser itself. */
const READERS: readonly Reader[] = [
  reader((context) => openStream({ ...context, wants: ALL, fromStart: true }), heldBytes, 2 * OPENING_BYTES),
  reader((context) => openStream({ ...context, wants: FEW }), heldBytes, 2 * OPENING_BYTES),
  reader(
    (context) => openTls(context, inner),
    (tls) => tls.heldOctets(),
    HELD_OCTETS_MAX,
  ),
  reader(
    (context) => openHttp({ ...context, wants: ALL }, inner),
    heldBytes,
    2 * (HEAD_BYTES_MAX + EXCERPT_BYTES_MAX),
  ),
  reader(
    (context) => openHttp2({ ...context, wants: ALL }),
    heldBytes,
    2 * (BLOCK_BYTES_MAX + TABLE_BYTES_MAX) + BODIES_MAX * EXCERPT_BYTES_MAX,
  ),
  reader((context) => openSmtp(context, inner, false), heldBytes, 2 * LINE_BYTES_MAX),
  reader(openDns, heldBytes, 2 * (2 + MESSAGE_BYTES_MAX)),
]

/** Observations of one case: more of them than octets would be a loop. */
const OBSERVATIONS_MAX = 100_000

function checkNumbers(value: unknown, path: string): void {
  if (typeof value === 'number' && Number.isNaN(value)) throw new Error(`${path} is no number`)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  for (const [key, one] of Object.entries(value)) checkNumbers(one, `${path}.${key}`)
}

function play({ steps, secrets, isOrderly }: DialogueCase, { open, held, max }: Reader): Observation[] {
  const told: Observation[] = []
  const context = contextInto(told, secrets === '' ? undefined : keyLog(secrets))
  const consumer = open(context)
  const unwanted: [number, number] = [0, 0]
  let time = 0
  for (const [i, step] of steps.entries()) {
    const { side } = step
    const whole = 'bytes' in step ? step.bytes.length : step.missing
    const skipped = Math.min(unwanted[side], whole)
    unwanted[side] -= skipped
    time = (i + 1) * 1000
    if (skipped === whole) continue
    // Lent octets: whoever keeps them reads nonsense.
    const lent = 'bytes' in step ? step.bytes.slice() : null
    const answer =
      lent === null
        ? consumer.gap(side, whole - skipped, time, i + 1)
        : consumer.data(side, lent, skipped, whole, time, i + 1)
    lent?.fill(0xee)
    if (!Number.isInteger(answer) || answer < DETACH) throw new Error(`the parser answered ${answer}`)
    const octets = held(consumer as never)
    if (octets > max) throw new Error(`the parser holds ${octets} octets, more than ${max}`)
    if (told.length > OBSERVATIONS_MAX) throw new Error('observations without end')
    if (answer === DETACH) return told
    unwanted[side] = answer
  }
  if (isOrderly) for (const side of [0, 1] as const) consumer.end(side, time, steps.length)
  consumer.close(time)
  for (const observation of told) checkNumbers(observation, observation.kind)
  return told
}

/** What the dispatcher, with all that is behind it, tells of a case. */
export const heard = (of: DialogueCase): Observation[] => play(of, READERS[0]!)

/** Every second case goes to the dispatcher; which parser else is told by the case's number. */
export function listen(of: DialogueCase, number: number): void {
  const choice = number % 4 < 2 ? number % 2 : 2 + ((number >> 2) % (READERS.length - 2))
  play(of, READERS[choice]!)
}
