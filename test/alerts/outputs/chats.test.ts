import { expect, test } from 'vitest'
import { slack, slackMessage } from '../../../src/alerts/outputs/slack.ts'
import { teams, teamsMessage } from '../../../src/alerts/outputs/teams.ts'
import { HOSTILE, NEVER, RECORD, SHIPMENT, WORLD } from '../record.ts'
import { httpPeer } from './peers.ts'

const SUBJECT =
  '[Holdfast critical] dlp-endpoint: The load balancer 10.10.2.10 cut 18 idle agents after 300 s.'

test('Slack is posted text and blocks', async () => {
  const peer = await httpPeer(() => ({ status: 200, body: 'ok' }))
  const outcome = await slack({ type: 'slack', url: peer.url }, WORLD).deliver(SHIPMENT, NEVER)
  expect(outcome).toEqual({ isDelivered: true, answer: 'HTTP 200 OK ok' })
  const message = JSON.parse(peer.requests[0]?.body ?? '')
  expect(message).toEqual(slackMessage(RECORD))
  expect(message.text).toBe(SUBJECT)
  expect(message.blocks.map(({ type }: { type: string }) => type)).toEqual([
    'header',
    'section',
    'section',
    'section',
    'section',
    'section',
  ])
  expect(message.blocks[1].text.text).toBe('Idle connections are cut after 300 s.')
  expect(message.blocks[2].text.text).toBe('Last: EPA-0017 was cut off after 304 s of silence.')
})

test('Slack: nothing from traffic is a mention', () => {
  const { text } = slackMessage(HOSTILE) as { text: string }
  expect(text).toContain('&lt;!channel&gt;')
  expect(JSON.stringify(slackMessage(HOSTILE))).not.toContain('mrkdwn')
})

test('Teams is posted an adaptive card', async () => {
  const peer = await httpPeer(() => ({ status: 202 }))
  const outcome = await teams({ type: 'teams', url: peer.url }, WORLD).deliver(SHIPMENT, NEVER)
  expect(outcome).toEqual({ isDelivered: true, answer: 'HTTP 202 Accepted' })
  const { type, attachments } = JSON.parse(peer.requests[0]?.body ?? '')
  expect(type).toBe('message')
  expect(attachments[0].contentType).toBe('application/vnd.microsoft.card.adaptive')
  const { body, actions } = attachments[0].content
  expect(body[0]).toMatchObject({ type: 'TextBlock', color: 'attention', wrap: true })
  expect(body[0].text).toBe(SUBJECT.replace('[', String.raw`\[`).replace(']', String.raw`\]`))
  expect(body.at(-1).facts).toContainEqual({ title: 'Occurrences', value: '18' })
  expect(actions).toEqual([
    {
      type: 'Action.OpenUrl',
      title: 'Open in Holdfast',
      url: 'https://monitor.example.com/incidents/HF-2041',
    },
  ])
})

test('Teams: nothing from traffic is a link', () => {
  expect(JSON.stringify(teamsMessage(HOSTILE))).not.toMatch(/[^\\]\[x\]\(http/)
})
