/**
 * A suggestion as `holdfast.yaml`: each line with its reason behind it, and what rests on little as a comment
 * that becomes a line when its `#` is taken away. Values come from traffic: the library quotes them, and
 * comments hold one line of harmless characters.
 */
import { Document, type Node, type Pair, stringify, type YAMLMap, type YAMLSeq } from 'yaml'
import { harmless } from '../output/harmless.ts'
import { counted } from '../output/quantities.ts'
import type { SuggestedDevice, SuggestedNat } from './suggest-devices.ts'
import type { Said, SuggestedService, Suggestion } from './suggest-plan.ts'

/** A key, its value, the reason; thin ones become comments. */
interface Line {
  readonly key: string
  readonly value: unknown
  readonly why: string
  readonly isThin: boolean
}
/** An entry of a list. */
interface Entry {
  readonly lines: readonly Line[]
  readonly isThin: boolean
}

const STYLE = { lineWidth: 0, flowCollectionPadding: false } as const

const INTRODUCTION = [
  'Behind each line stands what was seen. What rests on little is behind a #: check it, then take that away.',
  'Not in traffic, and for you to add: priorities, weights, locations, what devices are set to.',
]

export function suggestionText(suggestion: Suggestion, from: readonly string[]): string {
  const document = new Document({})
  const head = [`A first configuration, from ${from.map(oneLine).join(', ')}.`, ...INTRODUCTION]
  const root = document.contents as unknown as YAMLMap
  const { services, servicesLeftOut, devices, nat } = suggestion
  const tail = [
    ...section(document, root, 'services', services.map(serviceEntry)),
    ...section(document, root, 'devices', devices.map(deviceEntry)),
    ...section(document, root, 'nat', nat.map(natEntry)),
    ...(servicesLeftOut > 0
      ? [`and ${counted(servicesLeftOut, 'more service')} of which little was seen`]
      : []),
  ]
  const isEmpty = root.items.length === 0
  // Nothing is certain: a file of comments is a valid configuration.
  if (isEmpty) return `${[...head, ...tail].map((line) => `# ${line}`).join('\n')}\n`
  document.commentBefore = head.map((line) => ` ${line}`).join('\n')
  if (tail.length > 0) document.comment = tail.map((line) => ` ${line}`).join('\n')
  return document.toString(STYLE)
}

/** Adds what is firm; answers comments where nothing is. */
function section(document: Document, root: YAMLMap, key: string, entries: readonly Entry[]): string[] {
  const firm = entries.filter(({ isThin }) => !isThin)
  const thin = entries.filter(({ isThin }) => isThin).map(flowItem)
  if (firm.length === 0) return thin.length === 0 ? [] : [`${key}:`, ...thin.map((item) => `  ${item}`)]
  const list = document.createNode([]) as YAMLSeq
  for (const { lines } of firm) list.add(mapOf(document, lines))
  note(list, thin)
  root.add(document.createPair(key, list))
  return []
}

/** A mapping with the firm lines, the others as comments at its end. */
function mapOf(document: Document, lines: readonly Line[]): YAMLMap {
  const map = document.createNode({}) as YAMLMap
  for (const line of lines) if (!line.isThin) map.add(pairOf(document, line))
  note(
    map,
    lines
      .filter(({ isThin }) => isThin)
      .map(({ key, value, why }) => `${key}: ${flowText(value)}${reason(why)}`),
  )
  return map
}

function pairOf(document: Document, { key, value, why }: Line): Pair {
  if (!isEntries(value)) {
    const node = document.createNode(value, { flow: true }) as Node
    if (why !== '') node.comment = ` ${oneLine(why)}`
    return document.createPair(key, node)
  }
  const list = document.createNode([]) as YAMLSeq
  for (const entry of value.filter(({ isThin }) => !isThin)) {
    const item = document.createNode(plain(entry), { flow: true }) as Node
    item.comment = ` ${oneLine(whyOf(entry))}`
    list.add(item)
  }
  note(list, value.filter(({ isThin }) => isThin).map(flowItem))
  return document.createPair(key, list)
}

