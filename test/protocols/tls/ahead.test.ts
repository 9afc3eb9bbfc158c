import { createCipheriv } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { Helper, OpensAhead } from '../../../src/protocols/tls/ahead.ts'
import { AEADS } from '../../../src/protocols/tls/ciphers.data.ts'
import { text } from './craft.ts'

const NONCE = new Uint8Array(12).fill(7)
const ADDITIONAL = Uint8Array.of(23, 3, 3, 0, 40)
const keyOf = (octet: number, cipher: number): string =>
  String.fromCharCode(octet).repeat(AEADS[cipher]!.keyBytes)

/** A record's body: content and tag. */
function sealed(cipher: number, key: string, content: string): Uint8Array {
  const { cipher: name, tagBytes } = AEADS[cipher]!
  const octets = Buffer.from(key, 'latin1')
  const sealing = createCipheriv(name as 'aes-128-ccm', octets, NONCE, { authTagLength: tagBytes })
  sealing.setAAD(ADDITIONAL, { plaintextLength: content.length })
  return new Uint8Array(Buffer.concat([sealing.update(text(content)), sealing.final(), sealing.getAuthTag()]))
}

interface Side {
  readonly ahead: OpensAhead
  readonly memory: SharedArrayBuffer
  readonly helper: Helper
}

const started: OpensAhead[] = []
afterEach(() => {
  for (const ahead of started.splice(0)) ahead.close()
})

/** Both sides in one thread: the helper works when it is told to. */
function both(): Side {
  const memories: SharedArrayBuffer[] = []
  const ahead = new OpensAhead((memory) => {
    memories.push(memory)
    return { stop: () => {} }
  }, 0)
  started.push(ahead)
  ahead.begin(new Uint8Array(0))
  ahead.dispatch()
  const [memory] = memories
  if (memory === undefined) throw new Error('no helper was started')
  return { ahead, memory, helper: new Helper(memory) }
}

/** Bodies one after the other, and where they begin. */
function laid(bodies: readonly Uint8Array[]): { octets: Uint8Array; at: number[] } {
  const at = bodies.map((_, i) => bodies.slice(0, i).reduce((sum, body) => sum + body.length, 3))
  return { octets: new Uint8Array(Buffer.concat([Buffer.alloc(3), ...bodies])), at }
}

/** Posts bodies of one key, numbered from 0. */
function post({ ahead }: Side, cipher: number, key: string, bodies: readonly Uint8Array[]) {
  const { octets, at } = laid(bodies)
  ahead.begin(octets)
  const keyNumber = ahead.newKey()
  for (const [i, start] of at.entries())
    ahead.post(cipher, keyNumber, key, i, NONCE, ADDITIONAL, start, start, start + bodies[i]!.length)
  ahead.dispatch()
  return { octets, at, keyNumber }
}

function taken({ ahead }: Side, b: Uint8Array, at: number, keyNumber: number, number: number): string | null {
  const place = ahead.take(b, at, keyNumber, number)
  if (place < 0) return null
  const from = ahead.contentAt(place)
  return Buffer.from(ahead.octets.slice(from, from + ahead.contentLength(place))).toString('latin1')
}

test.each(AEADS.map((bulk, cipher) => [`${bulk.cipher}, tag of ${bulk.tagBytes}`, cipher] as const))(
  '%s: what was posted is opened and taken',
  (_, cipher) => {
    const side = both()
    const contents = ['one', 'two'.repeat(400), '']
    const key = keyOf(0xa5, cipher)
    const bodies = contents.map((content) => sealed(cipher, key, content))
    const { octets, at, keyNumber } = post(side, cipher, key, bodies)
    side.helper.openAll()
    expect(at.map((start, i) => taken(side, octets, start, keyNumber, i))).toEqual(contents)
  },
)

