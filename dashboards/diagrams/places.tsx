/** Ribbons from networks to servers: who is where. */
import type { JSX } from 'preact'
import type { ServiceView } from '../../src/api/contract.ts'
import { count, counted } from '../text.ts'
import { layPlaces, type Places, type Side } from './places-layout.ts'

const FILLS = ['f-s1', 'f-s2', 'f-s3', 'f-s4', 'f-rest'] as const

/** `order`: servers as the shares beside it have them, so that a server keeps its tone. */
export function PlacesFigure({
  places,
  order,
}: {
  places: ServiceView['places']
  order: readonly string[]
}): JSX.Element {
  const laid = layPlaces(places, order)
  return (
    <div class="places">
      <Names sides={laid.networks} laid={laid} side="left" />
      <svg
        class="chart"
        height={laid.height}
        viewBox={`0 0 100 ${laid.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={placesSentence(places)}
      >
        {laid.ribbons.map(({ network, server, agents, left, right }) => (
          <path
            key={`${network}/${server}`}
            class={`fig-ribbon ${fill(laid, server)}`}
            d={`M0 ${y(left[0])}C45 ${y(left[0])} 55 ${y(right[0])} 100 ${y(right[0])}V${y(right[1])}C55 ${y(right[1])} 45 ${y(left[1])} 0 ${y(left[1])}Z`}
          >
            <title>
              {counted(agents, 'agent')} of {laid.networks[network]!.name} on {laid.servers[server]!.name}
            </title>
          </path>
        ))}
      </svg>
      <Names sides={laid.servers} laid={laid} side="right" />
    </div>
  )
}

const y = (pixels: number): number => Math.round(pixels * 10) / 10

const fill = ({ servers }: Places, index: number): string =>
  servers[index]!.name.endsWith(' others') && index === servers.length - 1
    ? 'f-rest'
    : FILLS[Math.min(index, FILLS.length - 1)]!

function Names({
  sides,
  laid,
  side,
}: {
  sides: readonly Side[]
  laid: Places
  side: 'left' | 'right'
}): JSX.Element {
  return (
    <div class={`places-${side}`} style={{ height: `${laid.height}px` }} aria-hidden="true">
      {sides.map(({ name, agents, labelTop }) => (
        <div key={name} style={{ top: `${labelTop}px`, height: `${laid.labelHeight}px` }}>
          <b class={side === 'left' ? 'mono' : ''} title={name}>
            {name}
          </b>
          <span class="sub">{counted(agents, 'agent')}</span>
        </div>
      ))}
    </div>
  )
}

/** The largest groups, in words. */
export function placesSentence(places: ServiceView['places']): string {
  const largest = [...places].sort((a, b) => b.agents - a.agents).slice(0, 3)
  const total = places.reduce((sum, { agents }) => sum + agents, 0)
  const groups = largest.map(({ network, server, agents }) => `${count(agents)} of ${network} on ${server}`)
  return `${counted(total, 'agent')} by network and server: ${groups.join(', ')}.`
}

/** The same as a table: every network and server. */
export function PlacesTable({ places }: { places: ServiceView['places'] }): JSX.Element {
  const servers = [...new Set(places.map(({ server }) => server))]
  const networks = [...new Set(places.map(({ network }) => network))]
  const at = (network: string, server: string): number =>
    places.find((place) => place.network === network && place.server === server)?.agents ?? 0
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Agents by network and server, as a table">
      <table>
        <thead>
          <tr>
            <th>Network</th>
            {servers.map((server) => (
              <th key={server} class="num">
                {server}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {networks.map((network) => (
            <tr key={network}>
              <td class="mono">{network}</td>
              {servers.map((server) => (
                <td key={server} class="num">
                  {count(at(network, server))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
