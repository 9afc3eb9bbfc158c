import { expect, test } from 'vitest'
import { certificateNameMismatch } from '../../../src/detectors/tls/certificate-name-mismatch.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { keys, NAME, reencrypted, shown, shownInTurn } from './scenes.ts'

const OTHER = shown({ name: 'sems2.example.com', names: ['sems2.example.com'] })
const PASSES = ['info tls-passthrough']

test.each(['client', 'server'])('a certificate for another name, seen at the %s', async (tap) => {
  const { config, play } = STORIES['certificate-name-mismatch']
  const analysis = await analysed(play(), { config, taps: [tap] })
  const found = analysis.findings('certificate-name-mismatch')
  expect(found.map(inShort)).toEqual([
    tap === 'client'
      ? 'warning certificate-name-mismatch 0.025 client | nobody at a server | unknown 10.10.2.10 |  | client 5'
      : 'warning certificate-name-mismatch 0.021 server | nobody at sems1 | server 10.10.3.21 |  | server 5',
  ])
  expect(found[0]!.details).toMatchObject({
    name: NAME,
    namedBy: 'server name',
    names: ['sems2.example.com'],
    subject: 'CN=sems2.example.com',
    wildcardTooShallow: null,
  })
  expect(analysis.incident('certificate-name-mismatch').title).toBe(
    `A certificate of keys does not name ${NAME}`,
  )
})

test('is told once for a certificate, whoever sees it', async () => {
  const analysis = await analysed(shownInTurn([[OTHER], [OTHER], [OTHER]]), { config: keys() })
  expect(analysis.findings('certificate-name-mismatch')).toHaveLength(1)
})

test('a wildcard does not reach two labels deep', async () => {
  const story = shownInTurn([[shown({ name: '*.com', names: ['*.com'] })]])
  const [found] = (await analysed(story, { config: keys() })).findings('certificate-name-mismatch')
  expect(found!.details['wildcardTooShallow']).toBe('*.com')
  expect(found!.requirements).toEqual(['S2-24', 'S2-39', 'S2-40', 'S2-41'])
})

test('what is configured stands for a client that says no name', async () => {
  const story = shownInTurn([[OTHER]], { name: null })
  const [found] = (await analysed(story, { config: keys() })).findings('certificate-name-mismatch')
  expect([found!.details['namedBy'], found!.confidence, found!.tap]).toEqual(['configuration', 0.8, 'client'])
})

test('without a configuration it is a fact, and no alarm', async () => {
  const analysis = await analysed(shownInTurn([[OTHER]]))
  expect(analysis.told).toContain('info certificate-name-mismatch')
  expect(analysis.alarms).toEqual([])
})

keepsQuiet(certificateNameMismatch, {
  'a name that the certificate lists, or that its wildcard covers': [
    [NAME],
    ['sems1.example.com', NAME],
    ['*.example.com'],
    ['*.EXAMPLE.com'],
    [],
  ].map((names) => ({
    config: keys(),
    play: () => shownInTurn([[shown({ name: NAME, names })]]),
    told: PASSES,
  })),
  'a client that names nobody, and no name in the configuration': [
    { config: keys({ fqdn: undefined }), play: () => shownInTurn([[OTHER]], { name: null }), told: PASSES },
    { config: keys(), play: () => shownInTurn([[OTHER]], { name: '10.10.2.10' }), told: PASSES },
  ],
  'a handshake of the relay’s own with its server: no agent sees that certificate': [
    {
      config: keys({ tls: { mode: 'termination' } }),
      play: () => reencrypted([OTHER], { name: NAME }),
      taps: ['server'],
    },
  ],
  'a product whose agents do not go by names': {
    config: keys({ profile: 'mcafee-epo' }),
    play: () => shownInTurn([[OTHER]]),
    told: PASSES,
  },
})
