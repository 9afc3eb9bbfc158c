/** The report as one HTML file: no script, nothing from outside, readable with any style and on paper. */
import { momentText } from '../../../model/time.ts'
import { count, counted, packetTime } from '../../output/quantities.ts'
import type { ReportData } from '../data.ts'
import { coverOf, coverText, momentsOf, sentenceOf, shortcomings, verdictOf } from '../phrases.ts'
import { conformanceMarkup } from './conformance.ts'
import { incidentMarkup } from './incident.ts'
import { inputsMarkup } from './inputs.ts'
import { html, type Markup, prose, trusted } from './markup.ts'
import { severitySign, SYMBOLS } from './signs.ts'
import { STYLE } from './style.data.ts'
import { timelineMarkup } from './timeline-figure.ts'
import { whatIfMarkup } from './what-if.ts'

export function reportHtml(data: ReportData): string {
  const verdict = verdictOf(data)
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="Holdfast ${data.version}" />
        <title>${verdict.sentence} Holdfast forensic report</title>
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        <a class="skip" href="#verdict">Skip to the verdict</a>
        ${SYMBOLS}
        <div class="sheet-of-paper">
          ${mastheadMarkup(data)}
          <main>
            ${verdictMarkup(data)} ${contentsMarkup(data)}
            <section id="conformance">
              <h2>Conformance</h2>
              ${conformanceMarkup(data)}
            </section>
            ${whatIfMarkup(data.whatIfs)}
            <section id="incidents">
              <h2>Incidents</h2>
              ${incidentsMarkup(data)}
            </section>
            <section id="timeline">
              <h2>Timeline</h2>
              ${timelineSection(data)}
            </section>
            <section id="inputs">
              <h2>Inputs and their quality</h2>
              ${inputsMarkup(data)}
            </section>
          </main>
          ${colophonMarkup(data)}
        </div>
      </body>
    </html>`.markup
  }\n`
}

const ANCHOR = trusted(
  '<svg viewBox="0 0 18 18" aria-hidden="true"><circle cx="9" cy="3.4" r="1.9"/><path d="M9 5.3V16M5.6 8h6.8M2.4 10.4C2.8 14 5.6 16 9 16s6.2-2 6.6-5.6"/></svg>',
)

function mastheadMarkup(data: ReportData): Markup {
  const cover = coverOf(data)
  return html`<header class="masthead">
    <b>${ANCHOR} Holdfast</b
    ><span>Forensic report on ${data.source}</span
    >${cover === null ? null : html`<span class="right">${coverText(cover)}</span>`}
  </header>`
}

function verdictMarkup(data: ReportData): Markup {
  const { sentence, rest } = verdictOf(data)
  const limits = shortcomings(data)
  return html`<section class="verdict" id="verdict">
    <h1>${prose(sentence)}</h1>
    ${rest.map((text) => html`<p class="lead">${prose(text)}</p>`)}
    ${
      limits.length === 0
        ? null
        : html`<div class="limits">
            <p class="strong">What the captures cannot show</p>
            <ul>
              ${limits.slice(0, LIMITS_SHOWN).map((text) => html`<li>${text}</li>`)}
            </ul>
            ${limits.length > LIMITS_SHOWN ? html`<p class="note">and ${count(limits.length - LIMITS_SHOWN)} more, told with the inputs</p>` : null}
          </div>`
    }
  </section>`
}

const LIMITS_SHOWN = 5

function contentsMarkup({ incidents, listed, whatIfs }: ReportData): Markup {
  return html`<nav aria-label="Contents">
    <h2>Contents</h2>
    <ol>
      <li><a href="#verdict">Verdict</a></li>
      <li><a href="#conformance">Conformance</a></li>
      ${whatIfs.length === 0 ? null : html`<li><a href="#what-if">What if</a></li>`}
      <li>
        <a href="#incidents">Incidents</a>${
          incidents.length === 0
            ? null
            : html`<ol>
                ${incidents.map(
                  ({ id, severity, type }) =>
                    html`<li>
                      <a href="#${id}"
                        >${severitySign(severity)} <span>${id}</span> <span class="dim">${type}</span></a
                      >
                    </li>`,
                )}${listed.length > 0 ? html`<li><a href="#more">${count(listed.length)} more</a></li>` : null}
              </ol>`
        }
      </li>
      <li><a href="#timeline">Timeline</a></li>
      <li><a href="#inputs">Inputs and their quality</a></li>
    </ol>
  </nav>`
}

function incidentsMarkup({ incidents, listed, leftOut }: ReportData): Markup {
  if (incidents.length === 0) return html`<p class="lead">There is none.</p>`
  return html`${incidents.map(incidentMarkup)}
  ${
    listed.length === 0
      ? null
      : html`<h3 id="more">Further incidents, none of them worse</h3>
          <table class="stack">
            <thead>
              <tr>
                <th>Incident</th>
                <th>What happened</th>
                <th class="num">Times</th>
                <th>Last, UTC</th>
              </tr>
            </thead>
            <tbody>
              ${listed.map(
                ({ id, severity, title, occurrences, end }) =>
                  html`<tr id="${id}">
                    <td class="nw">${severitySign(severity)} ${id}</td>
                    <td>${sentenceOf(title)}</td>
                    <td class="num">${count(occurrences)}</td>
                    <td class="nw">${momentText(end)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
  }
  ${leftOut > 0 ? html`<p class="note">and ${counted(leftOut, 'more incident')}</p>` : null}`
}

function timelineSection(data: ReportData): Markup {
  const { shown, rest } = momentsOf(data)
  if (shown.length === 0) return html`<p class="lead">Nothing in it has a time.</p>`
  return html`${timelineMarkup(data)}
    <table class="moments">
      <thead>
        <tr>
          <th>Time, UTC</th>
          <th>What happened</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ at, what, severity, incident }) =>
            html`<tr>
              <td class="mono nw">${packetTime(at)}</td>
              <td>
                ${severity === null ? null : html`${severitySign(severity)} `}${incident === null ? null : html`<a href="#${incident}">${incident}</a> `}${what}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
    ${rest > 0 ? html`<p class="note">and ${counted(rest, 'later moment')}</p>` : null}`
}

function colophonMarkup({ version, made }: ReportData): Markup {
  return html`<footer class="colophon">
    <p>
      Made by Holdfast ${version} on ${momentText(made)}. All times are UTC and the captures' own. Packet
      numbers count from 1 in the file of the tap, as in Wireshark. The SHA-256 of each input says which
      octets this report is about.
    </p>
  </footer>`
}
