/** The lists of the house against its folders, both ways: what has a file has a row, what has a row has a
 * file. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, sourcesUnder } from './source-tree.ts'

/** Folder with an `index.ts` -> its entries that are no row of the list, each with what it is instead. */
const REGISTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  collectors: {
    'byte-source.ts': 'where bytes come from, for all formats',
    'compression.ts': 'stands before a format without being one',
    'flow-reader.ts': 'common to the formats of flow records',
    'hash-worker.ts': 'the worker of hash.ts',
    'hash.ts': 'the fingerprint of an input, of whatever format',
    'in-order.ts': 'puts the frames of a capture in order, of whatever format',
    'live-folder.ts': 'where live captures come from: the files of a ring',
    'live-process.ts': 'where live captures come from: a program that captures',
    'live-reader.ts': 'captures that follow each other, of whatever format',
    'live-streams.ts': 'where live captures come from: streams',
    'packet-ring.ts': 'a part of live-reader.ts',
    'pcapng-clock.ts': 'a part of pcapng.ts',
    'pcapng-facts.ts': 'a part of pcapng.ts',
    'pcapng-secrets.ts': 'looks through a pcapng before it is read',
    'pcapng-writer.ts': 'writes what is carved',
    'record-reader.ts': 'common to the capture formats',
  },
  'collectors/logs': {
    'applications.ts': 'what a log says of connections of another one',
    'delimited.ts': 'lines of values, for several formats',
    'fields.ts': 'where values stand, for all formats',
    'json.ts': 'objects, for several formats',
    'lines.ts': 'logs of lines, for several formats',
    'objects.ts': 'logs of objects, for several formats',
    'octets.ts': 'values out of text, for all formats',
    'reader.ts': 'the buffer, for all formats',
    'shapes.ts': 'objects laid out alike, for json.ts',
    'state.ts': 'what reading remembers, for all formats',
    'words.ts': 'words that recur, for several formats',
    'zeek-beside.ts': 'logs that stand beside one of zeek.ts',
    'zeek-names.ts': 'under which names zeek-beside.ts finds them',
    'zeek-tsv.ts': 'a part of zeek.ts',
  },
  'src/alerts/outputs': {
    'http.ts': 'one request, for those that speak HTTP',
    'output.ts': 'the interface of a row',
  },
  'src/protocols': {
    'agent-messages.ts': 'what products say inside http',
    cookies: 'header lines of http, and whose they are',
    'dispatch.ts': 'asks the list',
    'opening.ts': 'what dispatch.ts waits for',
    'protocol.ts': 'the interface of a row',
    proxy: 'stands before a protocol without being one',
    'query.ts': 'parameters of request targets, for agent-messages.ts',
    sepm: 'lies inside http',
    spipe: 'lies inside http',
  },
  'src/detectors': {
    'actors.ts': 'who did it, as findings name them',
    'attribution.ts': 'who ended an idle path, for several detectors',
    'below-preference.ts': 'agents below their preference, for two detectors',
    'cadence/call.ts': 'what the detectors of wake-up calls say of one',
    'cookie-finding.ts': 'what the detectors of cookies find, and how it reads',
    'continuity/forgotten.ts': 'the words of losses that no timer explains, for severed-idle.ts',
    'continuity/regular.ts': 'whether losses come at regular intervals',
    'continuity/timer-risk.data.ts': 'relations of timers that a vendor asks for',
    'detector.ts': 'the interface of a row',
    'tls/told.ts': 'what was told already',
    'tls/relay-finding.ts': 'what findings on the TLS of a relay have in common',
    'tls/certificate-names.ts': 'whether a certificate covers a name',
    'cluster/shortcomings.ts': 'how a server failed, in words',
    'cluster/members.ts': 'what findings on members of a cluster have in common',
    'distribution/algorithms.ts': 'tests for one algorithm of a load balancer each',
    'distribution/choices.ts': 'what a load balancer chose, as numbers',
    'distribution/dns.ts': 'what the detectors of DNS find, and how it reads',
    'distribution/first-contacts.ts': 'counts agents at the server where they came first',
    'distribution/hop-cause.ts': 'why a load balancer moved an agent',
    'distribution/name-moves.ts': 'where names led, and whether they were led elsewhere for good',
    'distribution/persistence.ts': 'brackets the memory of a load balancer between returns',
    'distribution/relay.ts': 'what the detectors of choices find, and how it reads',
    'distribution/turn-taking.ts': 'weighs whether a load balancer hands agents round',
    'relay-finding.ts': 'changes between the sides of a relay, for three detectors',
    'session-switch.ts': 'web sessions that change nodes, for two detectors',
    'outside-list.ts': 'agents outside their list, for two detectors',
    'policy-words.ts': 'lists and requirements in words, for the detectors of policy',
    'relay-legs.ts': 'who closed first behind a relay, for whoever judges an end',
    'reset-lore.ts': 'what resets say of themselves, for several detectors',
    'reset-sheet.ts': 'weighs whose a reset is, for several detectors',
    'timer.ts': 'brackets a timer between silences, for several detectors',
    'witnesses.ts': 'the packets of other taps, for those that judge ends',
    'standing.ts': 'findings that are amended, or taken back, as a sample grows',
    'suspicions.ts': 'what only the servers’ side shows, until many of them show a timer',
    'undecided.ts': 'what waits for proof that may come later',
    'unanswered.ts': 'what findings say of agents that waited for an answer',
    'given-up.ts': 'when it proves something that nobody answered, for those that judge ends',
    'affinity/parallel.ts': 'moves of addresses that may stand for many',
    'many.ts': 'addresses that are nobody’s own, for several detectors',
    'losses.ts': 'what several connections that ended together have in common, for those that judge ends',
    'silence-length.ts': 'how long silences were, as far as it is known',
    'wording.ts': 'how numbers read in sentences',
  },
}
/** Where a row is a file at any depth. Elsewhere a folder is one row. */
const BY_FILE: readonly string[] = ['src/detectors']

