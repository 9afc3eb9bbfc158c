import { expect, test } from 'vitest'
import { verdictOf } from '../../dashboards/verdict.ts'
import type { CaptureRow, ServiceRow } from '../../src/api/contract.ts'

const service = (
  name: string,
  worst: ServiceRow['worst'],
  { verdict = 'Nothing broken', holdsIdle = true } = {},
): ServiceRow => ({ name, worst, verdict, holdsIdle, agents: 10 }) as ServiceRow
const plain = (said: string): string => said.replaceAll('\u00a0', ' ')

test('names how many services are broken, and why', () => {
  const services = [
    service('dlp', 'critical', { verdict: 'The load balancer cuts idle agents after 300 s' }),
    service('keys', 'critical', { verdict: '7 enrolments failed.' }),
    service('sepm', 'warning'),
    service('epo', null),
  ]
  expect(verdictOf({ services, captures: [] })).toEqual({
    title: 'Two of four services are broken.',
    lead: 'dlp: The load balancer cuts idle agents after 300 s. keys: 7 enrolments failed.',
  })
})

test('one service is named', () => {
  expect(verdictOf({ services: [service('dlp', 'critical', { verdict: 'It cuts' })], captures: [] })).toEqual(
    {
      title: 'dlp is broken.',
      lead: 'It cuts.',
    },
  )
})

test('warnings break nothing', () => {
  const services = [service('a', 'warning'), service('b', 'info')]
  expect(verdictOf({ services, captures: [] }).title).toBe('One of two services breaks a requirement.')
})

test('all of them', () => {
  const services = [service('a', 'critical'), service('b', 'critical')]
  expect(verdictOf({ services, captures: [] }).title).toBe('All two services are broken.')
})

test('nothing found is a result, with what it rests on', () => {
  const captures = [{ packets: 41_000_000 }, { packets: null }] as CaptureRow[]
  const { title, lead } = verdictOf({ services: [service('a', null), service('b', 'info')], captures })
  expect(title).toBe('Nothing is broken.')
  expect(plain(lead)).toBe('In 24 h, 20 agents at 2 services, from 41 M packets in 2 captures.')
})

test('nothing found where nothing was idle is less', () => {
  const services = [service('a', null, { holdsIdle: false })]
  const { title, lead } = verdictOf({ services, captures: [] })
  expect(title).toBe('Nothing broken was seen.')
  expect(plain(lead)).toBe(
    'In 24 h, 10 agents at 1 service. ' +
      'Whether idle connections hold is not shown: none was silent for long and then answered.',
  )
  expect(verdictOf({ services: [...services, service('b', 'info')], captures: [] }).title).toBe(
    'Nothing is broken.',
  )
})
