/**
 * The cases that every stream parser must pass, run against a story: the octets of a connection, in the order
 * in which its sides sent them.
 *
 * Whole; every split point; one octet at a time; random segments; a gap at every offset; every snap length;
 * every prefix; the sides turned round; one side only; random octets; damaged octets. Whatever comes: no
 * throw, answers of the StreamConsumer contract, memory within the declared bound. However a story is cut
 * into segments, the observations are the same; and a gap or a cut may take claims away, never add one.
 *
 * All segments of part i carry packet i + 1 and time (i + 1) ms, so observations are equal in full,
 * references included. The buffer is overwritten after each call: a parser that keeps borrowed octets is
 * found out.
 */
import { describe, expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import type { Side } from '../../src/model/packet.ts'
import { DETACH } from '../../src/model/stream.ts'
import type { StreamConsumer, StreamContext, TlsSecrets } from '../../src/model/stream.ts'
import { MILLISECOND } from '../../src/model/time.ts'

export interface StoryPart {
  readonly side: Side
  readonly bytes: Uint8Array
}

export interface ParserCase {
  open(context: StreamContext): StreamConsumer
  readonly story: readonly StoryPart[]
  /** Checks what the whole story says. Without it, it must say something. */
  expect?(observations: readonly Observation[]): void
  /**
   * What an observation claims, as texts: with gaps and cuts, none may appear that the whole story does not
   * make.
   */
  claims?(observation: Observation): readonly string[]
  /**
   * False for an observation that rightly depends on the segments (an `opening`); it is left out of
   * comparisons.
   */
  steady?(observation: Observation): boolean
  /** Octets that a parser holds, and their declared bound. */
  readonly held?: { of(consumer: StreamConsumer): number; readonly max: number }
  readonly secrets?: TlsSecrets
  /** Offsets tried in a sweep; a longer story is swept in even steps. */
  readonly sweepMax?: number
}

/** A stretch of one part of the story; a `gap` stretch was not captured. */
interface Stretch {
  readonly part: number
  readonly from: number
  readonly to: number
  readonly gap: boolean
}

const SWEEP_MAX = 2000
/** Where octets stand in the lent buffer: not at 0, so that a parser which forgets `start` is found out. */
const LENT_AT = 7
const timeOf = (part: number): number => (part + 1) * MILLISECOND

export function contextInto(observations: Observation[], secrets?: TlsSecrets): StreamContext {
  return {
    tap: '',
    connection: 1,
    originator: { address: '192.0.2.1', port: 40000 },
    responder: { address: '192.0.2.2', port: 443 },
    emit: (observation) => void observations.push(observation),
    ...(secrets === undefined ? {} : { secrets }),
  }
}

/** Plays segments to a parser the way reassembly does, and keeps it to its contract. */
class Player {
  readonly observations: Observation[] = []
  readonly consumer: StreamConsumer
  readonly of: ParserCase
  detached = false
  readonly unwanted: [number, number] = [0, 0]

  constructor(of: ParserCase) {
    this.of = of
    this.consumer = of.open(contextInto(this.observations, of.secrets))
  }

  play(side: Side, bytes: Uint8Array, part: number, gap: boolean): void {
    if (this.detached) return
    const skipped = Math.min(this.unwanted[side], bytes.length)
    this.unwanted[side] -= skipped
    if (skipped === bytes.length) return
    const length = bytes.length - skipped
    if (gap) return this.answered(side, this.consumer.gap(side, length, timeOf(part), part + 1))
    const lent = new Uint8Array(LENT_AT + length + LENT_AT).fill(0x0a)
    lent.set(bytes.subarray(skipped), LENT_AT)
    const answer = this.consumer.data(side, lent, LENT_AT, LENT_AT + length, timeOf(part), part + 1)
    lent.fill(0xee)
    this.answered(side, answer)
  }

  answered(side: Side, answer: number): void {
    if (!Number.isInteger(answer) || answer < DETACH) throw new Error(`the parser answered ${answer}`)
    const held = this.of.held
    if (held !== undefined && held.of(this.consumer) > held.max)
      throw new Error(`it holds ${held.of(this.consumer)}`)
    if (answer === DETACH) this.detached = true
    else this.unwanted[side] = answer
  }

  finish(part: number, orderly: boolean): Observation[] {
    if (!this.detached && orderly)
      for (const side of [1, 0] as const) this.consumer.end(side, timeOf(part), part + 1)
    if (!this.detached) this.consumer.close(timeOf(part))
    return this.observations
  }
}

const whole = (story: readonly StoryPart[]): Stretch[] =>
  story.map((part, i) => ({ part: i, from: 0, to: part.bytes.length, gap: false }))

function run(of: ParserCase, stretches: Iterable<Stretch>, orderly = true, story = of.story): Observation[] {
  const player = new Player(of)
  for (const { part, from, to, gap } of stretches) {
    const { side, bytes } = story[part]!
    if (to > from) player.play(side, bytes.subarray(from, to), part, gap)
  }
  return player.finish(story.length, orderly)
}

/** Part `at` cut at `offsets` (ascending), the others whole; stretch number `lost` of that part is a gap. */
function cut(story: readonly StoryPart[], at: number, offsets: readonly number[], lost = -1): Stretch[] {
  const edges = [0, ...offsets, story[at]!.bytes.length]
  const pieces = edges.slice(1).map((to, i) => ({ part: at, from: edges[i]!, to, gap: i === lost }))
  const all = whole(story)
  return [...all.slice(0, at), ...pieces, ...all.slice(at + 1)]
}

/** Every offset of the story as (part, offset), in even steps if there are more than `max`. */
function* sweep(story: readonly StoryPart[], max: number): Generator<[number, number]> {
  const total = story.reduce((sum, part) => sum + part.bytes.length, 0)
  const step = Math.ceil(total / max)
  let at = 0
  for (const [part, { bytes }] of story.entries())
    for (let offset = 0; offset < bytes.length; offset++) if (at++ % step === 0) yield [part, offset]
}

/** A seeded generator of whole numbers below `n` (mulberry32): the same cases on every run. */
export function seeded(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n)
  }
}

