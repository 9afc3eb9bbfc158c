import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { TOGETHER_MAX } from '../../../src/sessions/ends/recent-ends.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { finished, half, reset, silence, summaryOf } from '../parties.ts'
import type { SightingParts } from '../parties.ts'

import { Story } from './endings-story.ts'
const DLP2 = { address: '192.0.2.11', port: 443 }
const from = (n: number) => ({ from: { address: `10.0.1.${n}`, port: 50_000 } })

describe('an idle path that ends', () => {
  test('is told once the other taps have had their say', () => {
    const s = new Story()
    const sighting = s.closesAt(310)
    expect(s.told('path-ended', 311.9)).toEqual([])
    expect(s.told('path-ended', 312)).toEqual([
      {
        kind: 'path-ended',
        path: sighting.path,
        at: seconds(310),
        endedTogether: [],
        next: null,
        lost: sighting,
      },
    ])
  })

  test('on which nobody was heard is linked to who soon comes from its address, of however many', () => {
    const s = new Story()
    for (let i = 0; i < 1 << 14; i++)
      s.closesAt(310, { from: { address: `10.1.${i >> 8}.${i & 255}`, port: 50_000 } })
    const lost = s.closesAt(3000)
    const next = s.opens({ start: 3010 })
    s.arrives(next)
    const [, its] = s.told('path-ended').filter(({ path }) => path === lost.path)
    expect([its?.next, next.path.isReturn]).toEqual([next, true])
  })

  test('together with very many others is told with those nearest in time', () => {
    const s = new Story()
    const address = (i: number): string => `10.1.${i >> 8}.${i & 255}`
    for (let i = 0; i < 1000; i++) s.closesAt(310 + i / 1000, { from: { address: address(i), port: 50_000 } })
    const of = s
      .told('path-ended')
      .find(({ path }) => path.sightings[0]!.originator.address === address(500))!
    const times = of.endedTogether.map(({ ending }) => ending!.finished[1]!.time - of.at)
    expect(times).toHaveLength(TOGETHER_MAX)
    expect(Math.max(...times.map(Math.abs))).toBe(seconds(TOGETHER_MAX / 2 / 1000))
  })

  test('in good order, while it was in use, is not told', () => {
    const s = new Story()
    s.closesAt(310, {}, false)
    expect(s.told('path-ended')).toEqual([])
  })

  test('by a reset is told, idle or not', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.reset(sighting, reset(sighting, 1, 50))
    expect(s.told('path-ended')).toMatchObject([{ at: seconds(50), lost: null }])
  })

  test('by a reset that is challenged, is none', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'aborted', { from: 10, to: 310, endPacket: 7 }))
    s.endings.reset(sighting, reset(sighting, 1, 310))
    const { tap, connection } = sighting
    const its = { kind: 'reset-challenged', tap, connection, from: 1, packet: 9, time: seconds(311) } as const
    s.endings.challenged(sighting, { ...its, reset: 7 })
    expect(sighting.ending).toMatchObject({ resets: [null, null], silence: null })
    expect(s.told('path-ended')).toEqual([])
  })

  test('after a silence that is shorter than idle, is not told', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'closed', { from: 10, to: 69 }))
    expect(s.told('path-ended')).toEqual([])
  })

  test('because nobody answers is told after two minutes', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    expect(s.told('path-ended', 429)).toEqual([])
    expect(s.told('path-ended', 430)).toMatchObject([{ at: seconds(310), lost: sighting }])
  })

  test('... or at once, when its agent is back', () => {
    const s = new Story()
    const sighting = s.opens()
    s.arrives(sighting)
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    const next = s.opens({ start: 330 })
    s.arrives(next)
    expect(s.told('path-ended', 330)).toMatchObject([{ at: seconds(310), next }])
  })

  test('and is answered after all, did not end', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    s.endings.silence(sighting, silence(sighting, 'answered', { outcomeAt: seconds(320) }))
    expect([sighting.end.silence, sighting.path.ending, sighting.path.endedAt]).toEqual([null, false, null])
    s.endings.finished(sighting, finished(sighting, 1, 330))
    expect(s.told('path-ended')).toEqual([])
  })

  test('another silence that was answered changes nothing', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    s.endings.silence(sighting, silence(sighting, 'answered', { startPacket: 99 }))
    expect(s.told('path-ended')).toHaveLength(1)
  })
})

