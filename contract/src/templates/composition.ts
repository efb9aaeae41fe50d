import { z } from 'zod'
import { VariableName } from './variables.ts'

const Share = z.string().regex(/^-?\d{1,4}(?:\.\d{1,3})?%$/, 'must be pixels or a share such as "12%"')
const Pixels = z.number().min(-20_000).max(20_000)
const PositiveShare = z.string().regex(/^\d{1,4}(?:\.\d{1,3})?%$/, 'must be pixels or a share such as "12%"')

/** Pixels, or a share of what it is measured on. */
const Offset = z.union([Pixels, Share])
const Length = z.union([Pixels.min(0), PositiveShare])
export type Length = z.infer<typeof Length>

/** Text in which `{{ name }}` stands for a variable. */
const Words = z.string().max(5000)
/** `#rrggbb`, or a variable of the type color. */
const Paint = z.string().min(1).max(300).describe('A colour such as "#1a2b3c", or a variable such as "{{ brand }}".')

export const ANCHORS = [
  'top-left',
  'top',
  'top-right',
  'left',
  'center',
  'right',
  'bottom-left',
  'bottom',
  'bottom-right',
] as const
export type Anchor = (typeof ANCHORS)[number]

const Scalar = z.union([z.string(), z.number(), z.boolean()])
const LayerCondition = z.strictObject({
  variable: VariableName,
  is: z
    .union([Scalar, z.array(Scalar).min(1).max(100)])
    .optional()
    .describe('Without it: set, not empty, not false.'),
  not: z.boolean().default(false).describe('The other way round.'),
})
export type LayerCondition = z.infer<typeof LayerCondition>

const when = { when: LayerCondition.optional().describe('Draw it only then.') }

const box = {
  anchor: z
    .enum(ANCHORS)
    .default('top-left')
    .describe('Which point of the area it is fixed to, with its own like point.'),
  x: Offset.default(0).describe('From the anchor inwards; a share is of the width of the area.'),
  y: Offset.default(0).describe('From the anchor inwards; a share is of the height of the area.'),
  width: Length.default('100%'),
  height: Length.default('100%'),
  bleed: z.boolean().default(false).describe('Measured on the whole picture instead of within the safe margin.'),
}
/** Within a stack a layer only has a size. */
const size = {
  width: Length.default('100%').describe('A share is of the width of the stack.'),
  height: Length.describe('A share is of the shorter side of the picture.'),
}
const stacked = { space: Length.optional().describe('Above it, instead of the gap of the stack.') }

const Align = z.enum(['left', 'center', 'right'])
const VerticalAlign = z.enum(['top', 'middle', 'bottom'])
const opacity = { opacity: z.number().min(0).max(1).default(1) }

const Plate = z.strictObject({
  color: Paint,
  paddingX: z.number().min(0).max(5).default(0.9).describe('In units of the font size.'),
  paddingY: z.number().min(0).max(5).default(0.55).describe('In units of the font size.'),
  radius: z.number().min(0).max(5).default(0.3).describe('In units of the font size.'),
  ...opacity,
})

