/** The drawn width of an element, for figures that decide by it what fits. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

/** Until it is measured; figures are drawn once more only if that was wrong by much. */
const ASSUMED = 720

/** A ref to hang into the figure's outermost element, and its width in whole steps of 8 px. */
export function useWidth<E extends Element>(assumed = ASSUMED) {
  const ref = useRef<E>(null)
  const [width, setWidth] = useState(assumed)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const measure = (): void => {
      const { width: now } = element.getBoundingClientRect()
      if (now > 0) setWidth(Math.round(now / 8) * 8)
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}
