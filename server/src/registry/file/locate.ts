import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, visit } from 'yaml'

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

/** The line of the first alias that stands inside what it refers to: its content would never end. */
export function circularLine(document: Document, lines: LineCounter): number | undefined {
  let line: number | undefined
  visit(document, {
    Alias(_, alias, around) {
      const target = alias.resolve(document)
      if (target === undefined || !around.includes(target)) return undefined
      line = lines.linePos(offsetOf(alias) ?? 0).line
      return visit.BREAK
    },
  })
  return line
}

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined)
