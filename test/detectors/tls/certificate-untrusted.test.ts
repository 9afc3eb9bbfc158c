import { expect, test } from 'vitest'
import { certificateUntrusted } from '../../../src/detectors/tls/certificate-untrusted.ts'
import { seconds } from '../../../src/model/time.ts'
import { alertOf, flightOf, helloOf } from '../../scenario/tls.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { AGENTS, behind, keys, NAME, shown, shownInTurn, VIP } from './scenes.ts'

const PASSES = ['info tls-passthrough']

test('an authority that the client does not know', async () => {
  const { config, play } = STORIES['certificate-untrusted']
  const analysis = await analysed(play(), { config })
  const found = analysis.findings('certificate-untrusted')
  expect(found.map(inShort)).toEqual([
    'warning certificate-untrusted 0.025 client | 10.10.1.101 10.10.1.101 at sems1 | server 10.10.3.21 |  | client 5, client 6',
  ])
  expect(found[0]!.details).toEqual({
    alert: 48,
    reason: 'unknown authority',
    subject: `CN=${NAME}`,
    issuer: 'CN=Lab Root',
    selfSigned: false,
    chain: [`CN=${NAME}`],
    isAlone: true,
  })
  expect(analysis.incident('certificate-untrusted').summary).toBe(
    '1 client ended 1 handshake with the alert “unknown authority”. The certificate was issued by CN=Lab Root; the server sent none of an authority with it.',
  )
})

test.each([
  [42, 'bad certificate'],
  [45, 'expired'],
  [46, 'certificate unknown'],
])('alert %d: %s', async (refuses, reason) => {
  const story = shownInTurn([[shown(), shown({ name: 'Lab Root', names: [] })]], { refuses })
  const [found] = (await analysed(story, { config: keys() })).findings('certificate-untrusted')
  expect([found!.details['reason'], found!.details['isAlone']]).toEqual([reason, false])
})

keepsQuiet(certificateUntrusted, {
  'a self-signed certificate that clients accept': {
    config: keys(),
    play: () => shownInTurn([[shown({ issuer: NAME })]]),
    told: PASSES,
  },
  'a server that refuses the certificate of its client': {
    config: keys(),
    play() {
      const s = behind()
      const { agent, server } = s.connect(AGENTS[0], `${VIP}:443`)
      agent.sends(helloOf({ name: NAME }))
      server
        .sends(flightOf({ chain: [shown()] }))
        .sends(alertOf(48))
        .closes()
      s.wait(seconds(3))
      return s
    },
    told: PASSES,
  },
  'an alert about anything else': {
    config: keys(),
    play: () => shownInTurn([[shown()]], { refuses: 90 }), // the user cancelled
    told: PASSES,
  },
})
