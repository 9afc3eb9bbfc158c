/** What speaks for a device between and what against it: one row per item, a signed bar from a common zero.
 * Items that weigh nothing stay: they show what was checked. */
import type { JSX } from 'preact'
import { signed } from '../text.ts'
import { type Bar, byWeight, type Item, layBars, strength } from './evidence-layout.ts'
import { across } from './scale.ts'

const FILLS = { for: 'f-info', against: 'f-warn', neither: 'f-mute' } as const

export function EvidenceSheet({ items }: { items: readonly Item[] }): JSX.Element {
  const sorted = byWeight(items)
  const { zero, bars } = layBars(sorted)
  return (
    <ul class="ev">
      {sorted.map((item, i) => (
        <li key={i}>
          <span class="w">{signed(item.weight)}</span>
          <Balance zero={zero} bar={bars[i]!} />
          <span>
            <b>{sentence(item.test)}</b>
            <span class="sub any">{item.observed}</span>
          </span>
          <span class="k">{strength(item.weight)}</span>
        </li>
      ))}
    </ul>
  )
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

function Balance({ zero, bar }: { zero: number; bar: Bar }): JSX.Element {
  return (
    <span class="b">
      <svg class="chart" height="16" aria-hidden="true">
        <line class="axis" x1={across(zero)} x2={across(zero)} y1="0" y2="16" />
        <rect
          class={FILLS[bar.side]}
          x={across(bar.from)}
          width={across(bar.width)}
          y="4"
          height="8"
          rx="1"
        />
      </svg>
    </span>
  )
}