const text = {
  type: z.literal('text'),
  text: Words.min(1),
  font: z.enum(['inter']).default('inter'),
  weight: z.int().multipleOf(100).min(100).max(900).default(600),
  italic: z.boolean().default(false),
  size: z
    .union([Length, z.strictObject({ min: Length, max: Length })])
    .describe('The largest size at which the text fits is taken. A share is of the shorter side of the picture.'),
  maxLines: z.int().min(1).max(100).optional(),
  lineHeight: z.number().min(0.8).max(3).default(1.15),
  letterSpacing: z.number().min(-0.2).max(1).default(0).describe('In units of the font size.'),
  uppercase: z.boolean().default(false),
  strike: z.boolean().default(false).describe('Struck through, as a former price.'),
  align: Align.default('left'),
  balance: z.boolean().default(true).describe('Lines of about the same length.'),
  color: Paint.default('auto').describe('A colour, a variable, or auto: what stands out best from what is underneath.'),
  colors: z.array(Paint).min(1).max(10).default(['#ffffff', '#101318']).describe('What auto chooses from.'),
  contrast: z.number().min(1).max(21).default(4.5).describe('The WCAG ratio that is wanted.'),
  backing: z
    .enum(['auto', 'shadow', 'none'])
    .default('auto')
    .describe('auto: a soft scrim where the contrast is wanting; shadow: always a soft shadow, and the scrim; none.'),
  plate: Plate.optional().describe('A surface that hugs the text, as of a button.'),
}
const image = {
  type: z.literal('image'),
  source: Words.min(1).describe('A URL, a data URL, an artifact, or a variable of the type image.'),
  fit: z.enum(['contain', 'cover']).default('contain'),
  align: Align.default('center'),
  verticalAlign: VerticalAlign.default('middle'),
  radius: Length.default(0),
  ...opacity,
}
export const SHAPES = ['rectangle', 'circle', 'line', 'scrim', 'starburst'] as const
const shape = {
  type: z.literal('shape'),
  shape: z.enum(SHAPES),
  color: Paint.describe('Of the surface; for a scrim, where it is strongest.'),
  radius: Length.default(0).describe('Of the corners of a rectangle.'),
  towards: z
    .enum(['top', 'bottom', 'left', 'right'])
    .default('bottom')
    .describe('The side at which a scrim is strongest; the other is clear.'),
  points: z.int().min(5).max(60).default(18).describe('Of a starburst.'),
  depth: z.number().min(0.02).max(0.6).default(0.12).describe('How deep the notches of a starburst go.'),
  ...opacity,
}

const StackedLayer = z.discriminatedUnion('type', [
  z.strictObject({ ...text, ...when, ...stacked }),
  z.strictObject({ ...image, ...when, ...stacked, ...size }),
  z.strictObject({ ...shape, ...when, ...stacked, ...size, align: Align.default('left') }),
])
export type StackedLayer = z.infer<typeof StackedLayer>

/** What is set over the picture, one above the other. */
const CompositionLayer = z.discriminatedUnion('type', [
  z.strictObject({ ...text, ...when, ...box, verticalAlign: VerticalAlign.default('top') }),
  z.strictObject({ ...image, ...when, ...box }),
  z.strictObject({ ...shape, ...when, ...box }),
  z.strictObject({
    type: z.literal('stack'),
    ...when,
    ...box,
    gap: Length.default('2%').describe('Between its layers; a share is of the shorter side of the picture.'),
    verticalAlign: VerticalAlign.default('top'),
    layers: z.array(StackedLayer).min(1).max(20),
  }),
])
export type CompositionLayer = z.infer<typeof CompositionLayer>
type Layers = CompositionLayer | StackedLayer
export type TextLayer = Extract<StackedLayer, { type: 'text' }>
export type ImageLayer = Extract<Layers, { type: 'image' }>
export type ShapeLayer = Extract<Layers, { type: 'shape' }>

const Canvas = z.strictObject({
  width: z.int().min(16).max(4096),
  height: z.int().min(16).max(4096),
  fit: z.enum(['cover', 'contain']).default('cover'),
  position: z.enum(ANCHORS).default('center').describe('Which part of the picture is kept, or where it is put.'),
  background: Paint.default('#ffffff').describe('Around a picture that is contained.'),
})

/** Exact text, logos and shapes over a picture. It is drawn the same on every machine. */
export const Composition = z.strictObject({
  canvas: Canvas.optional().describe('The size that comes out; without it, that of the picture.'),
  margin: Length.default('5%').describe('The safe margin; a share is of the shorter side of the picture.'),
  format: z.enum(['png', 'jpeg', 'webp']).default('png'),
  quality: z.int().min(1).max(100).default(90).describe('Of jpeg and webp.'),
  layers: z.array(CompositionLayer).min(1).max(50),
})
export type Composition = z.infer<typeof Composition>
