import { expect, test } from 'vitest'
import { missing } from '../tools.ts'
import { captureFiles } from './captures.ts'
import { observationsOf } from './observations.ts'
import { rowsOf } from './tshark.ts'

const files = captureFiles('public', 'lab')
/** Replies in these captures: that there are fewer would be a fault of the comparison. */
const REPLIES_MIN = 1700
/** Where SMTP is at all: a look at every capture would take minutes. */
const WITH_SMTP = /smtp|lab\/s13_|lab\/c6_/

/** Frame: the codes of the replies that end in it. */
type Facts = ReadonlyMap<number, string>

test.skipIf(files.length === 0 || missing('tshark'))(
  'reply codes are those of tshark, frame by frame',
  async () => {
    const differing: string[] = []
    let equal = 0
    for (const file of files.filter(({ name }) => WITH_SMTP.test(name))) {
      const rows = rowsOf(file.path, 'smtp.response.code', ['frame.number', 'smtp.response.code'], file.keys)
      const told: Facts = new Map(
        rows.map((row) => [Number(row['frame.number'][0]), row['smtp.response.code'].join()]),
      )
      const found = new Map<number, string>()
      for (const { packet, code } of await observationsOf(file, 'smtp-reply'))
        found.set(packet, found.has(packet) ? `${found.get(packet)},${code}` : `${code}`)
      for (const frame of new Set([...told.keys(), ...found.keys()])) {
        if (told.get(frame) === found.get(frame)) equal++
        else differing.push(`${file.name} ${frame}: tshark ${told.get(frame)} | here ${found.get(frame)}`)
      }
    }
    expect(differing).toEqual([])
    expect(equal).toBeGreaterThan(REPLIES_MIN)
  },
  120_000,
)

if (files.length === 0) console.warn('skipped, because ../shared/captures is not there: SMTP against tshark')
