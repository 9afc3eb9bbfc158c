import { describe, expect, test } from 'vitest'
import { HELD_BYTES_MAX } from '../../../src/protocols/tls/held.ts'
import type { StoryPart } from '../parser.case.ts'
import { keyLogOf, made, record, text } from './craft.ts'
import { record as talk } from './handshakes.ts'
import { play, summary } from './play.ts'

const RECORD_HEADER = 5
const MESSAGE_HEADER = 4

const full12 = await talk({ client: { maxVersion: 'TLSv1.2' } })
const full13 = await talk()

describe('neighbouring packets that the capture swapped', () => {
  const swapped = (story: readonly StoryPart[], at: number): StoryPart[] => [
    ...story.slice(0, at),
    story[at + 1]!,
    story[at]!,
    ...story.slice(at + 2),
  ]

  test.each([
    ['TLS 1.2', full12],
    ['TLS 1.3', full13],
  ])('the answer before the question (%s)', (_name, { story, keyLog: keys, sent }) => {
    const straight = play(story, { keys })
    const { handshakes, inside } = play(swapped(story, 0), { keys })
    expect(summary({ handshakes })).toEqual(summary(straight))
    expect(handshakes[0]).toMatchObject({ client: { packet: 2 }, server: { packet: 1 } })
    expect(inside).toEqual(sent)
    expect(summary(play(swapped(story, 0)))).toEqual(summary(play(story)))
  })

  test.each([
    ['TLS 1.2', full12],
    ['TLS 1.3', full13],
  ])('the answer before the last segment of the question (%s)', (_name, { story, keyLog: keys, sent }) => {
    const [asked, ...others] = story
    const straight = summary(play(story, { keys }))
    for (const at of [1, 5, 6, 60, asked!.bytes.length - 1]) {
      const parts = [asked!.bytes.subarray(0, at), asked!.bytes.subarray(at)]
      const [first, last] = parts.map((part): StoryPart => ({ side: 0, bytes: part }))
      const { handshakes, inside } = play([first!, others[0]!, last!, ...others.slice(1)], { keys })
      expect(summary({ handshakes }), `split at ${at}`).toEqual(straight)
      expect(inside).toEqual(sent)
      const octets = [...others[0]!.bytes].map((octet): StoryPart => ({
        side: 1,
        bytes: Uint8Array.of(octet),
      }))
      const slowly = play([first!, ...octets, last!, ...others.slice(1)], { keys, pace: 1 })
      expect(summary(slowly), `split at ${at}, octet by octet`).toEqual(straight)
    }
  })

  test('a question that is over only after its answer was read is not another one', () => {
    const { bytes } = full12.story[0]!
    const parts = [bytes.subarray(0, 60), bytes.subarray(60)].map((b): StoryPart => ({ side: 0, bytes: b }))
    const answer = full12.story[1]!.bytes
    const answers = [answer.subarray(0, 20), answer.subarray(20)].map((b): StoryPart => ({
      side: 1,
      bytes: b,
    }))
    const story = [parts[0]!, ...answers, parts[1]!, ...full12.story.slice(2)]
    const { handshakes } = play(story, { pace: 1_100_000 })
    expect(handshakes).toMatchObject([
      { client: { version: 0x0303 }, server: { version: 0x0303 }, resumed: false },
    ])
  })

  test("the client's Finished before the server's answer", () => {
    const { story, client } = made()
    const late = { side: 0, bytes: client(23, text('asked')) } as const
    const { inside, handshakes } = play([story[0]!, story[2]!, late, story[1]!], { keys: keyLogOf() })
    expect(inside).toEqual(['asked', ''])
    expect(handshakes).toMatchObject([{ decrypted: true }])
  })

  test('a record that goes on with a ClientHello begins no ServerHello, whatever its first octet is', () => {
    const [asked, ...others] = full13.story
    const hello = asked!.bytes.subarray(RECORD_HEADER)
    const at = hello.indexOf(2, MESSAGE_HEADER)
    const parts = [hello.subarray(0, at), hello.subarray(at)]
    const split = parts.map((part): StoryPart => ({ side: 0, bytes: record(22, part) }))
    const keys = full13.keyLog
    const { handshakes, inside } = play([...split, ...others], { keys })
    expect(summary({ handshakes })).toEqual(summary(play(full13.story, { keys })))
    expect(inside).toEqual(full13.sent)
  })

  test('an answer whose question never comes is read after a second', () => {
    const answers = full12.story.filter(({ side }) => side === 1)
    const first = { pace: 100_000, ends: false } as const
    expect(play(answers.slice(0, 1), first).handshakes).toMatchObject([
      { client: null, server: { version: 0x0303 } },
    ])
    const slow = play([...answers, ...answers.slice(-1)], { ...first, pace: 1_100_000 })
    expect(slow.handshakes).toMatchObject([{ time: 1_100_000, client: null }])
    expect(slow.handshakes[0]!.certificates[0]!.names).toContain('server.example')
  })

  test('or after so many octets', () => {
    const answer = full13.story[1]!
    const data: StoryPart = { side: 1, bytes: record(23, new Uint8Array(16_000)) }
    const { held: most, handshakes } = play([answer, data, data, data], { pace: 1, ends: false })
    expect(handshakes).toMatchObject([{ client: null, packet: 1 }])
    expect(most).toBeLessThanOrEqual(HELD_BYTES_MAX)
    expect(most).toBeGreaterThan(16_000)
  })
})
