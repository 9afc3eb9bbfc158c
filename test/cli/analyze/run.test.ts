import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AnalyzeOptions } from '../../../src/cli/analyze/arguments.ts'
import { runAnalyze, type Stages } from '../../../src/cli/analyze/run.ts'
import { outputClosed } from '../../../src/cli/output/destination.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import type { AnalysisRecord, RecordKind, SummaryRecord } from '../../../src/model/record.ts'
import type { AnalysisOptions } from '../../../src/pipeline/monitor.ts'
import { type RecordedConsole, recordedConsole } from '../console.ts'
import { capture, connection, QUIET_STORY, quietSummary, STORY } from '../output/story.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** Stages that find a story in any capture, and keep what they were asked. */
function storyStages(story: readonly AnalysisRecord[], changes: { fail?: Error } = {}) {
  const asked: {
    names?: unknown
    wantsHash?: boolean
    options?: AnalysisOptions
    kinds?: ReadonlySet<RecordKind>
    closed: number
  } = {
    closed: 0,
  }
  const stages: Stages = {
    openInputs: async (names, wantsHash) => {
      Object.assign(asked, { names, wantsHash })
      return { inputs: [], close: () => void asked.closed++ }
    },
    analyze: async (_inputs, options, sinks) => {
      Object.assign(asked, { options, kinds: sinks[0]!.kinds })
      for (const record of story)
        for (const sink of sinks) if (sink.kinds.has(record.kind)) sink.write(record)
      if (changes.fail !== undefined) throw changes.fail
      return story.findLast((record): record is SummaryRecord => record.kind === 'summary')!
    },
  }
  return { stages, asked }
}

async function analyze(
  options: AnalyzeOptions,
  story = STORY,
  { console = recordedConsole(), fail = undefined as Error | undefined } = {},
) {
  const { stages, asked } = storyStages(story, fail === undefined ? {} : { fail })
  const words = { inputs: ['client=a.pcap', 'server=b.pcap'], options }
  const exitCode = await runAnalyze(words, console, stages)
  return { exitCode, asked, ...console.written }
}

describe('formats', () => {
  test('text, for people', async () => {
    const { exitCode, out, error, asked } = await analyze({})
    expect(exitCode).toBe(0)
    expect(out).toContain('CRITICAL  The load balancer 10.10.2.10 cut 3 idle agents after 15 s.')
    expect(error).toBe('')
    expect(asked).toMatchObject({
      names: [
        { tap: 'client', path: 'a.pcap' },
        { tap: 'server', path: 'b.pcap' },
      ],
      wantsHash: false,
      closed: 1,
      options: { deployment: EMPTY_DEPLOYMENT, secrets: null, from: null, to: null },
    })
  })

  test.each([
    [
      'html',
      /^<!doctype html>\n.*The load balancer 10\.10\.2\.10 cut 3 idle agents after 15\u00a0s\..*<\/html>\n$/s,
    ],
    [
      'markdown',
      /^# The load balancer 10\.10\.2\.10 cut 3 idle agents after 15 s\.\n\n.*\nMade by Holdfast /s,
    ],
  ])('%s: a report, with the hashes of what was read', async (format, text) => {
    const { out, error, asked } = await analyze({ format })
    expect(out).toMatch(text)
    expect(out).toContain('5f0c7dfb6a3b4a0d1f0f7c1b6c1e64c7f3f1c58d6c0f60d4bb7b0c1ae5b5a6d2')
    expect(error).toBe('')
    expect(asked.wantsHash).toBe(true)
  })

  test('ndjson: every kind, in order, with the time it took', async () => {
    const { out, asked } = await analyze({ format: 'ndjson' })
    const records = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.map(({ kind }) => kind)).toEqual(STORY.map(({ kind }) => kind))
    expect(records.at(-1).elapsedSeconds).toBeGreaterThanOrEqual(0)
    expect(records.at(-1).elapsedSeconds).not.toBe(0.4)
    expect(asked.wantsHash).toBe(true)
  })

  test('ndjson: only what was asked for', async () => {
    const { out, asked } = await analyze({ format: 'ndjson', include: 'incident,summary' })
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).kind),
    ).toEqual(['incident', 'incident', 'summary'])
    expect(asked.wantsHash).toBe(false)
    expect([...asked.kinds!].toSorted()).toEqual(['capture', 'incident', 'summary'])
  })
})