describe('the reader opens itself', () => {
  const key = keyOf(1, 0)
  const bodies = ['one', 'two', 'three'].map((content) => sealed(0, key, content))

  test('what the helper has not come to', () => {
    const side = both()
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    expect(taken(side, octets, at[0]!, keyNumber, 0)).toBeNull()
    side.helper.openAll()
    expect(at.slice(1).map((start, i) => taken(side, octets, start, keyNumber, i + 1))).toEqual([
      'two',
      'three',
    ])
  })

  test('what the helper does not finish', () => {
    const side = both()
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    // The thread was stopped with the first record in its hand.
    const [IN_HAND, FIRST_STATE] = [2, 1]
    new Int32Array(side.memory)[FIRST_STATE] = IN_HAND
    side.helper.openAll()
    expect(taken(side, octets, at[0]!, keyNumber, 0)).toBeNull()
    expect(taken(side, octets, at[1]!, keyNumber, 1)).toBe('two')
  })

  test('what is not authentic', () => {
    const side = both()
    const broken = bodies.with(
      1,
      Uint8Array.from(bodies[1]!, (octet, i) => (i === 0 ? octet ^ 1 : octet)),
    )
    const { octets, at, keyNumber } = post(side, 0, key, broken)
    side.helper.openAll()
    expect(at.map((start, i) => taken(side, octets, start, keyNumber, i))).toEqual(['one', null, 'three'])
  })

  test('what turns out to have another number, or to be under another key', () => {
    const side = both()
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    side.helper.openAll()
    expect(taken(side, octets, at[0]!, keyNumber, 1)).toBeNull()
    expect(taken(side, octets, at[1]!, keyNumber + 1, 1)).toBeNull()
    expect(taken(side, octets, at[2]!, keyNumber, 2)).toBe('three')
  })

  test('what was not posted, between what was', () => {
    const side = both()
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    side.helper.openAll()
    expect(taken(side, octets, at[0]! + 1, keyNumber, 0)).toBeNull()
    expect(taken(side, new Uint8Array(octets), at[1]!, keyNumber, 1)).toBeNull()
    expect(taken(side, octets, at[2]!, keyNumber, 2)).toBe('three')
  })

  test('what was posted of another batch', () => {
    const side = both()
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    side.ahead.begin(octets)
    side.helper.openAll()
    expect(taken(side, octets, at[0]!, keyNumber, 0)).toBeNull()
  })

  test('what is too long for a place, or one of too many', () => {
    const side = both()
    const long = sealed(0, key, 'x'.repeat(2000))
    const many = Array.from({ length: 1100 }, (_, i) => sealed(0, key, String(i)))
    const { octets, at, keyNumber } = post(side, 0, key, [long, ...many])
    side.helper.openAll()
    const found = at.map((start, i) => taken(side, octets, start, keyNumber, i))
    expect(found[0]).toBeNull()
    expect(found.slice(1, 1025)).toEqual(Array.from({ length: 1024 }, (_, i) => String(i)))
    expect(found.slice(1025).every((content) => content === null)).toBe(true)
  })

  test('all, where nobody helps', () => {
    const ahead = new OpensAhead(() => {
      throw new Error('started for nothing')
    }, 4)
    const { octets, at, keyNumber } = post({ ahead } as Side, 0, key, bodies)
    expect(ahead.take(octets, at[0]!, keyNumber, 0)).toBe(-1)
    ahead.close()
  })
})

test('places are used again, also those of records that nobody took', () => {
  const side = both()
  const key = keyOf(2, 0)
  for (let batch = 0; batch < 30; batch++) {
    const contents = Array.from({ length: 100 }, (_, i) => `${batch} ${i}`)
    const bodies = contents.map((content) => sealed(0, key, content))
    const { octets, at, keyNumber } = post(side, 0, key, bodies)
    if (batch % 3 !== 1) side.helper.openAll()
    const found = at.slice(0, 60).map((start, i) => taken(side, octets, start, keyNumber, i))
    expect(found).toEqual(contents.slice(0, 60).map((content) => (batch % 3 === 1 ? null : content)))
  }
})
