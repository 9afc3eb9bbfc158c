/** `41,204`: a whole number as people read it. */
export const count = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ',')
