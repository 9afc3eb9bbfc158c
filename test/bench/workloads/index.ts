/**
 * The workloads, and who runs on each: command lines of whole tools, and the floors that Holdfast should
 * reach.
 */
import { fileURLToPath } from 'node:url'
import { capture, type Counts } from '../captures.ts'
import { generateHttp } from './http.ts'
import { generateLarge } from './large.ts'
import { generateMillion } from './million.ts'
import { generateSmall } from './small.ts'
import { generateTls12, generateTls13, keyLogOf } from './tls.ts'

export interface Contestant {
  readonly name: string
  readonly command: (path: string) => readonly string[]
  /** Runs once, in the first round: it takes tens of seconds. */
  readonly once?: true
  /** Only with --heavy: it takes gigabytes of memory. */
  readonly heavy?: true
  /** What a reader of the numbers has to know. */
  readonly note?: string
}

/** What Holdfast should reach, as one number out of the results; `atLeast` or `atMost`. */
export interface Floor {
  readonly says: string
  readonly than?: string
  readonly atLeast?: number
  readonly atMost?: number
  readonly of: 'wall-ratio' | 'bytes-per-second' | 'peak-bytes'
}

export interface Workload {
  readonly name: string
  readonly says: string
  /** Raised whenever the generator's output changes. */
  readonly version: number
  readonly generate: (path: string) => Counts
  readonly contestants: readonly Contestant[]
  readonly floors: readonly Floor[]
}

export const HOLDFAST = fileURLToPath(new URL('../../../src/cli/holdfast.mjs', import.meta.url))

const holdfast: Contestant = { name: 'holdfast', command: (path) => [HOLDFAST, 'analyze', path] }
const tcptrace: Contestant = { name: 'tcptrace', command: (path) => ['tcptrace', '-n', path] }
const argus: Contestant = {
  name: 'argus',
  command: (path) => ['argus', '-r', path, '-w', '-'],
  note: 'it ends on a whole second (it sleeps while its output drains): compare its cpu time as well',
}
const ndpiReader: Contestant = { name: 'ndpiReader', command: (path) => ['ndpiReader', '-q', '-i', path] }
const tshark: Contestant = {
  name: 'tshark',
  command: (path) => ['tshark', '-n', '-r', path, '-q', '-z', 'conv,tcp'],
  once: true,
}
/** The same messages without TLS: what `http` holds. */
const inClear: Contestant = {
  name: 'holdfast in clear',
  command: () => [HOLDFAST, 'analyze', capture('http', 1, (path) => generateHttp(path)).path],
}
const withKeys: Contestant = {
  name: 'holdfast',
  command: (path) => [HOLDFAST, 'analyze', '--keylog', keyLogOf(path), path],
}
const decrypting: Floor = {
  says: 'at most 3 x the time of the same messages in clear',
  of: 'wall-ratio',
  than: 'holdfast in clear',
  atLeast: 1 / 3,
}
const fields = ['-T', 'fields', '-e', 'http.set_cookie']
const tsharkFields: Contestant = {
  name: 'tshark -T fields',
  command: (path) => ['tshark', '-n', '-r', path, ...fields],
  once: true,
}
const tsharkFilter: Contestant = {
  name: 'tshark -Y -T fields',
  command: (path) => ['tshark', '-n', '-r', path, '-Y', 'http.set_cookie', ...fields],
  once: true,
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'small',
    says: '1.4 million small packets of 30,000 TCP connections from 2,000 agents to 4 servers within an hour',
    version: 1,
    generate: generateSmall,
    contestants: [holdfast, tcptrace, argus, ndpiReader, tshark],
    floors: [
      { says: 'at least 3 x as fast as tcptrace', of: 'wall-ratio', than: 'tcptrace', atLeast: 3 },
      { says: 'at least 2 x as fast as argus', of: 'wall-ratio', than: 'argus', atLeast: 2 },
    ],
  },
  {
    name: 'large',
    says: '2 GB of full 1514-octet segments and their acknowledgments, 400 bulk transfers in ten minutes',
    version: 1,
    generate: generateLarge,
    contestants: [holdfast, tcptrace, argus, ndpiReader, tshark],
    floors: [{ says: 'at least 2 GB a second', of: 'bytes-per-second', atLeast: 2e9 }],
  },
  {
    name: 'http',
    says: 'a million packets of HTTP/1.1 with cookies on 20,000 keep-alive connections',
    version: 1,
    generate: (path) => generateHttp(path),
    contestants: [holdfast, tcptrace, argus, tsharkFields, tsharkFilter],
    floors: [
      {
        says: 'at least 20 x as fast as tshark -T fields',
        of: 'wall-ratio',
        than: 'tshark -T fields',
        atLeast: 20,
      },
    ],
  },
  {
    name: 'tls12',
    says: 'the messages of http in TLS 1.2, AES-128-GCM, with a key log',
    version: 1,
    generate: generateTls12,
    contestants: [withKeys, inClear],
    floors: [decrypting],
  },
  {
    name: 'tls13',
    says: 'the messages of http in TLS 1.3, AES-128-GCM, with a key log',
    version: 1,
    generate: generateTls13,
    contestants: [withKeys, inClear],
    floors: [decrypting],
  },
  {
    name: 'million',
    says: 'a million connections of five packets each, opened within an hour, left open and idle',
    version: 1,
    generate: generateMillion,
    contestants: [holdfast, argus, { ...tcptrace, heavy: true, once: true }],
    floors: [{ says: 'at most 400 MB', of: 'peak-bytes', atMost: 400e6 }],
  },
]
