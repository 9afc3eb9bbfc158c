/**
 * What other tools' own test suites expect of TLS in the public captures: nDPI, the ja4 project, Arkime,
 * Zeek and Suricata. Each fact that one of them states is Holdfast's too, or its reason stands here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ConnectionRecord } from '../../src/model/record.ts'
import { captureFiles, recordsOf, SHARED } from './captures.ts'

const EXPECTED = `${SHARED}public/expected/`
const absent = !existsSync(EXPECTED)
const read = (name: string): string => readFileSync(EXPECTED + name, 'utf8')

async function connectionsOf(capture: string): Promise<ConnectionRecord[]> {
  const file = captureFiles('public').find(({ name }) => name === `public/pcap/${capture}`)!
  const all = await recordsOf(file, 'connection')
  return all.filter(({ tls }) => tls !== null)
}

const endsOf = ({ client, serverEndpoint }: ConnectionRecord): string[] =>
  [client, serverEndpoint].map(({ address, port }) => `${address} ${port}`).toSorted()

describe.skipIf(absent)('nDPI (skipped without ../shared)', () => {
  /** JA4s of nDPI that are not those of FoxIO's description (technical_details/JA4.md). */
  const OTHERWISE: ReadonlyMap<string, string> = new Map([
    ['t12i370500_07a749158664_d075105c1994', 'the hello has SNI, though with an address in it: d'],
    ['t12i370400_07a749158664_e64f6000bf4d', 'the hello has SNI, though with an address in it: d'],
    ['t10d350200_1f24bcc5f17d_33a13ba74d1c', 'the hello has no SNI: i, whatever name DNS had for the server'],
    [
      't10d150000_e2ff6cb279ee_e3b0c44298fc',
      'no SNI: i; no extensions: twelve zeros, not the hash of nothing',
    ],
    [
      't12d1909sp_b5dc49c6fcca_2cdefc264be7',
      'of the protocol the first and the last character: spdy/3.1 is s1',
    ],
    [
      't13d1713ht_5b57614c22b0_eca864cca44a',
      'of the protocol the first and the last character: http/1.1 is h1',
    ],
  ])

  const names = absent ? [] : readdirSync(EXPECTED).filter((name) => name.endsWith('.ndpi.out'))
  const flow = /TCP (\S+?):(\d+) <-> (\S+?):(\d+) (.*)/
  const flows = names.flatMap((name) =>
    read(name)
      .split('\n')
      .flatMap((line) => {
        const [, a, portA, b, portB, said] = flow.exec(line) ?? []
        if (said === undefined || !/\[JA3C|\[JA3S|\[JA4/.test(said)) return []
        const capture = name.replace('.ndpi.out', '')
        return [{ capture, ends: [`${plain(a!)} ${portA}`, `${plain(b!)} ${portB}`].toSorted(), said }]
      }),
  )

  test.each([...new Set(flows.map(({ capture }) => capture))])('%s', async (capture) => {
    const connections = await connectionsOf(capture)
    const differences: string[] = []
    for (const { ends, said } of flows.filter((one) => one.capture === capture)) {
      const same = connections.filter((one) => endsOf(one).join() === ends.join())
      const stated = (name: string): string | undefined =>
        new RegExp(`\\[${name}: ([^\\]]*)\\]`).exec(said)?.[1]
      const facts = {
        sni: stated('Hostname/SNI'),
        ja3: stated('JA3C'),
        // It remarks on weak suites.
        ja3s: stated('JA3S')?.replace(' (WEAK)', ''),
        ja4: stated('JA4'),
        alpn: stated('\\(Negotiated\\) ALPN'),
        version: /\[(TLSv1(?:\.\d)?|SSLv3)\]/
          .exec(said)?.[1]
          ?.replace(/TLSv1$/, 'TLSv1.0')
          .replace('v', ' '),
      }
      for (const [fact, value] of Object.entries(facts)) {
        if (value === undefined) continue
        const own = same.map(({ tls }) => String(tls![fact as keyof typeof facts]))
        const where = `${capture} ${ends.join(' ')} ${fact}`
        if (!own.includes(value) && !OTHERWISE.has(value))
          differences.push(`${where}: ${value}, not ${own.join()}`)
      }
    }
    expect(differences).toEqual([])
  })
})

/** nDPI writes IPv6 in brackets. */
function plain(address: string): string {
  return address.replace(/[[\]]/g, '')
}

describe.skipIf(absent)('others (skipped without ../shared)', () => {
  test('the ja4 project', async () => {
    const stated = JSON.parse(read('ja4__http2-with-cookies.pcapng.ja4.json')) as Record<string, string>[]
    const first = stated.find((one) => one['JA4.1'] !== undefined)!
    const [connection] = await connectionsOf('ja4__http2-with-cookies.pcapng')
    const { tls, client, serverEndpoint } = connection!
    expect([client, serverEndpoint]).toEqual([
      { address: first['src'], port: Number(first['srcport']) },
      { address: first['dst'], port: Number(first['dstport']) },
    ])
    // What it calls domain is the name in SNI.
    expect([tls?.ja4, tls?.sni, tls?.version]).toEqual([first['JA4.1'], first['domain'], 'TLS 1.3'])
    expect(tls?.certificates).toHaveLength(Object.keys(first).filter((key) => key.startsWith('JA4X.')).length)
  })

  test.each(['arkime__openssl-tls1_1.pcap', 'arkime__pppoe.pcap'])('Arkime: %s', async (capture) => {
    interface Body {
      readonly tls?: Partial<Record<'ja3' | 'ja3s' | 'ja4' | 'version' | 'dstSessionId', string[]>>
      readonly cert?: { subjectCN?: string[]; notBefore: number; notAfter: number }[]
    }
    const { sessions3 } = JSON.parse(read(`${capture}.arkime.test.json`)) as { sessions3: { body: Body }[] }
    const { tls, cert = [] } = sessions3.find(({ body }) => body.tls !== undefined)!.body
    const [own] = (await connectionsOf(capture)).map((one) => one.tls!)
    const version = tls!.version?.[0]?.replace('TLSv', 'TLS ').replace('SSLv3', 'SSL 3.0')
    expect([own!.ja3s, own!.version]).toEqual([tls!.ja3s?.[0], version])
    // It makes no fingerprints of a hello in the form of SSL 2.0.
    if (tls!.ja3 !== undefined) expect([own!.ja3, own!.ja4]).toEqual([tls!.ja3[0], tls!.ja4?.[0]])
    const validity = (from: number, to: number): string => `${from} ${to}`
    expect(
      own!.certificates.map((c) => validity(Date.parse(c.notBefore), Date.parse(c.notAfter))).toSorted(),
    ).toEqual(cert.map((c) => validity(c.notBefore, c.notAfter)).toSorted())
    const subjects = own!.certificates.map(({ subject }) => subject.toLowerCase())
    for (const { subjectCN = [] } of cert)
      expect(
        subjects.some((subject) => subject.includes(`cn=${subjectCN[0] ?? ''}`) || subjectCN.length === 0),
      ).toBe(true)
  })

  test('Zeek: ssl.log and x509.log', async () => {
    const base = 'zeek__tls-smtp-starttls.pcap.zeek-scripts.base.protocols.smtp.starttls'
    const [ssl] = zeekRows(read(`${base}.ssl.log`))
    const [connection] = await connectionsOf('zeek__tls-smtp-starttls.pcap')
    const { tls, client, serverEndpoint } = connection!
    expect([client.address, client.port, serverEndpoint.address, serverEndpoint.port].map(String)).toEqual([
      ssl!['id.orig_h'],
      ssl!['id.orig_p'],
      ssl!['id.resp_h'],
      ssl!['id.resp_p'],
    ])
    expect([tls?.version, tls?.sni, tls?.alpn, tls?.resumed]).toEqual(['TLS 1.2', null, null, false])
    expect([ssl!['version'], ssl!['server_name'], ssl!['next_protocol'], ssl!['resumed']]).toEqual([
      'TLSv12',
      '-',
      '-',
      'F',
    ])
    expect(tls?.certificates.map((c) => c.fingerprintSha256).join()).toBe(ssl!['cert_chain_fps'])
    for (const [i, row] of zeekRows(read(`${base}.x509.log`)).entries()) {
      const { subject, issuer, notBefore, notAfter } = tls!.certificates[i]!
      // Zeek writes names from the end, as RFC 4514 does.
      const reversed = (name: string): string => name.split(', ').toReversed().join(',')
      expect([reversed(subject), reversed(issuer)]).toEqual([
        row['certificate.subject'],
        row['certificate.issuer'],
      ])
      expect([notBefore, notAfter].map((iso) => Date.parse(iso) / 1000)).toEqual([
        Number(row['certificate.not_valid_before']),
        Number(row['certificate.not_valid_after']),
      ])
    }
  })

  test('Suricata: a hello in the form of SSL 2.0', async () => {
    const yaml = read('suriv__sslv2-tls-upgrade-01__ssl-v2-s1.pcap.suricata-verify.test.yaml')
    const stated = (name: string): string => new RegExp(`tls\\.${name}: "([^"]*)"`).exec(yaml)![1]!
    const [connection] = await connectionsOf('suriv__sslv2-tls-upgrade-01__ssl-v2-s1.pcap')
    const [leaf] = connection!.tls!.certificates
    // Suricata calls the attribute Email; OpenSSL and Holdfast, emailAddress.
    const own = (name: string): string => name.replace('emailAddress=', 'Email=').replaceAll('\\,', ',')
    expect([own(leaf!.subject), own(leaf!.issuer)]).toEqual([stated('subject'), stated('issuerdn')])
    expect([leaf!.notBefore, leaf!.notAfter]).toEqual([`${stated('notbefore')}Z`, `${stated('notafter')}Z`])
    expect([connection!.tls!.version, stated('version')]).toEqual(['TLS 1.0', 'TLSv1'])
  })
})

function zeekRows(log: string): Record<string, string>[] {
  const lines = log.trimEnd().split('\n')
  const names = lines
    .find((line) => line.startsWith('#fields'))!
    .split('\t')
    .slice(1)
  return lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => Object.fromEntries(line.split('\t').map((value, i) => [names[i], value])))
}