describe('what ended together with it', () => {
  const together = (parts: SightingParts, at: number, how: 'server' | 'agent' = 'server'): number => {
    const s = new Story()
    const other = s.opens({ ...from(1), ...parts })
    s.endings.finished(other, finished(other, how === 'server' ? 1 : 0, at))
    s.closesAt(310)
    return s.told('path-ended')[0]!.endedTogether.length
  }

  test.each<[string, SightingParts, number, 'server' | 'agent', number]>([
    ['to the same server, two seconds before', {}, 308, 'server', 1],
    ['longer ago', {}, 307.9, 'server', 0],
    ['another server', { to: DLP2 }, 310, 'server', 0],
    ['at another tap', { tap: 'server' }, 310, 'server', 0],
    ['its agent closed it', {}, 310, 'agent', 0],
    ['it had just begun', { start: 260 }, 310, 'server', 0],
  ])('%s', (_what, parts, at, how, count) => expect(together(parts, at, how)).toBe(count))

  test('later, while it was still hoped that somebody would answer', () => {
    const s = new Story()
    const sighting = s.opens()
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    const other = s.opens(from(1))
    s.endings.finished(other, finished(other, 1, 313))
    expect(s.told('path-ended')[0]!.endedTogether).toEqual([])
  })

  test('through one relay, whatever the server', () => {
    const s = new Story()
    const relay = (port: number, to?: typeof DLP2): SightingParts => ({
      tap: 'server',
      leg: 'back',
      from: { address: '10.10.3.1', port },
      ...(to === undefined ? {} : { to }),
    })
    const other = s.opens(relay(1, DLP2))
    s.endings.finished(other, finished(other, 0, 310))
    s.closesAt(310, relay(2))
    expect(s.told('path-ended')[0]!.endedTogether).toEqual([other])
  })
})

describe('an agent that comes back', () => {
  /** Lost at 310 s, back ten seconds later, with so many octets at once. */
  function back(octets: number, gap = 10, others = 0): Story {
    const s = new Story()
    for (let i = 0; i < others; i++) s.closesAt(310, from(10 + i))
    const lost = s.opens()
    s.arrives(lost)
    s.endings.silence(lost, silence(lost, 'closed', { to: 310, brokenBy: 1, breaker: 'fin' }))
    s.endings.finished(lost, finished(lost, 1, 310))
    s.agenda.runUntil(seconds(313))
    const next = s.opens({ start: 310 + gap })
    s.arrives(next)
    s.endings.silence(
      next,
      silence(next, 'answered', { from: 311 + gap, to: 400 + gap, bytes: [50, octets] }),
    )
    return s
  }

  test('is told with what it was given', () => {
    const s = back(40_000)
    expect(s.told('returned')).toMatchObject([
      { bytes: 40_000, usualBytes: null, duration: seconds(1), sighting: { start: seconds(320) } },
    ])
  })

  test.each([
    ['another tap', { tap: 'server' }],
    ['the other side of a translator', { from: { address: '203.0.113.5', port: 50_000 } }],
  ])('though %s showed the lost one, too, and nothing says that it was that one', (_where, parts) => {
    const s = new Story()
    const lost = s.opens()
    s.arrives(lost)
    s.arrives(s.opens({ ...parts, start: 0.01 }))
    s.endings.silence(lost, silence(lost, 'closed', { to: 310, brokenBy: 1, breaker: 'fin' }))
    const next = s.opens({ start: 320 })
    s.arrives(next)
    s.arrives(s.opens({ ...parts, start: 320.01 }))
    s.endings.silence(next, silence(next, 'answered', { from: 321, to: 400, bytes: [50, 40_000] }))
    expect(s.told('returned')).toMatchObject([{ lost, sighting: next }])
  })

  test('is told once, at whichever end of its first words', () => {
    const s = back(40_000)
    const [event] = s.told('returned')
    const sighting = event!.sighting as TrackedSighting
    s.endings.closed(
      sighting,
      summaryOf(sighting, { halves: [half(), half({ bytes: 99_000 })] }),
      seconds(500),
    )
    const twin = s.opens({ tap: 'server', start: 320 }) // the same one at another tap
    twin.path = sighting.path
    s.endings.reset(twin, reset(twin, 1, 330))
    expect(s.told('returned')).toHaveLength(1)
  })

  test.each([
    ['too late to belong to the loss', 120.1, 0],
    ['with many others: something larger than its loss', 10, 5],
  ])('%s: not told', (_what, gap, others) => {
    expect(back(40_000, gap, others).told('returned')).toEqual([])
  })

  test('is compared with an ordinary minute of others', () => {
    const s = new Story()
    for (const [i, octets] of [4200, 1200, 600].entries()) {
      const sighting = s.opens(from(20 + i))
      sighting.initialBytes = 200
      s.endings.closed(
        sighting,
        summaryOf(sighting, { end: seconds(120), halves: [half(), half({ bytes: octets })] }),
        seconds(130),
      )
    }
    const brief = s.opens(from(30)) // too short for a minute's rate
    brief.initialBytes = 0
    const halves = [half(), half({ bytes: 9_000_000 })] as const
    for (let i = 0; i < 3; i++)
      s.endings.closed(brief, summaryOf(brief, { end: seconds(59), halves }), seconds(130))
    s.arrives(s.closesAt(310))
    const next = s.opens({ start: 320 })
    s.arrives(next)
    s.endings.reset(next, reset(next, 1, 330, { bytes: [1, 7000] }))
    expect(s.told('returned')).toMatchObject([{ bytes: 7000, usualBytes: 500 }])
  })
})

