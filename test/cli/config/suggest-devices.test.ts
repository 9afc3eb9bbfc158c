import { expect, test } from 'vitest'
import { natOf } from '../../../src/cli/config/suggest-devices.ts'
import type { SurveyFacts } from '../../../src/cli/config/suggest-survey.ts'

const translated = (...insides: string[]): SurveyFacts =>
  ({
    translated: insides.map((inside) => ({ inside, outside: '2001:db8:ff::1', connections: 2 })),
  }) as unknown as SurveyFacts

test('many hosts of one network of IPv6 are that network, however its address is written', () => {
  const hosts = ['2001:db8::10', '2001:db8::11', '2001:db8:0:0:7::12']
  expect(natOf(translated(...hosts))).toMatchObject([{ inside: ['2001:db8::/64'], mapping: 'shared' }])
})
