/** What the first frames of a capture show of where and by which clock it was taken: each frame is located
 *  once for all who look at it. */
import type { FrameBatch } from '../bytes/frame-batch.ts'
import type { CaptureInterface } from '../model/capture.ts'
import type { Micros } from '../model/time.ts'
import { locate, Place, TCP } from '../wire/frame.ts'
import { PathTable } from '../wire/path.ts'
import { enterTunnels } from '../wire/tunnel.ts'
import type { ClockMarks } from './clock-marks.ts'
import { DirectionMarks } from './direction-marks.ts'
import { Stations } from './stations.ts'

export class FirstLook {
  readonly directions = new DirectionMarks()
  readonly stations = new Stations()
  /** Null: there is no other tap's to compare it with. */
  readonly clock: ClockMarks | null
  frames = 0
  /** When the first frame passed, and the latest. */
  first: Micros = Infinity
  last: Micros = -Infinity
  private readonly place = new Place(new PathTable())

  constructor(clock: ClockMarks | null) {
    this.clock = clock
  }

  /** The frames of a batch, of a capture with these interfaces. */
  take(batch: FrameBatch, interfaces: readonly CaptureInterface[]): void {
    const { place, clock, directions, stations } = this
    const { bytes, offset, capturedLength, wireLength, time } = batch
    for (let i = 0; i < batch.count; i++) {
      this.first = Math.min(this.first, time[i]!)
      this.last = Math.max(this.last, time[i]!)
      const begin = offset[i]!
      const face = batch.interface[i]!
      const linkType = interfaces[face]?.linkType ?? -1
      const kind = locate(bytes, begin, begin + capturedLength[i]!, wireLength[i]!, linkType, place)
      if (kind > 0) stations.frame(place)
      if (kind !== TCP && enterTunnels(kind, place) !== TCP) continue
      clock?.segment(place, time[i]!)
      directions.segment(place, face, time[i]!)
    }
    this.frames += batch.count
  }
}