describe('what the analysis is given', () => {
  test('the configuration, the secrets, the span of time', async () => {
    const config = join(folder, 'holdfast.yaml')
    const keylog = join(folder, 'keys.txt')
    writeFileSync(config, 'services: [{ name: dlp, profile: symantec-dlp }]')
    writeFileSync(keylog, `CLIENT_RANDOM ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`)
    const { asked } = await analyze({ config, keylog: [keylog], from: '100', to: '2026-11-21T02:08:06Z' })
    const { deployment, secrets, from, to } = asked.options!
    expect(deployment.services).toMatchObject([{ name: 'dlp', ports: [8000] }])
    expect(secrets!.secretOf('CLIENT_RANDOM', 'ab'.repeat(32))).toHaveLength(48)
    expect([from, to]).toEqual([100_000_000, 1_795_226_886_000_000])
  })

  test('a configuration decides from when on a connection counts as idle', async () => {
    const config = join(folder, 'holdfast.yaml')
    writeFileSync(config, 'services: [{ name: dlp, idleThreshold: 10s }]')
    const story = [capture(), quietSummary({ longestSilenceSeconds: 30, longestSurvivedSeconds: 30 })]
    expect((await analyze({ config }, story)).out).toContain('Silences up to 30 s were survived.')
    expect((await analyze({}, story)).out).toContain('from 60 s on a connection counts as idle')
  })

  test.each([
    [{ config: '/none.yaml' }, 1, 'cannot read /none.yaml: no such file or directory'],
    [{ keylog: ['/none.txt'] }, 1, 'cannot read /none.txt: no such file or directory'],
    [{ format: 'pdf' }, 2, '--format pdf is not known'],
  ])('nothing is opened when %j is wrong', async (options, exitCode, message) => {
    const { stages, asked } = storyStages(STORY)
    await expect(
      runAnalyze({ inputs: ['a.pcap'], options }, recordedConsole(), stages),
    ).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
    })
    expect(asked.names).toBeUndefined()
  })

  test('a key log without secrets is told', async () => {
    const keylog = join(folder, 'keys.txt')
    writeFileSync(keylog, '# nothing\n')
    expect((await analyze({ keylog: [keylog] })).error).toBe(
      `holdfast: ${keylog} holds no secret that decrypts anything new\n`,
    )
    expect((await analyze({ keylog: [keylog], quiet: true })).error).toBe('')
  })
})

describe('--fail-on', () => {
  const withCounts = (critical: number, warning: number, info: number): AnalysisRecord[] =>
    STORY.map((record) =>
      record.kind === 'summary' ? { ...record, incidents: { critical, warning, info } } : record,
    )
  test.each([
    [undefined, 1, 1, 1, 0],
    ['critical', 1, 0, 0, 3],
    ['critical', 0, 1, 1, 0],
    ['warning', 0, 1, 0, 3],
    ['warning', 1, 0, 0, 3],
    ['warning', 0, 0, 5, 0],
  ])(
    '%s with %i critical, %i warning, %i info: exit %i',
    async (failOn, critical, warning, info, expected) => {
      const options = failOn === undefined ? {} : { failOn }
      expect((await analyze(options, withCounts(critical, warning, info))).exitCode).toBe(expected)
    },
  )
})

describe('captures that end early', () => {
  const quality = { ...capture().quality, readError: 'a record is cut off at offset 1204' }
  const [summary] = QUIET_STORY.slice(-1) as [SummaryRecord]

  test('are told beside records', async () => {
    const { exitCode, error } = await analyze({ format: 'ndjson', include: 'incident' }, [
      capture({ quality, path: 'a.pcap' }),
      summary,
    ])
    expect({ exitCode, error }).toEqual({
      exitCode: 0,
      error: 'holdfast: a.pcap was not read to its end: a record is cut off at offset 1204\n',
    })
  })

  test('are standard input where they were that', async () => {
    const { error } = await analyze({ format: 'ndjson' }, [capture({ quality, path: '-' }), summary])
    expect(error).toMatch(/^holdfast: standard input was not read/)
  })

  test('are told inside the text', async () => {
    const { out, error } = await analyze({}, [capture({ quality }), summary])
    expect(out).toContain('! Reading stopped before the end: a record is cut off at offset 1204.')
    expect(error).toBe('')
  })

  test('are a failure if nothing could be read', async () => {
    await expect(
      analyze({}, [capture({ quality, path: 'a.pcap' }), { ...summary, packets: 0 }]),
    ).rejects.toMatchObject({
      exitCode: 1,
      message: 'a.pcap was not read to its end: a record is cut off at offset 1204',
    })
  })
})

describe('--output', () => {
  test('is written whole', async () => {
    const output = join(folder, 'out.ndjson')
    const { out } = await analyze({ format: 'ndjson', output })
    expect(out).toBe('')
    expect(readFileSync(output, 'utf8').trim().split('\n')).toHaveLength(STORY.length)
  })

  test('or not at all', async () => {
    const output = join(folder, 'out.ndjson')
    await expect(analyze({ format: 'ndjson', output }, STORY, { fail: new Error('broken') })).rejects.toThrow(
      'broken',
    )
    expect(readdirSync(folder)).toEqual([])
  })

  test('that cannot be made is a failure, and the inputs are closed', async () => {
    const { stages, asked } = storyStages(STORY)
    const words = { inputs: ['a.pcap'], options: { output: join(folder, 'none', 'x') } }
    await expect(runAnalyze(words, recordedConsole(), stages)).rejects.toMatchObject({ exitCode: 1 })
    expect(asked.closed).toBe(1)
  })
})

describe('a reader that leaves', () => {
  const leaving = (): RecordedConsole => {
    const console = recordedConsole()
    const write = (): never => {
      throw outputClosed()
    }
    return { ...console, out: { ...console.out, write } }
  }
  const long = [...Array.from({ length: 200 }, (_, i) => connection({ id: i })), ...STORY]

  test('ends the analysis', async () => {
    await expect(analyze({ format: 'ndjson' }, long, { console: leaving() })).rejects.toMatchObject({
      name: 'OutputClosed',
    })
  })

  test('does not, where somebody waits for the exit code', async () => {
    expect(
      (await analyze({ format: 'ndjson', failOn: 'critical' }, long, { console: leaving() })).exitCode,
    ).toBe(3)
    expect((await analyze({ failOn: 'critical' }, long, { console: leaving() })).exitCode).toBe(3)
  })
})