describe('a path that was left without a word', () => {
  const left = (parts: {
    last?: number
    next?: number
    ended?: boolean
    style?: 'polling'
    from?: string
    leg?: 'back'
  }): number => {
    const { last = 20, next = 310, ended = false } = parts
    const s = new Story()
    const leg = parts.leg ?? 'direct'
    const sighting = s.opens({ leg })
    if (parts.style !== undefined) sighting.service = { ...sighting.service, style: parts.style }
    s.arrives(sighting)
    const from = { address: parts.from ?? sighting.originator.address, port: 50_001 }
    const other = s.opens({ start: next, from, leg })
    other.service = sighting.service
    s.arrives(other)
    const halves = [half({ lastPacketAt: seconds(last) }), half()] as const
    const over = summaryOf(sighting, {
      halves,
      endReason: ended ? 'client-fin' : 'open',
      endedBy: ended ? 0 : null,
    })
    s.endings.closed(sighting, over, seconds(500))
    return s.told('path-abandoned').length
  }

  test.each([
    ['is told: idle, never closed, and its agent has another', {}, 1],
    ['it was not idle when the other began', { last: 251 }, 0],
    ['its agent closed it', { ended: true }, 0],
    ['agents of this service come and go', { style: 'polling' as const }, 0],
    ['its host has gone elsewhere, and comes from another address', { from: '10.0.7.5' }, 0],
    ['... or from another one of its network', { from: '10.0.0.77' }, 1],
    ['... which is a relay’s', { from: '10.0.7.5', leg: 'back' as const }, 1],
  ])('%s', (_what, parts, count) => expect(left(parts)).toBe(count))
})

describe('a path that is left without a word, and still open', () => {
  const TRIES = 925

  function leaves(parts: { style?: 'polling'; isJoined?: boolean; ends?: boolean } = {}) {
    const s = new Story()
    const sighting = s.opens()
    if (parts.style !== undefined) sighting.service = { ...sighting.service, style: parts.style }
    s.arrives(sighting)
    const next = s.opens({ start: 310, from: { ...sighting.originator, port: 50_001 } })
    next.service = sighting.service
    s.arrives(next)
    if (parts.isJoined === true) sighting.path.join(s.opens().path, 'PROXY header')
    if (parts.ends === true) s.endings.reset(sighting, reset(sighting, 1, 320))
    return { s, sighting, next }
  }
  const silentSince = (sighting: TrackedSighting, last: number) =>
    summaryOf(sighting, { halves: [half({ lastPacketAt: seconds(last) }), half()], endedBy: null })

  test('is waited for when its agent goes on elsewhere, and both are silent for as long as hosts try', () => {
    const { s, sighting, next } = leaves()
    expect(s.endings.awaits(sighting, seconds(310 + TRIES) - 1)).toBe(false)
    expect(s.endings.awaits(sighting, seconds(310 + TRIES))).toBe(true)
    expect(s.endings.awaits(next, seconds(100_000))).toBe(false)
    s.endings.stillSilent(sighting, silentSince(sighting, 20))
    expect(s.told('path-abandoned')).toMatchObject([{ sighting, next, at: seconds(310) }])
  })

  test('is told once, its end included', () => {
    const { s, sighting } = leaves()
    s.endings.stillSilent(sighting, silentSince(sighting, 20))
    expect(s.endings.awaits(sighting, seconds(100_000))).toBe(false)
    s.endings.closed(sighting, silentSince(sighting, 20), seconds(100_000))
    expect(s.told('path-abandoned')).toHaveLength(1)
  })

  test('is not told where it was used when the other began, and not asked for again', () => {
    const { s, sighting } = leaves()
    s.endings.stillSilent(sighting, silentSince(sighting, 300))
    expect(s.told('path-abandoned')).toEqual([])
    expect(s.endings.awaits(sighting, seconds(100_000))).toBe(false)
  })

  test.each([
    ['agents of this service come and go', { style: 'polling' as const }],
    ['another tap may know more', { isJoined: true }],
    ['its end is known', { ends: true }],
  ])('is not waited for: %s', (_what, parts) => {
    const { s, sighting } = leaves(parts)
    expect(s.endings.awaits(sighting, seconds(100_000))).toBe(false)
  })
})

