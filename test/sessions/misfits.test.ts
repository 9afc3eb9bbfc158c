import { describe, expect, test } from 'vitest'
import { analysed } from '../detectors/analysis.ts'
import { scenario } from '../scenario/scenario.ts'

const dlp = (parts: object = {}) => ({
  name: 'dlp',
  ports: [10443],
  vips: ['10.10.2.10'],
  servers: [
    { name: 's1', addresses: ['10.10.3.11'] },
    { name: 's2', addresses: ['10.10.3.12'] },
    { name: 's3', addresses: ['10.10.3.13'] },
  ],
  ...parts,
})

/** Three connections of an agent, each with a request. */
function visits() {
  const s = scenario()
  for (let i = 0; i < 3; i++) {
    const { agent, server } = s.connect('10.10.1.101', '10.10.3.11:10443')
    agent.sends('GET /policy HTTP/1.1\r\nHost: dlp.example.com\r\nX-Agent-Id: EPA-0017\r\n\r\n')
    server.sends('HTTP/1.1 204 No Content\r\n\r\n')
  }
  return s
}

async function misfits(config: unknown, story = visits()): Promise<readonly string[] | undefined> {
  return (await analysed(story, { config, taps: ['client'] })).of('summary')[0]!.misfits
}

describe('services', () => {
  test('that fit, and no configuration at all, are nothing to tell', async () => {
    expect(await misfits({ services: [dlp()] })).toBeUndefined()
    expect(await misfits({})).toBeUndefined()
  })

  test('none of which is in the capture, and what is there instead', async () => {
    expect(await misfits({ services: [dlp({ ports: [10444] }), { name: 'sepm', ports: [8014] }] })).toEqual([
      'No connection is of a service of the configuration: dlp (port 10444 of 10.10.2.10, 10.10.3.11, 10.10.3.12 ' +
        'and 1 more) and sepm (port 8014). 3 connections went to 10.10.3.11:10443: check ports, vips and servers.',
    ])
  })

  test('of which some are there', async () => {
    expect(await misfits({ services: [dlp(), { name: 'sepm', ports: [8014] }] })).toEqual([
      'Of the configuration, nothing was seen of sepm (port 8014).',
    ])
  })

  test('a server that answers nobody is there', async () => {
    const s = visits()
    s.host('10.10.4.11', { side: 'servers' }).health = 'refusing'
    s.connect('10.10.1.101', '10.10.4.11:8014')
    expect(await misfits({ services: [{ name: 'sepm', ports: [8014] }] }, s)).toBeUndefined()
  })

  test('of nothing at all, nothing is missed', async () => {
    expect(await misfits({ services: [dlp()] }, scenario())).toBeUndefined()
  })
})

describe('what agents are named by', () => {
  test('no request bears it', async () => {
    const identity = [{ httpHeader: 'X-Agnet-Id' }, { urlParameter: 'agent' }]
    expect(await misfits({ services: [dlp({ identity })] })).toEqual([
      'None of 3 requests of dlp bears what the configuration names agents by (identity: header X-Agnet-Id and ' +
        'parameter agent).',
    ])
  })

  test.each([
    ['a request does', { identity: [{ httpHeader: 'X-Agnet-Id' }, { httpHeader: 'X-Agent-Id' }] }],
    ['it stands in no request', { identity: [{ clientCertificate: 'subject' }] }],
    ['the product brings it along', { profile: 'mcafee-epo' }],
  ])('nothing to tell where %s', async (_why, parts) => {
    expect(await misfits({ services: [dlp(parts)] })).toBeUndefined()
  })
})