/** Registries still to come. An entry that exists has to go. */
const TO_COME: readonly string[] = []

const present = Object.entries(REGISTRIES).filter(([folder]) => !TO_COME.includes(folder))

test('a registry that is to come does not exist', () => {
  expect(TO_COME.filter((folder) => existsSync(join(ROOT, folder, 'index.ts')))).toEqual([])
})

describe.each(present)('%s', (folder, others) => {
  const entries = [...new Set(sourcesUnder(folder).map(({ path }) => entryOf(folder, path)))]
  const index = sourcesUnder(folder).find(({ path }) => path === `${folder}/index.ts`)
  const imported = (index?.imports ?? []).filter(({ target }) => target.startsWith(`${folder}/`))
  const rows = new Set(
    imported.map(({ target }) => entryOf(folder, target)).filter((entry) => !(entry in others)),
  )

  test('every entry has a row', () => {
    expect(entries.filter((entry) => entry !== 'index.ts' && !rows.has(entry) && !(entry in others))).toEqual(
      [],
    )
  })

  test('what is no row exists and has none', () => {
    expect(Object.keys(others).filter((entry) => !entries.includes(entry))).toEqual([])
  })

  test('rows do not import each other', () => {
    const listed = sourcesUnder(folder).filter(({ path }) => rows.has(entryOf(folder, path)))
    const crossing = listed.flatMap(({ path, imports }) =>
      imports
        .map(({ target }) => target)
        .filter(
          (target) => target.startsWith(`${folder}/`) && entryOf(folder, target) !== entryOf(folder, path),
        )
        .filter((target) => rows.has(entryOf(folder, target)))
        .map((target) => `${path} -> ${target}`),
    )
    expect(crossing).toEqual([])
  })
})

/** What a path is, in terms of the registry: the file, or the folder that holds it. */
function entryOf(folder: string, path: string): string {
  const inside = path.slice(folder.length + 1)
  return BY_FILE.includes(folder) ? inside : inside.split('/')[0]!
}
