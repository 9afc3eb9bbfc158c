import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../../collectors/index.ts'
import { readAll } from '../../collectors/reading.ts'
import { config, holdfast, inputs, kept, type Kept } from '../kept.ts'

let place: string
let db: string
let rows: Kept['rows']
beforeEach(() => {
  ;({ place, db, rows } = kept())
})

describe('carve', () => {
  test('writes the packets that prove an incident, each with what it proves', async () => {
    await holdfast('analyze', '--quiet', ...config, '--db', db, ...inputs)
    const [worst] = rows("SELECT id FROM incident WHERE type = 'severed-idle'") as { id: number }[]
    const output = join(place, 'out.pcapng')
    const done = await holdfast('carve', `hf-${worst!.id}`, '--db', db, '--output', output)
    expect(done).toEqual({ exitCode: 0, out: '', error: '' })
    const reader = await openCaptureFile(output)
    const { rows: packets } = await readAll(reader)
    const kept =
      rows(`SELECT DISTINCT p.number, p.time, hex(p.bytes) AS hex FROM packet p JOIN evidence e ON e.kept = p.id
      JOIN occurrence o ON o.id = e.occurrence WHERE o.incident = ${worst!.id} ORDER BY p.time, p.capture, p.number`)
    expect(packets.map(({ time }) => Number(time / 1000n))).toEqual(
      (kept as { time: number }[]).map(({ time }) => time),
    )
    expect(packets.length).toBeGreaterThan(5)
    expect(reader.interfaces.map(({ name, linkType }) => [name, linkType])).toEqual([
      ['server', 1],
      ['client', 1],
    ])
    const comments = reader.comments.filter(({ packet }) => packet !== null)
    expect(comments.length).toBe(Math.min(packets.length, 99))
    expect(comments[0]!.text).toMatch(/^HF-\d+: .+\nPacket \d+ of .*(?:client|server)\.pcap\.gz\.$/)
    reader.close()
  })

  test.each([
    [['HF-99'], 1, /there is no incident HF-99/],
    [['XY-1'], 2, /XY-1 is no incident; write HF-17/],
  ])('%j is explained', async (words, exitCode, error) => {
    await holdfast('analyze', '--quiet', '--db', db, inputs[0]!)
    const answer = await holdfast('carve', ...words, '--db', db, '--output', join(place, 'x.pcapng'))
    expect(answer).toMatchObject({ exitCode, error: expect.stringMatching(error) })
  })

  test('does not take the place of the database', async () => {
    await holdfast('analyze', '--quiet', '--db', db, inputs[0]!)
    expect(await holdfast('carve', 'HF-1', '--db', db, '--output', db)).toEqual({
      exitCode: 2,
      out: '',
      error: `holdfast: --output ${db} would replace ${db}, which is read\n`,
    })
  })

  test('without a database', async () => {
    const { exitCode, error } = await holdfast(
      'carve',
      'HF-1',
      '--db',
      db,
      '--output',
      join(place, 'x.pcapng'),
    )
    expect([exitCode, error]).toEqual([1, `holdfast: ${db}: there is no such database\n`])
  })
})