function* randomCuts(story: readonly StoryPart[], random: (n: number) => number): Generator<Stretch> {
  for (const [part, { bytes }] of story.entries())
    for (let from = 0; from < bytes.length;) {
      const to = Math.min(bytes.length, from + 1 + random(random(4) === 0 ? 4 : 400))
      yield { part, from, to, gap: false }
      from = to
    }
}

const octets = (story: readonly StoryPart[]): Stretch[] =>
  story.flatMap(({ bytes }, part) =>
    Array.from(bytes, (_, from) => ({ part, from, to: from + 1, gap: false })),
  )

export function runParserCases(name: string, of: ParserCase): void {
  const { story } = of
  const max = of.sweepMax ?? SWEEP_MAX
  const steady = (all: Observation[]): Observation[] => all.filter((o) => of.steady?.(o) ?? true)
  const claims = (all: Observation[]): string[] => all.flatMap((o) => [...(of.claims?.(o) ?? [])])
  const truth = (): Observation[] => run(of, whole(story))
  const claimsNothingNew = (all: Observation[], known: ReadonlySet<string>, where: string): void =>
    expect(
      claims(all).filter((claim) => !known.has(claim)),
      where,
    ).toEqual([])

  describe(`${name}: as every parser`, () => {
    test('the whole story', () => {
      const all = truth()
      expect(all.length).toBeGreaterThan(0)
      of.expect?.(all)
    })

    test('every split point says the same', () => {
      const expected = steady(truth())
      for (const [part, offset] of sweep(story, max)) {
        if (offset === 0) continue
        expect(steady(run(of, cut(story, part, [offset]))), `part ${part} split at ${offset}`).toEqual(
          expected,
        )
      }
    })

    test('one octet at a time, and random segments, say the same', () => {
      const expected = steady(truth())
      expect(steady(run(of, octets(story)))).toEqual(expected)
      for (let seed = 1; seed <= 40; seed++)
        expect(steady(run(of, randomCuts(story, seeded(seed)))), `seed ${seed}`).toEqual(expected)
    })

    test('a gap at every offset adds no claim', () => {
      const known = new Set(claims(truth()))
      for (const [part, offset] of sweep(story, max))
        for (const length of [1, 7, Infinity]) {
          const end = Math.min(story[part]!.bytes.length, offset + length)
          const all = run(of, cut(story, part, [offset, end], 1))
          claimsNothingNew(all, known, `part ${part}, ${end - offset} octets missing at ${offset}`)
        }
    })

    test('every snap length adds no claim', () => {
      const known = new Set(claims(truth()))
      for (const snap of [0, 1, 5, 12, 16, 40, 64, 96, 128, 200, 512]) {
        const cuts = story.flatMap(({ bytes }, part) => [
          { part, from: 0, to: Math.min(snap, bytes.length), gap: false },
          { part, from: Math.min(snap, bytes.length), to: bytes.length, gap: true },
        ])
        claimsNothingNew(run(of, cuts), known, `snap length ${snap}`)
      }
    })

    test('every prefix, closed or cut off, adds no claim', () => {
      const known = new Set(claims(truth()))
      for (const [part, offset] of sweep(story, max)) {
        const stretches = [...whole(story.slice(0, part)), { part, from: 0, to: offset, gap: false }]
        for (const orderly of [true, false])
          claimsNothingNew(run(of, stretches, orderly), known, `cut off in part ${part} at ${offset}`)
      }
    })

    test('the sides turned round, or one side only, do no harm', () => {
      const turned = story.map(({ side, bytes }) => ({ side: (1 - side) as Side, bytes }))
      expect(() => run(of, whole(turned), true, turned)).not.toThrow()
      for (const only of [0, 1]) {
        const one = story.map(({ bytes }) => ({ side: only as Side, bytes }))
        expect(() => run(of, whole(one), true, one)).not.toThrow()
        expect(() =>
          run(
            of,
            whole(story).filter((s) => story[s.part]!.side === only),
          ),
        ).not.toThrow()
      }
    })

    test('random octets do no harm', () => {
      for (let seed = 1; seed <= 60; seed++) {
        const random = seeded(seed)
        const noise = Array.from({ length: 1 + random(12) }, (): StoryPart => ({
          side: random(2) as Side,
          bytes: Uint8Array.from({ length: 1 + random(3000) }, () => random(256)),
        }))
        expect(() => run(of, randomCuts(noise, random), true, noise), `seed ${seed}`).not.toThrow()
      }
    })

    test('damaged octets do no harm', () => {
      for (let seed = 1; seed <= 120; seed++) {
        const random = seeded(seed)
        const damaged = story.map(({ side, bytes }): StoryPart => {
          const copy = Uint8Array.from(bytes) // a Buffer's own slice would share its octets
          for (let n = random(5); n > 0 && copy.length > 0; n--) copy[random(copy.length)] = random(256)
          return { side, bytes: copy }
        })
        expect(() => run(of, randomCuts(damaged, random), true, damaged), `seed ${seed}`).not.toThrow()
      }
    })
  })
}
