/** The verdict for each requirement, or what can be said where nobody judged them. */
import type { RequirementRow } from '../../../model/view.ts'
import { count } from '../../output/quantities.ts'
import type { ReportData } from '../data.ts'
import { STATUS_WORDS } from '../../output/words.data.ts'
import { brokenRequirements, NO_VERDICTS, STATUSES, withCode } from '../phrases.ts'
import { html, type Markup } from './markup.ts'
import { severitySign, statusSign } from './signs.ts'

export function conformanceMarkup(data: ReportData): Markup {
  if (data.requirements !== null && data.requirements.length > 0) return verdictsMarkup(data.requirements)
  const broken = brokenRequirements(data)
  return html`<p class="lead">${NO_VERDICTS(broken.length > 0)}</p>
    ${
      broken.length === 0
        ? null
        : html`<table>
            <thead>
              <tr>
                <th>Requirement</th>
                <th>Incidents that break it</th>
              </tr>
            </thead>
            <tbody>
              ${broken.map(
                ({ id, incidents }) =>
                  html`<tr>
                    <td class="strong nw">${id}</td>
                    <td>
                      <ul class="plain">
                        ${incidents.map(
                          (incident) =>
                            html`<li>
                              ${severitySign(incident.severity)}
                              <a href="#${incident.id}">${incident.id}</a> ${incident.title}
                            </li>`,
                        )}
                      </ul>
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }`
}

function verdictsMarkup(requirements: readonly RequirementRow[]): Markup {
  const several = new Set(requirements.map(({ service }) => service)).size > 1
  const sorted = requirements.toSorted(
    (a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) || a.id.localeCompare(b.id),
  )
  const tally = STATUSES.map((status) => ({
    status,
    n: requirements.filter((one) => one.status === status).length,
  }))
  return html`<p class="legend">
      ${tally.filter(({ n }) => n > 0).map(({ status, n }) => html`<span>${statusSign(status)} ${count(n)} ${STATUS_WORDS[status]}</span>`)}
    </p>
    <table class="stack">
      <thead>
        <tr>
          <th>Verdict</th>
          <th>Requirement</th>
          ${several ? html`<th>Service</th>` : null}
          <th class="num">Seen</th>
          <th>Rests on</th>
        </tr>
      </thead>
      <tbody>
        ${sorted.map((row) => verdictMarkup(row, several))}
      </tbody>
    </table>`
}

function verdictMarkup(
  { id, title, status, service, observations, incidents, needs }: RequirementRow,
  several: boolean,
): Markup {
  return html`<tr>
    <td class="nw">${statusSign(status)} ${STATUS_WORDS[status]}</td>
    <td><span class="strong nw">${id}</span> ${title}</td>
    ${several ? html`<td>${service ?? 'all'}</td>` : null}
    <td class="num">${count(observations)}</td>
    <td class="mid">
      ${incidents.map((incident, i) => html`${i === 0 ? '' : ', '}<a href="#${incident}">${incident}</a>`)}${needs === null ? null : html`${incidents.length > 0 ? '; ' : ''}needs ${withCode(needs).map(({ part, isCode }) => (isCode ? html`<code>${part}</code>` : part))}`}
    </td>
  </tr>`
}
