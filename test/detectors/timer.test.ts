import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bestSplit, estimateTimer } from '../../src/detectors/timer.ts'
import type { Signature } from '../../src/detectors/timer.ts'

const NLB = 'AWS Network Load Balancer (350 s)'
const NAT_GATEWAY = 'AWS NAT Gateway (350 s, unconfirmed)'
const IPVS = 'Linux IPVS (kube-proxy, Swarm, Keepalived) (900 s)'

/** Survived, severed and how; the interval, and the devices in it. */
type Row = readonly [
  survived: readonly number[],
  severed: readonly number[],
  Signature,
  interval: readonly [number | null, number],
  candidates: readonly string[],
]

describe('the timer is bracketed', () => {
  test.each<Row>([
    // Azure's default: what survived 239 s, and did not 241 s.
    [[60, 120, 239], [241, 300, 900], 'silent', [239, 241], ['Azure Load Balancer (240 s)']],
    [[349], [351], 'rst-on-next', [349, 351], [NLB, NAT_GATEWAY]],
    [[349], [351], 'silent', [349, 351], ['AWS Network Firewall (350 s)']],
    // moby/moby#37822, found by hand there: 901 to 903 s.
    [[899], [901, 902, 903], 'rst-on-next', [899, 901], [IPVS]],
    [
      [],
      [300, 299.8, 300.4],
      'rst-at-expiry',
      [298.8, 300.4],
      ['Azure Firewall (east-west) (300 s, unconfirmed)', 'F5 BIG-IP (300 s)'],
    ],
    // A close at expiry shows the timer itself: what survived says no more.
    [[100], [300], 'fin', [299, 300], ['Envoy HTTP (ECS Service Connect) (300 s)']],
    [[299.9], [300.2], 'fin', [299.9, 300.2], ['Envoy HTTP (ECS Service Connect) (300 s)']],
    // Gaps before closes that no one timer made: the shortest bounds it from above.
    [
      [30],
      [60, 300],
      'fin',
      [30, 60],
      [
        'HAProxy (sample configuration) (50 s)',
        'GCP proxy load balancer (backend timeout) (30 s, unconfirmed)',
        'AWS Application Load Balancer (60 s, unconfirmed)',
        'AWS Classic Load Balancer (60 s)',
      ],
    ],
    // Nothing survived: any device below would fit, so none is named.
    [[], [310], 'silent', [null, 310], []],
    // What survived longer than others did not, met another timer or another path.
    [[400], [300], 'silent', [null, 300], []],
    // A host that failed is not the timer's doing: the split that is wrong about the fewest counts.
    [[60, 340, 345, 349], [70, 351, 360, 365], 'rst-on-next', [349, 351], [NLB, NAT_GATEWAY]],
    [[60, 280, 290], [80, 300, 300.4], 'fin', [299, 300.4], ['Envoy HTTP (ECS Service Connect) (300 s)']],
    // As wrong about the one as about the other: the shorter one is the safer guess.
    [[60, 349], [70, 351], 'silent', [60, 70], []],
  ])('%j survived, %j did not: %s', (survived, severed, signature, [lower, upper], candidates) => {
    const { lowerSeconds, upperSeconds, ...rest } = estimateTimer(survived, severed, signature)
    expect([lowerSeconds, upperSeconds]).toEqual([lower, upper])
    expect(rest.candidates.toSorted()).toEqual(candidates.toSorted())
    expect([rest.survived, rest.severed]).toEqual([survived.length, severed.length])
  })
})

test('a keep-alive is safe at four fifths of what was survived', () => {
  expect(estimateTimer([239], [241], 'silent').safeKeepAliveSeconds).toBe(191.2)
  expect(estimateTimer([], [241], 'silent').safeKeepAliveSeconds).toBe(null)
  // Records that tell the silence to the minute do not show that it was longer than none.
  const { lowerSeconds, safeKeepAliveSeconds } = estimateTimer([], [60], 'fin', 60)
  expect([lowerSeconds, safeKeepAliveSeconds]).toEqual([null, null])
})

const silences = fc.array(fc.double({ min: 1, max: 5000, noNaN: true }), { maxLength: 20 })
const broken = fc.array(fc.double({ min: 1, max: 5000, noNaN: true }), { minLength: 1, maxLength: 20 })
const signatures = fc.constantFrom<Signature>('silent', 'rst-on-next', 'rst-at-expiry', 'fin')

/** What binary fractions add to hundredths. */
const DUST = 1e-4

test('whatever was seen, the interval lies around a silence that was severed', () => {
  fc.assert(
    fc.property(silences, broken, signatures, (survived, severed, signature) => {
      const timer = estimateTimer(survived, severed, signature)
      const { shortest } = bestSplit(survived, severed)
      expect(severed).toContain(shortest)
      expect(timer.upperSeconds).toBeGreaterThan(shortest - DUST)
      if (timer.lowerSeconds === null) return
      expect(timer.lowerSeconds).toBeLessThanOrEqual(timer.upperSeconds!)
      expect(timer.lowerSeconds).toBeLessThan(shortest + DUST)
      expect(timer.safeKeepAliveSeconds!).toBeLessThan(shortest)
    }),
    { numRuns: 300 },
  )
})

test('a silence that began before the capture bounds nothing from above', () => {
  const { upperSeconds, lowerSeconds, severed } = estimateTimer([60], [Infinity, 300, 300.2], 'fin')
  expect({ upperSeconds, lowerSeconds, severed }).toEqual({
    upperSeconds: 300.2,
    lowerSeconds: 299,
    severed: 3,
  })
  expect(estimateTimer([60], [Infinity, Infinity], 'fin')).toEqual({
    upperSeconds: null,
    lowerSeconds: null,
    survived: 1,
    severed: 2,
    candidates: [],
    safeKeepAliveSeconds: null,
  })
})
