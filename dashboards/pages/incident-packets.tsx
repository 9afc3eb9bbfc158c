/** The packets of one occurrence: as a ladder, and as a list that says the same. */
import type { JSX } from 'preact'
import type { EvidenceView, OccurrenceRow, OccurrenceView, Page } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { arrowLabel } from '../diagrams/ladder-layout.ts'
import { shortened } from '../diagrams/labels.ts'
import { LadderFigure } from '../diagrams/ladder.tsx'
import { useKeys } from '../keys.ts'
import { useLoad } from '../load.ts'
import { Key } from '../parts/help.tsx'
import { Empty, Show } from '../parts/states.tsx'
import { href } from '../router.ts'
import { bytes, clock, count, day, endpoint, zoneName } from '../text.ts'

interface PacketsProps {
  readonly id: string
  readonly list: Page<OccurrenceRow> | null
  /** Occurrences in all. */
  readonly total: number
  readonly go: (occurrence: number | null) => void
}

export function WhatThePacketsShow({ id, list, total, go }: PacketsProps): JSX.Element {
  const loaded = useLoad(`occurrence ${id}`, (signal) => api.occurrence(id, signal), { keep: true })
  const previous = loaded.data?.previous ?? null
  const next = loaded.data?.next ?? null
  useKeys({ '[': () => go(previous), ']': () => go(next) })
  const index = list?.items.findIndex((row) => String(row.id) === id) ?? -1
  return (
    <>
      <header>
        <h2 id="packets">What the packets show</h2>
        <span class="note">
          {index >= 0 ? `occurrence ${count(total - index)} of ${count(total)}` : `one of ${count(total)}`}
          {loaded.data !== null && ` · ${day(loaded.data.at, true)}, ${zoneName(loaded.data.at)}`}
        </span>
        <span class="btns end">
          <button type="button" class="btn sm" disabled={previous === null} onClick={() => go(previous)}>
            previous <Key name="[" />
          </button>
          <button type="button" class="btn sm" disabled={next === null} onClick={() => go(next)}>
            next <Key name="]" />
          </button>
        </span>
      </header>
      <Show loaded={loaded} what="the packets" tall>
        {(occurrence) => <Occurrence occurrence={occurrence} />}
      </Show>
    </>
  )
}

function Occurrence({ occurrence }: { occurrence: OccurrenceView }): JSX.Element {
  const { sentence, evidence, connection, agent } = occurrence
  return (
    <>
      <p class="mid any told">
        {agent !== null && (
          <>
            <a class="link" href={href({ page: 'agent', id: agent.id })}>
              <bdi>{agent.id}</bdi>
            </a>
            {': '}
          </>
        )}
        <bdi>{sentence}</bdi>{' '}
        {connection !== null && (
          <a class="link" href={href({ page: 'connection', id: String(connection) })}>
            its connection
          </a>
        )}
      </p>
      {evidence.length === 0 ? (
        <Empty>The packets that prove it are not kept any more; the sentence above is what they said.</Empty>
      ) : (
        <>
          <LadderFigure occurrence={occurrence} />
          <PacketList evidence={evidence} />
        </>
      )}
    </>
  )
}

function PacketList({ evidence }: { evidence: readonly EvidenceView[] }): JSX.Element {
  const sorted = [...evidence].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.packet - b.packet))
  return (
    <>
      <p class="note packets-note" id="packets-note">
        Each arrow, with its number <b>#</b> in the file of the tap <b aria-hidden="true">●</b> that saw it.
      </p>
      <table class="stack bare packets" aria-describedby="packets-note">
        <thead>
          <tr>
            <th>Time, {zoneName(sorted[0]?.at)}</th>
            <th>Packet</th>
            <th>From and to</th>
            <th>What it is</th>
            <th>What it shows</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((packet) => (
            <PacketRow key={`${packet.tap}/${packet.packet}`} packet={packet} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function PacketRow({ packet: { at, tap, packet, note, segment } }: { packet: EvidenceView }): JSX.Element {
  return (
    <tr>
      <td class="mono nw meta">{clock(at, 'millisecond')}</td>
      <td class="nw meta" title={tap}>
        <bdi>{shortened(tap, 20)}</bdi> <span class="mono">#{packet}</span>
      </td>
      <td class="mono ends meta">
        {segment === null ? (
          ''
        ) : (
          <>
            {endpoint(segment.source.address, segment.source.port)}{' '}
            <span>→ {endpoint(segment.destination.address, segment.destination.port)}</span>
          </>
        )}
      </td>
      <td class="nw meta">
        {segment === null
          ? 'its octets are not kept'
          : `${arrowLabel(segment, false, bytes)}, ttl ${segment.hopLimit}`}
      </td>
      <td class="any">{note}</td>
    </tr>
  )
}
