import { describe, expect, test } from 'vitest'
import { createRandom } from '../scenario/random.ts'
import { analyse } from './analyse.ts'
import { mapCapture } from './capture-map.ts'
import { dialogueCase } from './cases.ts'
import { corpus } from './corpus.ts'
import { dialogues } from './dialogues.ts'
import { heard, listen } from './listen.ts'
import { mutatedDialogue } from './mutate-dialogue.ts'
import { mutated } from './mutate.ts'

const PLACES = 40 // octets and cuts tried per capture; `npm run fuzz` goes on from here
const CASES = 300
const DIALOGUE_CASES = 1000
const READER_NUMBERS = 24 // of cases: all readers are among them
const seeds = corpus()

describe.each(seeds)('$name', ({ name, bytes }) => {
  test('is read to its end as it is', async () => {
    const outcome = await analyse(bytes)
    expect(outcome).toMatchObject({ readError: null })
    expect('refused' in outcome ? 0 : outcome.packets).toBeGreaterThan(0)
  })

  test('cut anywhere: what precedes it is analysed, the message says where', async () => {
    const whole = await analyse(bytes)
    const packets = 'refused' in whole ? 0 : whole.packets
    const random = createRandom(bytes.length),
      starts = new Set(mapCapture(bytes).records.map(([at]) => at))
    for (let i = 0; i < PLACES; i++) {
      const cut = random.between(0, bytes.length - 1),
        outcome = await analyse(bytes.slice(0, cut))
      if ('refused' in outcome) {
        expect(outcome.refused, `cut at ${cut}`).toMatch(/^case (is|holds|ends|cannot) /)
        continue
      }
      expect(outcome.packets, `cut at ${cut}`).toBeLessThanOrEqual(packets)
      // An export ends with any of its messages, and NetFlow v9 with any of its sets.
      if (!name.startsWith('exports-') && !starts.has(cut) && cut > 24)
        expect(outcome.readError, `cut at ${cut}`).toMatch(/offset \d+/)
    }
  })

  test('one octet changed anywhere: analysed or refused', async () => {
    const random = createRandom(bytes.length + 1)
    for (let i = 0; i < PLACES; i++) {
      const at = random.between(0, bytes.length - 1),
        broken = bytes.slice()
      broken[at] = broken[at]! ^ random.between(1, 255)
      await expect(analyse(broken), `octet ${at} = ${broken[at]}`).resolves.toBeDefined()
    }
  })
})

test('broken in several places, knowing where it hurts', async () => {
  for (let number = 0; number < CASES; number++) {
    const { bytes, says } = mutated(seeds, 1, number)
    await expect(analyse(bytes), `case ${number}: ${says.join('; ')}`).resolves.toBeDefined()
  }
})

const material = { seed: 1, captures: seeds, dialogues: await dialogues([]) }

describe.each(material.dialogues)('$name', ({ parts, secrets }) => {
  test('is heard as it is', () => {
    const steps = parts.flatMap(({ side, bytes, sealed }) => (sealed === undefined ? [{ side, bytes }] : []))
    for (let reader = 0; reader < READER_NUMBERS; reader++)
      expect(() => listen({ says: [], steps, secrets, isOrderly: true }, reader)).not.toThrow()
  })
})

test('conversations broken in several places, knowing what they are made of', () => {
  for (let number = 0; number < DIALOGUE_CASES; number++) {
    const one = dialogueCase(material, number)
    expect(() => listen(one, number), `case ${number}: ${one.says.join('; ')}`).not.toThrow()
  }
})

test('what is sealed after the change opens: the change reaches what reads the messages', () => {
  const { dialogues: all } = material
  const said = Array.from({ length: 40 }, (_, number) => mutatedDialogue(all.slice(0, 1), 1, number))
  const opened = said.filter((one) => heard(one).some((o) => o.kind === 'tls-handshake' && o.decrypted))
  expect(opened.length).toBeGreaterThan(10)
})

test('a case is the same whenever it is asked for, and another one differs', () => {
  expect(mutated(seeds, 1, 7)).toEqual(mutated(seeds, 1, 7))
  expect(mutated(seeds, 1, 8).bytes).not.toEqual(mutated(seeds, 1, 7).bytes)
})
