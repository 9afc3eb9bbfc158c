import { expect, test } from 'vitest'
import { isAtItsEnds } from '../../../src/sessions/web/web-sessions.ts'

test.each([
  ['/app/login?next=/', true],
  ['/app/logout', true],
  ['/app/list', false],
  ['http://www.example.com/login', true],
  ['http://login.example.com/app/list', false],
])('sessions begin and end with %s: %s', (target, expected) => expect(isAtItsEnds(target)).toBe(expected))
