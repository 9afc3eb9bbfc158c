/** What detectors may ask, answered by the session stage. */
import type { ServerFailure, World } from '../model/event.ts'
import type { Agent, Leg, Server, Service, Sighting } from '../model/party.ts'
import type { PacketReference, Tap } from '../model/packet.ts'
import { packetName } from '../model/record-reference.ts'
import type { Micros } from '../model/time.ts'
import { contains } from '../model/address.ts'
import { serverId } from '../sessions/servers/services.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { FileNumbers } from './file-numbers.ts'

/** `ofItsFile`: a packet by the number of its file. */
export function worldOf(sessions: Sessions, ofItsFile: FileNumbers['ofItsFile']): World {
  const { inventory, health, services } = sessions
  const { deployment } = inventory
  return {
    packetName: (reference: Pick<PacketReference, 'tap' | 'packet'>) => {
      const { tap, packet } = ofItsFile(reference)
      return packetName(packet) + (tap === reference.tap ? '' : ` of ${tap}`)
    },
    failureOf: (server: Server, from: Micros, to: Micros): ServerFailure | null =>
      health.failureOf(server, from, to),
    failedOf: (service: Service, from: Micros, to: Micros): readonly string[] =>
      (service.configured?.servers ?? [])
        .filter(({ name }) => health.failureOf({ id: serverId(service, name) }, from, to) !== null)
        .map(({ name }) => name),
    isServing: (service: Service, name: string): boolean =>
      health.healthySince({ id: serverId(service, name) }) !== null,
    healthyAt: (server: Server, from: Micros, to: Micros) => health.answerOf(server, from, to),
    keptThrough: (server: Server, from: Micros, to: Micros) => health.keptThrough(server, from, to),
    // Of a server that only a cookie names, nothing is known but what its relay answers.
    pathAlive: ({ server, serverByCookie, service, responder }: Sighting, from: Micros, to: Micros) => {
      const seen = serverByCookie ? null : server
      return health.answerOf(seen ?? services.serverAt(service, responder), from, to)
    },
    preferenceOf: (agent: Agent, service: Service, address: string) =>
      sessions.policy.assignedTo(agent, service, address)?.groups ?? null,
    attachedTo: (server: Server) => sessions.stays.attachedTo(server),
    agentsOf: (service: Service) => {
      let agents = 0
      for (const server of sessions.stays.servers)
        if (server.service === service) agents += sessions.stays.attachedTo(server)
      return agents
    },
    outageAt: (server: string, at: Micros) => health.outages.at(server, at),
    roleOf: (address: string) => inventory.rolesOf(address).device?.role ?? null,
    areApart: (address: string, other: string) => {
      const devices = [address, other].map((one) => inventory.rolesOf(one).device)
      return !devices.includes(null) && devices[0] !== devices[1]
    },
    deviceOf: (address: string) => inventory.rolesOf(address).device?.addresses[0]?.text ?? address,
    devicesOf: (role: string): readonly string[] =>
      deployment.devices.filter((d) => d.role === role).flatMap((d) => d.addresses.map((a) => a.text)),
    timersOn: ({ originator, responder }: Sighting) =>
      deployment.devices.filter(({ role, idleTimeout, addresses }) => {
        if (idleTimeout === null) return false
        if (role !== 'load-balancer' && role !== 'reverse-proxy') return role !== 'dns' && role !== 'server'
        return contains(addresses, originator.address) || contains(addresses, responder.address)
      }),
    natMapping: (address: string) => inventory.rolesOf(address).natOutside,
    areOfOneTranslator: (address: string, other: string) =>
      deployment.nat.some(({ outside }) => contains(outside, address) && contains(outside, other)),
    translatesFor: (address: string) => deployment.nat.some((rule) => contains(rule.inside, address)),
    isShared: (tap: Tap, address: string): boolean => sessions.agents.isShared(tap, address),
    assignments: (service: string, relay: string) => sessions.followers.assignments.of(service, relay),
    survived: (service: string, leg: Leg): readonly number[] => sessions.survived(service, leg),
    isServersEnd: (service: Service, at: Micros, idle: Micros): boolean =>
      sessions.followers.serverCloses.fit(service, at, idle),
    isFrontCaptured: (service: Service): boolean => sessions.services.fronts.has(service),
  }
}
