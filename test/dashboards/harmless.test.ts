import { createElement, Fragment, options, type VNode } from 'preact'
import { expect, onTestFinished, test } from 'vitest'
import { harmless, spellOutHidden } from '../../dashboards/harmless.ts'

test('what changes how a text reads is spelt out, and only that', () => {
  expect(harmless('\u202egpj.exe \u001b[2J \u0085\u200b\u2028')).toBe(
    String.raw`\u{202e}gpj.exe \x1b[2J \x85\u{200b}\u{2028}`,
  )
  const plain = 'Zürich 12\u00a0s\n\tнастройки \u{1f600} <b>'
  expect(harmless(plain)).toBe(plain)
})

test('so is all that is drawn as text, however deep it stands; attributes and keys stay', () => {
  const { vnode } = options
  onTestFinished(() => {
    if (vnode === undefined) delete options.vnode
    else options.vnode = vnode
  })
  spellOutHidden()
  const children = (node: unknown): unknown => (node as VNode<{ children?: unknown }>).props.children
  expect(children(createElement('p', null, '\u202ea'))).toBe(String.raw`\u{202e}a`)
  const fragment = createElement(Fragment, null, 'a', ['\u0007b', 3, null])
  expect(children(fragment)).toEqual(['a', [String.raw`\x07b`, 3, null]])
  const link = createElement('a', { href: '/agents/\u202ea', children: '\u202ea' })
  expect(link.props).toEqual({ href: '/agents/\u202ea', children: String.raw`\u{202e}a` })
})
