/** One connection: who with whom, how long, how it ended, and everything that the analysis says of it. */
import type { JSX } from 'preact'
import type { ConnectionView } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { useKeys } from '../keys.ts'
import { useLoad } from '../load.ts'
import { CopyFilter } from '../parts/copy.tsx'
import { Key } from '../parts/help.tsx'
import { SeverityMark } from '../parts/marks.tsx'
import { Bar } from '../parts/page.tsx'
import { Show } from '../parts/states.tsx'
import { href } from '../router.ts'
import { bytes, duration, lasted, endpoint, listTime, secondsBetween, span, time, zoneName } from '../text.ts'
import { END_NOT_KNOWN, END_WORDS } from '../words.data.ts'
import { placeWords } from './connections.tsx'

export function ConnectionPage({ id }: { id: string }): JSX.Element {
  const loaded = useLoad(`connection ${id}`, (signal) => api.connection(id, signal))
  const { data } = loaded
  return (
    <>
      <Bar title={`Connection ${id}`} above={[{ href: href({ page: 'connections' }), text: 'Connections' }]}>
        {data === null ? null : <span>{span(data.start, data.end, 'second')}</span>}
      </Bar>
      <Show loaded={loaded} what="the connection" tall>
        {(connection) => <Connection connection={connection} />}
      </Show>
    </>
  )
}

function Connection({ connection }: { connection: ConnectionView }): JSX.Element {
  const { agent, server, service, start, end, endReason } = connection
  const who = agent ?? connection.client.address
  const whom = server ?? connection.serverEndpoint.address
  return (
    <>
      <header class="head">
        <h1>
          {who} with {whom}, {lasted(secondsBetween(start, end))},{' '}
          {endReason === null ? END_NOT_KNOWN : END_WORDS[endReason]}
        </h1>
        <p class="lead">
          {[
            `From ${time(start, 'millisecond')} on`,
            service === null ? '' : `service ${service}`,
            placeWords(connection),
          ]
            .filter((part) => part !== '')
            .join(', ')}
          .
        </p>
        <Actions connection={connection} />
      </header>
      <Facts connection={connection} />
      {connection.occurrences.length > 0 && <Happened connection={connection} />}
      <section class="gap6">
        <header>
          <h2>All that was measured</h2>
          <a class="more" href={api.address(`/connections/${connection.id}`)}>
            raw JSON
          </a>
        </header>
        <Tree value={connection.record} />
      </section>
    </>
  )
}

function Actions({ connection }: { connection: ConnectionView }): JSX.Element {
  return (
    <section>
      <CopyFilter text={filterOf(connection)}>
        <Carve connection={connection} />
      </CopyFilter>
    </section>
  )
}

/** Its packets are where its capture is kept; where it was read in place, or deleted, nobody has them
 * here. */
function Carve({ connection: { id, isKept } }: { connection: ConnectionView }): JSX.Element {
  const packets = api.connectionPackets(id)
  useKeys(isKept ? { p: () => location.assign(packets) } : {})
  if (!isKept) return <span class="note">Its capture is not kept here: no packets to carve.</span>
  return (
    <a class="btn" href={packets} download>
      Carve its packets <Key name="p" />
    </a>
  )
}

/** A Wireshark display filter for both directions. */
export function filterOf({
  client,
  serverEndpoint,
}: Pick<ConnectionView, 'client' | 'serverEndpoint'>): string {
  const family = client.address.includes(':') ? 'ipv6' : 'ip'
  const ends = [client, serverEndpoint].map(
    ({ address, port }) => `${family}.addr == ${address} && tcp.port == ${port}`,
  )
  return ends.join(' && ')
}

function Facts({ connection }: { connection: ConnectionView }): JSX.Element {
  const { client, serverEndpoint, agent, capture } = connection
  return (
    <dl class="facts">
      <div>
        <dt>Client</dt>
        <dd class="mono">{endpoint(client.address, client.port)}</dd>
        <dd>
          {agent !== null && (
            <a class="link" href={href({ page: 'agent', id: agent })}>
              {agent}
            </a>
          )}
        </dd>
      </div>
      <div>
        <dt>Server</dt>
        <dd class="mono">{endpoint(serverEndpoint.address, serverEndpoint.port)}</dd>
        {connection.resolvedName !== null && (
          <dd>
            asked for as <span class="mono">{connection.resolvedName}</span>
          </dd>
        )}
      </div>
      {connection.path.length > 0 && (
        <div>
          <dt>Inside</dt>
          {connection.path.map((tunnel) => (
            <dd class="mono" key={tunnel}>
              {tunnel}
            </dd>
          ))}
        </div>
      )}
      <div>
        <dt>Longest silence</dt>
        <dd class="big">{duration(connection.maxIdleSeconds)}</dd>
      </div>
      <div>
        <dt>To the server</dt>
        <dd class="big">{bytes(connection.clientBytes)}</dd>
      </div>
      <div>
        <dt>To the client</dt>
        <dd class="big">{bytes(connection.serverBytes)}</dd>
      </div>
      <div>
        <dt>Community ID</dt>
        <dd class="mono">{connection.communityId}</dd>
        <dd>
          <a class="link" href={href({ page: 'connections' }, { capture })}>
            others of this capture
          </a>
        </dd>
      </div>
    </dl>
  )
}

const Happened = ({ connection }: { connection: ConnectionView }): JSX.Element => (
  <section class="gap6">
    <header>
      <h2>What happened on it</h2>
    </header>
    <table class="stack">
      <thead>
        <tr>
          <th class="sign">
            <span class="hide">Severity</span>
          </th>
          <th>Time, {zoneName()}</th>
          <th>What</th>
          <th>Incident</th>
        </tr>
      </thead>
      <tbody>
        {connection.occurrences.map((row) => (
          <tr key={row.id}>
            <td class="sign">
              <SeverityMark severity={row.severity} />
            </td>
            <td class="nw meta">{listTime(row.at, 'millisecond')}</td>
            <td class="any">{row.sentence}</td>
            <td class="nw meta">
              <a class="link" href={href({ page: 'incident', id: row.incident }, { occurrence: row.id })}>
                {row.incident}
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
)

/** JSON as a list of names and values; everything in it is text. */
function Tree({ value }: { value: unknown }): JSX.Element {
  if (value === null || typeof value !== 'object') return <span class="any">{String(value)}</span>
  const entries = Object.entries(value).filter(([name]) => name !== 'kind' && name !== 'id')
  if (entries.length === 0) return <span class="dim">none</span>
  return (
    <dl class="tree">
      {entries.map(([name, member]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Tree value={member} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
