/** What Zeek's and Arkime's own tests expect of name service and mail in captures of theirs. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { SHARED } from './captures.ts'
import { observationsOf } from './observations.ts'

const capture = (name: string) => ({ path: `${SHARED}public/pcap/${name}`, keys: null })
const expected = (name: string): string => readFileSync(`${SHARED}public/expected/${name}`, 'utf8')
const isMissing = !existsSync(`${SHARED}public/expected`)
if (isMissing) console.warn('skipped, because ../shared/captures is not there: what Zeek and Arkime expect')

/** The rows of a Zeek log, by column. */
function zeekLog(name: string): Record<string, string>[] {
  const lines = expected(name).split('\n')
  const columns = lines
    .find((line) => line.startsWith('#fields'))!
    .split('\t')
    .slice(1)
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => Object.fromEntries(line.split('\t').map((cell, i) => [columns[i]!, cell])))
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

describe.skipIf(isMissing)('Zeek', () => {
  test('dns.log: the question, the code, answers and TTLs in order', async () => {
    const theirs = zeekLog('zeek__wikipedia.pcap.zeek-opt.basic.dns.log')
      .filter((row) => row['id.resp_p'] === '53' && row['rcode'] !== '-')
      .map((row) => [
        `${row['id.orig_h']}:${row['id.orig_p']} ${row['id.resp_h']} ${row['trans_id']}`,
        `${row['query']} ${row['qtype_name']} ${row['rcode_name']} ${row['AA']}`,
        row['answers'] === '-' ? '' : row['answers'],
        row['TTLs'] === '-' ? '' : row['TTLs'],
      ])
    const ours = (await observationsOf(capture('zeek__wikipedia.pcap'), 'dns-answer')).map((o) => [
      `${o.client.address}:${o.client.port} ${o.server.address} ${o.id}`,
      // Zeek says AA F also where the response has it set (frame 19, as tshark shows): it is left out below.
      `${o.name} ${o.type} ${RCODES[o.rcode]}`,
      o.answers.map(({ data }) => data).join(),
      o.answers.map(({ ttl }) => ttl.toFixed(6)).join(),
    ])
    expect(ours).toEqual(
      theirs.map(([ends, asked, ...rest]) => [ends, asked!.replace(/ [TF]$/, ''), ...rest]),
    )
    expect(ours.length).toBeGreaterThan(10)
  })

  test('smtp.log: the client’s name, the last reply, STARTTLS', async () => {
    const [row] = zeekLog('zeek__tls-smtp-starttls.pcap.zeek-scripts.base.protocols.smtp.starttls.smtp.log')
    const file = capture('zeek__tls-smtp-starttls.pcap')
    const [session] = await observationsOf(file, 'smtp-session')
    const last = (await observationsOf(file, 'smtp-reply')).at(-1)!
    expect(session).toMatchObject({ hello: row!['helo'], startTls: row!['tls'] === 'T' ? 'started' : 'none' })
    expect(`${last.code} ${last.text}`).toBe(row!['last_reply'])
    expect(await observationsOf(file, 'tls-handshake')).toHaveLength(1)
  })
})

describe.skipIf(isMissing)('Arkime', () => {
  test('who says hello, who writes to whom, and that the message was taken', async () => {
    const { sessions3 } = JSON.parse(expected('arkime__smtp-data-250.pcap.arkime.test.json')) as {
      sessions3: { body: { email: Record<string, string[]>; tags: string[] } }[]
    }
    const { email, tags } = sessions3[0]!.body
    const replies = await observationsOf(capture('arkime__smtp-data-250.pcap'), 'smtp-reply')
    const argumentOf = (command: string): string[] =>
      replies.filter((o) => o.command === command).map((o) => o.argument!)
    expect(argumentOf('EHLO')).toEqual(email['smtpHello'])
    expect(argumentOf('MAIL')).toEqual(email['src'])
    expect(argumentOf('RCPT')).toEqual(email['dst'])
    const taken = replies.find((o) => o.command === 'message')!
    expect(tags).toContain(`smtp:statuscode:${taken.code}`)
  })
})
