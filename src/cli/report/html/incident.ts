/**
 * One incident on paper: what happened, by whom, what to do, the timer, the evidence, the packets, the
 * agents.
 */
import { momentText } from '../../../model/time.ts'
import { count, counted, dayAndClock, packetTime, weightText } from '../../output/quantities.ts'
import type { AffectedAgent, Proof, ReportIncident } from '../data.ts'
import { actorText } from '../../output/actor-text.ts'
import { hitText, sentenceOf, timerFacts, timerTitle, weightSum, whenText } from '../phrases.ts'
import { html, type Markup, prose } from './markup.ts'
import { roleClass, roleSign, SEVERITY_CLASS, severitySign } from './signs.ts'
import { timerMarkup } from './timer-figure.ts'

export function incidentMarkup(incident: ReportIncident): Markup {
  const { id, severity, type, state, title, summary } = incident
  return html`<article class="incident" id="${id}" aria-labelledby="${id}-title">
    <header>
      <p class="kind">
        <span class="${SEVERITY_CLASS[severity]} strong">${severitySign(severity)} ${severity}</span>
        <span>${id}</span> <span>${type}</span>${state === null ? null : html` <span>${state}</span>`}
      </p>
      <h3 id="${id}-title">${prose(sentenceOf(title))}</h3>
      <p class="lead">${prose(summary)}</p>
    </header>
    ${factsMarkup(incident)}
    <section class="todo">
      <h4>What to do</h4>
      <p class="lead">${prose(incident.remedy)}</p>
    </section>
    ${timerSection(incident)} ${sheetMarkup(incident)}
    ${incident.proofs.length === 0 ? null : proofsMarkup(incident)}
    ${incident.agentList.length === 0 ? null : agentsMarkup(incident)}
    ${
      incident.filter === ''
        ? null
        : html`<section class="keep">
            <h4>Look for yourself <span class="note">Wireshark display filter</span></h4>
            <p class="filter"><code>${incident.filter}</code></p>
          </section>`
    }
    ${incident.history.length === 0 ? null : historyMarkup(incident)}
  </article>`
}

const sureMarkup = ({ role, confidence }: ReportIncident['actor']): Markup =>
  html`<span class="note nw">confidence ${confidence.toFixed(2)}</span
    ><span class="bar" aria-hidden="true"
      ><i class="${roleClass(role)}" style="width:${Math.round(confidence * 100)}%"></i
    ></span>`

function factsMarkup(incident: ReportIncident): Markup {
  const { actor, requirements, service } = incident
  return html`<dl class="facts">
    <div>
      <dt>Who did it</dt>
      <dd>
        <span class="role ${roleClass(actor.role)}">${roleSign(actor.role)}</span> ${actorText(actor)}
        ${actor.role === 'unknown' ? null : sureMarkup(actor)}
      </dd>
    </div>
    <div>
      <dt>When</dt>
      <dd>${prose(whenText(incident))}</dd>
    </div>
    <div>
      <dt>Hit</dt>
      <dd>${hitText(incident)}${service === null ? null : html` of ${service}`}</dd>
    </div>
    <div>
      <dt>Breaks</dt>
      <dd>${requirements.length === 0 ? 'no requirement' : requirements.join(', ')}</dd>
    </div>
  </dl>`
}

function timerSection({ timer, actor }: ReportIncident): Markup | null {
  if (timer === null) return null
  return html`<section class="keep">
    <h4>${timerTitle(timer)} <span class="note">seconds of silence</span></h4>
    ${timerMarkup(timer, roleClass(actor.role))}
    <p class="mid">${prose(timerFacts(timer).join(' '))}</p>
  </section>`
}

