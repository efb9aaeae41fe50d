import { expect, test } from 'vitest'
import { HEAD_BYTES, mediaTypeOfBytes } from './media-type.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const PNG = latin1('\x89PNG\r\n\x1a\n0000')

test.each([
  [PNG, 'image/png'],
  [latin1('\xff\xd8\xff\xe0'), 'image/jpeg'],
  [latin1('GIF89a'), 'image/gif'],
  [latin1('RIFF\0\0\0\0WEBPVP8 '), 'image/webp'],
  [latin1('RIFF\0\0\0\0WAVE'), undefined],
  [latin1('\0\0\0\x1cftypavif'), 'image/avif'],
  [latin1('\0\0\0\x1cftypisom'), 'video/mp4'],
  [latin1('\0\0\0\x14ftypqt  '), 'video/quicktime'],
  [latin1('\x1a\x45\xdf\xa3'), 'video/webm'],
  [latin1('<svg xmlns="http://www.w3.org/2000/svg">'), 'image/svg+xml'],
  [latin1('<?xml version="1.0"?>\n<!-- by hand --> <!-- again -->\n<svg>'), 'image/svg+xml'],
  [latin1('\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">'), 'image/svg+xml'],
  [latin1('<?xml version="1.0"?><html>'), undefined],
  [latin1('<html><svg>'), undefined],
  [latin1('<!-- <svg> '), undefined],
  [latin1(''), undefined],
])('%# bytes', (bytes, expected) => {
  expect(mediaTypeOfBytes(bytes)).toBe(expected)
})

test('bytes are read where their view begins', () => {
  expect(mediaTypeOfBytes(Buffer.concat([Buffer.from('xx'), PNG]).subarray(2))).toBe('image/png')
})

test('a head of nothing but comments ends in an answer', () => {
  expect(mediaTypeOfBytes(latin1('<!---->'.repeat(HEAD_BYTES)))).toBeUndefined()
})
