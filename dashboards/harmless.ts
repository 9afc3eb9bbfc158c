/**
 * Texts of traffic may hold characters that nobody sees but that change how the rest reads: writing
 * directions, joiners, controls. Whatever is drawn as text has them spelt out, as in `\u{202e}`, wherever it
 * comes from.
 */
import { options } from 'preact'
import type { ComponentChildren } from 'preact'

/** Controls but line feed and tab, format characters (all bidirectional ones are), lone surrogates. */
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export const harmless = (text: string): string =>
  text.replace(HIDDEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })

/** Once, before anything is drawn. */
export function spellOutHidden(): void {
  const before = options.vnode
  options.vnode = (vnode) => {
    const props = vnode.props as { children?: ComponentChildren } | null
    if (props?.children !== undefined) props.children = shown(props.children)
    before?.(vnode)
  }
}

function shown(children: ComponentChildren): ComponentChildren {
  if (typeof children === 'string') return harmless(children)
  return Array.isArray(children) ? children.map(shown) : children
}