describe('a server that still holds what its agent has left', () => {
  function holds(change: (sighting: TrackedSighting) => void): number {
    const s = new Story()
    const sighting = s.opens()
    change(sighting)
    const previous = s.parties.visit(sighting, 'A', 10)
    s.endings.wentElsewhere(previous, s.parties.visit(s.opens({ to: DLP2, start: 300 }), 'A', 300))
    expect(s.told('left-open', 359)).toEqual([])
    return s.told('left-open', 360).length
  }
  const fin = (side: 0 | 1) => (sighting: TrackedSighting) => {
    sighting.end.finished[side] = finished(sighting, side, 200)
  }
  const asked = (count: number, keepAlive: boolean) => (sighting: TrackedSighting) => {
    sighting.end.unanswered[1] = {
      ...reset(sighting, 1, 200),
      kind: 'unanswered',
      count,
      since: 0,
      firstPacket: 1,
      keepAlive,
      hopLimit: 64,
    }
  }

  test.each<[string, (sighting: TrackedSighting) => void, number]>([
    ['only the agent closed', fin(0), 1],
    ['its probes find nobody', asked(2, true), 1],
    ['one probe is not enough', asked(1, true), 0],
    ['what it said is sent again and again, in vain', asked(4, false), 1],
    ['... but twice within a second: an acknowledgment may have been lost', asked(2, false), 0],
    ['both closed', (s) => (fin(0)(s), fin(1)(s)), 0],
    ['it was reset', (s) => (fin(0)(s), (s.end.resets[1] = reset(s, 1, 201))), 0],
    ['it is over', (s) => (fin(0)(s), (s.closed = true)), 0],
    ['nobody closed', () => {}, 0],
    ['it is the leg to a relay', (s) => (fin(0)(s), (s.leg = 'front')), 0],
    [
      'what it said last was not captured',
      (s) => {
        fin(0)(s)
        s.end.summary = summaryOf(s, { halves: [half(), half({ missingBytes: 1 })] })
      },
      0,
    ],
  ])('%s', (_what, change, count) => expect(holds(change)).toBe(count))
})

test('silences that connections survived, by service and leg, in seconds', () => {
  const s = new Story()
  for (const survived of [120, 0, 300]) {
    const sighting = s.opens()
    s.endings.closed(sighting, summaryOf(sighting, { longestSurvived: seconds(survived) }), seconds(400))
  }
  expect(s.endings.survivals.of('dlp', 'direct')).toEqual([120, 300])
  expect(s.endings.survivals.of('dlp', 'front')).toEqual([])
})

describe("an agent's connections, one after the other", () => {
  /** The n-th connection: opens, lasts a minute, is closed and accounted for 240 s later. */
  function polls(s: Story, n: number): TrackedSighting {
    const sighting = s.opens({ start: n * 400 })
    s.arrives(sighting)
    s.endings.finished(sighting, finished(sighting, 0, n * 400 + 60))
    sighting.closed = true
    s.endings.closed(sighting, summaryOf(sighting), seconds(n * 400 + 300))
    s.agenda.runUntil(seconds(n * 400 + 399))
    return sighting
  }

  test('are no chain: the first does not hold the others', () => {
    const s = new Story()
    const all = [0, 1, 2, 3].map((n) => polls(s, n))
    expect(all.map(({ path }) => [path.hasNext, path.next])).toEqual([
      [true, null],
      [true, null],
      [true, null],
      [false, null],
    ])
  })

  test('one that is open knows the next one', () => {
    const s = new Story()
    const open = s.opens()
    s.arrives(open)
    const next = polls(s, 1)
    expect(open.path.next).toBe(next)
    expect(polls(s, 2).path.hasNext).toBe(false)
    expect([open.path.next, next.path.next]).toEqual([next, null])
  })

  test('one whose loss is still to be told does, too, and lets go then', () => {
    const s = new Story()
    const sighting = s.opens()
    s.arrives(sighting)
    s.endings.silence(sighting, silence(sighting, 'unanswered'))
    sighting.closed = true
    s.endings.closed(sighting, summaryOf(sighting), seconds(320))
    const next = s.opens({ start: 330 })
    s.arrives(next)
    expect(sighting.path.next).toBe(next)
    expect(s.told('path-ended')).toMatchObject([{ next }, { next }])
    expect([sighting.path.hasNext, sighting.path.next]).toEqual([true, null])
  })

  test('nor are those that make good the loss of the one before', () => {
    const s = new Story()
    const lost = s.closesAt(310)
    s.arrives(lost)
    const next = s.opens({ start: 320 })
    s.arrives(next)
    expect(next.path.returnOf).toBe(lost)
    s.endings.silence(next, silence(next, 'answered', { from: 330, to: 400 }))
    expect(s.told('returned')).toMatchObject([{ lost, sighting: next }])
    expect([next.path.isReturn, next.path.returnOf]).toEqual([true, null])
  })
})