/** Weights from a common zero: right is for, left is against. */
function sheetMarkup(incident: ReportIncident): Markup | null {
  const { attribution } = incident
  if (attribution.length === 0) return null
  const most = Math.max(1, ...attribution.map(({ weight }) => Math.abs(weight)))
  const items = attribution.toSorted((a, b) => b.weight - a.weight)
  return html`<section class="keep">
    <h4>
      Evidence
      <span class="note"
        >weights add up to ${weightText(weightSum(incident))}; for a device in between, or against it</span
      >
    </h4>
    <table class="sheet">
      <thead>
        <tr>
          <th class="num">Weight</th>
          <th class="wide"><span class="hide">Bar</span></th>
          <th>What was tested</th>
          <th>Observed</th>
        </tr>
      </thead>
      <tbody>
        ${items.map(({ test, weight, observed }) => {
          const width = ((Math.abs(weight) / most) * 50).toFixed(1)
          const side = weight >= 0 ? 'margin-left:50%' : `margin-left:${(50 - Number(width)).toFixed(1)}%`
          return html`<tr>
            <td class="num strong">${weightText(weight)}</td>
            <td class="wide">
              <span class="weight"
                ><i class="${weight < 0 ? 'against' : 'for'}" style="${side};width:${width}%"></i
              ></span>
            </td>
            <td class="strong">${test}</td>
            <td class="mid">${observed}</td>
          </tr>`
        })}
      </tbody>
    </table>
  </section>`
}

function proofsMarkup({ proofs, occurrences, times }: ReportIncident): Markup {
  const rest = occurrences - proofs.length
  return html`<section>
    <h4>Packets that prove it <span class="note">times in UTC</span></h4>
    ${proofs.map(proofMarkup)}
    ${rest > 0 ? html`<p class="note">and ${counted(rest, 'more occurrence')}${latestText(times)}</p>` : null}
  </section>`
}

const latestText = (times: readonly number[]): string => {
  const last = times.at(-1)
  return last === undefined ? '' : `, the latest on ${momentText(last)}`
}

function proofMarkup({ at, sentence, packets, packetsLeftOut }: Proof): Markup {
  return html`<div class="proof">
    <p><span class="mono dim nw">${dayAndClock(at, true)}</span> ${prose(sentence)}</p>
    <table class="packets">
      <thead>
        <tr>
          <th>Tap</th>
          <th class="num">Packet</th>
          <th>Time, UTC</th>
          <th>What it shows</th>
        </tr>
      </thead>
      <tbody>
        ${packets.map(
          (packet) =>
            html`<tr>
              <td>${packet.tap === '' ? '\u2013' : packet.tap}</td>
              <td class="num mono">#${packet.number}</td>
              <td class="mono nw">${packetTime(packet.at)}</td>
              <td>
                ${packet.note}${packet.segment === null ? null : html`<div class="sub mono">${packet.segment}</div>`}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${packetsLeftOut > 0 ? html`<p class="note">and ${counted(packetsLeftOut, 'more packet')}</p>` : null}
  </div>`
}

function agentsMarkup({ agentList, agents }: ReportIncident): Markup {
  const rest = agents - agentList.length
  return html`<section class="keep">
    <h4>Agents hit <span class="note">most often first</span></h4>
    <ul class="agents">
      ${agentList.map(agentMarkup)}
    </ul>
    ${rest > 0 ? html`<p class="note">and ${count(rest)} more</p>` : null}
  </section>`
}

function agentMarkup({ id, address, occurrences, last }: AffectedAgent): Markup {
  return html`<li>
    <span
      ><span class="strong">${id}</span>
      ${address === null || address === id ? null : html`<span class="mono dim">${address}</span>`}</span
    ><span class="nw"
      >${counted(occurrences, 'time')}<span class="dim"
        >, ${occurrences === 1 ? '' : 'last '}${dayAndClock(last, false)}</span
      ></span
    >
  </li>`
}

function historyMarkup({ history }: ReportIncident): Markup {
  return html`<section class="keep">
    <h4>History</h4>
    <ul class="plain">
      ${history.map(
        ({ at, state, by, note }) =>
          html`<li>
            <span class="mono dim nw">${momentText(Date.parse(at) * 1000)}</span> ${state} by
            ${by}${note === '' ? null : html`: ${note}`}
          </li>`,
      )}
    </ul>
  </section>`
}
