/** What other timers would have meant; nothing where nobody asked. */
import type { WhatIfGroup } from '../../output/what-if-words.ts'
import { counted } from '../../output/quantities.ts'
import { html, type Markup } from './markup.ts'

export function whatIfMarkup(groups: readonly WhatIfGroup[]): Markup | null {
  if (groups.length === 0) return null
  return html`<section id="what-if">
    <h2>What if</h2>
    ${groups.map(
      ({ head, answers, rest }) =>
        html`<h3>${head}</h3>
          <table class="stack">
            <thead>
              <tr>
                <th>Service</th>
                <th>What it would have meant</th>
                <th>For one, in UTC</th>
              </tr>
            </thead>
            <tbody>
              ${answers.map(
                ({ service, sentences, examples }) =>
                  html`<tr>
                    <td class="strong">${service}</td>
                    <td>${sentences.join(' ')}</td>
                    <td class="mid">
                      <ul class="plain">
                        ${examples.map((example) => html`<li>${example}</li>`)}
                      </ul>
                    </td>
                  </tr>`,
              )}
            </tbody>
          </table>
          ${rest > 0 ? html`<p class="note">and ${counted(rest, 'more service')}</p>` : null}`,
    )}
  </section>`
}
