/** What is installed: exactly what the lock files say, checked against its hash, and nothing of it runs
 * then. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './source-tree.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, Locked>>
}

interface Locked {
  readonly integrity?: string
  readonly hasInstallScript?: boolean
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

describe.each(['.', '.runtime'])('%s', (folder) => {
  const { dependencies, devDependencies, optionalDependencies } = read(`${folder}/package.json`) as Manifest
  const { packages } = read(`${folder}/package-lock.json`) as Lock
  const installed = Object.entries(packages).filter(([place]) => place !== '')

  test('versions are exact', () => {
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('every package has its hash', () => {
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([])
  })

  test('no package has an install script', () => {
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  })
})
