import { expect, test } from 'vitest'
import { isProbeRequest } from '../../../src/sessions/servers/probes.ts'

const asks = (line: string, headers: Record<string, string> = {}): boolean => {
  const [method, target, version] = line.split(' ') as [string, string, string]
  return isProbeRequest({
    method,
    target,
    version,
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    time: 0,
    packet: 1,
    bodyBytes: 0,
  })
}

test.each<[string, Record<string, string>, boolean]>([
  ['OPTIONS / 1.0', {}, true], // HAProxy's httpchk
  ['OPTIONS / 1.0', { Host: 'x' }, false],
  ['OPTIONS / 1.1', {}, false],
  ['GET / 1.1', { 'User-Agent': 'ELB-HealthChecker/2.0' }, true],
  ['GET / 1.1', { 'user-agent': 'kube-probe/1.29' }, true],
  ['GET / 1.1', { 'User-Agent': 'GoogleHC/1.0' }, true],
  ['GET / 1.1', { 'User-Agent': 'Mozilla/5.0 (like GoogleHC)' }, false],
  ['GET /healthz 1.1', {}, true],
  ['HEAD /health/ 1.1', {}, true],
  ['POST /health 1.1', {}, false],
  ['GET /health/records 1.1', {}, false],
  ['GET /healthy 1.1', {}, false],
  ['GET / 1.1', {}, false],
])('%s %j: %s', (line, headers, expected) => expect(asks(line, headers)).toBe(expected))
