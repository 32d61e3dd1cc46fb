/** Positions in a virtual list of rows below the headings of their groups, all of fixed heights. */
import type { Group } from './groups'

/** Position of the last group that starts at or before a row. */
export function groupAt(groups: readonly Group[], index: number): number {
  let [low, high] = [0, groups.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (groups[middle]!.start <= index) low = middle
    else high = middle - 1
  }
  return low
}

/** Upper edge of a row in pixels. */
export const topOf = (groups: readonly Group[], index: number, row: number, heading: number): number =>
  index * row + (groups.length ? (groupAt(groups, index) + 1) * heading : 0)

/** Row at a height in pixels. */
export function rowAt(groups: readonly Group[], y: number, row: number, heading: number): number {
  let [low, high] = [0, groups.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (groups[middle]!.start * row + middle * heading <= y) low = middle
    else high = middle - 1
  }
  return Math.max(0, Math.floor((y - (groups.length ? (low + 1) * heading : 0)) / row))
}