function note(node: Node, comments: readonly string[]): void {
  if (comments.length > 0) node.comment = comments.map((line) => ` ${line}`).join('\n')
}

const isEntries = (value: unknown): value is readonly Entry[] =>
  Array.isArray(value) &&
  value.some((one: unknown) => typeof one === 'object' && one !== null && 'lines' in one)

/** The value without its reasons. */
const bare = (value: unknown): unknown => (isEntries(value) ? value.map(plain) : value)
const plain = ({ lines }: Entry): Record<string, unknown> =>
  Object.fromEntries(lines.filter(({ isThin }) => !isThin).map(({ key, value }) => [key, bare(value)]))

const whyOf = ({ lines }: Entry): string =>
  lines
    .map(({ why }) => why)
    .filter((why) => why !== '')
    .join('; ')

const flowText = (value: unknown): string =>
  stringify(bare(value), { ...STYLE, collectionStyle: 'flow' })
    .trimEnd()
    .replaceAll('\n', ' ')

/** `- { name: a } # why`: the first reason says where the others come from. */
const flowItem = (entry: Entry): string =>
  `- ${flowText(plain(entry))}${reason(entry.lines.find(({ why }) => why !== '')?.why ?? '')}`

const reason = (why: string): string => (why === '' ? '' : ` # ${oneLine(why)}`)
const oneLine = (text: string): string => harmless(text.replaceAll(/\s+/g, ' '))

const line = (key: string, value: unknown, why = '', isThin = false): Line => ({ key, value, why, isThin })
const lineOf = <T>(key: string, said: Said<T> | null): Line[] =>
  said === null ? [] : [line(key, said.value, said.why, said.isThin)]

const serviceEntry = (service: SuggestedService): Entry => ({
  isThin: service.isThin,
  lines: [
    ...lineOf('name', service.name),
    ...lineOf('profile', service.profile),
    ...lineOf('fqdn', service.fqdn),
    ...lineOf('ports', service.ports),
    ...lineOf('vips', service.vips),
    ...lineOf('connections', service.connections),
    ...lineOf('serverIdleTimeout', service.serverIdleTimeout),
    ...lineOf('heartbeat', service.heartbeat),
    ...lineOf('checkIn', service.checkIn),
    ...listLine(
      'servers',
      service.servers.map(({ name, address, why, isThin }) => ({
        lines: [line('name', name), line('addresses', [address], why)],
        isThin,
      })),
    ),
    ...listLine(
      'identity',
      service.identity.map(({ value, why, isThin }) => ({
        lines: Object.entries(value).map(([key, name]) => line(key, name, why)),
        isThin,
      })),
    ),
  ],
})

/** A list; as a comment where none of its entries is firm. */
function listLine(key: string, entries: readonly Entry[]): Line[] {
  if (entries.length === 0) return []
  const isThin = entries.every((entry) => entry.isThin)
  return [line(key, entries, isThin ? entries.map(whyOf).join('; ') : '', isThin)]
}

const deviceEntry = ({ role, addresses, why, isThin, idleTimeout }: SuggestedDevice): Entry => ({
  isThin,
  lines: [
    line('role', role, why),
    line('addresses', addresses),
    ...(idleTimeout === null ? [] : [line('idleTimeout', idleTimeout.value, idleTimeout.why, true)]),
  ],
})

const natEntry = ({ inside, outside, mapping, why, isThin }: SuggestedNat): Entry => ({
  isThin,
  lines: [
    line('inside', inside, why),
    line('outside', outside, 'seen at the other tap'),
    line('mapping', mapping, MAPPINGS[mapping]),
  ],
})

const MAPPINGS: Readonly<Record<SuggestedNat['mapping'], string>> = {
  static: 'each has an outside address of its own',
  shared: 'all have one outside address',
  pool: 'outside addresses change, or several have one',
}
