import type { Anchor, CompositionLayer, Length } from '@turnout/contract'

/** In pixels from the top left corner of the picture. */
export interface Rectangle {
  x: number
  y: number
  width: number
  height: number
}

export interface Size {
  width: number
  height: number
}

/** Pixels, or the share of a whole. */
export const pixels = (length: Length, whole: number): number =>
  typeof length === 'number' ? length : (Number.parseFloat(length) / 100) * whole

export const shorterSide = ({ width, height }: Size): number => Math.min(width, height)

/** The part of a picture within the safe margin. */
export function safeArea(picture: Size, margin: Length): Rectangle {
  const inset = Math.min(pixels(margin, shorterSide(picture)), shorterSide(picture) * 0.49)
  return { x: inset, y: inset, width: picture.width - 2 * inset, height: picture.height - 2 * inset }
}

/** Where a point of an anchor lies between the beginning and the end, as a share. */
export function sharesOf(anchor: Anchor): { across: number; down: number } {
  const across = anchor.endsWith('left') ? 0 : anchor.endsWith('right') ? 1 : 0.5
  const down = anchor.startsWith('top') ? 0 : anchor.startsWith('bottom') ? 1 : 0.5
  return { across, down }
}

type Box = Pick<CompositionLayer, 'anchor' | 'x' | 'y' | 'width' | 'height'>

/** The box of a layer in an area. Offsets lead inwards: from the right side to the left. */
export function placeBox(box: Box, area: Rectangle): Rectangle {
  const { across, down } = sharesOf(box.anchor)
  const [width, height] = [pixels(box.width, area.width), pixels(box.height, area.height)]
  const x = pixels(box.x, area.width) * (across === 1 ? -1 : 1)
  const y = pixels(box.y, area.height) * (down === 1 ? -1 : 1)
  return {
    x: area.x + (area.width - width) * across + x,
    y: area.y + (area.height - height) * down + y,
    width,
    height,
  }
}
