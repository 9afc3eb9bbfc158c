/** What the report rests on: each input with its quality and what that costs, its hash, size and times. */
import { bytesText, count, counted } from '../../output/quantities.ts'
import { listed } from '../../../model/listed.ts'
import type { ReportData, ReportInput } from '../data.ts'
import { coverText, UNSTATED_RELAYS } from '../phrases.ts'
import { qualityCells, qualityCosts, unreadText } from '../quality.ts'
import { html, type Markup } from './markup.ts'

export function inputsMarkup({ inputs, inputsLeftOut, relays }: ReportData): Markup {
  if (inputs.length === 0) return html`<p class="lead">No capture is stored.</p>`
  return html`${inputs.map(inputMarkup)}
  ${inputsLeftOut > 0 ? html`<p class="note">and ${counted(inputsLeftOut, 'more capture')}</p>` : null}
  ${relays.length > 0 ? relaysMarkup(relays) : null}`
}

const relaysMarkup = (relays: readonly string[]): Markup =>
  html`<section class="keep">
    <h3>Relays that no configuration names</h3>
    <p>${UNSTATED_RELAYS}</p>
    <ul>
      ${relays.map((relay) => html`<li>${relay}</li>`)}
    </ul>
  </section>`

function inputMarkup(input: ReportInput): Markup {
  const { name, tap, sha256, sizeBytes, format, packets, start, end, quality } = input
  const costs = qualityCosts(input)
  const unread = unreadText(input)
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
        unread === null
          ? null
          : html`<dt>Not read</dt>
              <dd class="mid">${unread}</dd>`
      }
    </dl>
  </section>`
}
