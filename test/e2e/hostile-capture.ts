/**
 * A capture in which every text that traffic can carry is a script, markup, a terminal's escape sequence, a
 * change of the writing direction, a way out of a folder, or far too long: what an agent or a server under
 * somebody else's control may send.
 */
import { seconds } from '../../src/model/time.ts'
import { clientHello, concat, extension, record, text as latin1, vector } from '../protocols/tls/craft.ts'
import { joined, pcapngBlocks, text } from '../scenario/pcap-writer.ts'
import { loadBalancer, request, response, type Scenario, scenario } from '../scenario/scenario.ts'

const SCRIPT = '"><script>window.__ran=1</script>'
const MARKUP = '<img src=x onerror=window.__ran=1>'
const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\u009b31m'
const REVERSED = '\u202egpj.exe\u2066'
const LONG = 'long'.repeat(1024)

/** What agents call themselves. */
export const AGENTS: readonly string[] = [
  MARKUP,
  SCRIPT,
  `${ESCAPES}agent`,
  `${REVERSED}agent`,
  '../../../etc/passwd',
  '..',
  '__proto__',
  '[x](javascript:alert(1))|`*_#',
  'javascript:window.__ran=1',
  "' OR 1=1 --%00%2e%2e%2f?#&",
  LONG.slice(0, 250),
  LONG,
]

/** What servers call their cookies; a name ends at `=` and has no semicolon. */
const COOKIES: readonly string[] = [
  '<iframe><b>cookie</b>',
  '<script>window.__ran++</script>',
  '\u001b[2J\u009b31mcookie\u0007',
  'r\u00ebversed\u0085cookie',
  '../../cookie',
  '|cookie|`*_#',
  LONG,
]

export const NAMES = {
  service: '<b onmouseover=window.__ran++>service</b>',
  server: '<i>server</i>\u202e',
  balancer: '<u>balancer</u>',
  file: '..\\<img src=x onerror=__ran++>%2e%2e%2f.pcapng',
} as const

const VIP = '10.10.2.10'
const BALANCER = '10.10.3.1'
const SERVER = '10.10.3.21'

/** As an operator sends it along: JSON is YAML. */
export const CONFIG = JSON.stringify({
  services: [
    {
      name: NAMES.service,
      profile: 'symantec-sems',
      connections: 'persistent',
      ports: [80],
      vips: [VIP],
      servers: [{ name: NAMES.server, addresses: [SERVER] }],
      enrolment: { paths: ['/omc/enroll'], singleSetCookie: true },
      identity: [{ urlParameter: 'AgentGuid' }, { httpHeader: 'X-Agent' }],
    },
  ],
  devices: [{ role: 'load-balancer', name: NAMES.balancer, addresses: [BALANCER] }],
})

/** In UTF-8, as octets of a header. */
const octetsOf = (value: string): string => Buffer.from(value).toString('latin1')

function enrols(s: Scenario, name: string, n: number): void {
  const cookie = `${COOKIES[n % COOKIES.length]}=${SCRIPT}; Path=${MARKUP}`
  // The load balancer adds a cookie to what comes in one segment.
  const setCookie = cookie.length < LONG.length ? [cookie] : [cookie, `second=${SCRIPT}`]
  const { agent } = s.connect(`10.10.1.${100 + n}`, `${VIP}:80`)
  const target = `/omc/enroll?AgentGuid=${encodeURIComponent(name)}&q=${SCRIPT}&long=${LONG}`
  agent
    .sends(
      request('POST', target, {
        host: n % 2 === 0 ? MARKUP : octetsOf(REVERSED),
        cookie: `${MARKUP}=${SCRIPT}; ${LONG}=${MARKUP}`,
        headers: { 'X-Agent': octetsOf(name), 'User-Agent': `${MARKUP}${ESCAPES}${LONG}`, Referer: SCRIPT },
        body: SCRIPT,
      }),
    )
    .receives(
      response({
        setCookie,
        headers: { Server: `${MARKUP}${ESCAPES}` },
      }),
    )
  s.wait(seconds(1))
}

function greets(s: Scenario, name: string): void {
  const serverName = extension(0, vector(2, concat(Uint8Array.of(0), vector(2, latin1(octetsOf(name))))))
  const { agent } = s.connect('10.10.1.100', `${SERVER}:443`)
  agent.sends(record(22, clientHello({ extensions: [serverName] })))
  s.wait(seconds(1))
  agent.closes()
}

function story(): Scenario {
  const s = scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: BALANCER,
      idle: seconds(300),
      manner: 'fin',
      pick: () => SERVER,
      injects: () => `BIGip<script>window.__ran++</script>=1677787402.20480.0000; path=${MARKUP}`,
    }),
  )
  for (const name of [SCRIPT, MARKUP, ESCAPES, REVERSED, LONG]) greets(s, name)
  for (const [n, name] of AGENTS.entries()) enrols(s, name, n)
  s.wait(seconds(310)) //                                 the load balancer ends what was idle
  for (const [n, name] of AGENTS.entries()) enrols(s, name, n)
  s.wait(seconds(100))
  return s
}

/** The tap at the agents, as pcapng with texts in all its options. */
export function hostileCapture(): Uint8Array {
  const { section, interface: port, enhanced, names } = pcapngBlocks()
  const texts = [SCRIPT, MARKUP, ESCAPES, REVERSED, LONG].join(' ')
  const options = (...codes: readonly number[]) => codes.map((code) => ({ code, value: text(texts) }))
  const capture = Buffer.from(story().captures().get('client')!)
  const blocks: Uint8Array[] = [
    section(options(1, 2, 3, 4)),
    port({ options: options(1, 2, 3, 12, 15) }),
    names([[Uint8Array.of(10, 10, 1, 100), MARKUP, SCRIPT, LONG]]),
  ]
  for (let at = 24; at < capture.length;) {
    const length = capture.readUInt32LE(at + 8)
    const ticks = BigInt(capture.readUInt32LE(at)) * 1_000_000n + BigInt(capture.readUInt32LE(at + 4))
    const bytes = new Uint8Array(capture.subarray(at + 16, at + 16 + length))
    blocks.push(enhanced({ ticks, bytes, options: [{ code: 1, value: text(SCRIPT) }] }))
    at += 16 + length
  }
  return joined(blocks)
}
