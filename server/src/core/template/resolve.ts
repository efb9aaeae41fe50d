import {
  type Composition,
  type CompositionLayer,
  HEX_COLOR,
  type LayerCondition,
  type StackedLayer,
} from '@turnout/contract'
import type { InputProblem } from '../input.ts'
import { LiquidProblem, renderText } from './liquid.ts'
import type { VariableValues } from './variables.ts'

type Placed<Layer> = Layer & {
  /** Where the template has it, such as `layers[2]`. */
  path: string
}
export type ResolvedStackedLayer = Placed<StackedLayer>
type Stack = Extract<CompositionLayer, { type: 'stack' }>
export type ResolvedStack = Placed<Omit<Stack, 'layers'> & { layers: ResolvedStackedLayer[] }>
export type ResolvedLayer = Placed<Exclude<CompositionLayer, Stack>> | ResolvedStack
type SingleLayer = Exclude<CompositionLayer, Stack> | StackedLayer
/** A composition for certain values: plain JSON, in which nothing is left to be filled in. */
export type ResolvedComposition = Omit<Composition, 'layers'> & { layers: ResolvedLayer[] }

/** Whether a layer is to be drawn. */
export function holds(condition: LayerCondition | undefined, values: VariableValues): boolean {
  if (condition === undefined) return true
  const value = values[condition.variable] ?? null
  const { is } = condition
  const met =
    is === undefined
      ? value !== null && value !== false && value !== ''
      : (Array.isArray(is) ? is : [is]).some((each) => each === value)
  return met !== condition.not
}

/** The composition for certain values. What cannot be filled in is reported with its path. */
export function resolveComposition(
  composition: Composition,
  values: VariableValues,
): { composition: ResolvedComposition; problems: InputProblem[] } {
  const problems: InputProblem[] = []
  const fill = (path: string, source: string): string => {
    try {
      return renderText(source, values).trim()
    } catch (error) {
      if (!(error instanceof LiquidProblem)) throw error
      problems.push({ path: `composition.${path}`, message: error.message })
      return ''
    }
  }
  const paint = (path: string, source: string, besides?: string): string => {
    const before = problems.length
    const color = fill(path, source)
    if (problems.length === before && color !== besides && !HEX_COLOR.test(color)) {
      problems.push({ path: `composition.${path}`, message: `becomes ${JSON.stringify(color)}, which is no colour` })
    }
    return color
  }
  /** Undefined for a layer that is not to be drawn, or that has nothing to draw. */
  const single = (layer: SingleLayer, path: string): Placed<SingleLayer> | undefined => {
    if (!holds(layer.when, values)) return undefined
    if (layer.type === 'shape') return { ...layer, path, color: paint(`${path}.color`, layer.color) }
    if (layer.type === 'image') {
      const source = fill(`${path}.source`, layer.source)
      return source === '' ? undefined : { ...layer, path, source }
    }
    const text = fill(`${path}.text`, layer.text)
    if (text === '') return undefined
    const { plate } = layer
    return {
      ...layer,
      path,
      text,
      color: paint(`${path}.color`, layer.color, 'auto'),
      colors: layer.colors.map((color, index) => paint(`${path}.colors[${index}]`, color)),
      ...(plate && { plate: { ...plate, color: paint(`${path}.plate.color`, plate.color) } }),
    }
  }
  const layers = composition.layers.flatMap((layer, index): ResolvedLayer[] => {
    const path = `layers[${index}]`
    if (layer.type !== 'stack') {
      const resolved = single(layer, path)
      return resolved ? [resolved as ResolvedLayer] : []
    }
    if (!holds(layer.when, values)) return []
    const children = layer.layers.flatMap((child, place) => {
      const resolved = single(child, `${path}.layers[${place}]`)
      return resolved ? [resolved as ResolvedStackedLayer] : []
    })
    return children.length > 0 ? [{ ...layer, path, layers: children }] : []
  })
  const { canvas } = composition
  const background = canvas && paint('canvas.background', canvas.background)
  return {
    composition: { ...composition, ...(canvas && { canvas: { ...canvas, background: background! } }), layers },
    problems,
  }
}
