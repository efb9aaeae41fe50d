import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from 'yaml'

/**
 * The line, from 1, on which the field at a path begins; where it is missing,
 * that of the innermost thing around it.
 */
export function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents
  let offset = offsetOf(node) ?? 0
  for (const part of path) {
    const step = enter(node, part)
    if (!step) break
    offset = step.offset ?? offset
    node = step.node
  }
  return lines.linePos(offset).line
}

function enter(node: unknown, part: PropertyKey): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(part))
    return pair && { node: pair.value, offset: offsetOf(pair.key) }
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part]
    return item === undefined ? undefined : { node: item, offset: offsetOf(item) }
  }
  return undefined
}

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined)
