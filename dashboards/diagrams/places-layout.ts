/** Who is where: ribbons from networks to servers, as high as they have agents. Pure: pixels down. */
import type { ServiceView } from '../../src/api/contract.ts'
import { spread } from './labels.ts'
import { largest, LAYERS_MAX } from './shares-layout.ts'

export interface Side {
  readonly name: string
  readonly agents: number
  readonly top: number
  readonly height: number
  readonly labelTop: number
}

export interface Ribbon {
  readonly network: number
  readonly server: number
  readonly agents: number
  readonly left: readonly [number, number]
  readonly right: readonly [number, number]
}

export interface Places {
  readonly networks: readonly Side[]
  readonly servers: readonly Side[]
  readonly ribbons: readonly Ribbon[]
  readonly height: number
  readonly labelHeight: number
}

const LABEL = 34 // px of a name and a count
const GAP = 14
const HEIGHT_LEAST = 200
const HEIGHT_MOST = 500

/** `order`: servers that have a tone of their own beside this figure, in order; of more than fit these are
 * drawn, and the others together. */
export function layPlaces(places: ServiceView['places'], order: readonly string[] = []): Places {
  const networks = sums(places, ({ network }) => network).sort((a, b) => b.agents - a.agents)
  const all = sums(places, ({ server }) => server).sort((a, b) => rank(order, a.name) - rank(order, b.name))
  const { own, rest } = chosen(all, order)
  const servers = own.map((i) => all[i]!)
  const others = rest.map((i) => all[i]!)
  if (others.length > 0)
    servers.push({
      name: `${others.length} others`,
      agents: others.reduce((sum, { agents }) => sum + agents, 0),
    })
  const rows = Math.max(networks.length, servers.length)
  const height = Math.max(HEIGHT_LEAST, Math.min(HEIGHT_MOST, rows * (LABEL + 4)))
  const left = placed(networks, height)
  const right = placed(servers, height)
  const serverOf = (name: string): number => {
    const index = servers.findIndex((server) => server.name === name)
    return index >= 0 ? index : servers.length - 1
  }
  return {
    networks: left,
    servers: right,
    ribbons: ribbons(places, left, right, serverOf),
    height,
    labelHeight: LABEL,
  }
}

function chosen(all: readonly Sum[], order: readonly string[]): { own: number[]; rest: number[] } {
  if (all.length <= LAYERS_MAX || order.length === 0)
    return largest(
      all.map(({ agents }) => agents),
      LAYERS_MAX,
    )
  const indices = all.map((_, i) => i)
  return {
    own: indices.filter((i) => order.includes(all[i]!.name)),
    rest: indices.filter((i) => !order.includes(all[i]!.name)),
  }
}

type Sum = { name: string; agents: number }

function sums(
  places: ServiceView['places'],
  nameOf: (place: ServiceView['places'][number]) => string,
): Sum[] {
  const all = new Map<string, number>()
  for (const place of places) all.set(nameOf(place), (all.get(nameOf(place)) ?? 0) + place.agents)
  return [...all].map(([name, agents]) => ({ name, agents }))
}

const rank = (order: readonly string[], name: string): number => {
  const index = order.indexOf(name)
  return index < 0 ? order.length : index
}

function placed(sides: readonly Sum[], height: number): Side[] {
  const total = sides.reduce((sum, { agents }) => sum + agents, 0) || 1
  const gap = sides.length > 1 ? Math.min(GAP, (height * 0.4) / (sides.length - 1)) : 0
  const scale = (height - gap * (sides.length - 1)) / total
  let top = 0
  const boxes = sides.map(({ name, agents }) => {
    const box = { name, agents, top, height: agents * scale }
    top += box.height + gap
    return box
  })
  const tops = spread(
    boxes.map((box) => box.top + box.height / 2 - LABEL / 2),
    LABEL,
    height,
  )
  return boxes.map((box, i) => ({ ...box, labelTop: tops[i]! }))
}

function ribbons(
  places: ServiceView['places'],
  networks: readonly Side[],
  servers: readonly Side[],
  serverOf: (name: string) => number,
): Ribbon[] {
  const counts = new Map<string, number>()
  for (const { network, server, agents } of places) {
    const key = `${networks.findIndex(({ name }) => name === network)}/${serverOf(server)}`
    counts.set(key, (counts.get(key) ?? 0) + agents)
  }
  const lefts = networks.map(({ top }) => top)
  const rights = servers.map(({ top }) => top)
  const all: Ribbon[] = []
  for (const [n, network] of networks.entries())
    for (const [s, server] of servers.entries()) {
      const agents = counts.get(`${n}/${s}`) ?? 0
      if (agents === 0) continue
      const left = [lefts[n]!, lefts[n]! + (agents / network.agents) * network.height] as const
      const right = [rights[s]!, rights[s]! + (agents / server.agents) * server.height] as const
      lefts[n] = left[1]
      rights[s] = right[1]
      all.push({ network: n, server: s, agents, left, right })
    }
  return all
}
