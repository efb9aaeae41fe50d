import type { TextMessage, ToolCall } from '../../core/text.ts'

type Item = Readonly<Record<string, unknown>>
type Opaque = NonNullable<ToolCall['opaque']>

/** Behind how many characters of text and how many tool calls of its message an item stood. */
export type Place = readonly [characters: number, calls: number]

export interface Kept {
  item: Item
  place: Place
}

/**
 * What a provider wants back unread when the conversation goes on, such as
 * signed thoughts, in their places: a changed item or order may be refused.
 */
export class Keeper {
  readonly #items: Item[] = []
  readonly #places: Place[] = []

  keep(item: Item, place: Place): void {
    this.#items.push(item)
    this.#places.push(place)
  }

  /** As it is handed to the client, the items under `name`; undefined where there are none. */
  opaque(name: string, more?: Item): Opaque | undefined {
    if (this.#items.length === 0) return undefined
    const isFirst = this.#places.every(([characters, calls]) => characters + calls === 0)
    return { ...more, [name]: this.#items, ...(!isFirst && { places: this.#places }) }
  }
}

const isPlace = (value: unknown): value is Place =>
  Array.isArray(value) && Number.isInteger(value[0]) && Number.isInteger(value[1])

/** What has come back of it. */
export function keptIn(opaque: Opaque | undefined, name: string): Kept[] {
  const items: unknown = opaque?.[name]
  if (!Array.isArray(items)) return []
  const places: unknown[] = Array.isArray(opaque?.places) ? opaque.places : []
  return (items as unknown[]).flatMap((item, i) => {
    const place = places[i]
    return typeof item === 'object' && item !== null
      ? [{ item: item as Item, place: isPlace(place) ? place : ([0, 0] as const) }]
      : []
  })
}

/** A message of the model as the items that it was made of. */
export function interleaved(
  { text, toolCalls = [] }: Extract<TextMessage, { role: 'assistant' }>,
  kept: readonly Kept[],
  wireText: (said: string) => Item[],
  wireCall: (call: ToolCall) => Item,
): Item[] {
  if (kept.length === 0) return [...(text === '' ? [] : wireText(text)), ...toolCalls.map(wireCall)]
  const items: Item[] = []
  let characters = 0
  let calls = 0
  const goTo = (end: number, callsEnd: number) => {
    const said = text.slice(characters, end)
    if (said !== '') items.push(...wireText(said))
    items.push(...toolCalls.slice(calls, callsEnd).map(wireCall))
    characters = Math.max(characters, end)
    calls = Math.max(calls, callsEnd)
  }
  for (const { item, place } of kept) {
    goTo(...place)
    items.push(item)
  }
  goTo(text.length, toolCalls.length)
  return items
}
