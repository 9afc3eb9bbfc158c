/** What detectors may ask, answered by the session stage. */
import type { ServerFailure, World } from '../model/event.ts'
import type { Agent, Leg, Server, Service, Sighting } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import { contains } from '../sessions/inventory.ts'
import type { Sessions } from '../sessions/sessions.ts'

export function worldOf(sessions: Sessions): World {
  const { inventory, health, services } = sessions
  const { deployment } = inventory
  return {
    failureOf: (server: Server, from: Micros, to: Micros): ServerFailure | null =>
      health.failureOf(server, from, to),
    healthyAt: (server: Server, from: Micros, to: Micros) => health.answerOf(server, from, to),
    pathAlive: (sighting: Sighting, from: Micros, to: Micros) =>
      health.answerOf(sighting.server ?? services.serverAt(sighting.service, sighting.responder), from, to),
    preferenceOf: (agent: Agent, service: Service, address: string) => {
      const group = deployment.groups.find((g) => g.agents.some((a) => isAgent(a, agent, address)))
      const location = deployment.locations.find((l) => contains(l.subnets, address))
      return group?.servers.get(service.name) ?? location?.servers.get(service.name) ?? null
    },
    roleOf: (address: string) => inventory.rolesOf(address).device?.role ?? null,
    devicesOf: (role: string): readonly string[] =>
      deployment.devices.filter((d) => d.role === role).flatMap((d) => d.addresses.map((a) => a.text)),
    natMapping: (address: string) => inventory.rolesOf(address).natOutside,
    translatesFor: (address: string) => deployment.nat.some((rule) => contains(rule.inside, address)),
    isShared: (tap: Tap, address: string): boolean => sessions.agents.isShared(tap, address),
    survived: (service: string, leg: Leg): readonly number[] => sessions.survived(service, leg),
  }
}

const plain = (id: string): string => id.replace(/[{}]/g, '').toLowerCase()
const isAgent = (stated: string, agent: Agent, address: string): boolean =>
  plain(stated) === plain(agent.id) || stated === address
