/** What the report rests on: each input with its quality and what that costs, its hash, size and times. */
import { bytesText, count, counted, listed } from '../../output/quantities.ts'
import type { ReportData, ReportInput } from '../data.ts'
import { coverText } from '../phrases.ts'
import { qualityCells, qualityCosts } from '../quality.ts'
import { html, type Markup } from './markup.ts'

/** Reasons for unread packets that are named. */
const REASONS_SHOWN = 6

export function inputsMarkup({ inputs, inputsLeftOut }: ReportData): Markup {
  if (inputs.length === 0) return html`<p class="lead">No capture is stored.</p>`
  return html`${inputs.map(inputMarkup)}
  ${inputsLeftOut > 0 ? html`<p class="note">and ${counted(inputsLeftOut, 'more capture')}</p>` : null}`
}

function inputMarkup(input: ReportInput): Markup {
  const { name, tap, sha256, sizeBytes, format, packets, start, end, quality, skipped } = input
  const costs = qualityCosts(input)
  const size = [
    ...(format === null ? [] : [format]),
    ...(sizeBytes === null ? [] : [`${bytesText(sizeBytes)} (${count(sizeBytes)} octets)`]),
    ...(packets === null ? [] : [counted(packets, 'packet')]),
  ]
  return html`<section class="input keep">
    <h3>${name}${tap === '' ? null : html` <span class="note">tap ${tap}</span>`}</h3>
    <dl class="rows">
      <dt>SHA-256</dt>
      <dd class="mono hash">${sha256 ?? 'not known'}</dd>
      <dt>Size</dt>
      <dd>${size.length === 0 ? 'not known' : listed(size)}</dd>
      <dt>Covers</dt>
      <dd>${start === null || end === null ? 'not known' : coverText({ start, end })}</dd>
      <dt>Quality</dt>
      <dd>
        ${
          quality === null
            ? null
            : html`<span class="cells"
                >${qualityCells(quality).map(
                  (cell) =>
                    html`<span class="cell ${cell.isGood ? 'ok' : 'bad'}"><i></i>${cell.words}</span>`,
                )}</span
              >`
        }${
          costs.length === 0
            ? html`<span class="good">nothing is missing</span>`
            : html`<ul class="plain warn">
                ${costs.map((cost) => html`<li>${cost}</li>`)}
              </ul>`
        }
      </dd>
      ${
        Object.keys(skipped).length === 0
          ? null
          : html`<dt>Not read</dt>
              <dd class="mid">${skippedText(skipped)}</dd>`
      }
    </dl>
  </section>`
}

function skippedText(skipped: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(skipped).toSorted((a, b) => b[1] - a[1])
  return `other than TCP: ${listed(reasons.slice(0, REASONS_SHOWN).map(([reason, n]) => `${count(n)} ${reason}`))}`
}
