import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { AnalyzeOptions } from '../../../src/cli/analyze/arguments.ts'
import { inputNames, planOf, RECORD_KINDS } from '../../../src/cli/analyze/plan.ts'

const plan = (options: AnalyzeOptions = {}, ...inputs: string[]) =>
  planOf({ inputs: inputs.length === 0 ? ['a.pcap'] : inputs, options })

test('without options: text for people, on standard output', () => {
  expect(plan()).toEqual({
    inputs: [{ tap: '', path: 'a.pcap' }],
    beside: [],
    config: null,
    database: null,
    plainSecrets: false,
    keylogs: [],
    format: 'text',
    output: null,
    kinds: new Set(RECORD_KINDS),
    from: null,
    to: null,
    failOn: null,
    quiet: false,
    whatIfs: [],
  })
})

test('with all of them', () => {
  const options = {
    config: 'h.yaml',
    keylog: ['k'],
    format: 'ndjson',
    output: 'o',
    include: 'incident, occurrence',
    from: '2026-11-21T02:00:00Z',
    to: '1795226886',
    failOn: 'warning',
    quiet: true,
  }
  expect(plan(options)).toMatchObject({
    config: 'h.yaml',
    keylogs: ['k'],
    format: 'ndjson',
    output: 'o',
    kinds: new Set(['incident', 'occurrence']),
    from: 1_795_226_400_000_000,
    to: 1_795_226_886_000_000,
    failOn: 'warning',
    quiet: true,
  })
})

describe('wrong usage', () => {
  test.each([
    [{ format: 'pdf' }, '--format pdf is not known; it is one of text, ndjson, html, markdown'],
    [
      { format: 'ndjsn' },
      '--format ndjsn is not known; it is one of text, ndjson, html, markdown; did you mean ndjson?',
    ],
    [{ failOn: 'info' }, '--fail-on info is not known; it is one of critical, warning'],
    [{ include: 'incident' }, '--include works with --format ndjson only'],
    [
      { format: 'ndjson', include: 'incidents' },
      '--include incidents is not known; it is one of capture, agent, server, connection, session, incident, occurrence, requirement, what-if, summary; did you mean incident?',
    ],
    [{ format: 'ndjson', include: '' }, '--include  is not known'],
    [{ from: '2026-11-21T02:08:06' }, '--from 2026-11-21T02:08:06 has no time zone; add Z for UTC'],
    [{ to: 'noon' }, '--to noon is no time'],
    [{ from: '20', to: '10' }, '--from is not before --to'],
  ])('%j', (options, message) => {
    expect(() => plan(options)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })
})

test('evidence is not overwritten, by whatever name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-plan-'))
  const [path, link] = [join(folder, 'a.pcap'), join(folder, 'link')]
  writeFileSync(path, '')
  symlinkSync(path, link)
  const message = `--output ${link} would replace ${path}, which is read`
  for (const options of [{}, { config: path }, { keylog: [path] }, { db: path }]) {
    const inputs = Object.keys(options).length === 0 ? [path] : ['b.pcap']
    expect(() => plan({ ...options, output: link }, ...inputs)).toThrow(
      expect.objectContaining({ exitCode: 2, message }),
    )
  }
  const fresh = join(folder, 'new.db')
  expect(() => plan({ db: fresh, output: fresh }, path)).toThrow('which is read')
  expect(plan({ output: join(folder, 'b.pcap') }, path).output).toBe(join(folder, 'b.pcap'))
  rmSync(folder, { recursive: true })
})

describe('inputs', () => {
  const names = (texts: string[], ...existing: string[]) =>
    inputNames(texts, (path) => existing.includes(path))

  test('one without a name is the unnamed tap', () => {
    expect(names(['a.pcap'])).toEqual([{ tap: '', path: 'a.pcap' }])
    expect(names(['-'])).toEqual([{ tap: '', path: '-' }])
  })

  test('taps have names', () => {
    expect(names(['client=a.pcap', 'dmz-2=-'])).toEqual([
      { tap: 'client', path: 'a.pcap' },
      { tap: 'dmz-2', path: '-' },
    ])
    expect(names(['client=dir/x=y.pcap'])).toEqual([{ tap: 'client', path: 'dir/x=y.pcap' }])
  })

  test('an existing file is a path, whatever its name', () => {
    expect(names(['client=a.pcap'], 'client=a.pcap')).toEqual([{ tap: '', path: 'client=a.pcap' }])
  })

  test('of several, those without a name are called after their files', () => {
    expect(names(['day 1/office.pcapng.gz', '-', 'lb=b.pcap'])).toEqual([
      { tap: 'office', path: 'day 1/office.pcapng.gz' },
      { tap: 'stdin', path: '-' },
      { tap: 'lb', path: 'b.pcap' },
    ])
    expect(names(['é!.pcap', 'b.pcap'])[0]).toEqual({ tap: 'capture', path: 'é!.pcap' })
  })

  test.each([
    [['client=a', 'client=b'], 'tap client is named twice'],
    [['x/a.pcap', 'y/a.pcap'], 'tap a is named twice; name taps as in client=y/a.pcap'],
    [['a.pcap', './a.pcap'], './a.pcap is given twice'],
    [['-', 'x=-'], 'standard input is given twice'],
    [['client='], 'client= names a tap but no file'],
  ])('%j: %s', (texts, message) => {
    expect(() => names(texts)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })

  test('a name for a tap that cannot stand anywhere is refused', () => {
    expect(() => names(['my tap=a.pcap'], 'a.pcap')).toThrow(
      'my tap is no name for a tap; use letters, digits, dots, - and _',
    )
    expect(() => names(['=a.pcap'], 'a.pcap')).toThrow('an empty name is no name for a tap')
    expect(names(['my tap=a.pcap'])).toEqual([{ tap: '', path: 'my tap=a.pcap' }])
  })
})
