import { describe, expect, test } from 'vitest'
import { HOLE_PATIENCE } from '../../src/streams/reassembly.ts'
import { played, START } from './played.ts'

describe('an answer that is stored before what it answers', () => {
  /** Side 1 answers from 5000 on, and has had all of side 0 before `to`. */
  function answering() {
    const p = played()
    p.stream.startsAt(1, 5000)
    let packet = 100
    const answer = (to: number, from: number, text: string, time = ++packet): void => {
      const bytes = Buffer.from(text)
      p.stream.acknowledged(0, (START + to) >>> 0, time, packet)
      p.stream.segment(1, 5000 + from, bytes, 0, bytes.length, bytes.length, time, packet)
    }
    return { ...p, answer }
  }

  test('waits for it, and keeps its own packet and time', () => {
    const p = answering()
    p.answer(5, 0, 'AB')
    p.send(0, 2)
    expect(p.log).toEqual(['0 ab #1 @1'])
    p.send(2, 5)
    expect(p.log).toEqual(['0 ab #1 @1', '0 cde #2 @2', '1 AB #101 @101'])
    expect(p.account).toMatchObject({ heldBytes: 0, gaps: 0 })
  })

  test('comes before the next request, though that acknowledges it', () => {
    const p = answering()
    p.answer(5, 0, 'AB')
    p.stream.acknowledged(1, 5002, 1, 1)
    p.send(5, 8)
    p.answer(8, 2, 'CD')
    p.send(0, 5)
    expect(p.log).toEqual(['0 abcde #2 @2', '1 AB #101 @101', '0 fgh #1 @1', '1 CD #102 @102'])
  })

  test('waits for no FIN, which is no octet', () => {
    const p = answering()
    p.send(0, 5)
    p.answer(6, 0, 'AB')
    p.finish(5)
    p.answer(6, 2, 'CD')
    expect(p.log).toEqual(['0 abcde #1 @1', '0 end #2 @2', '1 AB #101 @101', '1 CD #102 @102'])
  })

  test('is handed on when patience is over, and what is missing is never waited for again', () => {
    const p = answering()
    p.answer(5, 0, 'AB', 1)
    p.answer(5, 2, 'CD', 2 + HOLE_PATIENCE)
    p.answer(9, 4, 'EF', 3 + HOLE_PATIENCE)
    const gap = `0 gap 5 #100 @${2 + HOLE_PATIENCE}`
    const texts = ['1 AB #100 @1', `1 CD #100 @${2 + HOLE_PATIENCE}`, `1 EF #100 @${3 + HOLE_PATIENCE}`]
    expect(p.log).toEqual([gap, ...texts])
  })

  test('is handed on when the connection is over', () => {
    const p = answering()
    p.answer(5, 0, 'AB')
    p.stream.finish(1, 102, 102, 5002)
    p.stream.close(200)
    expect(p.log).toEqual(['0 gap 5 #102 @200', '1 AB #101 @101', '1 end #102 @102', 'close @200'])
    expect(p.account.heldBytes).toBe(0)
  })

  test.each([
    ['patience is over', 2 + HOLE_PATIENCE],
    ['the connection is over', 3],
  ])('comes before the next request, where the one before was missed, once %s', (_when, later) => {
    const p = answering()
    p.answer(5, 0, 'AB', 1)
    p.stream.acknowledged(1, 5002, 1, 1)
    p.send(5, 8, { at: 2 })
    p.answer(8, 2, 'CD', later)
    p.stream.close(later + 1)
    expect(p.log.map((line) => line.split(' #')[0])).toEqual([
      '0 gap 5',
      '1 AB',
      '0 fgh',
      '1 CD',
      `close @${later + 1}`,
    ])
    expect(p.account).toMatchObject({ heldBytes: 0, gaps: 1 })
  })

  test('waits as long as there is room', () => {
    const p = answering()
    const piece = 'x'.repeat(64 << 10)
    for (let i = 0; i < 9; i++) p.answer(5, i * piece.length, piece)
    expect(p.consumer.delivered[1]).toBeGreaterThan(0)
    p.send(0, 5)
    expect(p.consumer.delivered).toEqual([5, 9 * piece.length])
    expect(p.account).toMatchObject({ heldBytes: 0, gaps: 0, halfFull: 1 })
  })
})
