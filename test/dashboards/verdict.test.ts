import { expect, test } from 'vitest'
import { verdictOf } from '../../dashboards/verdict.ts'
import type { CaptureRow, ServiceRow } from '../../src/api/contract.ts'

const service = (name: string, worst: ServiceRow['worst'], verdict = 'Nothing broken'): ServiceRow =>
  ({ name, worst, verdict, agents: 10 }) as ServiceRow
const plain = (said: string): string => said.replaceAll('\u00a0', ' ')

test('names how many services are broken, and why', () => {
  const services = [
    service('dlp', 'critical', 'The load balancer cuts idle agents after 300 s'),
    service('keys', 'critical', '7 enrolments failed.'),
    service('sepm', 'warning', '26 clients use sepm2'),
    service('epo', null),
  ]
  expect(verdictOf({ services, captures: [] })).toEqual({
    title: 'Two of four services are broken.',
    lead: 'dlp: The load balancer cuts idle agents after 300 s. keys: 7 enrolments failed.',
  })
})

test('one service is named', () => {
  expect(verdictOf({ services: [service('dlp', 'critical', 'It cuts')], captures: [] })).toEqual({
    title: 'dlp is broken.',
    lead: 'It cuts.',
  })
})

test('warnings break nothing', () => {
  const services = [service('a', 'warning', 'x'), service('b', 'info')]
  expect(verdictOf({ services, captures: [] }).title).toBe('One of two services breaks a requirement.')
})

test('all of them', () => {
  const services = [service('a', 'critical', 'x'), service('b', 'critical', 'y')]
  expect(verdictOf({ services, captures: [] }).title).toBe('All two services are broken.')
})

test('nothing found is a result, with what it rests on', () => {
  const captures = [{ packets: 41_000_000 }, { packets: null }] as CaptureRow[]
  const { title, lead } = verdictOf({ services: [service('a', null), service('b', 'info')], captures })
  expect(title).toBe('Nothing is broken.')
  expect(plain(lead)).toBe('In 24 h, 20 agents at 2 services, from 41 M packets in 2 captures.')
})
