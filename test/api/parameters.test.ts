import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantOf } from '../../src/api/parameters.ts'
import { isoTime } from '../../src/model/time.ts'
import { problemOf, rigOf } from './harness.ts'

describe('times', () => {
  test('every time that is printed is read back', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (micros) => instantOf(isoTime(micros)) === micros))
  })

  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T00:00:01.5Z', 1_500_000],
    ['1970-01-01T00:00:01,000001999Z', 1_000_001],
    ['1970-01-01T01:00+01:00', 0],
    ['1970-01-01T01:00 01:00', 0],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['1970-01-01', null],
    ['1970-01-01T00:00:00', null],
    ['1970-13-01T00:00:00Z', null],
    ['yesterday', null],
    ['0', null],
    ['', null],
  ])('%s is %s', (text, micros) => {
    expect(instantOf(text)).toBe(micros)
  })
})

describe('parameters', () => {
  const lists = ['incidents', 'occurrences', 'agents', 'connections', 'captures', 'analyses', 'servers']
  const refused = async (path: string, rig = rigOf()) => {
    const { status, field } = await problemOf(await rig.ask(`/api/v1/${path}`))
    return [status, field]
  }

  test.each(lists)('of pages: %s', async (list) => {
    const rig = rigOf()
    for (const limit of ['1', '500'])
      expect.soft((await rig.ask(`/api/v1/${list}?limit=${limit}`)).status).toBe(200)
    for (const limit of ['0', '501', '-1', '1.5', 'x', '', '1e9', 'NaN'])
      expect.soft([limit, ...(await refused(`${list}?limit=${limit}`, rig))]).toEqual([limit, 400, 'limit'])
    for (const cursor of [
      '',
      'x',
      'W10',
      '%00',
      'x'.repeat(600),
      Buffer.from('["z",1,2]').toString('base64url'),
    ])
      expect
        .soft([cursor, ...(await refused(`${list}?cursor=${cursor}`, rig))])
        .toEqual([cursor, 400, 'cursor'])
    expect.soft(await refused(`${list}?nonsense=1`, rig)).toEqual([400, 'nonsense'])
  })

  test.each([
    ['limit=0', 'The parameter limit: must be a whole number from 1 to 500.'],
    ['limit=1&limit=2', 'The parameter limit: must be a whole number from 1 to 500.'],
    ['severity=bad', 'The parameter severity: must be one of critical, warning, info.'],
    ['text=', 'The parameter text: must have 1 to 500 characters.'],
    ['cursor=x', 'The cursor is not one that this list gave out: take `next` of the page before.'],
  ])('%s is refused in words', async (query, detail) => {
    expect((await problemOf(await rigOf().ask(`/api/v1/incidents?${query}`))).detail).toBe(detail)
  })

  test('an upload without a name is told what is missing', async () => {
    const answer = await rigOf().ask('/api/v1/captures', { method: 'PUT', body: 'octets' })
    expect((await problemOf(answer)).detail).toBe('The parameter name: is missing.')
  })

  test('that combine are all taken', async () => {
    const rig = rigOf()
    const query =
      'state=open&state=reopened&severity=critical&type=severed-idle&service=a&service=b&agent=c&server=d&capture=1' +
      '&capture=2&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z&text=load%20balancer&limit=10'
    expect((await rig.ask(`/api/v1/incidents?${query}`)).status).toBe(200)
    expect((await rig.ask(`/api/v1/occurrences?${query}`)).status).toBe(200)
  })

  test.each([
    ['incidents?state=closed', 'state'],
    ['incidents?state=open&state=closed', 'state'],
    ['incidents?severity=fatal', 'severity'],
    ['incidents?type=alien', 'type'],
    ['incidents?capture=0', 'capture'],
    ['incidents?capture=9007199254740993', 'capture'],
    ['incidents?service=', 'service'],
    ['incidents?text=', 'text'],
    [`incidents?text=${'x'.repeat(501)}`, 'text'],
    ['incidents?from=yesterday', 'from'],
    ['incidents?since=yesterday', 'since'],
    ['incidents?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z', 'to'],
    [`incidents?${'agent=a&'.repeat(101)}`, 'agent'],
    ['connections?endReason=bored', 'endReason'],
    ['analyses?state=lost', 'state'],
    ['agents/EPA-0017?from=1', 'from'],
    ['overview?since=1', 'since'],
    ['events?after=-1', 'after'],
  ])('%s: 400', async (path, field) => {
    expect(await refused(path)).toEqual([400, field])
  })

  test('ids that are none are not found', async () => {
    const rig = rigOf()
    const ids = [
      '0',
      '-1',
      '1e3',
      '01',
      'HF-',
      'HF-01',
      'HF-x',
      'hf-1',
      '9'.repeat(16),
      '%00',
      '..%2f..%2fetc',
      "1'--",
    ]
    for (const list of ['incidents', 'occurrences', 'connections', 'captures', 'analyses'])
      for (const id of ids)
        expect.soft([list, id, (await rig.ask(`/api/v1/${list}/${id}`)).status]).toEqual([list, id, 404])
  })

  test('a name may hold anything', async () => {
    const rig = rigOf()
    for (const name of ['a/b', '<script>', "'; DROP TABLE agent; --", '%', '💥', 'a b'])
      expect
        .soft(await problemOf(await rig.ask(`/api/v1/agents/${encodeURIComponent(name)}`)))
        .toEqual({ status: 404, detail: 'There is no such agent.', field: 'id' })
  })
})
