/**
 * What no single key can show: names that stand twice, and names that nothing bears.
 *
 * It reads the file's raw values, whatever they are, so that these problems are told together with all
 * others.
 */
import { suggestion } from '../nearest.ts'
import type { Fault, KeyPath } from './problems.ts'

type Keys = Readonly<Record<string, unknown>>

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const keys = (value: unknown): Keys =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Keys) : {}

export function referenceFaults(raw: unknown): Fault[] {
  const root = keys(raw)
  const services = list(root['services'])
  const named = ['services', 'locations', 'groups', 'devices', 'collectors'].flatMap((section) =>
    doubles(root, [section], 'name'),
  )
  const servers = services.flatMap((service, i) =>
    doubles(keys(service), ['servers'], 'name', ['services', i]),
  )
  return [...named, ...servers, ...doubles(root, ['agents'], 'id'), ...unknownServers(root, services)]
}

/** Entries of a list that bear the name of an earlier one. */
function doubles(parent: Keys, section: readonly [string], key: string, above: KeyPath = []): Fault[] {
  const first = new Map<unknown, number>()
  const faults: Fault[] = []
  for (const [i, entry] of list(parent[section[0]]).entries()) {
    const name = keys(entry)[key]
    if (typeof name !== 'string') continue
    const earlier = first.get(name)
    if (earlier === undefined) first.set(name, i)
    else
      faults.push({
        path: [...above, section[0], i, key],
        message: `is ${name}, as ${section[0]}[${earlier}] is already`,
        onKey: false,
      })
  }
  return faults
}

/** Servers that locations and groups name and that their service lacks; services that are misspelt. */
function unknownServers(root: Keys, services: readonly unknown[]): Fault[] {
  const serversOf = serverNames(services)
  return preferences(root).flatMap(({ path, service, tiers }): Fault[] => {
    const known = serversOf.get(service)
    // A service that lists no servers has them found in traffic, where they may bear any name.
    if (known !== undefined) return known.size === 0 ? [] : strangers(tiers, known, service, path)
    const meant = suggestion(service, serversOf.keys())
    return meant === '' ? [] : [{ path, message: `is no service of this file${meant}`, onKey: true }]
  })
}

/** What is allowed and still worth a word: services that are named and not described. */
export function referenceNotes(raw: unknown): Fault[] {
  const root = keys(raw)
  const serversOf = serverNames(list(root['services']))
  return preferences(root)
    .filter(({ service }) => !serversOf.has(service))
    .map(({ path }) => ({ path, message: 'names a service that this file does not describe', onKey: true }))
}

const serverNames = (services: readonly unknown[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    services.map((service) => [
      String(keys(service)['name']),
      new Set(
        list(keys(service)['servers'])
          .map((server) => keys(server)['name'])
          .filter((name) => typeof name === 'string'),
      ),
    ]),
  )

/** What locations and groups say about each service. */
function preferences(root: Keys): { path: KeyPath; service: string; tiers: unknown }[] {
  return ['locations', 'groups'].flatMap((section) =>
    list(root[section]).flatMap((entry, i) =>
      Object.entries(keys(keys(entry)['servers'])).map(([service, tiers]) => ({
        path: [section, i, 'servers', service],
        service,
        tiers,
      })),
    ),
  )
}

function strangers(tiers: unknown, known: ReadonlySet<string>, service: string, above: KeyPath): Fault[] {
  return list(tiers).flatMap((tier, i) =>
    list(tier).flatMap((name, j): Fault[] => {
      if (typeof name !== 'string' || known.has(name)) return []
      const message = `is ${name}, which is no server of ${service}`
      return [{ path: [...above, i, j], message, onKey: false, misspelt: { word: name, known } }]
    }),
  )
}
